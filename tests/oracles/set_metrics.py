"""The set metrics of the MOSES benchmark as loops over RDKit molecules, slow and literal."""

from collections import Counter
from math import sqrt

from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold


def fingerprint(smiles):
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1024)
    return generator.GetFingerprint(Chem.MolFromSmiles(smiles))


def internal_diversity(smiles, power):
    similarities = [DataStructs.TanimotoSimilarity(fingerprint(first), fingerprint(second)) ** power
                    for first in smiles for second in smiles]
    return 1 - (sum(similarities) / len(similarities)) ** (1 / power)


def nearest_similarity(smiles, reference):
    nearest = [max(DataStructs.TanimotoSimilarity(fingerprint(one), fingerprint(other))
                   for other in reference) for one in smiles]
    return sum(nearest) / len(nearest)


def scaffolds(smiles):
    """Counts of scaffolds with at least two rings."""
    counts = Counter()
    for one in smiles:
        scaffold = MurckoScaffold.GetScaffoldForMol(Chem.MolFromSmiles(one))
        if len(Chem.GetSSSR(scaffold)) >= 2:
            counts[Chem.MolToSmiles(scaffold)] += 1
    return counts


def scaffold_similarity(smiles, reference):
    first, second = scaffolds(smiles), scaffolds(reference)
    product = sum(first[name] * second[name] for name in first.keys() | second.keys())
    return product / sqrt(sum(count**2 for count in first.values())) / sqrt(
        sum(count**2 for count in second.values()))
