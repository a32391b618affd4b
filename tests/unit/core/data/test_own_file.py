"""A file of one's own as a data set, and the chemistry that is read off it."""

import pytest

from core.chemistry.chemistry import QM9
from core.chemistry.molecules import from_smiles, to_smiles
from core.data import DatasetError, pieces, split_rows
from core.data.dataset import DataOptions
from core.data.own_file import OwnFile, infer_chemistry
from core.sent.vocabulary import vocabulary_of

SMILES = ["CCO", "OCCO", "ClCCl", "CP(C)C", "c1ccccc1Br", "[2H]OC", "C[Si](C)(C)C", "[Na+].[Cl-]"]


@pytest.fixture(autouse=True)
def private_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "data"))


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "mine.v2.smi"
    path.write_text("\n".join(SMILES) + "\n")
    return path


@pytest.mark.parametrize("rows", [2, 5_000])
def test_a_chemistry_is_read_off_the_file(rows, source, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_ROWS", rows)
    found = infer_chemistry(source)
    assert found.name == "mine"
    # 21 C, 4 O, 3 Cl; one each of the others, by atomic number.
    assert found.elements == ("C", "O", "Cl", "Na", "Si", "P", "Br")
    valences = dict(zip(found.elements, found.valences, strict=True))
    assert (valences["C"], valences["O"], valences["P"], valences["Na"]) == (
        (4,), (2,), (3, 5), tuple(range(9)))  # of sodium RDKit takes any
    assert (found.hydrogens, found.bonds, found.max_nodes) == ("implicit", "kekulized", 7)


def test_metals_take_any_valence(tmp_path):
    (tmp_path / "iron.smi").write_text("[Fe]\n")
    assert infer_chemistry(tmp_path / "iron.smi").valences == (tuple(range(9)),)


def test_a_file_without_a_molecule_has_none(tmp_path):
    (tmp_path / "none.smi").write_text("nonsense(\n")
    with pytest.raises(DatasetError, match="holds no molecule"):
        infer_chemistry(tmp_path / "none.smi")


def test_its_parts_are_split_as_qm9_is(source):
    split = split_rows(len(SMILES))
    for name in OwnFile.splits:
        part = OwnFile().load(name, source=source)
        assert part.record == {
            "name": "file", "split": name, "graphs": len(split.rows(name)), "file": source.name,
            "sha256": part.details["sha256"]}
        assert [graph.name for graph in part.graphs()] == [
            f"row {row + 1}" for row in split.rows(name)]
        assert part.graphs() == [from_smiles(SMILES[row], part.chemistry).graph
                                 for row in split.rows(name)]
    assert part.vocabulary == vocabulary_of(part.chemistry)
    assert part.title == "mine.v2.smi"


def test_every_molecule_can_be_written_back(source):
    part = OwnFile().load("train", source=source)
    for graph in part.graphs():
        again = from_smiles(to_smiles(graph, part.chemistry), part.chemistry).graph
        assert again.canonical_form == graph.canonical_form


def test_a_named_chemistry_is_taken(source, tmp_path):
    with pytest.raises(DatasetError, match="molecule 3: Element Cl is outside the vocabulary"):
        OwnFile().adapted(DataOptions(chemistry=QM9)).load("train", source=source)
    (tmp_path / "small.smi").write_text("CCO\nC\nO\n")
    part = OwnFile().adapted(DataOptions(chemistry=QM9)).load("train",
                                                             source=tmp_path / "small.smi")
    assert part.chemistry == QM9
    assert part.graphs()[0].num_nodes in (3, 5, 9)


def test_there_must_be_a_file():
    with pytest.raises(DatasetError, match="give it with --data"):
        OwnFile().load("train")
    with pytest.raises(DatasetError, match="has no split 'all'; use train, validation, test"):
        OwnFile().load("all")
