"""Molecules: what the labels of a graph mean, and graphs to and from RDKit."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "AUTOGRAPH_GUACAMOL": "chemistry",
    "AUTOGRAPH_MOSES": "chemistry",
    "BONDS": "chemistry",
    "CHEMISTRIES": "chemistry",
    "MOSES": "chemistry",
    "QM9": "chemistry",
    "Chemistry": "chemistry",
    "ChemistryError": "chemistry",
    "Fragment": "fragments",
    "FragmentError": "fragments",
    "Molecule": "molecules",
    "MoleculeError": "notation",
    "from_graph": "given_graph",
    "from_mol_block": "mol_block",
    "from_rdkit": "molecules",
    "from_smiles": "molecules",
    "implicit_hydrogens": "molecules",
    "is_stable": "molecules",
    "is_valid": "molecules",
    "num_fragments": "molecules",
    "num_heavy_atoms": "molecules",
    "stable_atoms": "molecules",
    "sum_formula": "molecules",
    "to_graph": "molecules",
    "to_rdkit": "molecules",
    "to_smiles": "molecules",
    "to_valid_rdkit": "molecules",
})
