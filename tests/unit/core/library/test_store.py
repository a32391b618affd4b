"""Questions to a library have the answers of a slow look at its table."""

import gzip
import json
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from core.chemistry.chemistry import MOSES
from core.library.comparison import COMPARED, compare, pairs
from core.library.export import KINDS, export
from core.library.keep import keep
from core.library.manifest import LibraryError
from core.library.selection import Selection
from core.library.store import Library, find_libraries
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY
from core.triage.keep_list import keep_list
from core.triage.samples import Samples, shipped_samples
from core.units import with_unit
from tests.generated_molecules import made_up_samples
from tests.made_up_library import made_up_table, save_library

ROWS = 100


@pytest.fixture(scope="module")
def table():
    return made_up_table(ROWS)


@pytest.fixture(scope="module")
def library(table, tmp_path_factory):
    return Library.open(save_library(tmp_path_factory.mktemp("libraries") / "mine", table))


def selected(table, selection):
    """The rows of a selection, one condition after another."""
    chosen = []
    for _, row in table.iterrows():
        is_in = all(pd.notna(row[name]) and (low is None or row[name] >= low)
                    and (high is None or row[name] <= high)
                    for name, low, high in selection.ranges)
        is_in &= all(pd.notna(row[name]) and row[name] == flag for name, flag in selection.flags)
        is_in &= all(part.lower() in row[name].lower() for name, part in selection.texts)
        is_in &= not any(pd.notna(row[name]) and (
            row[name] == value if isinstance(value, bool) else row[name] >= value)
            for name, value in selection.without)
        is_in &= selection.scored is None or pd.notna(row["lu"]) == selection.scored
        is_in &= selection.rows is None or row["row"] in selection.rows
        if is_in:
            chosen.append(row)
    known = [row for row in chosen if pd.notna(row[selection.sort])]
    known.sort(key=lambda row: row["row"])
    known.sort(key=lambda row: row[selection.sort], reverse=selection.descending)
    missing = [row for row in chosen if pd.isna(row[selection.sort])]
    return [row["row"] for row in (*known, *missing)]


conditions = st.builds(
    Selection,
    ranges=st.lists(st.tuples(st.sampled_from(["lu", "logP", "count", "num_nodes"]),
                              st.none() | st.floats(-1, 10), st.none() | st.floats(-1, 20)),
                    max_size=2, unique_by=lambda one: one[0]).map(tuple),
    flags=st.lists(st.tuples(st.sampled_from(["works", "valid"]), st.booleans()), max_size=1
                   ).map(tuple),
    texts=st.lists(st.tuples(st.sampled_from(["lot", "id", "smiles"]),
                             st.sampled_from(["m1", "00", "c", "C", "'", "%", ""])), max_size=1
                   ).map(tuple),
    scored=st.none() | st.booleans(),
    without=st.lists(st.tuples(st.sampled_from(["works", "valid"]), st.booleans()) |
                     st.tuples(st.sampled_from(["lu", "count"]), st.floats(-1, 10)), max_size=2
                     ).map(tuple),
    rows=st.none() | st.lists(st.integers(1, ROWS), max_size=20).map(tuple),
    sort=st.sampled_from(["row", "lu", "lot", "count", "works"]), descending=st.booleans())


@settings(max_examples=40)
@given(conditions, st.integers(0, 30), st.integers(1, 30))
def test_a_page_holds_the_rows_of_a_slow_look(table, library, selection, first, number):
    expected = selected(table, selection)
    assert library.count(selection) == len(expected)
    found = library.page(selection, first, number, ["row", "lu"])
    assert found["row"].tolist() == expected[first : first + number]


@settings(max_examples=40)
@given(conditions)
def test_a_histogram_counts_what_numpy_counts(table, library, selection):
    found = library.histogram("lu", selection, bins=7)
    values = table["lu"].dropna().astype(float)
    edges = np.linspace(values.min(), values.max(), 8)
    assert found.edges == pytest.approx(edges)
    assert found.of_all.tolist() == np.histogram(values, edges)[0].tolist()
    chosen = table[table["row"].isin(selected(table, selection))]["lu"].dropna().astype(float)
    assert found.of_chosen.tolist() == np.histogram(chosen, edges)[0].tolist()


def test_a_scatter_has_points_or_cells(table, library):
    few = library.scatter("lu", "logP", Selection(scored=True))
    assert few.number == len(few.points) == 90
    known = table[table["lu"].notna()]
    assert few.points["x"].tolist() == known["lu"].tolist()
    many = library.scatter("lu", "logP", Selection(), most=50, bins=5)
    assert many.points is None
    counts, _, _ = np.histogram2d(known["logP"].astype(float), known["lu"].astype(float),
                                  bins=[many.y_edges, many.x_edges])
    assert many.counts.tolist() == counts.astype(int).tolist()
    view = (0.05, 0.1, -1.0, 1.0)
    inside = known[known["lu"].between(0.05, 0.1) & known["logP"].between(-1.0, 1.0)]
    assert library.scatter("lu", "logP", Selection(), view=view).number == len(inside)


def test_a_lasso_takes_what_lies_inside(table, library):
    triangle = [(0.02, -1.0), (0.12, -1.0), (0.07, 2.0)]
    rows = library.rows_in("lu", "logP", triangle, Selection(), most=1000)

    def is_inside(x, y):
        if y < -1.0:
            return False
        share = (y + 1.0) / 3.0
        return 0.02 + 0.05 * share < x < 0.12 - 0.05 * share

    expected = [row["row"] for _, row in table.iterrows()
                if pd.notna(row["lu"]) and is_inside(row["lu"], row["logP"])]
    assert 5 < len(expected) < 90
    assert list(rows) == expected
    assert library.rows_in("lu", "logP", triangle, Selection(), most=3) == tuple(expected[:3])


def test_files_of_a_set_call_columns_as_all_that_leaves_does_and_old_ones_are_read(table, tmp_path):
    new, old = (Library.open(save_library(tmp_path / name, table, has_units=name == "new"))
                for name in ("new", "old"))
    stored, of_old = (pd.read_parquet(one.folder) for one in (new, old))
    assert list(stored) == [*filter(set(stored).__contains__, map(with_unit, of_old))]
    assert {"nll_mean_nats", "nll_marginal_nats", "lu"} <= set(stored)
    assert {"nll_mean", "nll_marginal", "lu"} <= set(of_old)
    assert dict(new.columns) == dict(old.columns)
    pd.testing.assert_frame_equal(new.to_frame(), old.to_frame())
    chosen = Selection.from_text("nll_mean_nats <= 20")
    assert new.count(chosen) == old.count(chosen) > 0


@pytest.mark.parametrize("name", ['x" OR 1=1 --', "a'b", "ünïcode", "select", "a;b"])
def test_names_of_columns_are_no_part_of_a_question(name, table, tmp_path):
    renamed = table.rename(columns={"logP": name})
    folder = save_library(tmp_path / "odd's folder", renamed, own={
        name: "number", "lot": "text", "count": "whole number", "works": "yes or no"})
    odd = Library.open(folder)
    expected = int((table["logP"] > 0).sum())
    assert odd.count(Selection(ranges=((name, 1e-9, None),))) == expected
    assert odd.page(Selection(sort=name), 0, 1, [name])[name][0] == table["logP"].min()


@pytest.mark.parametrize("selection", [
    Selection(ranges=(("nothing", 0.0, 1.0),)), Selection(ranges=(("lot", 0.0, 1.0),)),
    Selection(flags=(("lu", True),)), Selection(texts=(("count", "1"),)), Selection(sort="nothing"),
    Selection(sort="row; DROP TABLE x"),
])
def test_columns_that_are_not_there_or_of_another_kind_are_refused(selection, library):
    with pytest.raises(LibraryError, match="column"):
        library.page(selection, 0, 10)


def test_what_a_library_says_of_itself(library, tmp_path, table):
    assert (library.model, library.strategy, library.permutations) == ("scorer", "random_order", 32)
    assert (library.rows, library.total) == (ROWS, ROWS)
    assert library.columns["logP"] == "number"
    assert library.columns["works"] == "yes or no"
    assert "graph_key" not in library.columns
    part = Library.open(save_library(tmp_path / "part", table, total=250))
    assert (part.rows, part.total) == (ROWS, 250)
    assert find_libraries(tmp_path) == {"part": tmp_path / "part"}
    assert part.key == library.key


def test_files_that_are_gone_are_said(table, tmp_path):
    folder = save_library(tmp_path / "gone", table)
    gone = Library.open(folder)
    (folder / "part-000003.parquet").unlink()
    with pytest.raises(LibraryError, match="cannot be read"):
        gone.count(Selection())
    with pytest.raises(LibraryError, match="is no scored set"):
        Library.open(tmp_path)
    unfinished = save_library(tmp_path / "new", table.iloc[:0], total=100)
    with pytest.raises(LibraryError, match="Nothing of new is scored yet: 100 rows wait"):
        Library.open(unfinished)


@pytest.mark.parametrize(("name", "like_it"), [
    ("set[1]", "set1"), ("set*", "set2"), ("set?", "set3"), ("lu=5", None), ("lot=x/mine", None),
    ("s3:x", None), ("it's", None)])
def test_names_of_folders_are_no_patterns_and_say_nothing_of_columns(
        name, like_it, table, tmp_path, monkeypatch):
    """A pattern would give the rows of another set, a name with a sign a column's values."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    if like_it is not None:
        save_library(tmp_path / like_it, table.assign(id="another set"))
    save_library(tmp_path / name, table)
    for library in (Library.open(Path(name)), Library.open(tmp_path / name)):
        page = library.page(Selection(), 0, 2 * ROWS, ["id", "lot", "lu"])
        assert page[["id", "lot"]].equals(table[["id", "lot"]])
        assert page["lu"].equals(table["lu"].astype(float))


def test_samples_that_ship_are_libraries():
    folder = shipped_samples()["qm9-random_order"]
    library, samples = Library.open(folder), Samples.load(folder)
    assert library.rows == len(samples.table)
    assert library.count(Selection(flags=(("stable", True),))) == int(samples.table["stable"].sum())
    page = library.page(Selection(sort="lu"), 0, 3, ["row", "lu", "self_nll"])
    best = samples.table["lu"].astype(float).sort_values(kind="stable").index[:3]
    assert page["row"].tolist() == (best + 1).tolist()


def test_thousands_of_columns_are_read_as_a_few_are(tmp_path):
    """As of fingerprints; a page of them at once would not fit the database's memory."""
    names = [f"bit{place}" for place in range(2_000)]
    table = made_up_table(20)
    bits = pd.DataFrame({name: table["row"] + place for place, name in enumerate(names)})
    kinds = {"logP": "number", **dict.fromkeys(names, "whole number")}
    library = Library.open(save_library(tmp_path / "wide", table.join(bits), own=kinds))
    page = library.page(Selection(sort="logP", descending=True), 3, 1_000)
    assert list(page) == list(library.columns)
    expected = table.sort_values("logP", kind="stable", ascending=False)["row"].tolist()[3:]
    assert page["row"].tolist() == expected
    assert (page[names[-1]] - page["row"] == len(names) - 1).all()


def test_threads_do_not_meet(library):
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(
        library.count(Selection(scored=True)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [90] * 8


@pytest.mark.parametrize("kind", KINDS)
def test_exports_hold_the_selected_rows_in_order(kind, library, table, tmp_path):
    selection = Selection(ranges=(("logP", 0.0, None),), sort="lu")
    expected = selected(table, selection)
    scored = [row for row in expected if pd.notna(table["lu"][row - 1])]
    path = tmp_path / f"out.{kind}"
    heard = []
    number = export(library, selection, path, kind, progress=lambda *at: heard.append(at))
    assert heard[-1] == (len(expected), len(expected))
    names = [f"m{row - 1}" for row in expected]
    if kind == "csv":
        found = pd.read_csv(path, dtype={"lot": str})
        assert found["id"].tolist() == names
        assert found["lot"].tolist() == [f"00{(row - 1) % 7}" for row in expected]
    elif kind == "parquet":
        found = pd.read_parquet(path)
        assert found["id"].tolist() == names
        assert found["lu"].dropna().tolist() == [table["lu"][row - 1] for row in scored]
    elif kind == "jsonl":
        found = [json.loads(line) for line in path.read_text().splitlines()]
        assert [row["id"] for row in found] == names
        assert [row["nll_mean_nats"] for row in found] == [
            table["nll_mean"][row - 1] for row in expected]
    elif kind == "smi":
        found = [line.split("\t") for line in path.read_text().splitlines()]
        assert found == [[table["smiles"][row - 1], f"m{row - 1}"] for row in scored]
    else:
        found = list(Chem.SDMolSupplier(str(path)))
        assert [molecule.GetProp("_Name") for molecule in found] == [f"m{row - 1}"
                                                                     for row in scored]
        assert float(found[0].GetProp("lu")) == pytest.approx(table["lu"][scored[0] - 1], rel=1e-5)
        assert found[0].GetProp("lot") == table["lot"][scored[0] - 1]
    assert number == len(scored if kind in ("smi", "sdf") else expected)


def test_an_export_of_nothing_is_refused(library, tmp_path):
    with pytest.raises(LibraryError, match="No row is selected"):
        export(library, Selection(rows=()), tmp_path / "x.csv", "csv")
    with pytest.raises(LibraryError, match="None of the 10 selected rows has a molecule"):
        export(library, Selection(scored=False), tmp_path / "x.sdf", "sdf")
    assert not list(tmp_path.iterdir())


def test_a_comparison_is_that_of_pandas(table, library, tmp_path):
    other = made_up_table(60, seed=3)
    second = Library.open(save_library(tmp_path / "other", other, seed=1))
    found = compare(library, second)
    one, two = (rows[rows["lu"].notna()].drop_duplicates("graph_key").set_index("graph_key")
                for rows in (table, other))
    joined = one.join(two, lsuffix="_1", rsuffix="_2", how="inner")
    assert found.both == len(joined)
    assert (found.only_first, found.only_second) == (len(one) - len(joined),
                                                     len(two) - len(joined))
    assert [one.column for one in found.differences] == list(COMPARED)
    for difference in found.differences:
        x, y = (joined[f"{difference.column}_{side}"].astype(float) for side in (1, 2))
        assert difference.number == len(joined)
        assert difference.difference.value == pytest.approx((y - x).mean())
        half = 2.0 * (y - x).std() / len(joined) ** 0.5  # t is near 2 here
        interval = difference.difference.interval
        assert interval.high - interval.low == pytest.approx(2 * half, rel=0.02)
        assert difference.lower == pytest.approx((y < x).mean())
    drawn = pairs(library, second, "lu", most=10)
    assert len(drawn) == 10
    assert drawn["x"].isin(joined["lu_1"]).all()
    with pytest.raises(LibraryError, match="no molecule in common"):
        compare(library, Library.open(save_library(
            tmp_path / "none", other.assign(graph_key=[f"{row:x}" for row in range(60)]))))


@pytest.fixture(scope="module")
def oddly_named(tmp_path_factory):
    """Own columns are called as questions might call theirs; one has large and missing numbers."""
    table = made_up_table(40).rename(
        columns={"logP": "bin", "lot": "molecule", "count": "i", "works": 'select "j"'})
    table["i"] = pd.array([2**53 + 1 + row for row in range(40)], dtype="Int64")
    table.loc[::2, "i"] = pd.NA
    kinds = {"bin": "number", "molecule": "text", "i": "whole number", 'select "j"': "yes or no"}
    folder = save_library(tmp_path_factory.mktemp("l") / "odd", table, own=kinds)
    return table, Library.open(folder)


def test_columns_may_be_called_anything(oddly_named):
    table, library = oddly_named
    for column in ("lu", "bin", "i"):
        number = table[column].notna().sum()
        assert library.histogram(column, Selection()).of_all.sum() == number
        cells = library.scatter(column, "bin", Selection(), most=3, bins=4)
        assert cells.counts.sum() == cells.number == number
    assert compare(library, library).both == table["graph_key"].dropna().nunique()
    chosen = Selection.from_text('"SELECT ""j""" = yes; Molecule ~ 003; LU >= 0')
    expected = table[table['select "j"'] & (table["molecule"] == "003") & table["lu"].notna()]
    assert library.count(chosen) == len(expected)


def test_whole_numbers_stay_whole_and_exact(oddly_named, tmp_path):
    table, library = oddly_named
    least = int(table["i"].max()) - 4
    assert library.count(Selection.from_text(f"i >= {least}")) == (table["i"] >= least).sum() == 3
    export(library, Selection(), tmp_path / "rows.csv", "csv")
    cells = pd.read_csv(tmp_path / "rows.csv", dtype=str)["i"]
    assert cells.dropna().tolist() == [str(value) for value in table["i"].dropna()]
    export(library, Selection(rows=(2,)), tmp_path / "rows.sdf", "sdf")
    [molecule] = Chem.SDMolSupplier(str(tmp_path / "rows.sdf"))
    assert molecule.GetProp("i") == str(table["i"][1])
    assert molecule.GetProp("molecule") == table["molecule"][1]
    assert float(molecule.GetProp("lu")) == table["lu"][1]


def test_a_set_is_compared_with_samples_by_their_graphs(tmp_path):
    """Their SMILES are written otherwise than people write them."""
    samples = made_up_samples(number=30)
    samples.save(tmp_path / "samples", device="cpu")
    table = made_up_table(40)
    names = samples.table["graph_key"].dropna().unique()[:12]
    table.loc[table.index[:12], "graph_key"] = names
    table.loc[table.index[:12], "lu"] = 0.5
    scored = Library.open(save_library(tmp_path / "mine", table))
    card = ModelCard("m", QM9_VOCABULARY, RANDOM_ORDER, "tiny")
    found = compare(scored, Library.open(tmp_path / "samples", card=card))
    assert found.by_graph
    assert found.both == 12
    assert found.differences[0].first == 0.5
    samples.table.drop(columns="graph_key").assign(tokens=b"").to_parquet(
        tmp_path / "samples" / "samples.parquet")  # as version 0.1 wrote them
    with pytest.raises(LibraryError, match=r"no molecule in common.*written alike"):
        compare(scored, Library.open(tmp_path / "samples", card=card))


def test_a_low_lu_from_a_high_nll_is_told(library, table, tmp_path):
    for lu, nll, expected in ((0.5, 4.0, "second"), (2.0, 0.25, "first"), (0.5, 1.0, None)):
        other = table.assign(lu=table["lu"] * lu, nll_mean=table["nll_mean"] * nll)
        folder = save_library(tmp_path / f"{lu}-{nll}", other)
        assert compare(library, Library.open(folder)).low_lu == expected


def test_models_of_other_chemistries_are_compared_by_what_was_given(library, tmp_path):
    """The same labels are other atoms there, so that equal graphs may be other molecules."""
    table = made_up_table(60, seed=3)
    table["smiles"] = ["CO", *("C" * row for row in range(11, 70))]
    other = Library.open(save_library(tmp_path / "moses", table, chemistry=MOSES))
    found = compare(library, other)
    assert not found.by_graph
    assert found.both == 1  # CO, whatever the keys say
    [pair] = pairs(library, other, "lu", most=5).to_dict("records")
    assert pair["smiles"] == "CO"


def test_a_keep_list_is_that_of_the_reference_set(library, table, tmp_path):
    reference = made_up_table(400, seed=5)
    reference["graph_key"] = [f"{row + 50:032x}" for row in range(400)]
    reference["lu"] = np.where(reference["works"], 0.02, 0.2) * (1 + 0.001 * np.arange(400))
    against = Library.open(save_library(tmp_path / "reference", reference))
    found = keep(library, Selection(scored=True), against, "works", "lu", fdr=0.2)
    mine = table[table["lu"].notna()].drop_duplicates("graph_key")
    theirs = reference.drop_duplicates("graph_key")
    fresh = theirs[~theirs["graph_key"].isin(mine["graph_key"])]
    expected = keep_list(mine["lu"].astype(float), fresh["lu"].astype(float),
                         fresh["works"].to_numpy(dtype=bool), fdr=0.2)
    assert found.shared == len(theirs) - len(fresh) > 0
    assert found.candidates == len(mine)
    assert sorted(found.rows) == sorted(mine["row"][expected.kept])
    assert len(found.rows) > 10
    assert "not works" in found.keep_list.guarantee
    with pytest.raises(LibraryError, match="strategy is anchor_expansion there"):
        keep(library, Selection(), Library.open(save_library(
            tmp_path / "alien", reference, strategy="anchor_expansion")), "works", "lu", fdr=0.1)
    with pytest.raises(LibraryError, match="no column 'logP' of yes and no; choose one of works"):
        keep(library, Selection(), against, "logP", "lu", fdr=0.1)


@pytest.mark.parametrize("values", [
    [2**60 + 7 * place for place in range(ROWS)], [5] * ROWS, [1e308, -1e308] * (ROWS // 2),
])
def test_numbers_that_are_all_but_equal_or_huge_are_binned(values, table, tmp_path):
    kind = "number" if isinstance(values[0], float) else "whole number"
    library = Library.open(save_library(tmp_path / "mine", table.assign(count=values), own={
        "logP": "number", "lot": "text", "count": kind, "works": "yes or no"}))
    found = library.histogram("count", Selection())
    assert (np.diff(found.edges) > 0).all()
    assert np.isfinite(found.edges).all()
    assert found.of_all.sum() == found.of_chosen.sum() == ROWS
    cells = library.scatter("count", "row", Selection(), most=10)
    assert cells.counts.sum() == cells.number == ROWS


def test_text_is_gzipped_where_the_name_says_so(library, tmp_path):
    for kind in ("csv", "smi", "sdf", "jsonl"):
        export(library, Selection(), tmp_path / f"rows.{kind}", kind)
        export(library, Selection(), tmp_path / f"rows.{kind}.gz", kind)
        packed = (tmp_path / f"rows.{kind}.gz").read_bytes()
        assert gzip.decompress(packed) == (tmp_path / f"rows.{kind}").read_bytes()
