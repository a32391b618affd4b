"""`trailscope evaluate`: from a data set or a file to folders of results, told in plain lines."""

import json
import re

import pytest

from core.calibration.token_types import TokenType
from core.cli import evaluate as command
from core.evaluation import cross_evaluation
from core.evaluation.result import Evaluation
from core.likelihood.low_lu import LowLu
from core.sent.strategies import STRATEGIES
from core.stats import molecule_bootstrap

SMILES = ("C", "N", "O", "CO", "C=O", "C#N", "CC", "C#C", "C1CC1", "CCO", "CNC", "CC=O", "NC=O",
          "OCC#N", "FC(F)F", "C1CO1", "CC#C", "COC")


@pytest.fixture
def evaluate(trailscope, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(molecule_bootstrap, "RESAMPLES", 50)

    def run(*options, output="out"):
        return trailscope("evaluate", "--permutations", 2, "--output", tmp_path / output, *options)

    return run


@pytest.fixture
def qm9(write):
    """A data set whose splits hold one molecule to test on and three to validate."""
    return write("qm9.csv", "smiles", *SMILES)


@pytest.fixture
def molecules(write):
    return write("mine.smi", *SMILES)


def test_a_split_of_qm9_is_evaluated(evaluate, qm9, tmp_path):
    result = evaluate("--data", qm9, "--split", "train", "--seed", 3, "--precision", "bf16")
    assert result.status == 0
    found = Evaluation.load(tmp_path / "out")
    assert (found.model, found.trained_under, found.strategy) == (
        "qm9-random_order", "random_order", "random_order")
    assert (found.dataset, found.split, found.num_graphs, found.permutations, found.seed,
            found.precision) == ("QM9", "train", 13, 2, 3, "bf16")
    assert found.details["temperature_fit"]["graphs"] == 4
    (row,) = result.rows
    assert row["ece"] == found.reliability(TokenType.ALL).ece.value
    assert row["nll_per_token_nats"] == found.nll_per_token.value
    assert row["lu_low"] is None  # 13 molecules are too few
    assert row["fitted_temperature"] == found.fitted_temperature
    assert row["output"] == str(tmp_path / "out")


def test_progress_is_plain_lines_without_a_terminal(evaluate, qm9):
    lines = evaluate("--data", qm9, "--split", "train").err.splitlines()
    what = "qm9-random_order under random_order"
    assert lines[:2] == ["Reading QM9's train split.", "Reading QM9's validation split."]
    for line, stage, total in ((lines[2], "Fitting the temperature of", 4),
                               (lines[3], "Evaluating", 13)):
        assert re.fullmatch(rf"{stage} {what}: {total} of {total} graphs, \d+\.\d graphs/s, "
                            r"0:00:00 left", line)
    assert lines[4] == f"Resampling graphs for the intervals of {what}."
    assert re.fullmatch(r"Wrote .+: tables of graphs, bins and tokens, record\.json\.", lines[5])
    assert lines[6] == (
        "Models and Calibration show what lies in a folder of runs/results. In Python: "
        "core.evaluation.Evaluation.load(FOLDER).to_frame()")


def test_a_low_lu_that_comes_from_a_high_nll_is_marked(
        evaluate, molecules, monkeypatch, tmp_path):
    """By the rule of all tables, once all orders are known."""
    def second_by_first(found, known):
        first, second, *_ = found
        return {second: LowLu(first, 4.8123, 3.0)}

    monkeypatch.setattr(cross_evaluation, "low_lu_beside", second_by_first)
    result = evaluate("--input", molecules, "--strategy", "all")
    assert [row["low_lu_from_high_nll"] for row in result.rows] == [False, True, False, False]
    first, second, *_ = STRATEGIES
    assert (f"note: The low LU of qm9-random_order under {second} comes from a high NLL, not from "
            "orders being more alike: its NLL varies by 4.81 nats, that of qm9-random_order under "
            f"{first} by 3.") in result.err


def test_all_strategies_have_a_folder_each(evaluate, molecules, tmp_path):
    result = evaluate("--input", molecules, "--strategy", "all", "--model", "qm9-anchor_expansion")
    assert result.status == 0
    assert [row["strategy"] for row in result.rows] == list(STRATEGIES)
    for name in STRATEGIES:
        found = Evaluation.load(tmp_path / "out" / name)
        assert (found.strategy, found.trained_under) == (name, "anchor_expansion")
        assert (found.dataset, found.split) == ("mine.smi", None)
        assert found.fitted_temperature is None
    assert len({row["nll_per_token_nats"] for row in result.rows}) == 4


def test_a_named_strategy_and_a_triple(evaluate, molecules, tmp_path):
    for text in ("max_degree_first", "max_degree/random/random"):
        assert evaluate("--input", molecules, "--strategy", text, "--number", 3).status == 0
        assert Evaluation.load(tmp_path / "out").strategy == text
        assert Evaluation.load(tmp_path / "out").num_graphs == 3


def test_bad_rows_are_told_and_left_out(evaluate, write, tmp_path):
    result = evaluate("--input", write("mixed.csv", "smiles,id", "CO,a", "[Na+],b", "C=O,c",
                                       f"{'C' * 12},d"))
    assert result.status == 1
    assert "skipped b: Element Na is outside the vocabulary" in result.err
    assert "skipped d: The molecule has 38 atoms with hydrogens; at most 29" in result.err
    found = Evaluation.load(tmp_path / "out")
    assert found.graphs["id"].tolist() == ["a", "c"]
    assert found.graphs["smiles"].tolist() == ["CO", "C=O"]
    assert found.details["rows_skipped"] == 2


def test_one_molecule_is_enough_but_for_intervals(evaluate):
    result = evaluate("--input", "CCO")
    assert result.status == 0
    assert result.rows[0]["nll_per_graph_nats"] > 0
    assert result.rows[0]["nll_per_graph_nats_low"] is None


def test_the_same_command_again_resumes(evaluate, molecules, tmp_path, monkeypatch):
    whole = evaluate("--input", molecules, output="whole")
    chunks = list((tmp_path / "runs" / "evaluations").glob("qm9-random_order-random_order-*/*.npz"))
    assert len(chunks) == 1
    written = chunks[0].stat().st_mtime_ns
    with monkeypatch.context() as patch:
        patch.setattr(command, "_headline", interrupt)
        assert evaluate("--input", molecules).status == 130
    again = evaluate("--input", molecules)
    assert chunks[0].stat().st_mtime_ns == written
    strip = {"output": None}
    assert again.rows[0] | strip == whole.rows[0] | strip


def interrupt(*_):
    raise KeyboardInterrupt


def test_a_run_folder_of_other_settings_is_refused(evaluate, molecules, tmp_path):
    folder = ("--run-folder", tmp_path / "run")
    assert evaluate("--input", molecules, *folder).status == 0
    result = evaluate("--input", molecules, "--seed", 1, *folder)
    assert result.status == 1
    assert "holds an evaluation of other settings" in result.err


def test_planar_graphs(evaluate, make_checkpoint, tmp_path):
    from core.sent.vocabulary import PLANAR_VOCABULARY

    make_checkpoint("plane", PLANAR_VOCABULARY, folder=tmp_path / "plane")
    options = ("--model", tmp_path / "plane", "--number", 3, "--fit-temperature", 2, "--seed", 5)
    assert evaluate(*options).status == 0
    found = Evaluation.load(tmp_path / "out")
    assert found.graphs["id"].tolist() == [f"planar-5-test-{i}" for i in range(3)]
    assert (found.dataset, found.split) == ("planar", "test")
    assert found.details["temperature_fit"]["graphs"] == 2
    assert TokenType.NODE_LABEL not in found.token_types
    wrong = evaluate("--model", tmp_path / "plane", "--dataset", "qm9")
    assert wrong.status == 1
    assert "The model reads unlabelled graphs, use --dataset planar." in wrong.err
    assert "leave out --data" in evaluate("--model", tmp_path / "plane", "--data", "x.csv").err


@pytest.mark.parametrize(("options", "status", "message"), [
    (("--input", "none.smi"), 1, "There is no file none.smi"),
    (("--input", "empty.smi"), 1, "empty.smi has no rows; give at least one molecule."),
    (("--input", "bad.smi"), 1, "bad.smi holds no graph that the model can read"),
    (("--input", "CC", "--dataset", "qm9"), 1, "Give either --input or a data set"),
    (("--input", "CC", "--fit-temperature", 5), 1, "validation split, which a file has not"),
    (("--dataset", "planar"), 1, "The model reads molecules, use --dataset qm9 or moses or file."),
    (("--data", "few.csv"), 1, "The test split of few.csv is empty; give more molecules."),
    (("--data", "none.csv"), 1, "There is no file none.csv"),
    (("--strategy", "sideways", "--input", "CC"), 1, "Unknown strategy 'sideways'."),
    (("--model", "none", "--input", "CC"), 1, "There is no model 'none'"),
    (("--permutations", 1, "--input", "CC"), 2, "--permutations"),
    (("--split", "all", "--data", "few.csv"), 1,
     "QM9 has no split 'all'; use train, validation, test."),
])
def test_settings_that_make_no_sense_are_refused(options, status, message, evaluate, write):
    write("empty.smi", "")
    write("bad.smi", "[Na+]", "nonsense(")
    write("few.csv", "smiles", "C", "N")
    result = evaluate(*options)
    assert result.status == status
    assert message in result.err


def test_the_record_is_one_run_record(evaluate, tmp_path):
    assert evaluate("--input", "CCO").status == 0
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert list(record) == ["command", "config", "result", "seed", "device", "checkpoint",
                            "versions"]
