"""Fragments as they are read: numbering, hydrogens, free valences, and what is refused."""

import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.fragments import Fragment, FragmentError, read_atoms
from core.chemistry.molecules import MoleculeError, from_smiles
from core.graph.graph import is_isomorphic


def elements(fragment, chemistry):
    return [chemistry.elements[label] for label in fragment.graph.node_labels.tolist()]


def test_open_atoms_are_written_without_their_hydrogens():
    fragment = Fragment.from_smiles("c1ccncc1", QM9)
    assert elements(fragment, QM9) == ["C", "C", "C", "N", "C", "C"]
    assert fragment.open_atoms == (0, 1, 2, 4, 5)
    assert fragment.free_valences == (1, 1, 1, 0, 1, 1)
    assert sorted(fragment.graph.edge_labels.tolist()) == [0, 0, 0, 1, 1, 1]


def test_closed_atoms_keep_their_hydrogens():
    fragment = Fragment.from_smiles("CCO", QM9, open_atoms=[2])
    assert elements(fragment, QM9) == ["C", "C", "O", "H", "H", "H", "H", "H"]
    assert fragment.graph.degrees.tolist() == [4, 4, 1, 1, 1, 1, 1, 1]
    assert fragment.is_open.tolist() == [False, False, True, *[False] * 5]


def test_with_implicit_hydrogens_every_atom_is_as_it_stands():
    fragment = Fragment.from_smiles("Clc1ccncc1", MOSES, open_atoms=[2])
    assert is_isomorphic(fragment.graph, from_smiles("Clc1ccncc1", MOSES).graph)
    assert elements(fragment, MOSES) == ["Cl", "C", "C", "C", "N", "C", "C"]


@pytest.mark.parametrize("chemistry", [QM9, MOSES], ids=["explicit", "implicit"])
@pytest.mark.parametrize("smiles", ["OCC", "[H]OCC", "[2H]OCC", "[OH]C([H])([H])C"])
def test_hydrogens_of_the_text_are_not_counted(smiles, chemistry):
    fragment = Fragment.from_smiles(smiles, chemistry)
    assert fragment.free_valences == (1, 2, 3)
    assert elements(fragment, chemistry) == ["O", "C", "C"]


def test_what_the_graph_does_not_encode_is_noted():
    assert Fragment.from_smiles("C[NH3+]", QM9).notes == (
        "Formal charges are not encoded: molecules grow from the same atoms and bonds uncharged.",)
    assert Fragment.from_smiles("C.C[O-]", MOSES).notes == (
        "Formal charges are not encoded: hydrogens fill what the charge left open.",
        "The input has 2 fragments; molecules grow from all of them.", "Molecules grow from C.CO.")
    assert Fragment.from_smiles("CC", QM9).notes == ()


def test_only_what_is_written_must_fit():
    """Hexadecane has 50 atoms with hydrogens; its chain alone is within the 29 of QM9."""
    assert Fragment.from_smiles("C" * 16, QM9).graph.num_nodes == 16
    with pytest.raises(FragmentError, match="The fragment has 48 atoms, hydrogens of closed ones"):
        Fragment.from_smiles("C" * 16, QM9, open_atoms=[1])


@pytest.mark.parametrize(("smiles", "open_atoms", "message"), [
    ("CC", [2], "The fragment has no atom 2; its 2 atoms are counted from 0 to 1 in the order of "
                "the SMILES."),
    ("CC", [-1], "The fragment has no atom -1; its 2 atoms are counted from 0 to 1 in the order of "
                 "the SMILES."),
    ("c1ccncc1", [3], "Atom 3 (N) of the fragment has no free valence; those that can stay open "
                      "are 0, 1, 2, 4 and 5."),
    ("CCO", [], "No atom of the fragment is left open, so nothing can grow from it; leave open one "
                "or more of 0, 1 and 2."),
    ("FC(F)(F)F", None, "No atom of the fragment has a hydrogen to give away, so nothing can grow "
                        "from it; leave out the group that closes it."),
    ("C" * 30, None, "The fragment has 30 atoms, hydrogens of closed ones included; the model "
                     "writes at most 29 in all."),
])
def test_what_does_not_fit_gets_one_sentence(smiles, open_atoms, message):
    with pytest.raises(FragmentError) as raised:
        Fragment.from_smiles(smiles, QM9, open_atoms=open_atoms)
    assert str(raised.value) == message


def test_another_element_is_refused_as_elsewhere():
    with pytest.raises(MoleculeError, match="Element Cl is outside the vocabulary"):
        Fragment.from_smiles("CCl", QM9)


def test_atoms_are_read_from_text():
    assert read_atoms("2, 4") == (2, 4)
    for text in ("", "a", "1,", "1.5"):
        with pytest.raises(FragmentError, match="such as 2,4"):
            read_atoms(text)
