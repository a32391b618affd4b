"""A file of molecules as packed graphs: kinds of files, bad rows, all cores or one."""

import gzip
import json

import pytest
from rdkit import Chem

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.molecules import from_smiles
from core.data import DatasetError, InputFileError, data_folder, molecule_file, pieces
from core.data.molecule_file import load_molecules, pack_molecules

SMILES = ["CCO", "c1ccccc1O", "CC(=O)Nc1ccc(O)cc1", "ClCCBr", "O=S(=O)(N)c1ccccc1", "C", "[HH]"]


@pytest.fixture(autouse=True)
def private_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "data"))


def one_by_one(smiles, chemistry=MOSES):
    return [from_smiles(text, chemistry).graph for text in smiles]


def write_sdf(path):
    with Chem.SDWriter(str(path)) as writer:
        for text in SMILES:
            writer.write(Chem.MolFromSmiles(text))


CSV = "name,SMILES\n" + "".join(f"m{at},{text}\n" for at, text in enumerate(SMILES))
KINDS = {
    "plain.csv": lambda path: path.write_text(CSV),
    "packed.csv.gz": lambda path: path.write_bytes(gzip.compress(CSV.encode())),
    "lines.smi": lambda path: path.write_text("\n".join(SMILES)),
    "lines.smi.gz": lambda path: path.write_bytes(gzip.compress("\n".join(SMILES).encode())),
    "table.tsv": lambda path: path.write_text(CSV.replace(",", "\t")),
    "records.sdf": write_sdf,
    "rows.jsonl": lambda path: path.write_text(
        "".join(json.dumps({"smiles": text}) + "\n" for text in SMILES)),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_gives_the_same_graphs(name, tmp_path):
    KINDS[name](tmp_path / name)
    assert pack_molecules(tmp_path / name, MOSES).to_graphs() == one_by_one(SMILES)


def test_all_cores_read_what_one_reads(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text(CSV)
    alone = pack_molecules(tmp_path / "a.csv", MOSES)
    monkeypatch.setattr(pieces, "PIECE_ROWS", 2)
    monkeypatch.setattr(pieces, "SMALL_ROWS", 0)
    calls = []
    together = pack_molecules(tmp_path / "a.csv", MOSES, lambda *call: calls.append(call))
    for name in alone.__dataclass_fields__:
        assert (getattr(together, name) == getattr(alone, name)).all()
        assert getattr(together, name).dtype == getattr(alone, name).dtype
    assert calls == [(0, 7), (2, 7), (4, 7), (6, 7), (7, 7)]


@pytest.mark.parametrize(("bad", "reason"), [
    ("CC(C", "is not a valid SMILES"), ("[Na+].[Cl-]", "Element Na is outside the vocabulary"),
    ("", "The SMILES is empty"), ("C" * 28, "at most 27 are possible"),
    ("CCO ethanol", "has a space inside"), ("CСO", "which no SMILES has"),
])
@pytest.mark.parametrize("piece", [2, 5_000])
def test_a_bad_row_is_named(bad, reason, piece, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_ROWS", piece)
    (tmp_path / "bad.csv").write_text(f"smiles,id\nCCO,1\nCC,2\nCO,3\n{bad},4\nC,5\n")
    with pytest.raises(DatasetError) as raised:
        load_molecules(tmp_path / "bad.csv", MOSES)
    assert str(raised.value).startswith(f"{tmp_path / 'bad.csv'}, molecule 4: ")
    assert reason in str(raised.value)
    assert not (data_folder() / "graphs").exists()


def test_a_bad_row_is_named_by_other_processes_too(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_ROWS", 2)
    monkeypatch.setattr(pieces, "SMALL_ROWS", 0)
    (tmp_path / "bad.smi").write_text("C\nCC\nCO\nCS\nC1CC1\nSi\n")
    with pytest.raises(DatasetError, match="molecule 6: 'Si' is not a valid SMILES"):
        pack_molecules(tmp_path / "bad.smi", MOSES)


@pytest.mark.parametrize(("name", "content", "error", "message"), [
    ("a.csv", b"id,name\n1,CCO\n", InputFileError,
     "has no `smiles` column, only id, name; call the one of molecules `smiles`"),
    ("a.csv", b"smiles\n", DatasetError, "has no rows; give at least one molecule"),
    ("a.csv.gz", b"smiles\nCCO\n", InputFileError, "is not a whole gzip file"),
    ("a.csv.gz", gzip.compress(b"smiles\nCCO\n" * 99, mtime=0)[:-9], InputFileError,
     "is a gzip file cut short behind line 198; copy or download it again"),
    ("a.csv.xz", b"\xfd7zXZ\0", InputFileError, "is packed with xz by its content; use a file"),
    ("a.jsonl", b'{"edges": [[0, 1]]}', DatasetError, "molecule 1: The row is a graph"),
])
def test_a_file_that_is_no_data_set_is_told(name, content, error, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=message):
        pack_molecules(tmp_path / name, MOSES)


def test_what_is_kept_is_of_one_file_and_one_chemistry(tmp_path, monkeypatch):
    path = tmp_path / "a.smi"
    path.write_text("CCO\nC\n")
    first = load_molecules(path, MOSES).to_graphs()
    explicit = load_molecules(path, QM9).to_graphs()
    assert first == one_by_one(["CCO", "C"])
    assert explicit == one_by_one(["CCO", "C"], QM9)
    assert len(list((data_folder() / "graphs").iterdir())) == 2
    monkeypatch.setattr(molecule_file, "pack_molecules", None)  # would fail if called
    assert load_molecules(path, MOSES).to_graphs() == first
