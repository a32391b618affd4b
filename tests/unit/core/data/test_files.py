"""Reading what users bring: every kind of file, and a sentence for every bad row."""

import gzip
import json

import pytest
from rdkit import Chem

from core.chemistry import from_smiles
from core.data import FILE_SUFFIXES, InputFileError, count_rows, read_input, read_molecules
from core.errors import InputError
from core.graph import is_isomorphic, planar_graph

ETHANOL = from_smiles("CCO").graph


def mol_record(smiles, title):
    mol = Chem.MolFromSmiles(smiles)
    mol.SetProp("_Name", title)
    return Chem.MolToMolBlock(mol) + "> <property>\n1.5\n\n$$$$\n"


FILES = {
    "molecules.csv": "id,smiles\na,CCO\nb,C(C\n",
    "quoted.csv": '\ufeff"smiles","id"\r\n"CCO","a"\r\n"C(C","b"\r\n\r\n',
    "upper.csv": "SMILES,Name\nCCO,a\nC(C,b\n",
    "molecules.tsv": "mol_id\tsmiles\na\tCCO\nb\tC(C\n",
    "molecules.smi": "# two\nCCO a\n\nC(C b\n",
    "header.SMI": "smiles name\nCCO a\nC(C b\n",
    "molecules.json": '[{"id": "a", "smiles": "CCO"}, {"id": "b", "smiles": "C(C"}]',
    "molecules.jsonl": '{"id": "a", "smiles": "CCO"}\n\n{"id": "b", "smiles": "C(C"}\n',
}


@pytest.mark.parametrize("name", FILES)
def test_one_good_and_one_bad_row_of_every_kind(tmp_path, name):
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8")
    good, bad = read_molecules(path)
    assert (good.id, good.smiles, good.error, good.notes) == ("a", "CCO", None, ())
    assert good.graph == ETHANOL
    assert good.graph.name == "a"
    assert (bad.id, bad.smiles, bad.graph) == ("b", "C(C", None)
    assert bad.error == ("'C(C' is not a valid SMILES; check brackets, ring numbers and element "
                         "symbols.")
    assert count_rows(path) == 2


def test_sdf_records(tmp_path):
    path = tmp_path / "molecules.sdf"
    path.write_text(mol_record("CCO", "a") + "broken\n$$$$\n" + mol_record("CS", "c"))
    good, broken, sulfur = read_molecules(path)
    assert good.id == "a"
    assert good.smiles == "CCO"
    assert is_isomorphic(good.graph, ETHANOL)
    assert broken.id == "broken"
    assert broken.error.startswith("The record ends in line 1; its line 4 says how many ")
    assert "Element S is outside the vocabulary" in sulfur.error
    assert count_rows(path) == 3


def test_a_single_mol_record_needs_no_terminator(tmp_path):
    path = tmp_path / "one.sdf"
    path.write_text(mol_record("CCO", "").replace("$$$$\n", ""))
    (row,) = read_molecules(path)
    assert row.id == "row 1"
    assert row.smiles == "CCO"


def test_rows_without_a_name_are_counted(tmp_path):
    path = tmp_path / "nameless.csv"
    path.write_text("smiles\nC\n[Xe]\nO\n")
    assert [row.id for row in read_molecules(path)] == ["row 1", "row 2", "row 3"]


def test_short_rows_of_a_csv_have_an_empty_smiles(tmp_path):
    path = tmp_path / "short.csv"
    path.write_text("id,smiles\na\nb,C\n")
    short, good = read_molecules(path)
    assert short.error == "The SMILES is empty; try CCO for ethanol."
    assert good.graph is not None


def test_notes_come_with_the_row(tmp_path):
    path = tmp_path / "ion.smi"
    path.write_text("[NH4+]\n")
    (row,) = read_molecules(path)
    assert row.error is None
    assert row.notes == ("Formal charges are not encoded: the model scores the same atoms and "
                         "bonds uncharged.",)


def test_graphs_of_jsonl(tmp_path):
    path = tmp_path / "graphs.jsonl"
    rows = [
        {**ETHANOL.to_json(), "id": "labelled", "smiles": "CCO"},
        {"num_nodes": 3, "edges": [[0, 1], [1, 2]]},
        {"num_nodes": 30, "edges": []},
        {"node_labels": [7], "edges": []},
        {"node_labels": [1, 1], "edges": [[0, 1, 9]]},
        {"id": 4, "edges": [[0, 1]]},
        {"smiles": 5},
        [1, 2],
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n{not json\n")
    labelled, path_graph, *bad = read_molecules(path)
    assert (labelled.id, labelled.smiles, labelled.graph) == ("labelled", "CCO", ETHANOL)
    assert (path_graph.id, path_graph.smiles) == ("row 2", None)
    assert not path_graph.graph.is_labelled
    assert [row.error for row in bad] == [
        "The graph has 30 nodes; at most 29 are possible.",
        "Node label 7 is outside the vocabulary; the labels 0 to 4 stand for H, C, N, O, F.",
        "Edge label 9 is outside the vocabulary; the labels 0 to 3 stand for single, double, "
        "triple, aromatic.",
        'A graph without "node_labels" must say "num_nodes", a whole number.',
        'The "smiles" of a row must be text.',
        'A row must be an object with "edges" or "smiles".',
        "Line 9 is not JSON: Expecting property name enclosed in double quotes in column "
        "2.",
    ]
    assert bad[3].id == "4"


def test_a_json_file_may_hold_a_single_graph(tmp_path):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(ETHANOL.to_json()))
    (row,) = read_molecules(path)
    assert row.graph == ETHANOL


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "There is no file {path}; check the path."),
        ("none.sdf", None, "There is no file {path}; check the path."),
        ("table.csv", "name,formula\nethanol,C2H6O\n",
         "{path} has no `smiles` column, only name, formula; call the one of molecules "
         "`smiles`, or name it with --smiles-column where a command has that."),
        ("blank.csv", "\n\n", "{path} has no `smiles` column, and no other; call the one of "
                              "molecules `smiles`, or name it with --smiles-column where a command "
                              "has that."),
        ("empty.csv", "", "{path} is empty; give at least one molecule."),
        ("header.csv", "smiles\n", "{path} has no rows; give at least one molecule."),
        ("empty.smi", "\n# nothing\n", "{path} has no rows; give at least one molecule."),
        ("empty.sdf", "\ufeff", "{path} is empty; give at least one molecule."),
        ("blank.sdf", "\n", "{path} has no rows; give at least one molecule."),
        ("empty.json", "[]", "{path} has no rows; give at least one molecule."),
        ("bad.json", "[1,", "{path} is not JSON: Expecting value in line 1, column 4."),
        ("latin.csv", "smiles,höhe\n".encode("latin-1"),
         "{path}: Line 1, column 9: byte 0xF6 is not UTF-8; save the whole file as UTF-8."),
        ("latin.json", '[\n{"smiles": "C", "a": "ö"}]'.encode("latin-1"),
         "{path}: Line 2, column 23: byte 0xF6 is not UTF-8; save the whole file as UTF-8."),
        ("windows.csv", "smiles,id\n".encode("utf-16"), "{path} is text in UTF-16; save it as "
                                                        "UTF-8."),
        ("no-mark.smi", "CCO\nCCN\n".encode("utf-16-be"), "{path} is text in UTF-16; save it as "
                                                          "UTF-8."),
        ("table.xlsx", b"PK\x03\x04",
         "{path} is a zip archive or an Excel file by its content; use a file that ends in "
         + ", ".join(FILE_SUFFIXES) + ", perhaps gzipped."),
        ("notes.md", "Dear all,\nsee below.\n",
         f"{{path}} is of an unknown kind; use a file that ends in {', '.join(FILE_SUFFIXES)}, "
         "perhaps gzipped."),
        ("cut.smi.gz", gzip.compress(b"CCO\n" * 9, mtime=0)[:12],
         "{path} is a gzip file cut short; copy or download it again."),
        ("rows.smi.gz", "CCO\n", "{path} is not a whole gzip file, its first bytes are of another "
                                 "kind; leave out .gz if it is not packed."),
        ("bytes.parquet", "CCO\n",
         "{path} is a damaged Parquet file (Parquet file size is 4 bytes, smaller than the minimum "
         "file footer (8 bytes)); copy or download it again."),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputFileError) as raised:
        read_molecules(path)  # before the first row is asked for
    assert str(raised.value) == message.format(path=path)
    assert isinstance(raised.value, InputError)


def test_a_folder_is_no_file(tmp_path):
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(InputFileError, match="cannot be read: Is a directory"):
        read_molecules(folder)


def test_rows_are_read_one_by_one(tmp_path):
    path = tmp_path / "long.smi"
    path.write_text("C\n" * 100_000)
    rows = read_molecules(path)
    assert next(rows).id == "row 1"
    assert next(rows).id == "row 2"


def test_input_is_smiles_or_a_file(tmp_path):
    (smiles,) = read_input("CCO")
    assert (smiles.id, smiles.smiles, smiles.graph) == ("row 1", "CCO", ETHANOL)
    (bad,) = read_input("nonsense")
    assert "not a valid SMILES" in bad.error
    path = tmp_path / "two.smi"
    path.write_text("C\nO\n")
    assert len(list(read_input(path))) == len(list(read_input(str(path)))) == 2


@pytest.mark.parametrize("text", ["missing.csv", "folder/missing.SDF", "x.jsonl"])
def test_what_ends_like_a_file_is_one(text):
    with pytest.raises(InputFileError, match="There is no file"):
        read_input(text)


def test_an_existing_file_is_one_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "CCN").write_text("CCO")
    assert [row.smiles for row in read_input("CCN")] == ["CCO"]


def test_long_and_odd_text_is_taken_for_smiles():
    for text in ("C" * 5_000, "C/C=C/C", "\0"):
        (row,) = read_input(text)
        assert row.id == "row 1"


def test_only_files_have_columns():
    with pytest.raises(InputFileError, match="'CCO' has no columns, it is no file; leave"):
        read_input("CCO", id_column="x")


def test_the_size_limit_is_the_callers():
    (small,) = read_input("C" * 12)
    (large,) = read_input("C" * 12, max_atoms=64)
    assert small.error == "The molecule has 38 atoms with hydrogens; at most 29 are possible."
    assert large.graph.num_nodes == 38


def test_a_planar_graph_is_read_by_its_name():
    (row,) = read_input("planar:0:3", max_atoms=64)
    assert (row.id, row.smiles, row.notes, row.error) == ("planar-0-test-3", None, (), None)
    assert row.graph == planar_graph(3, seed=0, split="test").graph


def test_a_planar_name_that_names_nothing_is_a_bad_row():
    (bad,) = read_input("planar:0", max_atoms=64)
    (large,) = read_input("planar:0:3")
    assert (bad.id, bad.graph) == ("planar:0", None)
    assert bad.error.startswith("'planar:0' names no planar graph; write planar:SEED:INDEX")
    assert (large.error, large.graph.num_nodes) == (None, 64)  # whether it fits a model says


def test_an_existing_file_comes_before_a_planar_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "planar:0:3").write_text("CCO")
    assert [row.smiles for row in read_input("planar:0:3")] == ["CCO"]
