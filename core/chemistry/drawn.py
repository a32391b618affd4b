"""Molecules to and from a structure editor, as MOL blocks.

A MOL block says every bond and, by its lack, every hydrogen: editors disagree on aromatic SMILES,
where a pyrrole's [nH] gets lost.
"""

from __future__ import annotations

from rdkit import Chem
from rdkit.Chem import rdDepictor

from core.chemistry.mol_block import what_is_wrong
from core.chemistry.molecules import problem_of
from core.chemistry.notation import MoleculeError, refusing

_MAX_SMILES = 1000  # characters that are drawn
_MAX_BLOCK = 100_000  # characters that are read


def to_drawing(smiles: str) -> str:
    """The MOL block of a molecule with places for its atoms; empty if it cannot be drawn.

    >>> "V2000" in to_drawing("c1cc[nH]c1"), to_drawing("c1ccnc1")
    (True, '')
    """
    if len(smiles) > _MAX_SMILES:
        return ""
    try:
        with refusing("It cannot be drawn."):
            mol = Chem.MolFromSmiles(smiles)
            if mol is None or not mol.GetNumAtoms():
                return ""
            rdDepictor.Compute2DCoords(mol)
            return Chem.MolToMolBlock(mol)
    except MoleculeError:
        return ""


def from_drawing(block: str) -> str:
    """The SMILES of what was drawn.

    Raises:
        MoleculeError: one sentence on what is not drawn to its end.
    """
    if len(block) > _MAX_BLOCK:
        raise MoleculeError("The drawing is too large; draw a smaller molecule.")
    with refusing("The drawing is not a possible molecule; check its atoms and bonds."):
        mol = Chem.MolFromMolBlock(block, sanitize=False)
        if mol is None and block.strip():
            raise MoleculeError(what_is_wrong(block))
        if mol is None or not mol.GetNumAtoms():
            raise MoleculeError("Nothing is drawn yet; draw a molecule, or close the editor.")
        if any(atom.GetAtomicNum() == 0 or atom.HasQuery() for atom in mol.GetAtoms()):
            raise MoleculeError("An atom of the drawing stands for several elements; choose one.")
        if any(bond.HasQuery() or bond.GetBondType() == Chem.BondType.ZERO
               for bond in mol.GetBonds()):
            raise MoleculeError("A bond of the drawing stands for several kinds; choose one.")
        if (problem := problem_of(mol)) is not None:
            raise MoleculeError(f"The drawing is not a possible molecule: {problem}")
        Chem.SanitizeMol(mol)
        Chem.AssignChiralTypesFromBondDirs(mol)
        Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
        return Chem.MolToSmiles(Chem.RemoveHs(mol))
