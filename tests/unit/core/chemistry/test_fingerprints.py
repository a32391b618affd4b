"""Fingerprints and scaffolds as the MOSES benchmark takes them."""

import numpy as np
import pytest
from rdkit import Chem

from core.chemistry.fingerprints import most_similar, packed_fingerprints, ring_scaffold
from tests.oracles.set_metrics import fingerprint


def test_fingerprints_are_those_of_rdkit():
    smiles = ["CCO", "CC(=O)Oc1ccccc1C(=O)O", "C"]
    found = np.unpackbits(packed_fingerprints([Chem.MolFromSmiles(one) for one in smiles]), axis=1)
    assert found.shape == (3, 1024)
    assert found.tolist() == [list(fingerprint(one)) for one in smiles]
    assert packed_fingerprints([]).shape == (0, 128)


@pytest.mark.parametrize(("smiles", "scaffold"), [
    ("CCO", None), ("Cc1ccccc1", None),
    ("CC(C)NCC(O)c1ccc2ccccc2c1", "c1ccc2ccccc2c1"),
    ("Fc1ccccc1.Clc1ccccc1", "c1ccccc1.c1ccccc1"),
    ("O=C1CCCCC1CC1CCNC1", "O=C1CCCCC1CC1CCNC1"),
])
def test_scaffolds_have_two_rings_or_more(smiles, scaffold):
    assert ring_scaffold(Chem.MolFromSmiles(smiles)) == scaffold


@pytest.mark.parametrize("smiles", ["", "no molecule", "[He]", "C" * 501, "C\u041e", "[CH999]O"])
def test_what_is_no_molecule_is_like_none(smiles):
    assert most_similar(smiles, ["CCO", "c1ccccc1"]) is None


def test_the_likest_has_the_highest_tanimoto_similarity():
    among = ["CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "CC(=O)Nc1ccc(O)cc1"]
    for smiles in ("CCCl", "Brc1ccccc1", "CC(=O)Oc1ccccc1C(=O)Cl", "Clc1ccc(O)cc1"):
        mine = set(fingerprint(smiles).GetOnBits())
        others = [set(fingerprint(one).GetOnBits()) for one in among]
        literal = [len(mine & other) / len(mine | other) for other in others]
        assert most_similar(smiles, among) == among[literal.index(max(literal))]
    assert most_similar("CCO", []) is None
