"""Molecules in and out: what is read, what is only noted, what is refused, what is stable."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from core.chemistry import (
    BONDS,
    MOSES,
    QM9,
    MoleculeError,
    from_mol_block,
    from_rdkit,
    from_smiles,
    implicit_hydrogens,
    is_stable,
    is_valid,
    num_fragments,
    stable_atoms,
    to_rdkit,
    to_smiles,
)
from core.graph import Graph, is_isomorphic
from tests.golden.reader import golden_molecules

UNLABELLED = Graph(2, np.array([(0, 1)]))


def molecule(elements, bonds):
    """A graph from element symbols and (u, v, bond name)."""
    return Graph(
        len(elements),
        np.array([(u, v) for u, v, _ in bonds], dtype=int).reshape(-1, 2),
        np.array([QM9.elements.index(symbol) for symbol in elements]),
        np.array([BONDS.index(bond) for _, _, bond in bonds], dtype=int),
    )


def mol_block(smiles, *, hydrogens=True):
    mol = Chem.MolFromSmiles(smiles)
    return Chem.MolToMolBlock(Chem.AddHs(mol) if hydrogens else mol, kekulize=True)


def test_formaldehyde():
    read = from_smiles("C=O", name="formaldehyde")
    assert read.graph == molecule("COHH", [(0, 1, "double"), (0, 2, "single"), (0, 3, "single")])
    assert read.graph.name == "formaldehyde"
    assert read.smiles == "C=O"
    assert read.notes == ()


def test_golden_molecules_are_read_alike():
    for row in golden_molecules():
        assert from_smiles(row["smiles"]).graph == Graph.from_json(row), row["smiles"]


def test_aromatic_bonds_are_kekulized():
    benzene = from_smiles("c1ccccc1").graph
    ring = benzene.edge_labels[(benzene.node_labels[benzene.edges] == 1).all(axis=1)]
    assert sorted(ring.tolist()) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("smiles", "note"),
    [
        ("[NH4+]", "Formal charges are not encoded: the model scores the same atoms and bonds "
                   "uncharged."),
        ("[2H]C", "Isotopes are not encoded and are ignored."),
        ("C[C@H](O)N", "Stereochemistry is not encoded and is ignored."),
        ("F/C=C/F", "Stereochemistry is not encoded and is ignored."),
        ("[CH3]", "Unpaired electrons are not encoded: the atom counts as under-valent."),
        ("O.O", "The input has 2 fragments; they are scored as one graph."),
    ],
)
def test_what_the_graph_does_not_encode_is_noted(smiles, note):
    assert from_smiles(smiles).notes == (note,)


def test_several_notes():
    assert len(from_smiles("[13CH3][NH3+].[OH-]").notes) == 3


@pytest.mark.parametrize(
    ("smiles", "message"),
    [
        ("", "The SMILES is empty; try CCO for ethanol."),
        ("  ", "The SMILES is empty; try CCO for ethanol."),
        ("CCO ethanol", "'CCO ethanol' has a space inside; give one SMILES without a name behind "
                        "it."),
        ("C(C", "'C(C' is not a valid SMILES; check brackets, ring numbers and element symbols."),
        ("C" * 500, "The SMILES has 500 characters; a molecule of at most 29 atoms needs fewer "
                    "than 400."),
        ("(" * 100, f"'{'(' * 59}…' is not a valid SMILES; check brackets, ring numbers and "
                    "element symbols."),
        ("c1cccc1", "'c1cccc1' is not a possible molecule: its aromatic bonds cannot be written "
                    "as single and double bonds; check for a missing [nH]."),
        ("C(C)(C)(C)(C)C", "'C(C)(C)(C)(C)C' is not a possible molecule: explicit valence for "
                           "atom # 0 C, 5, is greater than permitted."),
        ("CS", "Element S is outside the vocabulary, which has H, C, N, O, F."),
        ("[Na+].[Cl-]", "Elements Cl, Na are outside the vocabulary, which has H, C, N, O, "
                        "F."),
        ("C*", "Element * is outside the vocabulary, which has H, C, N, O, F."),
        ("CCCCCCCCCC", "The molecule has 32 atoms with hydrogens; at most 29 are possible."),
        ("[C]$[C]", "Bonds of kind 'quadruple' are outside the vocabulary; use single, double, "
                    "triple or aromatic bonds."),
    ],
)
def test_refusals_say_what_would_be_right(smiles, message):
    with pytest.raises(MoleculeError) as raised:
        from_smiles(smiles)
    assert str(raised.value) == message


def test_the_size_limit_counts_hydrogens_and_can_be_raised():
    assert from_smiles("CCCCCCCCC").graph.num_nodes == 29
    assert from_smiles("CCCCCCCCCC", max_atoms=32).graph.num_nodes == 32


def test_refusals_print_nothing(capfd):
    for smiles in ("C(C", "c1cccc1", "C(C)(C)(C)(C)C"):
        with pytest.raises(MoleculeError):
            from_smiles(smiles)
    to_smiles(from_smiles("[H]").graph, hydrogens=False)
    assert capfd.readouterr() == ("", "")


def test_an_empty_molecule_is_refused():
    with pytest.raises(MoleculeError, match="The molecule has no atoms"):
        from_rdkit(Chem.Mol())


@pytest.mark.parametrize("smiles", ["CCO", "c1ccoc1", "N#CC=O", "C1CC1", "O=O", "FC(F)F", "C.O"])
def test_smiles_round_trip(smiles):
    graph = from_smiles(smiles).graph
    assert to_smiles(graph, hydrogens=False) == Chem.CanonSmiles(smiles)
    explicit = to_smiles(graph)
    assert explicit.count("H") == int((graph.node_labels == 0).sum())
    assert is_isomorphic(from_smiles(explicit).graph, graph)


def test_smiles_do_not_depend_on_the_numbering():
    graph = from_smiles("CC(=O)NC").graph
    order = np.random.default_rng(0).permutation(graph.num_nodes)
    assert to_smiles(graph.relabel(order)) == to_smiles(graph)


def test_one_bond_too_many_makes_a_cation():
    """Charge is not encoded: N, O or S with one bond order too many gets +1.

    See docs/definitions.md, Graphs and chemistries.
    """
    ammonium = molecule("NHHHH", [(0, i, "single") for i in range(1, 5)])
    assert to_rdkit(ammonium).GetAtomWithIdx(0).GetFormalCharge() == 1
    assert to_smiles(ammonium, hydrogens=False) == "[NH4+]"
    assert is_valid(ammonium)
    assert not is_stable(ammonium)
    five_bonds = molecule("CHHHHH", [(0, i, "single") for i in range(1, 6)])
    assert to_rdkit(five_bonds).GetAtomWithIdx(0).GetFormalCharge() == 0
    assert not is_valid(five_bonds)
    assert to_smiles(five_bonds) is None
    two_too_many = molecule("NHHHHH", [(0, i, "single") for i in range(1, 6)])
    assert to_rdkit(two_too_many).GetAtomWithIdx(0).GetFormalCharge() == 0
    assert not is_valid(two_too_many)


@pytest.mark.parametrize(
    ("elements", "bonds", "expected"),
    [
        ("COHH", [(0, 1, "double"), (0, 2, "single"), (0, 3, "single")], [True] * 4),
        ("CHHH", [(0, 1, "single"), (0, 2, "single"), (0, 3, "single")],
         [False, True, True, True]),
        ("NN", [(0, 1, "triple")], [True, True]),
        ("OO", [(0, 1, "single")], [False, False]),
        ("FHH", [(0, 1, "single"), (0, 2, "single")], [False, True, True]),
        ("H", [], [False]),
        ("CCOH", [(0, 1, "aromatic"), (0, 2, "aromatic"), (0, 3, "single")],
         [True, False, False, True]),  # aromatic counts 1.5
    ],
)
def test_stable_atoms(elements, bonds, expected):
    graph = molecule(elements, bonds)
    assert stable_atoms(graph).tolist() == expected
    assert is_stable(graph) is all(expected)


def test_an_under_valent_atom_is_valid_but_not_stable():
    methyl = molecule("CHHH", [(0, i, "single") for i in range(1, 4)])
    assert is_valid(methyl)
    assert not is_stable(methyl)


def test_fragments_are_counted_and_valid():
    graph = from_smiles("C.O.[H][H]").graph
    assert num_fragments(graph) == 3
    assert is_valid(graph)


@pytest.mark.parametrize("function", [to_rdkit, stable_atoms, is_valid, to_smiles])
def test_unlabelled_graphs_are_no_molecules(function):
    with pytest.raises(MoleculeError, match="An unlabelled graph is not a molecule"):
        function(UNLABELLED)


@pytest.mark.parametrize("hydrogens", [True, False])
@pytest.mark.parametrize("smiles", ["CCO", "c1ccoc1", "O=C([O-])C[NH3+]", "C#C"])
def test_mol_blocks(smiles, hydrogens):
    read = from_mol_block(mol_block(smiles, hydrogens=hydrogens), name="mol")
    assert is_isomorphic(read.graph, from_smiles(smiles).graph)
    assert read.graph.name == "mol"
    assert read.smiles == Chem.CanonSmiles(smiles)


def test_mol_blocks_without_their_charges_are_read_as_drawn():
    """So QM9's own SDF writes its 1,705 charged rows."""
    block = "\n".join(line for line in mol_block("O=C([O-])C[NH3+]").splitlines()
                      if not line.startswith("M  CHG"))
    read = from_mol_block(block)
    assert is_isomorphic(read.graph, from_smiles("O=C([O-])C[NH3+]").graph)
    assert read.notes == ("Formal charges are missing in the record; its atoms and bonds are read "
                          "as drawn, without adding hydrogens.",)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("no molecule", "The record ends in line 1; its line 4 says how many atoms and bonds "
                        "follow, such as '  3  2  0  0  0  0  0  0  0  0999 V2000'."),
        (mol_block("CS"), "Element S is outside the vocabulary, which has H, C, N, O, F."),
        (mol_block("C" * 10), "The molecule has 32 atoms with hydrogens; at most 29 are "
                              "possible."),
        (mol_block("C[N+](C)(C)C", hydrogens=False).replace("M  CHG  1   2   1\n", ""),
         "The record is not a possible molecule: explicit valence for atom # 1 N, 4, is greater "
         "than permitted."),
        (Chem.MolToMolBlock(Chem.MolFromSmiles("[H]C([H])([H])([H])[H]", sanitize=False),
                            kekulize=False),
         "The record is not a possible molecule: explicit valence for atom # 1 C, 5, is greater "
         "than permitted."),
        (mol_block("[SiH5-]").replace("M  CHG  1   1  -1\n", ""),
         "The record is not a possible molecule: explicit valence for atom # 0 Si, 5, is greater "
         "than permitted."),
    ],
)
def test_mol_blocks_that_are_refused(block, message):
    with pytest.raises(MoleculeError) as raised:
        from_mol_block(block)
    assert str(raised.value) == message


@pytest.mark.parametrize(("smiles", "reason"), [
    ("Co1CC1", "explicit valence for atom # 1 O, 3, is greater than permitted."),
    ("C#CC1Oo2CC1CO2", "explicit valence for atom # 4 O, 3, is greater than permitted."),
    ("COC1CCn11NC1C", "explicit valence for atom # 5 N, 4, is greater than permitted."),
])
def test_atoms_that_only_sanitizing_refuses_are_an_input_error(smiles, reason):
    with pytest.raises(MoleculeError) as refused:
        from_smiles(smiles)
    assert str(refused.value) == f"{smiles!r} is not a possible molecule: {reason}"


@pytest.mark.parametrize(("smiles", "place"), [("CC\u041e", 3), ("\u0421", 1), ("C\ud800", 2),
                                              ("C\0C", 2), ("C\x7f", 2), ("C\u200bC", 2)])
def test_a_character_that_no_smiles_has_is_named_with_its_place(smiles, place):
    """RDKit would read what stands before it."""
    with pytest.raises(MoleculeError, match=f"^Character {place} of the SMILES is ") as raised:
        from_smiles(smiles)
    assert "use plain ASCII" in str(raised.value)


@pytest.mark.parametrize("smiles", ["[CH999]O", "[UH99]", "[H999]"])
def test_what_rdkit_stumbles_over_is_an_input_error(smiles, capfd):
    with pytest.raises(MoleculeError):
        from_smiles(smiles)
    assert capfd.readouterr() == ("", "")


def test_an_extension_is_read_for_unpaired_electrons():
    note = "Of the extension between | | only unpaired electrons are read."
    methyl = from_smiles("C |^1:0|")
    assert methyl.graph == from_smiles("[CH3]").graph
    assert methyl.smiles == "C |^1:0|"
    assert methyl.notes[-1] == note
    assert from_smiles("CC |$a;b$|").graph == from_smiles("CC").graph
    for wrong in ("CC |^1:0", "CC |^9:0|", "CC |\u0430|"):
        with pytest.raises(MoleculeError):
            from_smiles(wrong)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["CCO", "c1ccccc1", "C[NH3+]", "N#CC=O", "c1cc[nH]c1", "C1CC1", "OC=O"]),
       st.data())
def test_smiles_of_under_valent_molecules_read_back_as_they_are(smiles, data):
    graph = from_smiles(smiles).graph
    hydrogens = np.flatnonzero(graph.node_labels == 0)
    taken = data.draw(st.sets(st.sampled_from(hydrogens.tolist())))
    kept = [node for node in range(graph.num_nodes) if node not in taken]
    rows = [row for row, ends in enumerate(graph.edges.tolist()) if not taken & set(ends)]
    number = {node: place for place, node in enumerate(kept)}
    edges = np.array([[number[u], number[v]] for u, v in graph.edges[rows].tolist()], dtype=int)
    less = Graph(len(kept), edges.reshape(-1, 2), graph.node_labels[kept], graph.edge_labels[rows])
    for hydrogens_shown in (True, False):
        again = from_smiles(to_smiles(less, hydrogens=hydrogens_shown)).graph
        assert to_smiles(again) == to_smiles(less)
        assert again.num_nodes == less.num_nodes
        assert sorted(again.degrees) == sorted(less.degrees)


def test_implicit_hydrogens_fill_valences():
    graph = from_smiles("CC(N)C(=O)O", MOSES).graph
    assert implicit_hydrogens(graph, MOSES).tolist() == [3, 1, 2, 0, 0, 1]
    assert not implicit_hydrogens(from_smiles("CC(N)C(=O)O").graph).any()
