"""What labels mean: the named chemistries, their vocabularies, and molecules of implicit ones."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from core.chemistry import (
    AUTOGRAPH_GUACAMOL,
    AUTOGRAPH_MOSES,
    CHEMISTRIES,
    MOSES,
    QM9,
    Chemistry,
    ChemistryError,
    MoleculeError,
    from_smiles,
    is_stable,
    stable_atoms,
    to_rdkit,
    to_smiles,
)
from core.graph import is_isomorphic
from core.sent.vocabulary import vocabulary_of

CHARGE_NOTE = "Formal charges are not encoded: hydrogens fill what the charge left open."

DRUGS = {
    "ibuprofen": "CC(C)Cc1ccc(C(C)C(=O)O)cc1",
    "aspirin": "CC(=O)Oc1ccccc1C(=O)O",
    "caffeine": "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "sulfonamide": "Cc1ccc(S(N)(=O)=O)cc1Cl",
    "pyrrole": "Brc1ccc[nH]1",
    "thiazole": "CC1CSc2nc(F)cn21",
    "o-xylene": "Cc1ccccc1C",
}


@pytest.mark.parametrize(("chemistry", "tokens"), [
    (QM9, 44), (MOSES, 45), (AUTOGRAPH_MOSES, 45), (AUTOGRAPH_GUACAMOL, 110),
])
def test_vocabularies_have_the_published_sizes(chemistry, tokens):
    assert len(vocabulary_of(chemistry)) == tokens


@pytest.mark.parametrize("chemistry", CHEMISTRIES.values(), ids=CHEMISTRIES)
def test_a_chemistry_survives_json(chemistry):
    assert Chemistry.from_json(json.loads(json.dumps(chemistry.to_json()))) == chemistry


@pytest.mark.parametrize(("changes", "message"), [
    ({"elements": ("C", "C"), "valences": ((4,), (4,))},
     "A chemistry names each of its elements once, at least one."),
    ({"elements": ()}, "A chemistry names each of its elements once, at least one."),
    ({"valences": ((4,),)}, "A chemistry gives valences for each of its 8 elements, got 1."),
    ({"hydrogens": "some"}, "Unknown hydrogens 'some'; use explicit or implicit."),
    ({"bonds": "dashed"}, "Unknown bonds 'dashed'; use kekulized or aromatic."),
    ({"max_nodes": 0}, "max_nodes must be at least 1, got 0."),
])
def test_a_chemistry_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ChemistryError) as refused:
        replace(MOSES, **changes)
    assert str(refused.value) == message


@pytest.mark.parametrize("smiles", DRUGS.values(), ids=DRUGS)
def test_graph_to_smiles_to_graph_is_the_identity(smiles):
    molecule = from_smiles(smiles, MOSES)
    written = to_smiles(molecule.graph, MOSES)
    assert written == Chem.CanonSmiles(smiles)
    assert is_isomorphic(from_smiles(written, MOSES).graph, molecule.graph)
    assert molecule.notes == ()


@pytest.mark.parametrize("chemistry", [QM9, MOSES], ids=["explicit", "implicit"])
@settings(max_examples=60)
@given(smiles=st.sampled_from(["Cc1ccccc1C", "Cc1cc(C)nnc1", "FC1=CC=CC=C1O", "c1ccc2[nH]ccc2c1",
                               "CC1=C(C)N=NC=C1", "OCC#CC=O"]),
       seed=st.integers(0, 2**31 - 1), kekulize=st.booleans())
def test_a_molecule_has_one_graph_however_it_is_spelt(chemistry, smiles, seed, kekulize):
    chemistry = replace(chemistry, max_nodes=29)
    mol = Chem.MolFromSmiles(smiles)
    if kekulize:
        Chem.Kekulize(mol)
    spelt = Chem.MolToRandomSmilesVect(mol, 1, randomSeed=seed, kekuleSmiles=kekulize)[0]
    assert is_isomorphic(from_smiles(smiles, chemistry).graph, from_smiles(spelt, chemistry).graph)


def test_hydrogens_are_no_nodes_where_they_are_implicit():
    assert from_smiles("CCO", MOSES).graph.num_nodes == 3
    assert from_smiles("[H]C([H])([H])[2H]", MOSES).graph.num_nodes == 1
    assert from_smiles("[H][H]", MOSES).graph.num_nodes == 2
    assert from_smiles("CCO", QM9).graph.num_nodes == 9


@pytest.mark.parametrize(("smiles", "notes"), [
    ("C[N+](C)(C)C", (CHARGE_NOTE,)),
    ("CC(=O)[O-]", (CHARGE_NOTE, "It is scored as CC(=O)O.")),
    ("[13CH4]", ("Isotopes are not encoded and are ignored.",)),
    ("C/C=C/C", ("Stereochemistry is not encoded and is ignored.",)),
    ("C[CH2]", ("Unpaired electrons are not encoded: hydrogens take their place.",
                "It is scored as CC.")),
    ("C.O", ("The input has 2 fragments; they are scored as one graph.",)),
    ("CN->[Br]", ("Dative bonds are not encoded and are read as single ones.",
                  "It is scored as CNBr.")),
])
def test_what_is_lost_is_said(smiles, notes):
    assert from_smiles(smiles, MOSES).notes == notes


@pytest.mark.parametrize(("smiles", "chemistry", "message"), [
    ("CP", MOSES, "Element P is outside the vocabulary, which has C, N, S, O, F, Cl, Br, H."),
    ("C" * 28, MOSES, "The molecule has 28 atoms without hydrogens; at most 27 are possible."),
    ("CC\u041e", QM9, "Character 3 of the SMILES is '\\u041e', which no SMILES has; use plain "
                      "ASCII letters, digits and signs."),
    ("C:C", QM9, "An aromatic bond outside of an aromatic ring has no place among single, double "
                 "and triple bonds; write it as one of these."),
])
def test_what_does_not_fit_is_refused(smiles, chemistry, message):
    with pytest.raises(MoleculeError) as refused:
        from_smiles(smiles, chemistry)
    assert str(refused.value) == message


def test_nothing_is_unstable_where_hydrogens_are_implicit():
    graph = from_smiles("CCO", MOSES).graph
    for question in (is_stable, stable_atoms):
        with pytest.raises(MoleculeError, match="ask whether the molecule is valid"):
            question(graph, MOSES)


def test_aromatic_bonds_stay_where_the_chemistry_has_them():
    graph = from_smiles("c1ccccc1C", AUTOGRAPH_MOSES).graph
    assert sorted(graph.edge_labels.tolist()) == [0, 3, 3, 3, 3, 3, 3]
    assert to_smiles(graph, AUTOGRAPH_MOSES) == "Cc1ccccc1"
    assert to_smiles(from_smiles("Cn1cccc1", AUTOGRAPH_MOSES).graph, AUTOGRAPH_MOSES) == "Cn1cccc1"


def test_a_nitrogen_with_one_bond_too_many_is_charged():
    graph = from_smiles("C[N+](C)(C)C", MOSES).graph
    charges = [atom.GetFormalCharge() for atom in to_rdkit(graph, MOSES).GetAtoms()]
    assert sorted(charges) == [0, 0, 0, 0, 1]


def test_deuterium_is_no_element_where_hydrogens_are_implicit():
    assert "H" not in AUTOGRAPH_GUACAMOL.elements
    found = from_smiles("[2H]OC", AUTOGRAPH_GUACAMOL)
    assert found.graph == from_smiles("OC", AUTOGRAPH_GUACAMOL).graph
    assert found.notes == ("Isotopes are not encoded and are ignored.",)


def test_what_a_chemistry_holds_is_said():
    assert QM9.limits == "H, C, N, O and F, at most 29 atoms with hydrogens."
    assert MOSES.limits == "C, N, S, O, F, Cl, Br and H, at most 27 atoms without hydrogens."
