"""The whole evaluation of a tiny model: against its parts, stopped and resumed, cut, stored."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from core.calibration.temperature import FIT_TEMPERATURES, TEMPERATURES, fit_temperature
from core.calibration.token_types import BIN_EDGES, TokenType
from core.chemistry.molecules import from_smiles
from core.evaluation import run as module
from core.evaluation.graph_set import GraphSet
from core.evaluation.measurement import ChunkError
from core.evaluation.result import Evaluation, EvaluationError, shipped_evaluations
from core.evaluation.run import (
    EvaluationConfig,
    EvaluationRun,
    EvaluationRunError,
    default_run_folder,
)
from core.graph.graph import Graph
from core.graph.planar import planar_graph
from core.likelihood.analysis import analyse
from core.likelihood.scoring import next_token_probabilities, score_trails
from core.sent.batch import VocabularyError
from core.sent.decoder import decode
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import MIN_DEGREE_FIRST
from core.sent.vocabulary import QM9_VOCABULARY
from core.stats import molecule_bootstrap
from core.stats.estimates import Estimate, Interval
from tests.oracles import token_calibration as literal

SMILES = ("C", "N", "CO", "C=O", "C#N", "CC", "C#C", "C1CC1", "CCO", "CNC", "CC=O", "NC=O",
          "OCC#N", "FC(F)F", "C1CO1", "CC#C", "O.O", "C[N+](C)(C)C")
K = 3


def named(smiles, number):
    return replace(from_smiles(smiles).graph, name=f"mol-{number}")


MOLECULES = GraphSet("QM9", "test", tuple(named(s, i) for i, s in enumerate(SMILES)))
VALIDATION = GraphSet("QM9", "validation", tuple(named(s, i) for i, s in enumerate(SMILES[5:9])))
CONFIG = EvaluationConfig("min_degree_first", permutations=K, seed=4)


def run_in(folder, checkpoint, graphs=MOLECULES, config=CONFIG, validation=VALIDATION):
    run = EvaluationRun(checkpoint, graphs, config, run_folder=folder, validation=validation)
    steps = list(run.steps())
    return run.result(), steps


@pytest.fixture(scope="module", autouse=True)
def few_resamples():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(molecule_bootstrap, "RESAMPLES", 100)
        yield


@pytest.fixture(scope="module")
def found(tiny, tmp_path_factory) -> Evaluation:
    return run_in(tmp_path_factory.mktemp("run"), tiny)[0]


@pytest.fixture(scope="module")
def events(tiny):
    """Every predicted token of every draw: graph, type, probabilities, target; by a loop."""
    trails = sample_trails(MOLECULES.graphs, QM9_VOCABULARY, MIN_DEGREE_FIRST, permutations=K,
                           generator=GraphSeed(4))
    rows = []
    for g in range(len(MOLECULES.graphs)):
        for k in range(K):
            sequence = trails.sequence(g, k)
            p = next_token_probabilities(tiny, sequence).double()
            for position in range(1, len(sequence)):
                kind = literal.token_type(sequence, position, QM9_VOCABULARY)
                rows.append((g, kind, p[position - 1], sequence[position]))
    return rows


# --- the numbers -------------------------------------------------------------------------------

def test_likelihood_and_lu_are_those_of_an_analysis(found, tiny):
    expected = analyse(tiny, MOLECULES.graphs, MIN_DEGREE_FIRST, permutations=K, seed=4)
    per_graph = expected.likelihoods.nll.mean(1)
    assert found.graphs["nll_mean"].to_numpy() == pytest.approx(per_graph.numpy(), rel=1e-5)
    assert found.nll_per_graph.value == pytest.approx(float(per_graph.mean()), rel=1e-5)
    assert found.nll_per_token.value == pytest.approx(expected.likelihoods.nll_per_token, rel=1e-5)
    lu = [u.lu for u in expected.uncertainties]
    assert found.graphs["lu"].to_numpy() == pytest.approx(np.array(lu), abs=1e-5)
    assert found.lu.value == pytest.approx(np.mean(lu), abs=1e-5)
    marginal = [u.marginal_nll for u in expected.uncertainties]
    assert found.graphs["nll_marginal"].to_numpy() == pytest.approx(np.array(marginal), rel=1e-4)
    has_interval = found.graphs["lu_low"].notna()  # K is too small for any but the exact ones
    assert has_interval.tolist() == [u.is_exact for u in expected.uncertainties]
    assert found.graphs["num_tokens"].tolist() == expected.likelihoods.num_tokens.sum(1).tolist()
    for estimate in (found.nll_per_graph, found.nll_per_token, found.lu):
        assert estimate.interval.low < estimate.value < estimate.interval.high


@pytest.mark.parametrize("token_type", TokenType)
def test_calibration_is_that_of_the_literal_loop(token_type, found, events):
    parts = [part.value for part in token_type.parts]
    mine = [(p, target) for _, kind, p, target in events if kind in parts]
    confidence = [float(p.max()) for p, _ in mine]
    correct = [int(p.argmax()) == target for p, target in mine]
    reliability = found.reliability(token_type)
    assert reliability.num_events == len(mine)
    assert reliability.ece.value == pytest.approx(
        literal.expected_calibration_error(confidence, correct), abs=1e-5)
    assert reliability.brier.value == pytest.approx(
        np.mean((np.array(confidence) - correct) ** 2), abs=1e-5)
    assert reliability.nll.value == pytest.approx(
        np.mean([-float(p[target].log()) for p, target in mine]), rel=1e-4)
    assert reliability.smooth_ece.value <= reliability.ece.value + 0.02
    np.testing.assert_array_equal(reliability.edges, BIN_EDGES)


@pytest.mark.parametrize("temperature", [TEMPERATURES[0], TEMPERATURES[-1]])
def test_other_temperatures_are_those_of_a_softmax(temperature, found, events):
    scaled = [((p.log() / temperature).softmax(-1), target) for _, _, p, target in events]
    reliability = found.reliability(TokenType.ALL, temperature)
    assert reliability.temperature == temperature
    assert reliability.smooth_ece is None
    assert reliability.nll.value == pytest.approx(
        np.mean([-float(p[target].log()) for p, target in scaled]), rel=1e-4)
    assert reliability.ece.value == pytest.approx(literal.expected_calibration_error(
        [float(p.max()) for p, _ in scaled], [int(p.argmax()) == t for p, t in scaled]), abs=1e-4)


def test_the_fitted_temperature_is_that_of_the_validation_set(found, tiny):
    trails = sample_trails(VALIDATION.graphs, QM9_VOCABULARY, MIN_DEGREE_FIRST, permutations=K,
                           generator=GraphSeed(4))
    losses = np.zeros(len(FIT_TEMPERATURES))
    total = 0
    for g in range(len(VALIDATION.graphs)):
        for k in range(K):
            sequence = trails.sequence(g, k)
            log_p = next_token_probabilities(tiny, sequence).double().log()
            targets = torch.tensor(sequence[1:])
            total += len(targets)
            for t, temperature in enumerate(FIT_TEMPERATURES):
                scaled = (log_p / temperature).log_softmax(-1)
                losses[t] -= float(scaled.gather(1, targets[:, None]).sum())
    expected = fit_temperature(losses / total)
    assert found.fitted_temperature == pytest.approx(expected.temperature, rel=1e-4)
    assert found.fitted_temperature in found.temperatures
    assert list(found.temperatures) == sorted({*TEMPERATURES, found.fitted_temperature})
    told = found.details["temperature_fit"]
    assert (told["graphs"], told["split"]) == (4, "validation")
    assert told["nll_per_token"] <= told["nll_per_token_before"]
    after = found.reliability(TokenType.ALL, found.fitted_temperature)
    assert after.smooth_ece is not None
    assert after.nll.value < found.reliability(TokenType.ALL).nll.value


def test_sampled_tokens_are_events_of_the_set(found):
    assert len(found.tokens) > 60
    by_id = {graph.name: graph for graph in MOLECULES.graphs}
    for row in found.tokens.itertuples():
        tokens = list(row.tokens)
        assert literal.token_type(tokens, row.position, QM9_VOCABULARY) == row.token_type
        assert tokens[row.position] == row.target
        assert (row.predicted == row.target) == row.correct
        assert BIN_EDGES[row.bin] < row.confidence <= BIN_EDGES[row.bin + 1] + 1e-6
        assert decode(tokens, QM9_VOCABULARY).num_nodes == by_id[row.id].num_nodes
    assert (found.tokens.groupby(["token_type", "bin"]).size() <= 8).all()
    of_index = found.tokens_in(TokenType.NODE_INDEX)
    assert set(of_index["token_type"]) == {"new_node", "revisit"}
    bin = int(of_index["bin"].iloc[0])
    assert set(found.tokens_in(TokenType.NODE_INDEX, bin)["bin"]) == {bin}
    assert len(found.tokens_in(TokenType.ALL)) == len(found.tokens)


def test_molecules_are_named_by_a_smiles_that_reads_back(found):
    assert found.graphs["id"].tolist() == [f"mol-{i}" for i in range(len(SMILES))]
    for smiles, graph in zip(found.graphs["smiles"], MOLECULES.graphs, strict=True):
        assert from_smiles(smiles).graph.num_nodes == graph.num_nodes
    assert found.graphs["smiles"][8] == "CCO"


# --- resuming ----------------------------------------------------------------------------------

def assert_same(one, other):
    for name in ("bins", "graphs", "tokens"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert one.to_record().result == other.to_record().result


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(module, "CHUNK_SEQUENCES", 5 * K)


@pytest.mark.usefixtures("small_chunks")
def test_a_stopped_run_resumes_to_identical_results(tiny, tmp_path, monkeypatch):
    whole, steps = run_in(tmp_path / "whole", tiny)
    assert [(s.stage, s.done, s.total) for s in steps] == [
        ("fit", 4, 4), ("evaluate", 5, 18), ("evaluate", 10, 18), ("evaluate", 15, 18),
        ("evaluate", 18, 18)]
    stopped = EvaluationRun(tiny, MOLECULES, CONFIG, run_folder=tmp_path / "run",
                            validation=VALIDATION)
    for step in stopped.steps():
        if step.done == 10:
            break
    kept = {p: p.stat().st_mtime_ns for p in (tmp_path / "run").glob("*.npz")}
    assert len(kept) == 2
    with monkeypatch.context() as patch:  # killed while a chunk is being written
        patch.setattr("os.replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            list(stopped.steps())
    again, _ = run_in(tmp_path / "run", tiny)
    assert all(p.stat().st_mtime_ns == written for p, written in kept.items())
    assert_same(again, whole)


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.usefixtures("small_chunks")
def test_chunks_change_nothing_but_rounding(tiny, tmp_path, found):
    cut, _ = run_in(tmp_path, tiny)
    for token_type in cut.token_types:
        one, other = cut.reliability(token_type), found.reliability(token_type)
        assert one.counts.tolist() == other.counts.tolist()
        assert one.ece.value == pytest.approx(other.ece.value, abs=1e-6)
        assert one.ece.interval.high == pytest.approx(other.ece.interval.high, abs=1e-4)
        assert one.smooth_ece.value == pytest.approx(other.smooth_ece.value, abs=1e-6)
        assert one.smooth_ece.interval.high == pytest.approx(
            other.smooth_ece.interval.high, abs=1e-4)
    assert cut.lu.value == pytest.approx(found.lu.value, abs=1e-6)
    pd.testing.assert_frame_equal(cut.tokens, found.tokens, rtol=1e-4)


def test_a_sequence_drawn_twice_is_run_once_and_counts_twice(tiny, tmp_path):
    twice = GraphSet("two", None, (MOLECULES.graphs[0], MOLECULES.graphs[0]))
    result, _ = run_in(tmp_path, tiny, graphs=twice, validation=None,
                       config=replace(CONFIG, strategy="max_degree_first", permutations=8))
    trails = sample_trails(twice.graphs, QM9_VOCABULARY, module.Strategy.from_name(
        "max_degree_first"), permutations=8, generator=GraphSeed(4))
    expected = score_trails(tiny, trails)
    assert len(torch.unique(trails.tokens.flatten(0, 1), dim=0)) == 1
    assert result.reliability(TokenType.ALL).num_events == int(expected.num_tokens.sum())
    assert result.nll_per_token.value == pytest.approx(expected.nll_per_token, rel=1e-5)
    assert result.graphs["lu"].tolist() == [0, 0]


@pytest.mark.parametrize("change", [
    {"config": replace(CONFIG, seed=5)}, {"config": replace(CONFIG, permutations=4)},
    {"config": replace(CONFIG, precision="bf16")}, {"validation": None},
    {"graphs": GraphSet("QM9", "test", MOLECULES.graphs[:-1])},
])
def test_a_run_folder_of_other_settings_is_refused(change, tiny, tmp_path):
    arguments = {"graphs": MOLECULES, "config": CONFIG, "validation": VALIDATION}
    EvaluationRun(tiny, run_folder=tmp_path, **arguments)
    EvaluationRun(tiny, run_folder=tmp_path, **arguments)
    with pytest.raises(EvaluationRunError, match="holds an evaluation of other settings"):
        EvaluationRun(tiny, run_folder=tmp_path, **(arguments | change))
    own, other = (default_run_folder(tiny, **these) for these in (arguments, arguments | change))
    assert own != other
    assert own.name.startswith("tiny-min_degree_first-")


def test_a_damaged_chunk_is_told(tiny, tmp_path):
    run = EvaluationRun(tiny, MOLECULES, CONFIG, run_folder=tmp_path)
    list(run.steps())
    (chunk,) = tmp_path.glob("*.npz")
    chunk.write_bytes(chunk.read_bytes()[:5000])
    with pytest.raises(ChunkError, match=r"is damaged .*; delete it and run the same command"):
        run.result()
    chunk.unlink()
    list(run.steps())
    assert run.result().num_graphs == len(SMILES)


# --- other graphs ------------------------------------------------------------------------------

def test_planar_graphs_have_no_labels(tiny_planar, tmp_path):
    graphs = GraphSet("planar", "test", tuple(
        planar_graph(i, seed=0, split="test", num_nodes=9).graph for i in range(17)))
    result, _ = run_in(tmp_path / "run", tiny_planar, graphs=graphs, validation=None,
                       config=replace(CONFIG, permutations=2))
    assert result.token_types == ("all", "node_index", "new_node", "revisit", "special")
    assert result.graphs["smiles"].isna().all()
    assert result.fitted_temperature is None
    assert result.temperatures == TEMPERATURES
    assert result.details["temperature_fit"] is None
    with pytest.raises(EvaluationError, match="no node_label tokens here; use one of all, node_i"):
        result.reliability(TokenType.NODE_LABEL)
    result.save(tmp_path / "out")
    assert_same(Evaluation.load(tmp_path / "out"), result)


def test_one_molecule_has_estimates_without_intervals(tiny, tmp_path):
    one = GraphSet("file", None, MOLECULES.graphs[11:12])
    result, _ = run_in(tmp_path / "run", tiny, graphs=one, validation=None)
    assert result.lu.value > 0
    reliability = result.reliability(TokenType.ALL)
    for estimate in (result.nll_per_graph, result.nll_per_token, result.lu, reliability.ece,
                     reliability.smooth_ece):
        assert estimate.interval is None
        assert "1 is too few" in estimate.reason
    result.save(tmp_path / "out")
    loaded = Evaluation.load(tmp_path / "out").reliability(TokenType.ALL)
    assert loaded.ece == reliability.ece
    assert loaded.ece_if_calibrated is None


def test_graphs_that_the_model_cannot_read_are_refused(tiny, tiny_planar, tmp_path):
    with pytest.raises(VocabularyError, match="reads unlabelled graphs"):
        EvaluationRun(tiny_planar, MOLECULES, CONFIG, run_folder=tmp_path)
    large = GraphSet("large", None, (Graph(30, np.zeros((0, 2), int), np.zeros(30, int),
                                           np.zeros(0, int)),))
    with pytest.raises(VocabularyError, match="30 nodes"):
        EvaluationRun(tiny, large, CONFIG, run_folder=tmp_path)
    with pytest.raises(EvaluationRunError, match=r"none\.csv holds no graph"):
        EvaluationRun(tiny, GraphSet("none.csv", None, ()), CONFIG, run_folder=tmp_path)


def test_one_permutation_is_refused():
    with pytest.raises(EvaluationRunError, match="at least 2 permutations, got 1"):
        EvaluationConfig("random_order", permutations=1)


# --- on disk -----------------------------------------------------------------------------------

def test_a_saved_evaluation_reads_back(found, tmp_path):
    found.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bins.parquet", "graphs.parquet", "record.json", "tokens.parquet"]
    loaded = Evaluation.load(tmp_path)
    assert_same(loaded, found)
    for name in ("model", "trained_under", "strategy", "vocabulary", "dataset", "split", "seed",
                 "num_graphs", "permutations", "precision", "device", "weights_sha256",
                 "fitted_temperature", "temperatures", "details", "versions", "lu"):
        assert getattr(loaded, name) == getattr(found, name), name
    one, other = (e.reliability(TokenType.REVISIT) for e in (loaded, found))
    assert one.ece == other.ece
    assert one.ece_if_calibrated == other.ece_if_calibrated
    np.testing.assert_array_equal(one.band_low, other.band_low)


def test_the_record_tells_what_was_run_and_found(found, tmp_path):
    found.save(tmp_path)
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["command"] == "evaluate"
    assert record["checkpoint"] == found.weights_sha256
    assert record["seed"] == 4
    assert record["device"] == "cpu"
    assert record["config"]["strategy"] == "min_degree_first"
    assert record["result"]["ece"]["all"] == found.reliability(TokenType.ALL).ece.to_json()
    assert "torch" in record["versions"]


def test_another_temperature_is_refused(found):
    with pytest.raises(EvaluationError, match=r"no temperature 3 here; use one of 0\.5, "):
        found.reliability(TokenType.ALL, 3.0)


def damage(record, **changes):
    return {**record, **changes}


@pytest.mark.parametrize(("change", "message"), [
    (lambda r: r | {"config": r["config"] | {"format_version": 99}},
     "is of format version 99, this TrailScope reads version 1; make the folder anew with "
     "`trailscope evaluate`"),
    (lambda r: r | {"command": "train"}, "is the record of `train`, not of an evaluation"),
    (lambda r: {"command": "evaluate"}, "is damaged"),
    (lambda r: r | {"result": {}}, "is damaged"),
    (lambda r: [], "is damaged"),
])
def test_other_records_are_refused_in_one_sentence(change, message, found, tmp_path):
    found.save(tmp_path)
    path = tmp_path / "record.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(EvaluationError, match=message):
        Evaluation.load(tmp_path)


def test_missing_and_broken_files_are_refused(found, tmp_path):
    with pytest.raises(EvaluationError, match=r"has no record\.json; make it with"):
        Evaluation.load(tmp_path)
    found.save(tmp_path)
    (tmp_path / "bins.parquet").write_bytes(b"no parquet")
    with pytest.raises(EvaluationError, match="is damaged"):
        Evaluation.load(tmp_path)
    (tmp_path / "bins.parquet").unlink()
    with pytest.raises(EvaluationError, match="is damaged"):
        Evaluation.load(tmp_path)


def test_shipped_evaluations_are_found_by_model_and_strategy(found, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    assert shipped_evaluations() == {}
    folder = tmp_path / "results" / "evaluations" / "qm9-a" / "random_order"
    found.save(folder)
    (folder.parent / "unfinished").mkdir()
    assert shipped_evaluations() == {("qm9-a", "random_order"): folder}


@pytest.mark.parametrize("estimate", [
    Estimate(0.5, Interval(0.25, 0.75)), Estimate(0.5, reason="Too few."),
])
def test_estimates_read_back(estimate):
    assert Estimate.from_json(json.loads(json.dumps(estimate.to_json()))) == estimate
