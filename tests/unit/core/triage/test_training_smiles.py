"""SMILES of training molecules are written once, and are those of these molecules."""

from dataclasses import replace

import numpy as np
import pytest

from core.chemistry.chemistry import MOSES
from core.data import find_dataset
from core.triage import training_smiles as module
from core.triage.molecule_set import part_smiles
from core.triage.training_smiles import training_smiles


@pytest.fixture
def part(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(module, "WORTH_KEEPING", 4)
    file = tmp_path / "test.csv"
    file.write_text("\n".join(["SMILES", "CCO", "CCN", "OCC", "c1ccccc1", "CC(=O)O", "CCCl"]))
    return find_dataset("moses").load("test", source=file)


@pytest.fixture
def written(monkeypatch):
    """Parts whose SMILES were written, by their number of molecules."""
    found = []

    def write(part, chemistry, *, progress=None):
        found.append(len(part))
        return part_smiles(part, chemistry, progress=progress)

    monkeypatch.setattr(module, "part_smiles", write)
    return found


def test_they_are_written_once(part, written):
    first, again = (training_smiles(part, MOSES) for _ in range(2))
    assert first == again == part_smiles(part, MOSES) == {
        "CCO", "CCN", "c1ccccc1", "CC(=O)O", "CCCl"}
    assert written == [6]


def test_other_molecules_or_meanings_are_written_anew(part, written):
    training_smiles(part, MOSES)
    fewer = replace(part, rows=np.array([0, 1, 3, 4]))
    assert training_smiles(fewer, MOSES) == {"CCO", "CCN", "c1ccccc1", "CC(=O)O"}
    training_smiles(part, replace(MOSES, name="other"))
    assert written == [6, 4, 6]


def test_a_few_are_not_kept(part, written, tmp_path):
    training_smiles(part.first(3), MOSES)
    assert not (tmp_path / "data" / "smiles").exists()


@pytest.mark.parametrize("content", [b"", b"no gzip", None])
def test_damaged_ones_are_written_anew(part, written, tmp_path, content):
    expected = training_smiles(part, MOSES)
    [kept] = (tmp_path / "data" / "smiles").iterdir()
    kept.write_bytes(kept.read_bytes()[:-9] if content is None else content)
    assert training_smiles(part, MOSES) == expected
    assert written == [6, 6]


def test_a_folder_that_cannot_be_written_is_no_fault(part, written, tmp_path):
    (tmp_path / "data" / "smiles").write_text("in the way")
    assert training_smiles(part, MOSES) == part_smiles(part, MOSES)
