"""MOSES: from local files, from a package that pip fetches, and what goes wrong with either."""

import gzip
import zipfile
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
import torch

from core.chemistry.chemistry import AUTOGRAPH_MOSES, MOSES
from core.chemistry.molecules import from_smiles
from core.data import DatasetError, DownloadError, download_moses, moses
from core.data.dataset import DataOptions
from core.data.moses import Moses
from core.records import sha256_of
from core.sent.batch import GraphBatch

SMILES = [f"{'C' * (at % 5 + 1)}{tail}" for at, tail in enumerate(
    ("O", "N", "Cl", "c1ccccc1", "S", "Br", "F", "C(=O)O", "C#N", "c1ccncc1") * 3)]
LOCAL = "Give MOSES as local files instead: a folder with train.csv.gz"


@pytest.fixture(autouse=True)
def private_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "data"))


def write(path, smiles):
    text = "SMILES\n" + "\n".join(smiles) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "moses"
    place.mkdir()
    write(place / "train.csv.gz", SMILES)
    write(place / "test.csv", SMILES[:4])
    write(place / "moses_test_scaffolds.csv.gz", SMILES[4:6])
    return place


def test_every_part_lies_in_its_file(folder):
    assert Moses().load("test", source=folder).graphs() == [
        from_smiles(smiles, MOSES).graph for smiles in SMILES[:4]]
    part = Moses().load("scaffolds", source=folder)
    assert [graph.name for graph in part.graphs()] == ["moses-scaffolds-1", "moses-scaffolds-2"]
    assert part.record == {"name": "MOSES", "split": "scaffolds", "graphs": 2}


def test_molecules_too_small_for_it_raise_a_doubt(tmp_path):
    file = write(tmp_path / "mine.csv", ["CCO", "CC1CCCN(C(=O)c2ccc(Br)cc2)C1"])
    assert Moses().load("test", source=file).details == {
        "doubt": "mine.csv holds molecules of 3 atoms besides hydrogens, MOSES's have at least 8: "
                 "it is taken as MOSES all the same; give molecules of your own as --dataset file."}
    large = write(tmp_path / "large.csv", ["CC1CCCN(C(=O)c2ccc(Br)cc2)C1"])
    assert Moses().load("test", source=large).details == {}


def test_validation_molecules_are_held_out_of_the_training_file(folder):
    train, held_out = (Moses().load(split, source=folder) for split in ("train", "validation"))
    assert (len(train), len(held_out)) == (27, 3)
    together = np.concatenate([train.rows, held_out.rows])
    assert sorted(together.tolist()) == list(range(30))
    assert together.tolist() != list(range(30))
    again = Moses().load("validation", source=folder / "train.csv.gz")
    assert (again.rows == held_out.rows).all()
    assert [graph.name for graph in held_out.graphs()] == [
        f"moses-train-{row + 1}" for row in held_out.rows]


def test_a_source_says_which_parts_it_holds(folder):
    def held(source):
        return [split for split in Moses.splits if Moses().has_part(split, source)]

    assert held(folder) == held(None) == ["train", "validation", "test", "scaffolds"]
    assert held(folder / "train.csv.gz") == ["train", "validation"]
    (folder / "moses_test_scaffolds.csv.gz").unlink()
    assert held(folder) == ["train", "validation", "test"]
    assert not Moses().has_part("dream", folder)


def test_as_many_are_held_out_as_are_said(folder, monkeypatch):
    monkeypatch.setattr(moses, "VALIDATION_SIZE", 2)
    assert len(Moses().load("validation", source=folder)) == 2


def test_a_part_collates_as_its_graphs_do(folder):
    part = Moses().load("train", source=folder)
    places = torch.tensor([5, 0, 26, 5])
    graphs = part.graphs()
    expected = GraphBatch.from_graphs([graphs[place] for place in places],
                                      with_automorphisms=False)
    found = part[places]
    for name, tensor in vars(expected).items():
        assert (getattr(found, name) is None) == (tensor is None)
        assert tensor is None or torch.equal(getattr(found, name), tensor)


def test_a_models_chemistry_is_taken(folder):
    aromatic = Moses().adapted(DataOptions(chemistry=AUTOGRAPH_MOSES)).load("test", source=folder)
    assert aromatic.chemistry == AUTOGRAPH_MOSES
    assert aromatic.graphs()[3] == from_smiles(SMILES[3], AUTOGRAPH_MOSES).graph
    assert aromatic.graphs()[3] != from_smiles(SMILES[3], MOSES).graph


def test_a_folder_without_the_file_is_told(tmp_path):
    with pytest.raises(DatasetError, match=r"neither a file nor a folder with test.csv.gz"):
        Moses().load("test", source=tmp_path)
    with pytest.raises(DatasetError, match=r"neither a file nor a folder.*local files instead"):
        Moses().load("train", source=tmp_path / "none.csv")
    with pytest.raises(DatasetError, match="MOSES has no split 'val'; use train, validation"):
        Moses().load("val", source=tmp_path)


def pip_that_brings(monkeypatch, members):
    """Replace pip by one that leaves a package with these files."""
    def run(command, **_):
        place = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(place / "molsets-0.3.1-py3-none-any.whl", "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(moses.subprocess, "run", run)


def test_the_package_is_fetched_once_and_checked(folder, monkeypatch, tmp_path):
    content = (folder / "train.csv.gz").read_bytes()
    digest = sha256_of(folder / "train.csv.gz")
    monkeypatch.setattr(moses, "_FILES", {
        part: (name, member, digest) for part, (name, member, _) in moses._FILES.items()})
    pip_that_brings(monkeypatch, {member: content for _, member, _ in moses._FILES.values()})
    files = download_moses()
    assert {path.read_bytes() for path in files.values()} == {content}
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "moses_test.csv.gz", "moses_test_scaffolds.csv.gz", "moses_train.csv.gz"]
    monkeypatch.setattr(moses.subprocess, "run", None)  # would fail if called
    assert download_moses() == files
    assert len(Moses().load("test")) == 30


def test_another_file_than_expected_is_told_and_not_kept(monkeypatch, tmp_path):
    pip_that_brings(monkeypatch, {member: b"SMILES\nC\n" for _, member, _ in moses._FILES.values()})
    with pytest.raises(DownloadError, match=r"train.csv.gz of molsets==0.3.1 is not the expected "
                                            r"file: its SHA-256 is [0-9a-f]{64}") as raised:
        download_moses()
    assert LOCAL in str(raised.value)
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize("retries", ["0", "1"])
def test_without_a_network_the_local_file_is_named(monkeypatch, retries):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", retries)  # with none, pip blames the package
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(DownloadError, match=r"MOSES could not be downloaded \(the package index "
                                            r"cannot be reached, or has no molsets==0\.3\.1\)"
                       ) as raised:
        Moses().load("train")
    assert LOCAL in str(raised.value)
    assert "\n" not in str(raised.value)
