"""Runs of diversity: resumed as straight, results read back, faults in one sentence."""

import json

import pandas as pd
import pytest

from core.chemistry import from_smiles
from core.evaluation.graph_set import GraphSet
from core.sent import QM9_VOCABULARY
from core.study import Diversity, DiversityConfig, DiversityError, DiversityRun

CONFIG = DiversityConfig(("min_degree_first", "max_degree/random/min_degree"), (0.0, 0.3), (1, 4),
                         limit=50)


def made(folder, *, config=CONFIG, smiles=("CO", "CCO", "C")):
    graphs = tuple(from_smiles(text).graph for text in smiles)
    return DiversityRun(GraphSet("mine", None, graphs), QM9_VOCABULARY, config, run_folder=folder)


def finished(run):
    list(run.steps())
    return run.result()


def test_resumed_equals_straight(tmp_path):
    straight = finished(made(tmp_path / "one"))
    next(made(tmp_path / "two").steps())
    resumed = finished(made(tmp_path / "two"))
    pd.testing.assert_frame_equal(straight.to_frame(), resumed.to_frame())
    assert straight.record == resumed.record


def test_reads_back_and_refuses_another_version(tmp_path):
    found = finished(made(tmp_path / "run"))
    found.save(tmp_path / "out")
    read = Diversity.load(tmp_path / "out")
    pd.testing.assert_frame_equal(read.table, found.table)
    assert len(read.table) == 3 * 4 * 2
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    record["config"]["format_version"] = 99
    (tmp_path / "out" / "record.json").write_text(json.dumps(record))
    with pytest.raises(DiversityError, match="is of format version 99"):
        Diversity.load(tmp_path / "out")


def test_one_molecule_has_a_reason_and_no_interval(tmp_path):
    (point, *_) = finished(made(tmp_path, smiles=("CO",))).record["result"]["curves"]
    assert point["unique_ratio"]["interval"] is None
    assert "1 is too few" in point["unique_ratio"]["reason"]


def test_curves_have_means_and_intervals_over_graphs(tmp_path):
    found = finished(made(tmp_path, smiles=("CO", "CCO", "C", "CC", "N", "O", "C#N", "CN") * 4))
    curves = found.curves
    assert len(curves) == (2 * 2) * 2
    rows = found.table.groupby(["strategy", "share", "samples"], sort=False)
    assert curves["unique_ratio"].tolist() == pytest.approx(rows["unique_ratio"].mean().tolist())
    for name in ("unique_ratio", "gram_entropy_bits"):
        assert (curves[f"{name}_low"] <= curves[name]).all()
        assert (curves[f"{name}_high"] >= curves[name]).all()
    assert curves["enumerated"].tolist() == rows["num_sequences"].count().tolist()
    assert found.reasons == ()


def test_random_order_is_measured_once_whatever_the_shares():
    config = DiversityConfig(("random_order", "min_degree_first"), (0.1, 0.3))
    assert [(one.strategy.name, one.share) for one in config.mixtures] == [
        ("random_order", 0.0), ("min_degree_first", 0.1), ("min_degree_first", 0.3)]


def test_refuses_other_settings(tmp_path):
    made(tmp_path)
    with pytest.raises(DiversityError, match="holds a diversity of other settings: seed"):
        made(tmp_path, config=DiversityConfig(CONFIG.strategies, CONFIG.shares, CONFIG.samples,
                                              seed=1, limit=50))


@pytest.mark.parametrize("samples", [(), (0,), (1001,), (4, 1), (2, 2)])
def test_refuses_samples(samples):
    with pytest.raises(DiversityError, match=r"^Samples per graph are increasing"):
        DiversityConfig(("random_order",), samples=samples)
