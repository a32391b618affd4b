"""What commands read: data sets by name, files, and molecules of the model's own chemistry."""

import gzip
import json

import pytest

from core.chemistry.chemistry import MOSES
from core.chemistry.molecules import from_smiles, to_smiles
from core.evaluation.result import Evaluation
from core.graph.graph import Graph, is_isomorphic
from core.graph.planar import planar_graph
from core.model.checkpoints import load_checkpoint
from core.sent.decoder import decode
from core.sent.vocabulary import MOSES_VOCABULARY, Vocabulary

DRUGS = ("CC(=O)Oc1ccccc1C(=O)O", "ClCCBr", "NS(=O)(=O)c1ccccc1", "CCO", "c1ccncc1", "CCF", "CCS",
         "CCN", "OCCO", "CC#N", "C1CC1", "CCCl")
SMALL = ("--preset", "tiny", "--steps", 1, "--batch-size", 4, "--warmup-steps", 1)


@pytest.fixture(scope="module")
def drugs(make_checkpoint):
    """A model of MOSES, with random weights, that says so by its vocabulary alone."""
    return make_checkpoint("tiny-drugs", MOSES_VOCABULARY).card.path


@pytest.fixture(scope="module")
def plane(make_checkpoint):
    """A model of unlabelled graphs of sixteen nodes."""
    return make_checkpoint("tiny-plane", Vocabulary(max_nodes=16)).card.path


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_sequences_are_written_in_a_models_vocabulary_and_read_again(trailscope, write, drugs):
    rows = trailscope("linearize", write("in.smi", *DRUGS), "--model", drugs,
                      "--permutations", 2).rows
    assert len(rows) == 2 * len(DRUGS)
    decoded = trailscope("decode", write("out.jsonl", *rows), "--model", drugs).rows
    for row, found in zip(rows, decoded, strict=True):
        graph = from_smiles(row["smiles"], MOSES).graph
        assert decode(row["tokens"], MOSES_VOCABULARY) == graph.relabel(row["order"])
        assert is_isomorphic(Graph.from_json(found), graph)
        assert found["smiles"] == to_smiles(graph, MOSES)
    by_name = trailscope("decode", write("out.jsonl", *rows), "--vocabulary", "moses").rows
    assert by_name == decoded
    both = trailscope("decode", write("out.jsonl"), "--model", drugs, "--vocabulary", "moses")
    assert "Give either --vocabulary or --model, not both." in both.err


def test_what_a_model_cannot_write_is_a_bad_row(trailscope, write, drugs):
    for command in ("linearize", "enumerate"):
        result = trailscope(command, write("in.smi", "[Si]"), "--model", drugs)
        assert result.status == 1
        assert "Element Si is outside the vocabulary, which has C, N" in (
            result.rows[0]["error"])
    assert trailscope("linearize", "Cl").status == 1  # QM9 without a model
    assert trailscope("linearize", "Cl", "--model", drugs).status == 0


def test_sequences_are_counted_in_a_models_vocabulary(trailscope, drugs):
    rows = trailscope("enumerate", "CCl", "--model", drugs).rows
    assert sum(row["probability"] for row in rows) == pytest.approx(1)
    assert {len(row["tokens"]) for row in rows} == {7}  # two atoms, hydrogens implicit


def test_molecules_are_scored_and_sampled_under_a_models_chemistry(trailscope, drugs):
    [row] = trailscope("score", DRUGS[0], "--model", drugs, "--permutations", 2).rows
    assert row["num_nodes"] == 13
    for sample in trailscope("generate", "--model", drugs, "--number", 5).rows:
        assert sample["stable"] is None
        graph = decode(sample["tokens"], MOSES_VOCABULARY)
        assert sample["smiles"] == to_smiles(graph, MOSES)
        assert sample["valid"] == (sample["smiles"] is not None)


def test_any_data_set_is_read_under_a_models_chemistry(trailscope, write, drugs, tmp_path):
    data = write("moses.csv", "SMILES", *DRUGS)
    words = ("evaluate", "--model", drugs, "--permutations", 2, "--fit-temperature", 0,
             "--output", "out", "--data", data)
    assert trailscope(*words, "--split", "scaffolds", "--number", 3).status == 0
    found = Evaluation.load(tmp_path / "out")
    assert (found.dataset, found.split) == ("MOSES", "scaffolds")
    assert found.graphs["smiles"].tolist() == [
        to_smiles(from_smiles(smiles, MOSES).graph, MOSES) for smiles in DRUGS[:3]]
    assert trailscope(*words, "--dataset", "QM9", "--split", "train").status == 0
    found = Evaluation.load(tmp_path / "out")
    assert (found.dataset, found.num_graphs) == ("QM9", 9)
    assert max(found.graphs["num_nodes"]) == 13  # hydrogens implicit, as the model has them
    assert "MOSES has no split 'last'; use train, validation, test, scaffolds." in trailscope(
        *words, "--split", "last").err


def test_weights_are_scored_and_tuned_on_any_data_set(trailscope, write, drugs, tmp_path):
    data = write("moses.csv", "SMILES", *DRUGS)
    [row] = trailscope("salience", "--model", drugs, "--output", "scores", "--data", data,
                       "--number", 4).rows
    assert row["examples"] == 4
    tuned = trailscope("finetune", "--model", drugs, "--output", "tuned", "--dataset", "moses",
                       "--data", data, "--steps", 1, "--batch-size", 2, "--count", 5,
                       "--criterion", "magnitude")
    assert tuned.status == 0
    source = json.loads((tmp_path / "tuned" / "record.json").read_text())["config"]["stream"]
    assert {"name": "MOSES", "split": "train", "graphs": 11}.items() <= source.items()
    both = trailscope("finetune", "--model", drugs, "--output", "tuned", "--dataset", "moses",
                      "--input", "CCO")
    assert "Give either --input or a data set" in both.err


def test_unlabelled_graphs_of_any_size(trailscope, plane, tmp_path):
    assert trailscope("evaluate", "--model", plane, "--output", "out", "--number", 3,
                      "--permutations", 2, "--fit-temperature", 0, "--seed", 2).status == 0
    found = Evaluation.load(tmp_path / "out")
    assert found.graphs["num_nodes"].tolist() == [16, 16, 16]
    assert found.details["nodes"] == 16
    assert trailscope("finetune", "--model", plane, "--output", "tuned", "--number", 4,
                      "--steps", 1, "--batch-size", 2, "--count", 5,
                      "--criterion", "magnitude").status == 0
    assert trailscope("salience", "--model", plane, "--output", "scores", "--dataset", "planar",
                      "--number", 2).status == 0
    [row] = trailscope("linearize", "planar:3:1", "--model", plane).rows
    graph = planar_graph(1, seed=3, split="test", num_nodes=16).graph
    assert decode(row["tokens"], Vocabulary(16)) == graph.relabel(row["order"])
    wrong = trailscope("evaluate", "--model", plane, "--output", "out", "--dataset", "moses")
    assert "The model reads unlabelled graphs, use --dataset planar." in wrong.err


def test_a_model_of_ones_own_file(trailscope, tmp_path):
    (tmp_path / "mine.smi.gz").write_bytes(gzip.compress("\n".join(DRUGS).encode()))
    trained = trailscope("train", "model", "--strategy", "random_order", "--dataset", "file",
                         "--data", "mine.smi.gz", "--chemistry", "inferred", *SMALL)
    assert trained.status == 0
    card = load_checkpoint(tmp_path / "model").card
    assert card.chemistry.elements == ("C", "O", "N", "S", "Cl", "F", "Br")
    assert (card.chemistry.name, card.chemistry.max_nodes) == ("mine", 13)
    assert card.vocabulary.node_names == card.chemistry.elements
    assert {"name": "file", "file": "mine.smi.gz", "graphs": 9}.items() <= card.data.items()
    words = ("evaluate", "--model", "model", "--output", "out", "--permutations", 2,
             "--fit-temperature", 0)
    assert "give it with --data" in trailscope(*words).err
    assert trailscope(*words, "--data", "mine.smi.gz").status == 0
    found = Evaluation.load(tmp_path / "out")
    assert (found.dataset, found.split, found.num_graphs) == ("mine.smi.gz", "test", 1)


def test_a_named_chemistry_is_what_a_model_writes(trailscope, write, tmp_path):
    words = ("train", "model", "--strategy", "random_order", "--dataset", "file", "--data",
             write("mine.csv", "smiles", *DRUGS), *SMALL)
    assert trailscope(*words, "--chemistry", "moses").status == 0
    assert load_checkpoint(tmp_path / "model").card.chemistry == MOSES
    refused = trailscope(*words, "--chemistry", "qm9")
    assert "molecule 2: Elements Br, Cl are outside the vocabulary" in refused.err
    unknown = trailscope(*words, "--chemistry", "zinc")
    assert "There is no chemistry 'zinc'; use qm9, moses, moses-aromatic," in unknown.err
