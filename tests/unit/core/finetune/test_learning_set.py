"""What a run learns from: read, filtered, and bad rows told."""

from dataclasses import replace

import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.molecules import from_smiles, to_smiles
from core.data.registry import find_dataset
from core.errors import InputError
from core.finetune.learning_set import (
    dataset_set,
    generated_set,
    measured_graphs,
    measured_smiles,
    own_set,
)
from core.model.card import ModelCard
from core.salience.matrices import SalienceError
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import MOSES_VOCABULARY, PLANAR_VOCABULARY, QM9_VOCABULARY
from tests.evaluations import MOLECULES
from tests.generated_molecules import made_up_samples


def silent(done, total):
    pass


def card_of(vocabulary, chemistry):
    return ModelCard("model", vocabulary, RANDOM_ORDER, "tiny", chemistry=chemistry)


OF_QM9, OF_PLANAR, OF_MOSES = (card_of(QM9_VOCABULARY, QM9), card_of(PLANAR_VOCABULARY, None),
                               card_of(MOSES_VOCABULARY, MOSES))


def own(text="", file=None, number=100, card=OF_QM9):
    return own_set(text, file, card, number=number, progress=silent)


def test_typed_molecules_and_why_rows_are_none():
    found = own("CCO ethanol\nCCX\nC[Si]C\n\nCC")
    assert [graph.name for graph in found.graphs] == ["ethanol", "row 4"]
    assert found.smiles == ("CCO", "CC")
    assert [row.id for row in found.bad] == ["row 2", "row 3"]
    assert all(row.error.endswith(".") for row in found.bad)
    assert [row.smiles for row in found.bad] == ["CCX", "C[Si]C"]
    assert "ethanol,CCO" in found.csv


def test_what_is_not_encoded_is_said_with_its_rows():
    found = own("C[NH3+]\n[NH4+]\n[13CH4]\nCC")
    assert found.notes == (
        "Formal charges are not encoded: the model scores the same atoms and bonds uncharged. "
        "(2 rows: row 1, row 2)", "Isotopes are not encoded and are ignored. (row 3)")
    assert own("CC").notes == ()


def test_typed_csv_and_an_uploaded_file():
    typed = own("id,smiles\na,CCO\nb,CN")
    assert [graph.name for graph in typed.graphs] == ["a", "b"]
    tabs = own("\nsmiles\tlogP\nCC\t1.2\n")
    assert [graph.name for graph in tabs.graphs] == ["row 1"]
    file = own("CCO", ("mine.csv", b"smiles\nCN\nCC\n"), number=1)
    assert [to_smiles(graph) for graph in file.graphs] == [to_smiles(from_smiles("CN").graph)]


@pytest.mark.parametrize(("text", "file", "said"), [
    ("  \n", None, "no molecules to learn from"), ("C[Si]C", None, "None of the 1 rows"),
    ("", ("mine.csv", b"name\nCCO\n"), "mine.csv has no `smiles` column"),
    ("", ("mine.xlsx", b"PK\x03\x04"), "mine.xlsx is a zip archive or an Excel file"),
    ("", ("mine.smi", b"\xff\xfe"), "mine.smi is text in UTF-16"),
    ("C\ud800", None, "None of the 1 rows"),
    ("", ("x" * 300 + ".csv", b"C"), "of molecules `smiles`"),
])
def test_what_cannot_be_read_is_one_sentence(text, file, said):
    with pytest.raises(InputError, match=said) as raised:
        own(text, file)
    assert "/tmp" not in str(raised.value)


def test_molecules_are_read_under_the_chemistry_of_the_model():
    text = "CCCl\nCC"
    assert [row.smiles for row in own(text).bad] == ["CCCl"]
    assert [graph.num_nodes for graph in own(text, card=OF_MOSES).graphs] == [3, 2]


def test_graphs_without_labels_are_no_molecules():
    rows = b'{"num_nodes": 2, "edges": [[0, 1]]}\n{"smiles": "CC"}\n'
    found = own("", ("mine.jsonl", rows))
    assert len(found.graphs) == 1
    assert "molecules only" in found.bad[0].error
    assert own("", ("mine.jsonl", rows), card=OF_PLANAR).graphs[0].num_nodes == 2


def test_generated_molecules_are_good_ones_that_are_not_measured_on():
    table = made_up_samples(number=40).table
    good = table[table["valid"] & table["stable"].fillna(False) & table["unique"].fillna(False)]
    first = to_smiles(from_smiles(good["smiles"].iloc[0]).graph)
    found = generated_set(table, QM9, number=5, without={first}, progress=silent)
    assert [graph.name for graph in found.graphs] == good["id"].tolist()[1:6]
    with pytest.raises(InputError, match="choose another"):
        generated_set(table[:0], QM9, number=5, without=(), progress=silent)


def test_a_run_is_measured_on_the_first_test_molecules_and_may_learn_none_of_them(
    evaluated_assets, monkeypatch
):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(evaluated_assets))
    card = replace(OF_QM9, data={"name": "QM9"})
    found = measured_graphs(card, number=3, seed=0)
    assert (found.name, found.split) == ("QM9", "test")
    assert [to_smiles(graph) for graph in found.graphs] == [
        to_smiles(from_smiles(smiles).graph) for smiles in MOLECULES[:3]]
    assert measured_smiles(card) == {to_smiles(from_smiles(smiles).graph) for smiles in MOLECULES}
    with pytest.raises(SalienceError, match="no SMILES"):
        measured_smiles(OF_PLANAR)


def test_made_graphs_are_measured_on_by_seed():
    found = measured_graphs(OF_PLANAR, number=2, seed=3)
    assert [graph.name for graph in found.graphs] == ["planar-3-test-0", "planar-3-test-1"]


def test_the_training_part_of_a_data_set(tmp_path, monkeypatch):
    made = dataset_set(find_dataset("planar"), OF_PLANAR, number=2, seed=3, progress=silent)
    assert [graph.name for graph in made.graphs] == ["planar-3-train-0", "planar-3-train-1"]
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path))
    qm9 = find_dataset("qm9")
    assert not qm9.is_at_hand()
    (tmp_path / "qm9.csv").write_text("smiles\n" + "CCO\nCC\nCN\nCO\n" * 5)
    assert qm9.is_at_hand()
    found = dataset_set(qm9, OF_QM9, number=3, seed=0, progress=silent)
    assert len(found.graphs) == len(found.smiles) == 3
