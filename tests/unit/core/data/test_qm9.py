"""QM9: the split, the cache, and what happens to a file that is not QM9."""

import gzip

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem

from core.chemistry import from_smiles, to_rdkit
from core.data import (
    QM9_SIZE,
    DatasetError,
    InputFileError,
    data_folder,
    load_qm9,
    load_qm9_graphs,
    split_rows,
)
from core.graph import is_isomorphic
from tests.golden.reader import golden_molecules

SMILES = [row["smiles"] for row in golden_molecules()[:50]]


@pytest.fixture(autouse=True)
def private_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "data"))


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "qm9.csv"
    path.write_text("smiles\n" + "\n".join(SMILES) + "\n")
    return path


def test_the_split_is_the_papers():
    shuffled = pd.Series(range(QM9_SIZE)).sample(frac=1, random_state=42).to_numpy()
    split = split_rows(QM9_SIZE)
    assert (split.train == shuffled[:100_000]).all()
    assert (split.validation == shuffled[100_000:-13_388]).all()
    assert (split.test == shuffled[-13_388:]).all()
    assert len(split.validation) == 20_497
    assert split.rows("test") is split.test


@pytest.mark.parametrize("num_rows", [0, 1, 9, 10, 1000])
def test_parts_of_any_data_set_hold_each_row_once(num_rows):
    split = split_rows(num_rows)
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together.tolist()) == list(range(num_rows))


def test_sizes_and_seed_can_be_given():
    split = split_rows(10, train_size=5, test_size=3, seed=1)
    assert [len(part) for part in (split.train, split.validation, split.test)] == [5, 2, 3]
    assert split.train.tolist() != split_rows(10, train_size=5, test_size=3).train.tolist()


def test_refused_splits():
    with pytest.raises(DatasetError, match="10 rows cannot give 8 to train and 3 to test; ask "
                                           "for at most 10 in all"):
        split_rows(10, train_size=8, test_size=3)
    with pytest.raises(DatasetError, match="Unknown split 'val'; use train, validation, test"):
        split_rows(10).rows("val")


def test_graphs_in_the_data_sets_order(source):
    graphs = load_qm9(source)
    assert graphs == [from_smiles(smiles).graph for smiles in SMILES]
    assert [graph.name for graph in graphs[:2]] == ["gdb_1", "gdb_2"]


def test_the_data_sets_sdf_is_read_as_drawn(tmp_path):
    """QM9's SDF shows all hydrogens and no charges: glycine's zwitterion keeps its ten atoms."""
    path = tmp_path / "gdb9.sdf"
    expected = [from_smiles(smiles).graph for smiles in ("C", "O=C([O-])C[NH3+]")]
    with Chem.SDWriter(str(path)) as writer:
        for graph in expected:
            mol = Chem.RWMol(to_rdkit(graph))
            for atom in mol.GetAtoms():
                atom.SetFormalCharge(0)
            mol.UpdatePropertyCache(strict=False)
            writer.write(mol)
    read = load_qm9(path)
    assert len(read) == 2
    assert all(map(is_isomorphic, read, expected))


def test_graphs_of_a_part_in_the_splits_order(source):
    split = split_rows(50)
    for name in ("train", "validation", "test"):
        graphs = load_qm9_graphs(source, name)
        assert graphs == [from_smiles(SMILES[row]).graph for row in split.rows(name)]
        assert [graph.name for graph in graphs] == [f"gdb_{row + 1}" for row in split.rows(name)]


def test_a_second_call_reads_the_cache(source, monkeypatch):
    calls = []
    first = load_qm9(source, lambda done, total: calls.append((done, total)))
    assert calls == [(0, 50), (50, 50)]
    monkeypatch.setattr("core.data.molecule_file.open_records", None)  # would fail if called
    assert load_qm9(source, lambda done, total: calls.append((done, total))) == first
    assert len(calls) == 2


def test_another_file_gets_another_cache(source):
    load_qm9(source)
    source.write_text("smiles\nC\n")
    assert load_qm9(source) == [from_smiles("C").graph]


def test_a_damaged_cache_is_made_again(source):
    first = load_qm9(source)
    (cache,) = (data_folder() / "graphs").iterdir()
    cache.write_bytes(cache.read_bytes()[:200])
    assert load_qm9(source) == first


def test_the_first_bad_molecule_is_named(source):
    source.write_text("smiles\nC\nCS\nC(C\n")
    with pytest.raises(DatasetError) as raised:
        load_qm9(source)
    assert str(raised.value) == (f"{source}, molecule 2: Element S is outside the vocabulary, "
                                 "which has H, C, N, O, F.")
    assert not (data_folder() / "graphs").exists()


def test_a_missing_or_unsuitable_file(tmp_path):
    with pytest.raises(DatasetError, match=r"There is no file .*none.csv; give QM9 as a CSV or "
                                           r"SDF"):
        load_qm9(tmp_path / "none.csv")
    (tmp_path / "qm9.pdf").write_text("%PDF-1.7\n")
    with pytest.raises(InputFileError, match="is a PDF by its content"):
        load_qm9(tmp_path / "qm9.pdf")
    packed = tmp_path / "qm9.csv.gz"
    packed.write_bytes(gzip.compress(b"smiles\nC\n"))
    assert len(load_qm9(packed)) == 1


def test_data_live_where_the_environment_says(tmp_path, monkeypatch):
    assert data_folder() == tmp_path / "data"
    monkeypatch.delenv("TRAILSCOPE_DATA")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert str(data_folder()) == "/home/somebody/.cache/trailscope"
