"""MOL records: what is wrong in which line and column, and hydrogens that are drawn in part."""

import pytest
from rdkit import Chem

from core.chemistry import MOSES, QM9, MoleculeError, from_mol_block, from_smiles
from core.chemistry.mol_block import what_is_wrong
from core.graph import is_isomorphic

ETHANAL = Chem.MolToMolBlock(Chem.MolFromSmiles("CC=O"))


def changed(line, start, text, block=ETHANAL):
    """The record with a text at a column of a line, both from 1."""
    lines = block.split("\n")
    old = lines[line - 1]
    lines[line - 1] = old[: start - 1] + text + old[start - 1 + len(text):]
    return "\n".join(lines)


@pytest.mark.parametrize(("block", "message"), [
    ("", "The record ends in line 0; its line 4 says how many atoms and bonds follow, such as "
         "'  3  2  0  0  0  0  0  0  0  0999 V2000'."),
    (changed(4, 1, "xyz"), "Line 4 of the record, column 1: expected the number of atoms, found "
                           "'xyz'."),
    (changed(4, 4, "  -"), "Line 4 of the record, column 4: expected the number of bonds, found "
                           "'-'."),
    (changed(4, 1, " 90"), "The record ends in line 10; its counts line announces 90 atoms and 2 "
                           "bonds, which end in line 96."),
    (changed(6, 11, "    abcdef"), "Line 6 of the record, column 11: expected the y coordinate of "
                                   "an atom, found 'abcdef'."),
    (changed(5, 32, "Xy "), "Line 5 of the record, column 32: expected the symbol of an element, "
                            "found 'Xy'."),
    (changed(8, 1, "  9"), "Line 8 of the record, column 1: expected an atom from 1 to 3, found "
                           "'9'."),
    (changed(9, 4, "  2"), "Line 9 of the record, column 4: expected another atom than the bond's "
                           "first, found '2'."),
    (changed(9, 7, "  x"), "Line 9 of the record, column 7: expected a bond's line with its type, "
                           "found 'x'."),
    (ETHANAL.replace("M  END\n", ""), "The record has no line 'M  END'; it may be cut off."),
])
def test_the_line_and_column_are_named(block, message):
    with pytest.raises(MoleculeError) as raised:
        from_mol_block(block)
    assert str(raised.value) == message


def test_a_right_record_has_no_wrong_line():
    assert what_is_wrong(ETHANAL).endswith("although its counts, atoms and bonds are.")


def drawn(smiles, hydrogens):
    """A record that draws the first hydrogens of a molecule, and no charge."""
    mol = Chem.RWMol(Chem.AddHs(Chem.MolFromSmiles(smiles)))
    indices = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() == 1]
    for index in reversed(indices[hydrogens:]):
        mol.RemoveAtom(index)
    return "\n".join(line for line in Chem.MolToMolBlock(mol).splitlines()
                     if not line.startswith("M  CHG"))


@pytest.mark.parametrize("hydrogens", range(7))
def test_hydrogens_that_are_not_drawn_are_added(hydrogens):
    read = from_mol_block(drawn("CCO", hydrogens))
    assert is_isomorphic(read.graph, from_smiles("CCO").graph)
    assert read.notes == ()


def test_charges_are_left_out_only_where_all_hydrogens_are_drawn():
    zwitterion = "O=C([O-])C[NH3+]"
    assert is_isomorphic(from_mol_block(drawn(zwitterion, 5)).graph,
                         from_smiles(zwitterion).graph)
    tetramethylammonium = "C[N+](C)(C)C"
    assert from_mol_block(drawn(tetramethylammonium, 12)).graph.num_nodes == 17
    for hydrogens in (1, 5, 10):
        with pytest.raises(MoleculeError) as raised:
            from_mol_block(drawn(tetramethylammonium, hydrogens))
        assert str(raised.value).endswith("is greater than permitted; draw its charges, or all of "
                                          "its hydrogens.")


@pytest.mark.parametrize("chemistry", [QM9, MOSES])
def test_aromatic_bonds_are_kekulized_or_refused(chemistry):
    """Bond type 4."""
    benzene = Chem.MolToMolBlock(Chem.MolFromSmiles("c1ccccc1"), kekulize=False)
    assert "  4" in benzene
    assert is_isomorphic(from_mol_block(benzene, chemistry).graph,
                         from_smiles("c1ccccc1", chemistry).graph)
    with pytest.raises(MoleculeError):
        from_mol_block(changed(9, 7, "  4"), chemistry)
    kept_as_drawn = changed(13 + 4, 7, "  4", drawn("C[NH2+]C", 8))
    with pytest.raises(MoleculeError):
        from_mol_block(kept_as_drawn, chemistry)
