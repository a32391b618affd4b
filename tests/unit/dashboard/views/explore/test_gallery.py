"""The molecules that the Explore page offers."""

import json

import pytest
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from core.assets import assets_folder
from core.chemistry.chemistry import (
    AUTOGRAPH_GUACAMOL,
    AUTOGRAPH_MOSES,
    MOSES,
    QM9,
)
from core.chemistry.molecules import from_smiles
from dashboard.views.explore.data import by_name, gallery, is_like_a_name, likest, similar_name

GROUPS = json.loads((assets_folder() / "gallery.json").read_text(encoding="utf-8"))
NAMED = json.loads((assets_folder() / "names.json").read_text(encoding="utf-8"))
FORMULAS = {
    "Ibuprofen": "C13H18O2", "Diazepam": "C16H13ClN2O", "Ciprofloxacin": "C17H18FN3O3",
    "Celecoxib": "C17H14F3N3O2S", "Penicillin V": "C16H18N2O5S", "Omeprazole": "C17H19N3O3S",
    "Bromhexine": "C14H20Br2N2", "Morphine": "C17H19NO3", "Imatinib": "C29H31N7O",
    "Sildenafil": "C22H30N6O4S", "Atorvastatin": "C33H35FN2O5", "Erythromycin": "C37H67NO13",
    "Paclitaxel": "C47H51NO14", "Bortezomib": "C19H25BN4O4", "Sofosbuvir": "C22H29FN3O9P",
    "Ritonavir": "C37H48N6O5S2", "Losartan": "C22H23ClN6O", "Cholesterol": "C27H46O",
}


@pytest.mark.parametrize(("chemistry", "group"), [
    (QM9, 0), (MOSES, 1), (AUTOGRAPH_MOSES, 1), (AUTOGRAPH_GUACAMOL, 2)])
def test_every_chemistry_has_a_group_that_it_can_read_whole(chemistry, group):
    shown = gallery(chemistry)
    assert shown == tuple((row["name"], row["smiles"]) for row in GROUPS[group])
    if chemistry.is_kekulized:
        assert all(from_smiles(smiles, chemistry).notes == () for _, smiles in shown)


def test_molecules_are_what_they_are_called():
    formulas = {row["name"]: CalcMolFormula(Chem.MolFromSmiles(row["smiles"]))
                for rows in GROUPS for row in rows}
    assert FORMULAS.items() <= formulas.items()
    for row in NAMED:
        assert CalcMolFormula(Chem.MolFromSmiles(row["smiles"])) == row["formula"]


def test_names_and_synonyms_are_understood_in_any_case():
    for rows in (*GROUPS, NAMED):
        for row in rows:
            for name in (row["name"], *row.get("also", ())):
                assert by_name(f" {name.upper()} ") == row["smiles"]
    assert by_name("acetylsalicylic  acid") == by_name("Aspirin") == "CC(=O)Oc1ccccc1C(=O)O"
    assert by_name("CCO") is by_name("") is by_name("unobtainium") is None


def test_no_name_is_a_smiles_and_none_is_of_two_molecules():
    smiles = {}
    for rows in (*GROUPS, NAMED):
        for row in rows:
            for name in (row["name"], *row.get("also", ())):
                assert Chem.MolFromSmiles(name, sanitize=False) is None
                assert smiles.setdefault(name.lower(), row["smiles"]) == row["smiles"]


@pytest.mark.parametrize(("typed", "name"), [
    ("asprin", "Aspirin"), ("caffiene", "Caffeine"), ("CC(=O)O", None), ("c1ccccc1", None),
    ("isopropanl", "Isopropanol"), ("vitamin Q", None),
    ("", None), ("x" * 500, None)])
def test_a_misspelt_name_is_known(typed, name):
    assert similar_name(typed) == name


@pytest.mark.parametrize(("typed", "expected"), [
    ("vitamin D", True), ("unobtainium", True), ("2-methylnonane", True), ("ethanol", False),
    ("CCO ethanol", False), ("CCCCCX", False), ("cccc", False), ("C1CC", False), ("BrCCl", False)])
def test_a_word_is_told_from_a_smiles(typed, expected):
    assert is_like_a_name(typed) is expected


@pytest.mark.parametrize(("smiles", "chemistry", "name"), [
    ("CCCl", QM9, "Propane"), ("c1ccc2ccccc2c1Br", QM9, "Naphthalene"),
    ("CC(C)[Si](C)(C)C(C)(C)C", MOSES, "Isobutane"), ("[Xe]", QM9, None)])
def test_the_likest_well_known_molecule_is_one_that_the_model_reads(smiles, chemistry, name):
    found = likest(smiles, chemistry)
    assert (None if found is None else found[0]) == name
