"""Substructure search counts hydrogens as the graph has them."""

import numpy as np
import pytest
from rdkit import Chem

from core.chemistry.chemistry import QM9
from core.chemistry.molecules import from_smiles, to_smiles, to_valid_rdkit
from core.chemistry.substructures import (
    MAX_SMARTS_LENGTH,
    Pattern,
    PatternError,
    from_written_smiles,
)
from tests.generated_molecules import without_last_hydrogen

SMILES = ("CCO", "COC", "CC#N", "C1CC1", "Oc1ccccc1")


def molecule(graph, *, hydrogens):
    """As pages have it, who read what was written of the graph."""
    return from_written_smiles(to_smiles(graph), hydrogens=hydrogens)


@pytest.mark.parametrize(("smarts", "found"), [
    ("[OX2H]", ["CCO", "Oc1ccccc1"]),
    ("[CH3]", ["CCO", "COC", "CC#N"]),
    ("C#N", ["CC#N"]),
    ("[CD2]", ["CCO", "CC#N", "C1CC1"]),  # heavy neighbours, as hydrogens are not atoms here
    ("c", ["Oc1ccccc1"]),
    ("[#6]~[#6]", ["CCO", "CC#N", "C1CC1", "Oc1ccccc1"]),
    ("O[H]", ["CCO", "Oc1ccccc1"]),
    ("[#1]C([#1])[#1]", ["CCO", "COC", "CC#N"]),
    ("[F,#1]O", ["CCO", "Oc1ccccc1"]),
    ("[$(O[H])]", ["CCO", "Oc1ccccc1"]),
    ("[#15]", []),
])
def test_patterns_find_what_they_mean(smarts, found):
    pattern = Pattern.from_smarts(smarts)
    searched = [molecule(from_smiles(smiles).graph, hydrogens=pattern.has_hydrogens)
                for smiles in SMILES]
    matches = pattern.find([None, *searched])
    assert not matches[0]
    assert list(np.array(SMILES)[matches[1:]]) == found


@pytest.mark.parametrize(("smarts", "has_hydrogens"), [
    ("[H]C", True), ("[2H]", True), ("[H+]", True), ("[H:3]O", True), ("[!#1]", True),
    ("[OH]", False), ("[CH3]", False), ("[#16]", False), ("[#12]", False), ("[!H0]", False),
    ("[H1;R]", False),
])
def test_only_hydrogen_atoms_ask_for_hydrogen_atoms(smarts, has_hydrogens):
    assert Pattern.from_smarts(smarts).has_hydrogens is has_hydrogens


@pytest.mark.parametrize("text", ["", " ", "C(", "[Qq]", "C>>O", "<script>", "]["])
def test_what_is_no_smarts_gets_one_sentence(text, capfd):
    with pytest.raises(PatternError, match="is not a valid SMARTS; try"):
        Pattern.from_smarts(text)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("smarts", "message"), [
    ("CC\u041e", "Character 3 of the SMARTS is '\\u041e', which no SMARTS has; use plain ASCII "
                 "letters, digits and signs."),
    ("C\ud800", "Character 2 of the SMARTS is '\\ud800', which no SMARTS has; use plain ASCII "
                "letters, digits and signs."),
    ("[#999]", "'[#999]' is not a valid SMARTS; try [OX2H] for a hydroxyl group or C#N for a "
               "nitrile."),
])
def test_patterns_that_rdkit_misreads_are_refused(smarts, message, capfd):
    with pytest.raises(PatternError) as raised:
        Pattern.from_smarts(smarts)
    assert str(raised.value) == message
    assert capfd.readouterr() == ("", "")


def test_endless_patterns_are_refused_before_parsing():
    with pytest.raises(PatternError, match="at most 200 are possible"):
        Pattern.from_smarts("C" * (MAX_SMARTS_LENGTH + 1))


@pytest.mark.parametrize("smiles", ["CCO", "c1ccccc1", "C[NH3+]", "O", "[H][H]"])
def test_smiles_of_a_table_and_its_graph_are_the_same_molecule(smiles):
    graph = from_smiles(smiles).graph
    ones = (Chem.AddHs(to_valid_rdkit(graph, QM9)), molecule(graph, hydrogens=True))
    assert all(one is not None for one in ones)
    for pattern in ("[CH3]", "[OH2]", "[NH3+]", "[#1][#1]", "c"):
        query = Pattern.from_smarts(pattern)
        assert len({bool(query.find([one])[0]) for one in ones}) == 1


def test_an_under_valent_atom_is_not_filled_up():
    ethane = from_smiles("CC").graph
    pattern = Pattern.from_smarts("[CH2]")
    assert pattern.find([molecule(without_last_hydrogen(ethane), hydrogens=False)])[0]
    assert not pattern.find([molecule(ethane, hydrogens=False)])[0]
