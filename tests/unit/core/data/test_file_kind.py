"""The kind of a file: by its name or, where that says nothing, by its content."""

import gzip
import os

import pytest

from core.data.file_kind import FILE_SUFFIXES, kind_of, suffix
from core.data.files import read_input
from core.data.record import InputFileError

MOL = "x\n  y\n\n  0  0  0  0  0  0            999 V2000\nM  END\n"


@pytest.mark.parametrize(("content", "kind"), [
    ("CCO\nCCN\n", "smiles"), ("# mine\nCCO ethanol\n", "smiles"), ("C1CC1", "smiles"),
    ("[Na+].[Cl-]\n[12CH4]\n", "smiles"), ("smiles\nCCO\n", "smiles"), ("CCO\nC(C\n", "smiles"),
    ("smiles name\nCCO a\n", "smiles"), ("\ufeffCCO\n", "smiles"),
    ("id,SMILES\n1,C\n", "csv"), ("id\tsmiles\n1\tC\n", "tsv"), ("id;smiles\n1;C\n", "csv"),
    ("id,canonical_smiles\n1,C\n", "csv"), ('"smiles","x"\n', "csv"),
    (MOL, "sdf"), (MOL + "$$$$\n" + MOL, "sdf"),
    ('{"smiles": "C"}\n{"smiles": "C"}\n', "jsonl"), ('{"smiles":\n"C"}', "json"),
    ('[{"smiles": "C"}]', "json"), ("[\n  {\n", "json"), ("[]", "json"),
    ('{"smiles": "' + "C" * 99_999 + '"}\n', "jsonl"), (b"PAR1" + b"a\0" * 99, "parquet"),
])
def test_content_decides_where_the_name_says_nothing(tmp_path, content, kind):
    content = content if isinstance(content, bytes) else content.encode()
    for name in ("rows", "rows.dat"):
        (tmp_path / name).write_bytes(content)
        assert kind_of(tmp_path / name) == kind
        (tmp_path / name).write_bytes(gzip.compress(content))
        assert kind_of(tmp_path / name) == kind


@pytest.mark.parametrize(("name", "kind"), [
    ("a.smi", "smiles"), ("a.SMILES", "smiles"), ("a.csv", "csv"), ("a.tsv", "tsv"),
    ("a.sdf", "sdf"), ("a.json", "json"), ("a.v2.jsonl", "jsonl"), ("a.PQ", "parquet"),
    ("a.parquet", "parquet"), ("a.txt", "smiles"),
])
def test_a_name_says_the_kind(tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"CCO")
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(b"CCO"))
    assert kind_of(tmp_path / name) == kind_of(tmp_path / f"{name}.gz") == kind
    assert suffix(f"{name}.GZ") == suffix(name) in FILE_SUFFIXES


@pytest.mark.parametrize(("content", "wanted", "kind"), [
    ("id,smiles\n", None, "csv"), ("smiles\tid\n", None, "tsv"), ("smiles id\n", None, "smiles"),
    ("id,can\n", None, "smiles"), ("id,can\n", "can", "csv"), ("id\tcan\n", "other", "tsv"),
    ("can\nCCO\n", "can", "csv"), ("CCO\n", "can", "smiles"), ("{}\n", None, "smiles"),
])
def test_a_text_file_has_columns_if_its_first_line_names_them(tmp_path, content, wanted, kind):
    (tmp_path / "a.txt").write_text(content)
    assert kind_of(tmp_path / "a.txt", wanted) == kind


@pytest.mark.parametrize("content", [
    b"Dear all,\nsee below\n", b"\0\1\2\3", b"\n\n", b"\x89PNG\r\n", b"<html>", "Öl\n".encode(),
])
def test_what_fits_nothing_is_refused_with_the_kinds(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    said = r"of an unknown kind; use a file that ends in \.smi, .*\.json, \.jsonl, perhaps gzipped"
    with pytest.raises(InputFileError, match=said):
        kind_of(tmp_path / "a")


def test_what_can_be_read_only_once_is_refused(tmp_path):
    """Its kind is told from its first bytes, which then are gone."""
    pipe = tmp_path / "63"  # as `<(…)` is called
    os.mkfifo(pipe)
    with pytest.raises(InputFileError, match="can be read only once, as a pipe or a device"):
        read_input(str(pipe))
