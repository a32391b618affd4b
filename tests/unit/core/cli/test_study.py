"""`trailscope study`: a model that was just trained, measured on what it learnt and on the rest."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from core.data.dataset import DataOptions
from core.data.packing import PackedGraphs
from core.data.planar import Planar
from core.data.registry import DATASETS
from core.evaluation.graph_set import GraphSet
from core.evaluation.result import own_evaluations
from core.study import TrainingRecord, own_records

SMILES = ("C", "N", "O", "CO", "C=O", "C#N", "CC", "C#C", "C1CC1", "CCO", "CNC", "CC=O", "NC=O",
          "OCC#N", "FC(F)F", "C1CO1", "CC#C", "COC")
SMALL = ("--preset", "tiny", "--batch-size", 4, "--precision", "fp32", "--warmup-steps", 1,
         "--steps", 2)


@pytest.fixture
def data(write):
    """QM9 of 13 molecules to learn, 4 to validate and one to test."""
    return write("qm9.csv", "smiles", *SMILES)


@pytest.fixture
def model(trailscope, data, tmp_path):
    """Trained on three of the molecules, one in four of them under random order."""
    result = trailscope("train", tmp_path / "mine", "--strategy", "min_degree_first", "--data",
                        data, "--run-folder", tmp_path / "training", *SMALL, "--subset", 3,
                        "--mix", 0.25, "--seed", 5, "--validate-at", 2)
    assert result.status == 0, result.err
    return tmp_path / "mine"


@pytest.fixture
def study(trailscope, model, data, tmp_path):
    def run(*options, of=model):
        return trailscope("study", of, "--data", data, "--output", tmp_path / "out",
                          "--permutations", 2, *(() if "--samples" in options else
                                                 ("--samples", 8)), *options)

    return run


def digest(part):
    return GraphSet(part.title, part.record["split"], tuple(part.graphs())).digest


def settings(folder):
    return json.loads((folder / "settings.json").read_text())


def test_a_trained_model_is_measured_and_its_record_written(study, model, data, tmp_path):
    result = study()
    assert result.status == 0, result.err
    found = TrainingRecord.load(tmp_path / "out")
    [row] = result.rows
    assert row == json.loads(json.dumps(found.summary))
    assert (row["name"], row["strategy"], row["mix"], row["data"], row["graphs"], row["seed"]) == (
        "mine", "min_degree_first", 0.25, "QM9", 3, 5)
    assert row["gap_nll_per_token_nats"] == pytest.approx(
        row["test_nll_per_token_nats"] - row["train_nll_per_token_nats"])
    assert row["gap_nll_per_token_nats_low"] is None  # one graph and three are too few
    assert found.is_subset
    assert [step["step"] for step in found.rows] == [2]
    assert found.config["test_graphs"] == 1
    assert found.config["training_graphs"] == 3
    part = DATASETS["qm9"].load("train", source=data)
    assert settings(tmp_path / "out" / "run")["learnt"] == digest(part.subset(3, seed=5))
    assert TrainingRecord.load(model).rows == found.rows


def test_the_same_command_again_says_the_same(study, tmp_path):
    first = study("--run-folder", tmp_path / "state")
    written = (tmp_path / "out" / "record.json").read_text()
    assert not (tmp_path / "out" / "run").exists()
    second = study("--run-folder", tmp_path / "state")
    assert second.out == first.out
    assert (tmp_path / "out" / "record.json").read_text() == written
    elsewhere = study("--run-folder", tmp_path / "other")
    assert elsewhere.out == first.out


def test_graphs_that_a_short_training_did_not_get_to_were_not_learnt(
        study, trailscope, data, tmp_path, monkeypatch):
    """Two steps of four, of 13 molecules; which ones is told by what went into the steps."""
    seen = set()
    collate = PackedGraphs.collate

    def noting(self, rows):
        seen.update(rows.tolist())
        return collate(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(PackedGraphs, "collate", noting)
        trained = trailscope("train", tmp_path / "short", "--strategy", "min_degree_first",
                             "--data", data, "--run-folder", tmp_path / "short-run", *SMALL,
                             "--seed", 5)
    assert trained.status == 0
    assert len(seen) == 8
    result = study("--output", tmp_path / "other", of=tmp_path / "short")
    assert result.status == 0, result.err
    assert result.rows[0]["graphs"] == 13
    part = DATASETS["qm9"].load("train", source=data)
    assert settings(tmp_path / "other" / "run")["learnt"] == digest(
        replace(part, rows=part.rows[np.isin(part.rows, list(seen))]))


def test_a_number_takes_the_first_graphs_of_both_parts(study, tmp_path):
    assert study("--number", 2).status == 0
    assert TrainingRecord.load(tmp_path / "out").config["training_graphs"] == 2


def test_where_the_record_is_shown_is_said_at_the_end(study, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_RESULTS", str(tmp_path / "results"))
    shown = tmp_path / "results" / "training"
    for folder, sentence in (
        (shown / "mine", "The Training page shows it."),
        (tmp_path / "results" / "mine", "The Training page takes the file, and shows what lies in "
                                        f"a folder of {shown}."),
    ):
        *_, wrote, see = study("--output", folder).err.splitlines()
        assert wrote == f"Wrote {folder}: record.json."
        assert see.startswith(sentence)
    assert own_records() == [shown / "mine"]
    # The pages of evaluations do not take it for a damaged one of theirs.
    assert shown / "mine" not in own_evaluations()


def test_a_subset_of_graphs_that_are_made_is_made_again(trailscope, tmp_path):
    words = ("train", tmp_path / "p", "--strategy", "random_order", "--dataset", "planar",
             "--planar-graphs", 12, "--planar-nodes", 8, "--subset", 3, "--seed", 2,
             "--run-folder", tmp_path / "training", *SMALL)
    assert trailscope(*words).status == 0
    result = trailscope("study", tmp_path / "p", "--number", 4, "--samples", 2, "--permutations",
                        2, "--output", tmp_path / "out")
    assert result.status == 0, result.err
    found = settings(tmp_path / "out" / "run")
    stream = Planar().adapted(DataOptions(number=12, seed=2, nodes=8))
    assert found["learnt"] == digest(stream.load("train").subset(3, seed=2))
    assert found["test"] == digest(stream.load("test").first(4))
    assert not {"novel", "stable", "vun"} & set(result.rows[0])


def test_other_data_than_it_learnt_is_refused(study, trailscope, write, data, tmp_path):
    more = write("more.csv", "smiles", *SMILES, "OO", "NN")
    result = study("--data", more)
    assert result.status == 1
    assert "The model learnt 3 of 13 graphs, and QM9's train split has 15 here" in result.err
    words = ("train", tmp_path / "all", "--strategy", "random_order", "--data", data,
             "--run-folder", tmp_path / "all-run", *SMALL)
    assert trailscope(*words).status == 0
    result = study("--data", more, of=tmp_path / "all")
    assert result.status == 1
    assert "The model learnt 13 graphs, and QM9's train split has 15 here" in result.err


def test_other_settings_are_refused(study):
    assert study().status == 0
    result = study("--seed", 1)
    assert result.status == 1
    assert "holds a study of other settings: seed is 0 there, 1 here" in result.err


@pytest.mark.parametrize(("options", "status", "message"), [
    (("--samples", 0), 2, "--samples"),
    (("--number", 0), 2, "--number"),
    (("--permutations", 1), 2, "--permutations"),
    (("--precision", "fp8"), 2, "--precision"),
])
def test_settings_that_make_no_sense_are_refused(options, status, message, study, tmp_path):
    result = study(*options)
    assert result.status == status
    assert message in result.err
    assert not (tmp_path / "out").exists()


def test_a_model_that_was_not_trained_here_is_refused(study, tmp_path):
    for name, message in (
        ("qm9-random_order", "qm9-random_order does not say how it was trained, so its training "
                             "cannot be studied; give a model that `trailscope train` made."),
        ("nowhere", "There is no model 'nowhere'; give a checkpoint folder or one of: "),
    ):
        result = study(of=name)
        assert result.status == 1
        assert result.out == ""
        [line] = result.err.splitlines()
        assert line.startswith(f"error: {message}")
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_a_folder_is_refused(study, model, tmp_path):
    (tmp_path / "out").write_text("")
    result = study()
    assert result.status == 1
    assert "is a file, so" in result.err
    shutil.rmtree(model)  # which was not even read
    assert study().err == result.err
