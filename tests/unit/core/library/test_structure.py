"""Rows of a library as graphs again, and as files that other programs read."""

import pandas as pd
import pyarrow.parquet as pq
import pytest
from rdkit import Chem

from core.data.files import read_molecules
from core.graph.graph import is_isomorphic
from core.library.export import export
from core.library.selection import Selection
from core.library.store import Library
from core.library.structure import structure
from core.sent.vocabulary import QM9_VOCABULARY
from core.triage.generated import read_graph
from tests.made_up_library import made_up_table, save_library


def rows_of(library, columns):
    return library.page(Selection(), 0, library.rows, columns).to_dict("records")


def test_samples_are_read_from_their_tokens(library, samples):
    for row in rows_of(library, ["row", "smiles", "valid", "tokens"]):
        expected = read_graph(samples.table["tokens"][row["row"] - 1], QM9_VOCABULARY)
        found = structure(library, row)
        assert (found.graph is None) == (expected is None)
        assert expected is None or is_isomorphic(found.graph, expected)
        assert (found.smiles is not None) == row["valid"]


def test_scored_rows_are_read_from_their_smiles(tmp_path):
    library = Library.open(save_library(tmp_path / "mine", made_up_table(20)))
    rows = rows_of(library, ["row", "smiles", "valid"])
    found = [structure(library, row) for row in rows]
    assert [one.link_smiles for one in found] == [
        row["smiles"] if row["valid"] else None for row in rows]
    assert [row["row"] for row, one in zip(rows, found, strict=True) if one.graph is None] == [
        10, 20]


def test_sdf_of_samples_is_read_back_as_the_same_graphs(library, samples, tmp_path):
    """Under-valent atoms stay so: readers must not fill them up."""
    path = tmp_path / "molecules.sdf"
    export(library, Selection(), path, "sdf")
    valid = samples.table[samples.table["valid"]]
    assert (~valid["stable"]).any()
    rows = list(read_molecules(path))
    assert [row.id for row in rows] == valid["id"].tolist()
    for row, tokens in zip(rows, valid["tokens"], strict=True):
        assert row.error is None
        assert is_isomorphic(row.graph, read_graph(tokens, QM9_VOCABULARY))
    first = next(iter(Chem.SDMolSupplier(str(path))))
    assert float(first.GetProp("lu")) == pytest.approx(valid["lu"].iloc[0], rel=1e-5)
    assert first.GetProp("stable") == "True"
    assert not first.HasProp("novel")  # it is not known


def test_tables_of_samples_hold_the_sequences(library, samples, tmp_path):
    chosen, expected = Selection(rows=(2, 4)), samples.table["tokens"][[1, 3]].tolist()
    export(library, chosen, tmp_path / "rows.csv", "csv")
    export(library, chosen, tmp_path / "rows.parquet", "parquet")
    as_text = pd.read_csv(tmp_path / "rows.csv")["tokens"]
    assert [tuple(map(int, line.split())) for line in as_text] == expected
    stored = pq.read_table(tmp_path / "rows.parquet")["tokens"].to_pylist()
    assert [tuple(tokens) for tokens in stored] == expected
