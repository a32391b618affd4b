"""`trailscope triage`: from a model to a folder of scored samples."""

import json

import pandas as pd
import pytest

from core.chemistry.molecules import to_exact_smiles
from core.cli.triage import _rank
from core.sent.decoder import decode
from core.sent.vocabulary import QM9_VOCABULARY
from core.triage.samples import Samples


@pytest.fixture
def triage(trailscope, tiny, write, tmp_path):
    def run(*options):
        return trailscope("triage", "--model", tiny.card.path, "--permutations", 2, "--chunk", 8,
                          "--run-folder", tmp_path / "run", "--output", tmp_path / "out", *options)

    return run


def test_samples_are_scored_and_written(triage, tmp_path, tiny):
    result = triage("--number", 10, "--seed", 5)
    assert result.status == 0
    assert result.out == ""
    assert result.err.splitlines() == [
        "tiny: 8 of 10 sequences", "tiny: 10 of 10 sequences", f"Wrote {tmp_path / 'out'}."]
    samples = Samples.load(tmp_path / "out")
    assert samples.weights_sha256 == tiny.card.weights_sha256
    assert len(samples.table) == 10
    assert samples.table["novel"].isna().all()
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["command"] == "triage"
    assert record["seed"] == 5
    assert record["result"]["quality"]["number"] == 10


def test_the_record_says_how_well_each_score_ranks(triage, tmp_path):
    table = pd.DataFrame({
        "valid": True, "stable": [True, False, True, False] * 5, "self_nll": range(20),
        "nll_mean": range(20, 0, -1), "lu": [0.1, 0.2] * 10, "nll_marginal": 1.0,
    })
    found = _rank(table, seed=0)
    assert (found["stable"], found["unstable"]) == (10, 10)
    assert found["auc"]["lu"]["value"] == 1.0
    assert found["auc"]["self_nll"]["value"] == pytest.approx(0.55)
    assert found["auc"]["nll_mean"]["value"] == pytest.approx(0.45)
    assert len(found["auc_differences"]) == 6
    assert "are all 10 stable" in _rank(table[table["stable"]], seed=0)["error"]
    assert triage("--number", 2).status == 0
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert "ranking" in record["result"]


def test_the_same_command_resumes(triage, tmp_path):
    assert triage("--number", 8).status == 0
    before = (tmp_path / "run" / "chunk-00000.parquet").stat().st_mtime_ns
    assert triage("--number", 10).status == 0
    assert (tmp_path / "run" / "chunk-00000.parquet").stat().st_mtime_ns == before


def test_novelty_is_told_where_training_data_are_given(triage, tmp_path, write):
    assert triage("--number", 8).status == 0
    table = Samples.load(tmp_path / "out").table
    first = table[table["valid"]].iloc[0]
    graph = decode(list(first["tokens"]), QM9_VOCABULARY)
    known = first["smiles"]
    data = write("qm9.csv", "smiles", *[to_exact_smiles(graph)] * 10)
    assert triage("--number", 8, "--data", data).status == 0
    again = Samples.load(tmp_path / "out").table
    valid = again[again["valid"]]
    assert (~valid["novel"]).sum() == (valid["smiles"] == known).sum() >= 1
    pd.testing.assert_frame_equal(again.drop(columns="novel"), table.drop(columns="novel"))


def test_other_settings_are_refused(triage):
    assert triage("--number", 2).status == 0
    result = triage("--number", 2, "--seed", 1)
    assert result.status == 1
    assert "holds samples of other settings: seed is 0 there, 1 here" in result.err
