"""Rows of files as they stand: strict, with line and column, and one bad row costs one row."""

import csv
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data import json_rows, mol_records, text_lines
from core.data.records import InputFileError, Record, open_records

CELLS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8),
                 min_size=2, max_size=2)
QUOTE = ("a quote without its partner; a cell in quotes ends in the line in which it begins, and "
         "doubles quotes inside.")


@pytest.fixture
def read(tmp_path):
    def read_content(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(open_records(path))

    return read_content


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("records")


@pytest.mark.parametrize(("suffix", "dialect"), [(".csv", "excel"), (".tsv", "excel-tab")])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@given(rows=st.lists(CELLS, min_size=1, max_size=4))
def test_what_the_csv_module_writes_is_read(place, suffix, dialect, quoting, rows):
    text = io.StringIO()
    writer = csv.writer(text, dialect, quoting=quoting)
    writer.writerows([["smiles", "id"], *rows])
    path = place / f"rows{suffix}"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    assert [(row.smiles, row.name, row.error) for row in open_records(path)] == [
        (smiles, name, None) for smiles, name in rows]


@given(rows=st.lists(st.tuples(st.sampled_from(["C", "CC", "CO"]), st.booleans(), st.booleans()),
                     min_size=1, max_size=8))
def test_a_stray_quote_costs_its_own_row(place, rows):
    """In front of a cell or inside it: no quote reaches the next line."""
    path = place / "stray.csv"
    lines = [f'{chr(34) * stray}{smiles},{"a" if inside else chr(34) * stray}a'
             for smiles, stray, inside in rows]
    path.write_text("\n".join(["smiles,id", *lines]) + "\n")
    found = list(open_records(path))
    assert [row.smiles for row in found] == [
        None if stray else smiles for smiles, stray, _ in rows]
    for number, (row, (_, stray, _)) in enumerate(zip(found, rows, strict=True), start=2):
        assert (row.error is not None) == stray
        assert row.error is None or row.error.startswith(f"Line {number}, column 1: a quote")


@pytest.mark.parametrize(("line", "record"), [
    ('C"C,a', Record(None, error=f"Line 2, column 2: {QUOTE}")),
    ('CC,"a"b', Record(None, "CC", error=f"Line 2, column 4: {QUOTE}")),
    ("CC |f:0,1|,a", Record(None, error="Line 2 has 3 cells, the first line of the file 2; put a "
                                        "cell with a comma inside in quotes.")),
    ("CC,\0", Record("\ufffd", "CC", error="Line 2, column 4: a NUL character, which no text has; "
                                           "check whether the file is damaged.")),
])
def test_a_broken_line_is_named(read, line, record):
    assert read("rows.csv", f"smiles,id\n{line}\nCO,b\n") == [record, Record("b", "CO")]


def test_empty_cells_at_the_end_are_no_cells(read):
    assert read("rows.csv", "smiles,id\nCC,a,,\n") == [Record("a", "CC")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.smi", "rows.jsonl", "rows.json"])
def test_every_line_end_and_a_byte_order_mark_are_read(read, name, end):
    content = {"rows.csv": "smiles,id\nCC,a\nCO,b\n", "rows.tsv": "smiles\tid\nCC\ta\nCO\tb\n",
               "rows.smi": "CC a\nCO b\n",
               "rows.jsonl": '{"smiles": "CC", "id": "a"}\n{"smiles": "CO", "id": "b"}\n',
               "rows.json": '[{"smiles": "CC", "id": "a"},\n{"smiles": "CO", "id": "b"}]\n'}[name]
    content = "\ufeff" + content.replace("\n", end)
    assert read(name, content) == [Record("a", "CC"), Record("b", "CO")]


@pytest.mark.parametrize(("header", "message"), [
    ("smiles,SMILES", "has 2 columns `smiles`; call the others something else, or name one with "
                      "--smiles-column."),
    ('"multi', "Line 1, column 1: a quote without its partner"),
    ("a\x1b[2J" + "b" * 400, "has no `smiles` column, only a\\x1b[2Jbbb"),
])
def test_a_header_that_says_nothing(read, header, message):
    with pytest.raises(InputFileError) as raised:
        read("rows.csv", header + "\nCC\n")
    assert message in str(raised.value)
    assert len(str(raised.value)) <= 300


@pytest.mark.parametrize(("line", "record"), [
    ("CC |$a;b$| ethane", Record("ethane", "CC |$a;b$|")),
    ("[CH3] |^1:0|", Record("", "[CH3] |^1:0|")),
    ("CC\t|a b|\tmy name", Record("my name", "CC |a b|")),
    ("CC |a| b|c", Record("b|c", "CC |a|")),
    ("CC two words", Record("two words", "CC")),
    ("CC |a", Record(None, "CC", error="Line 1, column 4: the extension that begins with | does "
                                       "not end with |.")),
])
def test_an_extension_is_no_name(read, line, record):
    assert read("rows.smi", line + "\n") == [record]


@pytest.mark.parametrize(("row", "error"), [
    ('{"smiles": "C", "smiles": "CC"}', "Line 1 is not JSON: an object has 'smiles' twice."),
    ('{"smiles": ["C"]}', 'The "smiles" of a row must be text.'),
    ('{"id": [1], "smiles": "C"}', 'The "id" of a row must be text or a number.'),
    ('{"id": true, "smiles": "C"}', 'The "id" of a row must be text or a number.'),
    ('"C"', 'A row must be an object with "edges" or "smiles".'),
    ("[" * 10_000, "Line 1 is not JSON: it is nested too deeply."),
])
def test_a_row_of_json_that_says_nothing(read, row, error):
    assert [record.error for record in read("rows.jsonl", f"{row}\n")] == [error]


def test_no_line_or_record_fills_the_memory(read, monkeypatch):
    monkeypatch.setattr(text_lines, "LONGEST_LINE", 1_000)
    monkeypatch.setattr(mol_records, "LONGEST_LINE", 1_000)
    monkeypatch.setattr(json_rows, "LARGEST_JSON", 1_000)
    packed = gzip.compress(b"smiles\n" + b"C" * 1_000_000)
    with pytest.raises(InputFileError, match="line 2: a line has at most 1,000 characters"):
        read("bomb.csv.gz", packed)
    with pytest.raises(InputFileError, match="a record has at most 1,000 characters"):
        read("long.sdf", "x\n" * 1_000)
    with pytest.raises(InputFileError, match=r"write a row per line into a \.jsonl file"):
        read("long.json", "[" + "1," * 1_000)


def test_a_path_with_a_null_character_is_no_path(tmp_path):
    with pytest.raises(InputFileError, match=r"a\\x00b\.csv is no path"):
        list(open_records(tmp_path / "a\0b.csv"))
