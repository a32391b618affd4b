"""`trailscope finetune`, `scale`, `repair`: settings arrive, files are whole, faults are told."""

import json

import pytest

from core.finetune import SparseAdapter
from core.model.checkpoints import load_checkpoint
from core.repair import RepairResult
from core.salience import Mask
from core.sent.strategies import MIN_DEGREE_FIRST
from core.sent.vocabulary import MOSES_VOCABULARY, PLANAR_VOCABULARY

QUICK = ("--steps", 2, "--batch-size", 3, "--calibration", 3, "--precision", "fp32")


@pytest.fixture
def finetune(trailscope, write, tmp_path):
    data = write("mine.smi", "CCO", "CCN", "C1CC1", "CC=O")

    def run(*options, model="qm9-anchor_expansion", input=data):
        inputs = () if input is None else ("--input", input)
        return trailscope("finetune", "--model", model, "--output", tmp_path / "out", *inputs,
                          *QUICK, *options)

    return run


def record_of(folder):
    return json.loads((folder / "record.json").read_text(encoding="utf-8"))


def test_chosen_entries_are_trained_and_written(finetune, tmp_path):
    result = finetune("--count", 50, "--strategy", "random_order", "--criterion", "snip")
    assert result.status == 0
    assert result.rows[0]["parameters"] == 50
    out = tmp_path / "out"
    assert SparseAdapter.load(out / "sparse_adapter.safetensors").nnz == 50
    assert Mask.load(out / "mask.safetensors").criterion == "snip"
    card = load_checkpoint(out / "checkpoint").card
    assert card.name == "out"
    assert card.training["fine_tuning"]["stream"]["strategy"] == "random_order"
    record = record_of(out)
    assert (record["command"], record["result"]["steps"]) == ("finetune", 2)
    assert record["config"]["model"] == "qm9-anchor_expansion"


def test_every_setting_reaches_the_run(finetune, tmp_path):
    settings = {"criterion": "id3", "scope": "local", "count": 60, "steps": 3, "batch_size": 2,
                "learning_rate": 0.004, "warmup_steps": 2, "seed": 5, "precision": "bf16"}
    words = [word for name, value in settings.items()
             for word in (f"--{name.replace('_', '-')}", value)]
    assert finetune(*words, "--calibration", 2, "--dynamic-every", 1).status == 0
    config = record_of(tmp_path / "out")["config"]
    assert {**settings, "calibration_examples": 2, "reselect_every": 1}.items() <= config.items()


@pytest.mark.parametrize(("options", "parameters"), [
    (("--method", "lora", "--rank", 2), 2_176), (("--method", "pissa"), 1_088),
    (("--method", "full"), 23_456), (("--density", 0.01), 205), (("--match-rank", 1), 1_088),
    ((), 20),  # 0.1%
])
def test_parameters_are_matched(finetune, options, parameters):
    result = finetune(*options)
    assert result.status == 0
    assert result.rows[0]["parameters"] == parameters


@pytest.mark.parametrize(("options", "rate"), [
    ((), 0.1), (("--density", 0.1), 0.01), (("--method", "pissa"), 0.03),
    (("--method", "lora", "--rank", 4), 0.01), (("--method", "full"), 0.001),
    (("--learning-rate", 0.5), 0.5),
])
def test_the_learning_rate_depends_on_method_and_size(finetune, tmp_path, options, rate):
    assert finetune("--criterion", "magnitude", *options).status == 0
    assert record_of(tmp_path / "out")["config"]["learning_rate"] == rate


def test_a_mask_can_be_given(finetune, trailscope, tmp_path):
    trailscope("salience", "--output", tmp_path / "scores", "--model", "qm9-anchor_expansion",
               "--criterion", "magnitude")
    mask = tmp_path / "mask.safetensors"
    assert trailscope("mask", tmp_path / "scores" / "magnitude.safetensors", "--count", 31,
                      "--output", mask).status == 0
    result = finetune("--mask", mask)
    assert result.rows[0]["parameters"] == 31
    assert SparseAdapter.load(tmp_path / "out" / "sparse_adapter.safetensors").nnz == 31


def test_a_local_mask_stays_local_and_is_named_in_the_record(finetune, trailscope, tmp_path):
    trailscope("salience", "--output", tmp_path / "scores", "--model", "qm9-random_order",
               "--criterion", "magnitude")
    mask = tmp_path / "mask.safetensors"
    trailscope("mask", tmp_path / "scores" / "magnitude.safetensors", "--count", 40, "--scope",
               "local", "--output", mask)
    result = finetune("--mask", mask)
    assert "was cut for qm9-random_order, not for qm9-anchor_expansion" in result.err
    config = record_of(tmp_path / "out")["config"]
    assert config["scope"] == "local"
    assert config["mask"]["sha256"] == Mask.load(mask).digest
    assert config["mask"]["cut_for"] == "qm9-random_order"
    trailscope("mask", tmp_path / "scores" / "magnitude.safetensors", "--count", 40,
               "--output", mask)  # another mask of as many entries
    again = finetune("--mask", mask)
    assert again.status == 1
    assert "holds a run of other settings" in again.err


@pytest.mark.parametrize(("options", "message"), [
    (("--method", "lora", "--match-rank", 4), "--match-rank is for sparse runs"),
    (("--method", "full", "--rank", 4), "--rank is for LoRA and PiSSA"),
    (("--method", "pissa", "--dynamic-every", 3), "--dynamic-every is for sparse runs"),
    (("--rank", 4), "--rank is for LoRA and PiSSA; leave it out or give another --method than"),
    (("--device", "toaster"), "There is no device 'toaster' here; there is cpu"),
    (("--density", "0.0000001"), "selects none of"), (("--density", 1.5), "at most 1"),
    (("--density", 0.1, "--count", 5), "Give one of --mask, --density, --count"),
    (("--method", "lora", "--rank", 99), "A rank lies between 1 and 32"),
    (("--criterion", "taste"), "Unknown criterion 'taste'"),
    (("--strategy", "sideways"), "sideways"),
    (("--learning-rate", 0), "A learning rate is above 0"),
    (("--mask", "missing.safetensors"), "missing.safetensors cannot be read"),
])
def test_faults_are_told_in_a_sentence_and_nothing_is_written(
    finetune, tmp_path, options, message
):
    result = finetune(*options)
    assert result.status == 1
    assert message in result.err
    assert result.err.count("error:") == 1
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_a_folder_is_told_before_any_work(finetune, tmp_path):
    result = finetune("--run-folder", tmp_path / "mine.smi" / "run")
    assert result.status == 1
    assert f"{tmp_path / 'mine.smi'} is a file, so " in result.err
    assert not (tmp_path / "out").exists()


def test_a_file_without_a_molecule_is_told(finetune, write, tmp_path):
    result = finetune(input=write("bad.smi", "not-a-molecule"))
    assert result.status == 1
    assert "holds no graph that the model can read" in result.err
    assert not (tmp_path / "out").exists()


def test_what_a_run_changed_is_scaled_and_looked_back_on(finetune, trailscope, tmp_path):
    assert finetune("--method", "full").status == 0
    tuned = tmp_path / "out" / "checkpoint"
    result = trailscope("scale", "--model", "qm9-anchor_expansion", "--tuned", tuned, "--alpha",
                        0.5, "--output", tmp_path / "half")
    assert result.status == 0
    before, after, half = (load_checkpoint(one) for one in (
        "qm9-anchor_expansion", tuned, tmp_path / "half"))
    for name, weight in half.model.named_parameters():
        middle = (before.model.get_parameter(name) + after.model.get_parameter(name)) / 2
        assert (weight - middle).abs().max() < 1e-3
    assert half.card.training["scaling"]["alpha"] == 0.5
    assert half.card.weights_sha256 == result.rows[0]["weights_sha256"]
    other = trailscope("scale", "--model", "qm9-random_order", "--tuned", tuned, "--alpha", 1,
                       "--output", tmp_path / "none")
    assert (other.status, "was fine-tuned from qm9-anchor_expansion" in other.err) == (1, True)
    scores = trailscope("salience", "--model", "qm9-anchor_expansion", "--hindsight", tuned,
                        "--output", tmp_path / "scores")
    assert scores.rows[0]["criterion"] == "hindsight"
    trailscope("mask", tmp_path / "scores", "--count", 30, "--output", tmp_path / "m.safetensors")
    again = trailscope("finetune", "--model", "qm9-anchor_expansion", "--mask",
                       tmp_path / "m.safetensors", "--input", tmp_path / "mine.smi", *QUICK,
                       "--output", tmp_path / "sparse")
    assert again.rows[0]["parameters"] == 30
    both = trailscope("salience", "--hindsight", tuned, "--criterion", "snip", "--output",
                      tmp_path / "no")
    assert "either --criterion or --hindsight" in both.err


@pytest.fixture
def repair(trailscope, write, tmp_path):
    smiles = ("C", "N", "O", "CO", "C=O", "C#N", "CC", "C#C", "C1CC1", "CCO", "CCN", "CC=O", "FC",
              "CCC", "COC", "C#CC", "CN", "O=C=O", "NC=O", "C=C")
    data = write("qm9.csv", "smiles", *smiles)

    def run(*options, model="qm9-anchor_expansion"):
        return trailscope("repair", "--model", model, "--output", tmp_path / "out", "--data", data,
                          "--steps", 2, "--batch-size", 2, "--permutations", 2, "--run-folder",
                          tmp_path / "runs", "--precision", "fp32", *options)

    return run


def test_arms_are_run_and_resumed(repair, tmp_path):
    result = repair("--arms", "none,lora-rank-1", "--scaled-number", 1)
    assert result.status == 0
    assert [row["arm"] for row in result.rows] == ["none", "lora-rank-1"]
    found = RepairResult.load(tmp_path / "out" / "lora-rank-1")
    assert result.rows[1]["lu_random_order"] == found.estimates["random_order"]["lu"].value
    assert result.rows[1]["parameters"] == 1_088
    assert found.scaled.graphs == 1
    tried = json.loads((tmp_path / "out" / "learning-rates.json").read_text(encoding="utf-8"))
    assert result.rows[1]["learning_rate"] == float(
        min(tried["lora-rank-1"], key=lambda rate: tried["lora-rank-1"][rate]))
    at = (tmp_path / "runs" / "arms" / "lora-rank-1" / "progress.json").stat().st_mtime_ns
    again = repair("--arms", "none,lora-rank-1", "--scaled-number", 1)
    assert again.rows == result.rows
    assert (tmp_path / "runs" / "arms" / "lora-rank-1" / "progress.json").stat().st_mtime_ns == at


def test_arms_of_other_settings_are_not_mixed(repair, tmp_path):
    assert repair("--arms", "none").status == 0
    other_run = repair("--arms", "none", "--seed", 5)
    assert (other_run.status, "seed is 0 there, 5 here" in other_run.err) == (1, True)
    other_output = repair("--arms", "full", "--seed", 5, "--run-folder", tmp_path / "other")
    assert other_output.status == 1
    assert "none is of another model or other settings; give another --output" in other_output.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "learning-rates.json", "none"]


def test_arms_are_listed(repair):
    rows = repair("--list").rows
    assert rows[0]["arm"] == "none"
    assert {"arm", "method", "criterion", "scope", "count", "rank"} <= rows[5].keys()


@pytest.mark.parametrize(("options", "model", "message"), [
    (("--arms", "fool"), "qm9-anchor_expansion", "There is no arm 'fool'"),
    ((), "qm9-random_order", "trained under random_order already"),
    (("--order", "sideways"), "qm9-anchor_expansion", "sideways"),
])
def test_faults_of_a_repair_are_told(repair, tmp_path, options, model, message):
    result = repair(*options, model=model)
    assert result.status == 1
    assert message in result.err
    assert not (tmp_path / "out").exists()


def test_a_model_of_another_chemistry_is_repaired_on_its_own_data_set(
    trailscope, make_checkpoint, write, tmp_path,
):
    moses = make_checkpoint("drugs", MOSES_VOCABULARY, MIN_DEGREE_FIRST)
    data = write("train.csv", "SMILES,SPLIT", *("CCCl,train", "CCBr,train", "CC(=O)N,train",
                                                "c1ccsc1,train") * 5)
    result = trailscope("repair", "--model", moses.card.path, "--output", tmp_path / "out",
                        "--data", data, "--arms", "none", "--permutations", 2, "--run-folder",
                        tmp_path / "runs")
    assert result.status == 0
    assert "Reading MOSES's train split." in result.err
    found = RepairResult.load(tmp_path / "out" / "none")
    assert found.settings["test"]["name"] == "MOSES"


def test_a_model_without_molecules_is_not_repaired(trailscope, make_checkpoint, tmp_path):
    planar = make_checkpoint("planar", PLANAR_VOCABULARY, MIN_DEGREE_FIRST)
    result = trailscope("repair", "--model", planar.card.path, "--output", tmp_path / "out")
    assert result.status == 1
    assert "planar writes unlabelled graphs; give a model of molecules." in result.err
