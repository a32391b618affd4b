"""`trailscope train`: from a file of molecules to a checkpoint, told in plain lines."""

import re
import shutil

import pytest

from core.cli import progress
from core.cli import train as command
from core.data.registry import DATASETS
from core.data.splits import DatasetError
from core.model.checkpoints import load_checkpoint
from core.sent.vocabulary import PLANAR_VOCABULARY
from core.study.validation import Validator

SMILES = ("C", "N", "O", "CO", "C=O", "C#N", "CC", "C#C", "C1CC1", "CCO")
SMALL = ("--preset", "tiny", "--batch-size", 4, "--precision", "fp32", "--warmup-steps", 1)


@pytest.fixture
def train(trailscope, write, tmp_path):
    data = write("qm9.csv", "smiles", *SMILES)

    def run(*options, strategy="anchor_expansion"):
        return trailscope("train", tmp_path / "mine", "--strategy", strategy, "--data", data,
                          "--run-folder", tmp_path / "run", *SMALL, *options)

    return run


def test_a_model_is_trained_and_written(train, tmp_path):
    result = train("--steps", 3, "--seed", 1)
    assert result.status == 0
    assert result.out == ""
    card = load_checkpoint(tmp_path / "mine").card
    assert (card.name, card.strategy.name, card.preset) == ("mine", "anchor_expansion", "tiny")
    assert card.data == {"name": "QM9", "split": "train", "graphs": 7}  # of ten molecules
    assert card.training["graphs_seen"] == 12
    assert card.training["config"]["seed"] == 1


def test_every_setting_reaches_the_training(train, tmp_path):
    settings = {
        "steps": 2, "batch_size": 5, "learning_rate": 0.02, "warmup_steps": 3,
        "optimizer": "adamw", "mix": 0.25, "seed": 7, "precision": "bf16", "micro_batch": 3,
    }
    options = [word for name, value in settings.items()
               for word in (f"--{name.replace('_', '-')}", value)]
    assert train(*options, "--name", "named").status == 0
    card = load_checkpoint(tmp_path / "mine").card
    assert card.name == "named"
    assert settings.items() <= card.training["config"].items()
    assert card.training["config"]["compile"] is False


def test_a_subset_is_drawn_by_the_seed_and_known_to_the_card(train, tmp_path):
    assert train("--steps", 2, "--subset", 3, "--seed", 5).status == 0
    card = load_checkpoint(tmp_path / "mine").card
    assert card.data == {"name": "QM9", "split": "train", "graphs": 3, "subset_seed": 5,
                         "subset_of": 7}
    part = DATASETS["qm9"].load("train", source=tmp_path / "qm9.csv")
    learnt = part.learnt(card.data)
    assert len(learnt) == 3
    assert set(learnt.rows) < set(part.rows)
    assert learnt.rows.tolist() == sorted(learnt.rows.tolist())
    drawn = {tuple(part.subset(3, seed=seed).rows) for seed in range(10)}
    assert len(drawn) > 5
    assert part.learnt({"graphs": 7}) is part
    # Cards of old do not say what a subset was drawn from.
    old = part.learnt({"graphs": 3, "subset_seed": 5})
    assert old.rows.tolist() == learnt.rows.tolist()
    with pytest.raises(DatasetError, match="learnt 3 of 7 graphs, and QM9's train split has 6"):
        part.first(6).learnt(card.data)


def test_without_a_terminal_progress_is_plain_lines(train, tmp_path, monkeypatch):
    lines = train("--steps", 3).err.splitlines()
    assert lines[0] == "Reading QM9."
    for line, step, left in ((lines[1], 1, r"\d:\d\d:\d\d"), (lines[2], 3, "0:00:00")):
        assert re.fullmatch(rf"Training mine: step {step}, loss \d\.\d{{3}} nats/token, "
                            rf"\d+ molecules/s, {left} left", line)
    assert lines[3:] == [
        f"Wrote {tmp_path / 'mine'}.",
        f"Commands take it by --model {tmp_path / 'mine'}; for all pages keep it by: trailscope "
        f"models --add {tmp_path / 'mine'}"]
    monkeypatch.setattr(progress, "REPORT_EVERY_S", 0.0)
    again = train("--steps", 5, "--run-folder", tmp_path / "other").err.splitlines()
    assert [line.split(",")[0] for line in again[1:-2]] == [
        f"Training mine: step {step}" for step in range(1, 6)]


def test_the_same_command_again_resumes(train, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(command, "_look", interrupt)
        assert train("--steps", 4).status == 130
    result = train("--steps", 4)
    assert result.status == 0
    assert "step 2" in result.err.splitlines()[1]


def interrupt(*_):
    raise KeyboardInterrupt


def test_other_settings_are_refused(train):
    assert train("--steps", 2).status == 0
    result = train("--steps", 3)
    assert result.status == 1
    assert "holds a run of other settings" in result.err


@pytest.mark.parametrize(("options", "status", "message"), [
    (("--preset", "huge"), 1, "error: Unknown preset 'huge'; use tiny, small, medium, paper."),
    (("--optimizer", "sgd"), 2, "--optimizer"),
    (("--precision", "fp8"), 2, "--precision"),
    (("--steps", 0), 2, "--steps"),
    (("--data", "none.csv"), 1, "There is no file none.csv"),
    (("--mix", 1.5), 1, "error: A share of random_order lies in [0, 1], got 1.5."),
    (("--subset", 8), 1, "QM9's train split has 7 graphs, so a subset of 8 is no part of it."),
])
def test_settings_that_make_no_sense_are_refused(options, status, message, train):
    result = train(*options)
    assert result.status == status
    assert message in result.err


def test_an_unknown_strategy_is_refused(train):
    result = train(strategy="sideways")
    assert result.status == 1
    assert result.err.startswith("error: Unknown strategy 'sideways'.")


def test_milestones_are_kept_as_checkpoints(train, tmp_path):
    result = train("--steps", 4, "--milestones", "1, 3")
    assert result.status == 0
    folders = sorted((tmp_path / "run" / "milestones").iterdir())
    assert [folder.name for folder in folders] == ["step-00001", "step-00003"]
    loaded = [load_checkpoint(folder) for folder in (*folders, tmp_path / "mine")]
    assert [model.card.steps for model in loaded] == [1, 3, 4]
    assert [model.card.training["graphs_seen"] for model in loaded] == [4, 12, 16]
    assert loaded[0].card.name == "mine at step 1"
    assert len({model.card.weights_sha256 for model in loaded}) == 3


def test_milestones_do_not_change_the_training(train, tmp_path):
    assert train("--steps", 3, "--milestones", "2").status == 0
    with_milestones = load_checkpoint(tmp_path / "mine").card.weights_sha256
    assert train("--steps", 3, "--run-folder", tmp_path / "other").status == 0
    assert load_checkpoint(tmp_path / "mine").card.weights_sha256 == with_milestones


def test_a_milestone_is_that_of_a_run_of_as_many_steps(train, tmp_path):
    """Its weights are those of step 2, not those of whenever the state was last saved."""
    assert train("--steps", 3, "--milestones", "2", "--learning-rate", 0.01).status == 0
    milestone = load_checkpoint(tmp_path / "run" / "milestones" / "step-00002").card
    record = milestone.training["loss_nats_per_token"]
    assert [step for step, _ in record] == [1, 2]


def test_a_resumed_record_of_validation_is_that_of_a_straight_run(train, tmp_path, monkeypatch):
    words = ("--steps", 6, "--validate-at", "2,4,6")
    assert train(*words).status == 0
    straight = load_checkpoint(tmp_path / "mine").card.training["validation"]
    assert [row["step"] for row in straight] == [2, 4, 6]
    assert straight[0]["nll_per_token_own_nats"] > straight[-1]["nll_per_token_own_nats"] > 0
    assert all(0 <= row["vun"] <= row["valid"] <= 1 for row in straight)
    shutil.rmtree(tmp_path / "mine")
    shutil.rmtree(tmp_path / "run")

    measured = []

    def stopped(self, model, step):
        measured.append(step)
        if measured == [2, 4]:
            raise KeyboardInterrupt
        return measure(self, model, step)

    measure = Validator.measure
    monkeypatch.setattr(Validator, "measure", stopped)
    assert train(*words).status != 0
    assert train(*words).status == 0
    assert measured == [2, 4, 4, 6]
    assert load_checkpoint(tmp_path / "mine").card.training["validation"] == straight


def test_a_set_without_graphs_to_hold_back_is_refused_before_the_first_step(
        trailscope, write, tmp_path):
    result = trailscope(
        "train", tmp_path / "mine", "--dataset", "file", "--data", write("one.smi", "C"),
        "--strategy", "random_order", "--run-folder", tmp_path / "run", *SMALL, "--steps", 2,
        "--validate-at", "1")
    assert result.status == 1
    assert "is too small to hold graphs back for --validate-at" in " ".join(result.err.split())
    assert not (tmp_path / "run").exists()


def test_steps_that_are_past_are_not_validated(train):
    assert train("--steps", 4).status == 0
    result = train("--steps", 4, "--validate-at", "2,4")
    assert result.status == 0
    assert "note: step 2 is past, so --validate-at leaves it out." in result.err


@pytest.mark.parametrize("milestones", ["0", "5", "one", "1;2", "-1"])
def test_impossible_milestones_are_refused(milestones, train):
    result = train("--steps", 4, f"--milestones={milestones}")
    assert result.status == 1
    assert "is no step of a run of 4 steps; give whole numbers from 1 to 4" in result.err


def test_planar_graphs_are_made_not_read(trailscope, write, tmp_path):
    planar = ("train", tmp_path / "p", "--strategy", "random_order", "--dataset", "planar",
              "--run-folder", tmp_path / "run", "--steps", 1, *SMALL)
    assert trailscope(*planar, "--planar-graphs", 5, "--seed", 2).status == 0
    card = load_checkpoint(tmp_path / "p").card
    assert card.vocabulary == PLANAR_VOCABULARY
    assert card.data == {"name": "planar", "split": "train", "graphs": 5, "seed": 2, "nodes": 64}
    refused = trailscope(*planar, "--data", write("qm9.csv", "smiles", "C"))
    assert refused.status == 1
    assert "Planar graphs are made, not read; leave out --data" in refused.err
