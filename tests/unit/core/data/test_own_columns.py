"""The rows' own columns: what other libraries write is read back, bad rows keep what they can."""

import datetime
import gzip
import json
from decimal import Decimal
from itertools import islice

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from core.chemistry import from_smiles
from core.data import parquet_rows
from core.data.files import read_input, read_molecules
from core.data.records import InputFileError, Record, count_rows, open_records

TABLE = pd.DataFrame({"smiles": ["CCO", "CN"], "name": ["a", "b"], "logP": [0.5, None],
                      "count": [3, 4], "note": ['says "hi", twice', None]})
TYPED = [{"name": "a", "logP": 0.5, "count": 3, "note": 'says "hi", twice'},
         {"name": "b", "logP": None, "count": 4, "note": None}]
TEXT = [{"name": "a", "logP": "0.5", "count": "3", "note": 'says "hi", twice'},
        {"name": "b", "logP": None, "count": "4", "note": None}]
TEXT_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=6)
TYPED_VALUES = st.one_of(st.none(), st.booleans(), st.integers(-2**63, 2**63 - 1),
                         st.floats(allow_nan=False), TEXT_VALUES)


def write_sdf(path):
    with Chem.SDWriter(str(path)) as writer:
        for row in TEXT:
            mol = Chem.MolFromSmiles("CC")
            for name, value in row.items():
                mol.SetProp(name, value or "")
            mol.SetProp("_Name", row["name"])
            writer.write(mol)


WRITERS = {
    "a.csv": (lambda path: TABLE.to_csv(path, index=False), TEXT),
    "all-quoted.csv": (lambda path: TABLE.to_csv(path, index=False, quoting=1), TEXT),
    "windows.csv": (lambda path: TABLE.to_csv(path, index=False, encoding="utf-8-sig",
                                              lineterminator="\r\n"), TEXT),
    "german.csv": (lambda path: TABLE.to_csv(path, index=False, sep=";"), TEXT),
    "a.csv.gz": (lambda path: TABLE.to_csv(path, index=False), TEXT),
    "a.tsv": (lambda path: TABLE.to_csv(path, index=False, sep="\t"), TEXT),
    "a.txt": (lambda path: TABLE.to_csv(path, index=False, sep="\t"), TEXT),
    "a.json": (lambda path: TABLE.to_json(path, orient="records"), TYPED),
    "a.jsonl": (lambda path: TABLE.to_json(path, orient="records", lines=True), TYPED),
    "a.jsonl.gz": (lambda path: TABLE.to_json(path, orient="records", lines=True), TYPED),
    "a.parquet": (lambda path: TABLE.convert_dtypes().to_parquet(path), TYPED),
    "a.sdf": (write_sdf, TEXT),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_other_libraries_write_is_read_back(tmp_path, name):
    write, expected = WRITERS[name]
    write(tmp_path / name)
    rows = list(open_records(tmp_path / name))
    assert [row.columns for row in rows] == expected
    assert [list(row.columns) for row in rows] == [list(row) for row in expected]  # the order
    assert [(row.name, row.error) for row in rows] == [("a", None), ("b", None)]
    if name != "a.sdf":
        assert [row.smiles for row in rows] == ["CCO", "CN"]
    assert count_rows(tmp_path / name) == 2
    read = list(read_molecules(tmp_path / name))
    assert [(row.id, row.columns) for row in read] == list(zip("ab", expected, strict=True))


@given(values=st.lists(st.tuples(TYPED_VALUES, TEXT_VALUES), min_size=1, max_size=4))
def test_typed_values_of_json_lines(tmp_path_factory, values):
    rows = [{"x": x, "": nameless} for x, nameless in values]
    path = tmp_path_factory.getbasetemp() / "typed.jsonl"
    path.write_text("".join(json.dumps({"smiles": "C", **row}) + "\n" for row in rows))
    assert [list(record.columns.items()) for record in open_records(path)] == [
        [("x", row["x"]), ("column", row[""])] for row in rows]


def test_json_keeps_nested_values_as_json_and_large_numbers_as_text(tmp_path):
    path = tmp_path / "a.jsonl"
    graph = {**from_smiles("CCO").graph.to_json(), "id": 7, "source": "lab"}
    path.write_text('{"SMILES": "CCO", "tags": ["a", {"b": 1}], "n": 9223372036854775808}\n'
                    + json.dumps(graph) + '\n{"smiles": null, "x": 1}\n{"x": 2}\n')
    nested, of_graph, empty, none = open_records(path)
    assert nested == Record(None, "CCO", columns={"tags": '["a", {"b": 1}]',
                                                  "n": "9223372036854775808"})
    assert (of_graph.name, of_graph.columns, of_graph.graph["edges"]) == (
        "7", {"source": "lab"}, graph["edges"])
    assert empty == Record(None, columns={"x": 1})
    assert none == Record(None, columns={"x": 2},
                          error='A row must be an object with "edges" or "smiles".')


@pytest.mark.parametrize("content", [
    '{"can": "C", "x": 1}\n' * 20, '[{"can": "C", "x": 1}]', '{"can": "C", "x": 1}\nbroken\n'])
def test_json_without_molecules_says_which_names_there_are(tmp_path, content):
    path = tmp_path / "a"
    path.write_text(content)
    with pytest.raises(InputFileError, match="has no `smiles` column, only can, x; call the one"):
        list(open_records(path))
    assert next(open_records(path, smiles_column="CAN", id_column="x")) == Record(
        "1", "C", columns={"can": "C", "x": 1})


def test_a_parquet_holds_text_numbers_and_dates(tmp_path):
    day = datetime.date(2026, 3, 1)
    columns = {
        "smiles": pa.array(["C", "CC"]).dictionary_encode(),
        "ID": pa.array([7, None], pa.int32()),
        "day": pa.array([day, None]),
        "at": pa.array([datetime.datetime(2026, 3, 1, 12, 30, 5), None], pa.timestamp("s")),
        "zone": pa.array([1_700_000_000, None], pa.timestamp("s", tz="Europe/Berlin")),
        "yes": pa.array([True, None]),
        "half": pa.array([0.5, None], pa.float16()),
        "huge": pa.array([2**64 - 1, 1], pa.uint64()),
        "price": pa.array([Decimal("1.50"), None]),
        "exact": pa.array([Decimal("12345678901234567890.5"), None]),
        "bytes": pa.array([b"text", b"\xff\0"]),
        "tags": pa.array([[1, 2], None]),
        "pair": pa.array([{"a": day}, {"a": None}]),
        "none": pa.nulls(2),
        "far": pa.array([2**62, None], pa.timestamp("ms")),
    }
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path)
    first, second = open_records(path)
    assert first == Record("7", "C", columns={
        "day": "2026-03-01", "at": "2026-03-01T12:30:05.000",
        "zone": "2023-11-14T22:13:20.000Z", "yes": True, "half": 0.5,
        "huge": "18446744073709551615", "price": 1.5, "exact": "12345678901234567890.5",
        "bytes": "text", "tags": "[1, 2]",
        "pair": '{"a": "2026-03-01"}', "none": None,
        "far": "<value out of range: 4611686018427387904>"})
    assert second == Record(None, "CC", columns=dict.fromkeys(first.columns) | {
        "huge": 1, "bytes": "/wA=", "pair": '{"a": null}'})
    (tmp_path / "packed").write_bytes(gzip.compress(path.read_bytes()))
    assert list(open_records(tmp_path / "packed")) == [first, second]


@pytest.mark.parametrize(("columns", "message"), [
    ({"a": [1], "b": [2.5]}, "has no column of text, so none of SMILES; it has a, b."),
    ({"a": ["C"]}, "has no `smiles` column, only a; call the one of molecules `smiles`, or name "
                   "it with --smiles-column where a command has that."),
    ({"smiles": [1], "a": ["C"]}, ": column `smiles` holds int64, no text; name another one with "
                                  "--smiles-column."),
    ({}, "has no column of text, so none of SMILES; it has no columns."),
])
def test_a_parquet_without_molecules_is_refused(tmp_path, columns, message):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path)
    with pytest.raises(InputFileError) as raised:
        list(open_records(path))
    assert message in str(raised.value)


def test_a_parquet_is_right_up_to_its_damage(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"smiles": ["C", "CC"] * 1_000, "n": range(2_000)})
    pq.write_table(table, path, row_group_size=500, compression="zstd", use_dictionary=False)
    content = bytearray(path.read_bytes())
    begin = pq.ParquetFile(path).metadata.row_group(2).column(1).data_page_offset
    content[begin : begin + 100] = bytes(100)
    path.write_bytes(content)
    rows = open_records(path)
    right = list(islice(rows, 1_000))
    assert [row.columns["n"] for row in right] == list(range(1_000))
    with pytest.raises(InputFileError, match=r"damaged Parquet file behind row 1000 \("):
        next(rows)


def test_a_packed_parquet_does_not_fill_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_rows, "MOST_UNPACKED", 2)
    path = tmp_path / "a.parquet.gz"
    path.write_bytes(gzip.compress(b"PAR1" + bytes(100_000)))
    with pytest.raises(InputFileError, match="unpacks to more than 2 times its size"):
        list(open_records(path))


def test_text_of_a_parquet_that_is_none_costs_its_row(tmp_path):
    path = tmp_path / "a.parquet"
    text = pa.StringArray.from_buffers(
        2, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pa.py_buffer(b"\xffC"))
    pq.write_table(pa.table({"smiles": ["C", "CC"], "a": text}), path)
    assert list(open_records(path)) == [
        Record(None, "C", columns={"a": "\ufffd"},
               error="Column `a` is not UTF-8; write its text as UTF-8."),
        Record(None, "CC", columns={"a": "C"})]


MOL = "{}\n  x\n\n  1  0  0  0  0  0            999 V2000\n" \
      "    0.0000    0.0000    0.0000 C   0  0\nM  END\n"


def test_data_items_of_an_sdf(tmp_path):
    path = tmp_path / "a.sdf"
    path.write_text(MOL.format("one") + "> <x>  (1)\na\nb\n\n>  25 <MP> DT12\n 1.5 \n\n"
                    "> <empty>\n\n\n> <x>\n> <y>\n\n> DT9\nnameless\n\n$$$$\n"
                    + MOL.format("") + "> <ID>\n17\n\n> <smiles>\nC\n$$$$\n")
    first, second = open_records(path)
    assert (first.name, first.columns) == ("one", {"x": "a\nb", "MP": " 1.5 ", "empty": None,
                                                   "x_2": "> <y>"})
    assert (second.name, second.columns) == ("17", {"ID": "17", "smiles": "C"})
    called, named = open_records(path, id_column="id")
    assert called.error == "The record has no data item `id` (--id-column)."
    assert (named.name, named.columns, named.error) == ("17", {"smiles": "C"}, None)
    with pytest.raises(InputFileError, match="it has MOL records; leave out --smiles-column"):
        list(open_records(path, smiles_column="smiles"))


def test_molecules_of_an_sdf_that_no_line_parts_are_refused(tmp_path):
    """Without `$$$$` between them, the second would be gone without a word."""
    path = tmp_path / "a.sdf"
    item = f"> <block>\n{MOL.format('inner')}\n"
    path.write_text(MOL.format("one") + MOL.format("two") + "$$$$\n" + MOL.format("three")
                    + item.replace("\n\n", "\n.\n", 1) + "$$$$\n"
                    + MOL.format("four") + "> <x>\n1\n\n" + MOL.format("five"))
    first, second, third = open_records(path)
    assert (first.name, second.name, third.name) == ("one", "three", "four")
    assert first.error == third.error == (
        "The record has 2 lines 'M  END'; end each record with a line $$$$, and leave no empty "
        "line inside a data item.")
    assert second.error is None


def test_numbers_name_rows_as_a_person_writes_them(tmp_path):
    """Where some are missing, pandas stores whole numbers as floats."""
    called = pa.array([7.0, None, 0.5, float("nan"), -3.0])
    pq.write_table(pa.table({"smiles": ["C"] * 5, "id": called}), tmp_path / "a.parquet")
    (tmp_path / "a.jsonl").write_text("".join(
        f'{{"smiles": "C", "id": {name}}}\n' for name in ("7.0", "null", "0.5", "NaN", "-3")))
    for name in ("a.parquet", "a.jsonl"):
        records = list(open_records(tmp_path / name))
        assert [record.name for record in records] == ["7", None, "0.5", None, "-3"]
        assert not any(record.error for record in records)


def test_smiles_lines_have_no_columns(tmp_path):
    path = tmp_path / "a.smi"
    path.write_text("CCO a b\n")
    assert list(open_records(path)) == [Record("a b", "CCO")]
    with pytest.raises(InputFileError, match="it has a SMILES per line; leave out --id-column"):
        list(open_records(path, id_column="id"))


@pytest.mark.parametrize(("line", "record"), [
    (b'2,"C"C,x', Record("2", None, error="Line 2, column 3: a quote without its partner; a cell "
                         "in quotes ends in the line in which it begins, and doubles quotes "
                         "inside.", columns={"note": None})),
    (b"2,CC,\xe4", Record("2", "CC", columns={"note": "\ufffd"}, error="Line 2, column 6: byte "
                          "0xE4 is not UTF-8; save the whole file as UTF-8.")),
    (b"2,CC", Record("2", "CC", columns={"note": None})),
])
def test_a_bad_row_keeps_what_could_be_read(tmp_path, line, record):
    path = tmp_path / "a.csv"
    path.write_bytes(b"ID,smiles,note\n" + line + "\n3,C,ä\n".encode())
    assert list(open_records(path)) == [record, Record("3", "C", columns={"note": "ä"})]
    bad = next(iter(read_input(path)))
    assert (bad.id, bad.smiles, bad.columns) == (record.name, record.smiles, record.columns)


@given(rows=st.integers(1, 8), data=st.data())
@pytest.mark.parametrize("name", ["a.csv", "a.smi", "a.jsonl", "a.tsv", "a.sdf"])
def test_rows_in_front_of_damage_are_right(tmp_path_factory, name, rows, data):
    """Odd bytes anywhere: an error in one line, or rows, and those in front are what they were."""
    path = tmp_path_factory.getbasetemp() / name
    begin, row = {"a.csv": ("smiles,id\n", "CC,{}\n"), "a.tsv": ("id\tsmiles\n", "{}\tCC\n"),
                  "a.smi": ("", "CC {}\n"), "a.jsonl": ("", '{{"smiles": "CC", "id": "{}"}}\n'),
                  "a.sdf": ("", MOL.format("{}") + "$$$$\n")}[name]
    parts = [begin.encode(), *(row.format(number).encode() for number in range(rows))]
    content = b"".join(parts)
    at = data.draw(st.integers(len(parts[0]), len(content)))
    odd = data.draw(st.one_of(st.sampled_from([b"\0", b'"', b"\xff", b"\xe4\n", b"$$$$\n", b"{",
                                               b">", b"\r", b"\n", b",,,"]), st.binary(max_size=4)))
    path.write_bytes(content[:at] + odd + content[at + data.draw(st.integers(0, 5)):])
    untouched, size = -1, 0
    for part in parts:
        size += len(part)
        untouched += size <= at
    found = []
    try:
        for record in open_records(path):
            assert record.error is None or record.error.isprintable()
            found.append(record.name)
    except InputFileError as error:
        assert str(error).isprintable()  # noqa: PT017
    assert found[:untouched] == [str(number) for number in range(untouched)]


def test_the_size_of_a_molecule_beside_its_smiles_makes_no_graph_of_a_row(tmp_path):
    """The rows of `score` and `generate` say it."""
    path = tmp_path / "scored.jsonl"
    path.write_text('{"smiles": "CCO", "num_nodes": 9}\n'
                    '{"smiles": "CCO", "num_nodes": 9, "edges": null, "node_labels": null}\n'
                    '{"smiles": null, "num_nodes": 4}\n{"num_nodes": 4}\n')
    first, second, third, last = open_records(path)
    assert (first.smiles, first.graph, first.columns) == ("CCO", None, {"num_nodes": 9})
    assert (second.smiles, second.graph) == ("CCO", None)
    assert (third.smiles, third.graph, third.error) == (None, None, None)
    assert last.graph is not None  # so that it is said what a graph lacks
