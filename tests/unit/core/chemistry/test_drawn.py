"""Molecules to a structure editor and back."""

import pytest
from rdkit import Chem

from core.chemistry.drawn import from_drawing, to_drawing
from core.chemistry.notation import MoleculeError

ATOM = "    0.0000    0.0000    0.0000 {:3} 0  0  0  0  0  0  0  0  0  0  0  0\n"


def block(*symbols: str, bonds: str = "") -> str:
    """A MOL block as an editor writes it."""
    return (f"\nJSME\n\n{len(symbols):3}{bonds.count(chr(10)):3}  0  0  0  0  0  0  0  0999 V2000\n"
            + "".join(ATOM.format(symbol) for symbol in symbols) + bonds + "M  END\n")


@pytest.mark.parametrize("smiles", [
    "c1cc[nH]c1", "Cn1cccc1", "c1ccc2[nH]ccc2c1", "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "C[N+](=O)[O-]",
    "N[C@@H](C)C(=O)O", "F/C=C/F", "CCO.O", "[2H]C", "CC#N"])
def test_what_is_drawn_comes_back(smiles):
    assert from_drawing(to_drawing(smiles)) == Chem.CanonSmiles(smiles)


@pytest.mark.parametrize("smiles", ["", "c1ccnc1", "C" * 2000, "aspirin", "\0"])
def test_what_is_no_molecule_opens_an_empty_editor(smiles):
    assert to_drawing(smiles) == ""


@pytest.mark.parametrize(("drawn", "said"), [
    (block(), "Nothing is drawn yet; draw a molecule, or close the editor."),
    (block("R"), "An atom of the drawing stands for several elements; choose one."),
    (block("A"), "An atom of the drawing stands for several elements; choose one."),
    (block("X"), "An atom of the drawing stands for several elements; choose one."),
    (block("C", "C", bonds="  1  2  8  0\n"),
     "A bond of the drawing stands for several kinds; choose one."),
    (block("F", "C", "F", bonds="  1  2  3  0\n  2  3  1  0\n"),
     "The drawing is not a possible molecule: explicit valence for atom # 0 F, 3, is greater than "
     "permitted."),
    ("", "Nothing is drawn yet; draw a molecule, or close the editor."),
    ("C", "The record ends in line 1; its line 4 says how many atoms and bonds follow, such as "
          "'  3  2  0  0  0  0  0  0  0  0999 V2000'."),
    ("C" * 200_000, "The drawing is too large; draw a smaller molecule."),
])
def test_what_is_not_drawn_to_its_end_gets_one_sentence(drawn, said):
    with pytest.raises(MoleculeError) as caught:
        from_drawing(drawn)
    assert str(caught.value) == said
