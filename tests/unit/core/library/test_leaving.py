"""What leaves a library is what was seen, under the same names in every file and in Python."""

import json

import pandas as pd
import pytest
from rdkit import Chem

from core.chemistry.chemistry import MOSES
from core.chemistry.molecules import to_smiles, with_hydrogens
from core.data.files import read_input
from core.library.export import KINDS, export
from core.library.leaving import leaving_names, notes_of
from core.library.selection import Selection
from core.library.store import Library
from core.library.structure import structure
from core.sent.vocabulary import QM9_VOCABULARY
from core.triage.generated import read_graph
from tests.generated_molecules import made_up_samples
from tests.made_up_library import made_up_table, save_library


def read(path, kind):
    """Columns and SMILES of a file."""
    if kind == "csv":
        table = pd.read_csv(path)
        return list(table), table["smiles"].dropna().tolist()
    if kind == "parquet":
        table = pd.read_parquet(path)
        return list(table), table["smiles"].dropna().tolist()
    if kind == "jsonl":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        return list(rows[0]), [row["smiles"] for row in rows if row["smiles"]]
    if kind == "sdf":
        molecules = list(Chem.SDMolSupplier(str(path)))
        names = {name for molecule in molecules for name in molecule.GetPropNames()}
        return sorted(names), [molecule.GetProp("smiles") for molecule in molecules]
    return None, [line.split("\t")[0] for line in path.read_text().splitlines()]


@pytest.mark.parametrize("kind", KINDS)
def test_generated_molecules_are_written_as_on_their_cards(kind, library, samples, tmp_path):
    export(library, Selection(), tmp_path / f"rows.{kind}", kind)
    _, found = read(tmp_path / f"rows.{kind}", kind)
    rows = library.page(Selection(), 0, library.rows, ["row", "smiles", "valid", "tokens"])
    cards = [structure(library, row).smiles for row in rows.to_dict("records")]
    assert found == [smiles for smiles in cards if smiles is not None]
    assert any("[H]" in smiles for smiles in samples.table["smiles"].dropna())
    assert not any("[H]" in smiles for smiles in found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_hydrogen_is_written_if_asked(kind, library, samples, tmp_path):
    export(library, Selection(), tmp_path / f"rows.{kind}", kind, hydrogens=True)
    _, found = read(tmp_path / f"rows.{kind}", kind)
    assert found == samples.table["smiles"].dropna().tolist()
    if kind == "sdf":
        first = next(Chem.SDMolSupplier(str(tmp_path / "rows.sdf"), removeHs=False))
        assert first.GetNumAtoms() == samples.table["num_nodes"][0]


def test_all_files_and_python_have_one_set_of_names(library, tmp_path):
    expected = list(library.to_frame())
    assert {"nll_mean_nats", "self_nll_nats", "lu", "smiles", "tokens"} <= set(expected)
    assert not {"nll_mean", "self_nll"} & set(expected)
    for kind in ("csv", "parquet", "jsonl"):
        export(library, Selection(), tmp_path / f"rows.{kind}", kind)
        assert read(tmp_path / f"rows.{kind}", kind)[0] == expected
    export(library, Selection(), tmp_path / "rows.sdf", "sdf")
    assert set(read(tmp_path / "rows.sdf", "sdf")[0]) <= set(expected) - {"tokens"}


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_files_of_samples_are_read_again_as_their_molecules(kind, library, samples, tmp_path):
    export(library, Selection(), tmp_path / f"rows.{kind}", kind)
    valid = samples.table["valid"]
    rows = list(read_input(tmp_path / f"rows.{kind}"))
    assert [row.error is None for row in rows] == valid.tolist()
    assert [row.graph.key for row in rows if row.graph is not None] == (
        samples.table["graph_key"][valid].tolist())


def test_samples_of_old_leave_with_the_brackets_of_their_cards(samples, tmp_path, card):
    """Their SMILES would be read with hydrogens that the graph does not have."""
    table = samples.table.copy()
    open_ended = table["stable"].eq(False).fillna(False).to_numpy(dtype=bool)
    assert open_ended.any()
    table.loc[open_ended, "smiles"] = [
        smiles.replace("[", "").replace("]", "").replace("H", "")
        for smiles in table["smiles"][open_ended]]
    old = made_up_samples(number=40)
    object.__setattr__(old, "table", table)
    old.save(tmp_path, device="cpu")
    found = Library.open(tmp_path, card=card).to_frame()
    assert found["smiles"][open_ended].tolist() == [
        to_smiles(read_graph(tokens, QM9_VOCABULARY), hydrogens=False)
        for tokens in table["tokens"][open_ended]]


def test_scored_rows_stand_as_they_were_given(tmp_path):
    table = made_up_table(20)
    table.loc[0, ["smiles", "notes"]] = ["[H]OC", "Stereochemistry is not encoded and is ignored."]
    library = Library.open(save_library(tmp_path / "mine", table, chemistry=MOSES))
    found = library.to_frame()
    assert found["smiles"].tolist() == table["smiles"].tolist()
    assert found["notes"][0] == table["notes"][0]
    assert found["nll_mean_nats"].dropna().tolist() == table["nll_mean"].dropna().tolist()
    assert library.to_frame(Selection(rows=(1,)), hydrogens=True)["smiles"].tolist() == [
        with_hydrogens("CO")]


def test_columns_of_the_input_give_way_to_ours(tmp_path):
    table = made_up_table(20).rename(columns={"logP": "NLL_mean_nats", "lot": "self_nll"})
    kinds = {"NLL_mean_nats": "number", "self_nll": "text", "count": "whole number",
             "works": "yes or no"}
    library = Library.open(save_library(tmp_path / "mine", table, own=kinds))
    names = leaving_names(library)
    assert names["NLL_mean_nats"] == "NLL_mean_nats_input"
    assert names["nll_mean"] == "nll_mean_nats"
    assert names["self_nll"] == "self_nll"  # of the input, so we know of no unit
    assert library.to_frame()["NLL_mean_nats_input"].tolist() == table["NLL_mean_nats"].tolist()


def test_filters_take_names_with_and_without_units(library):
    for column in ("nll_mean_nats", "nll_mean", "NLL_mean_nats"):
        assert library.count(Selection.from_text(f"{column} >= 36")) == library.count(
            Selection(ranges=(("nll_mean", 36.0, None),))) > 0


def test_notes_of_a_set_name_their_rows(tmp_path):
    table = made_up_table(20)
    stereo = "Stereochemistry is not encoded and is ignored."
    table.loc[2, "notes"] = f"Formal charges are not encoded: hydrogens fill. {stereo}"
    table.loc[[4, 5, 6, 7, 8, 10, 11], "notes"] = stereo
    assert notes_of(save_library(tmp_path / "mine", table)) == (
        "Formal charges are not encoded: hydrogens fill. (m2)",
        f"{stereo} (8 rows: m2, m4, m5, m6, m7 and 3 more)")
