"""What a run learns from: read, filtered, and bad rows told."""

import pytest

from core.chemistry.molecules import from_smiles, to_smiles
from core.errors import InputError
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY
from dashboard.finetune.learning_set import generated_set, own_set, planar_set, qm9_set
from tests.generated_molecules import made_up_samples


def silent(done, total):
    pass


def own(text="", file=None, number=100, vocabulary=QM9_VOCABULARY):
    return own_set(text, file, number=number, vocabulary=vocabulary, progress=silent)


def test_typed_molecules_and_why_rows_are_none():
    found = own("CCO ethanol\nCCX\nC[Si]C\n\nCC")
    assert [graph.name for graph in found.graphs] == ["ethanol", "row 4"]
    assert found.smiles == ("CCO", "CC")
    assert [row.id for row in found.bad] == ["row 2", "row 3"]
    assert all(row.error.endswith(".") for row in found.bad)
    assert found.complaints["SMILES"].tolist() == ["CCX", "C[Si]C"]
    assert "ethanol,CCO" in found.csv


def test_typed_csv_and_an_uploaded_file():
    typed = own("id,smiles\na,CCO\nb,CN")
    assert [graph.name for graph in typed.graphs] == ["a", "b"]
    file = own("CCO", ("mine.csv", b"smiles\nCN\nCC\n"), number=1)
    assert [to_smiles(graph) for graph in file.graphs] == [to_smiles(from_smiles("CN").graph)]


@pytest.mark.parametrize(("text", "file", "said"), [
    ("  \n", None, "no molecules to learn from"), ("C[Si]C", None, "None of the 1 rows"),
    ("", ("mine.csv", b"name\nCCO\n"), "mine.csv has no `smiles` column"),
    ("", ("mine.txt", b"CCO\n"), "mine.txt is of an unknown kind"),
    ("", ("mine.smi", b"\xff\xfe"), "mine.smi is not text"),
])
def test_what_cannot_be_read_is_one_sentence(text, file, said):
    with pytest.raises(InputError, match=said) as raised:
        own(text, file)
    assert "/tmp" not in str(raised.value)


def test_graphs_without_labels_are_no_molecules():
    rows = b'{"num_nodes": 2, "edges": [[0, 1]]}\n{"smiles": "CC"}\n'
    found = own("", ("mine.jsonl", rows))
    assert len(found.graphs) == 1
    assert "molecules only" in found.bad[0].error
    assert own("", ("mine.jsonl", rows), vocabulary=PLANAR_VOCABULARY).graphs[0].num_nodes == 2


def test_generated_molecules_are_good_ones_that_are_not_measured_on():
    table = made_up_samples(number=40).table
    good = table[table["valid"] & table["stable"].fillna(False) & table["unique"].fillna(False)]
    first = to_smiles(from_smiles(good["smiles"].iloc[0]).graph)
    found = generated_set(table, number=5, without={first}, progress=silent)
    assert [graph.name for graph in found.graphs] == good["id"].tolist()[1:6]
    assert found.num_left_out == 1
    with pytest.raises(InputError, match="choose another"):
        generated_set(table[:0], number=5, without=(), progress=silent)


def test_planar_graphs_by_seed_and_qm9_without_a_download(tmp_path, monkeypatch):
    assert [graph.name for graph in planar_set(number=2, seed=3, progress=silent).graphs] == [
        "planar-3-train-0", "planar-3-train-1"]
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path))
    with pytest.raises(InputError, match="pages download nothing"):
        qm9_set(number=2, progress=silent)
    (tmp_path / "qm9.csv").write_text("smiles\n" + "CCO\nCC\nCN\nCO\n" * 5)
    assert len(qm9_set(number=3, progress=silent).graphs) == 3
