"""The repair experiment: its arms, its learning rates, and results that can be read again."""

import json
import math
import shutil
from dataclasses import replace
from itertools import takewhile

import pandas as pd
import pytest

from core.calibration.token_types import TokenType
from core.chemistry.molecules import from_smiles
from core.evaluation.graph_set import GraphSet
from core.evaluation.run import EvaluationConfig, EvaluationRun
from core.finetune.export import merged_checkpoint
from core.finetune.low_rank import lora_parameters
from core.model.checkpoints import load_checkpoint
from core.repair.arms import RANKS, Arm, choose_arms, repair_arms
from core.repair.experiment import RATES, RepairConfig, RepairExperiment, next_rung
from core.repair.result import MEASURES, RepairResult, paired_change, shipped_repairs
from core.runs import load_state
from core.salience.language_model import LanguageModel
from core.salience.matrices import SalienceError
from core.sent.batch import GraphBatch
from core.sent.strategies import MIN_DEGREE_FIRST
from tests.evaluations import MOLECULES

GRAPHS = tuple(from_smiles(smiles, name=f"row {row}").graph for row, smiles in enumerate(MOLECULES))
CONFIG = RepairConfig(steps=3, batch_size=4, permutations=2, reselect_every=1,
                      num_examples=4, tuning_graphs=4, precision="fp32")
SPARSE = Arm("sparse", "snip", "local", is_dynamic=True, count=60, rank=None)
LOOKING_BACK = Arm("sparse", "hindsight", "global", count=60)
SCALED_ON = 3


@pytest.fixture(scope="module")
def biased(make_checkpoint):
    return make_checkpoint("biased", strategy=MIN_DEGREE_FIRST)


def experiment_of(checkpoint, folder, config=CONFIG, scaled_graphs=SCALED_ON):
    return RepairExperiment(
        checkpoint, training=GraphBatch.from_graphs(GRAPHS, with_automorphisms=False),
        validation=GraphSet("QM9", "validation", GRAPHS[:6]), test=GraphSet("QM9", "test", GRAPHS),
        config=config, run_folder=folder, scaled_graphs=scaled_graphs)


@pytest.fixture(scope="module")
def found(biased, tmp_path_factory):
    folder = tmp_path_factory.mktemp("repair")
    experiment = experiment_of(biased, folder)
    said = {arm.name: list(experiment.run(arm)) for arm in (Arm("none"), SPARSE)}
    return folder, said, {name: experiment.result(arm) for name, arm in (
        ("none", Arm("none")), ("sparse", SPARSE))}


def test_the_arms_are_matched_in_their_parameters(biased):
    matrices = LanguageModel.from_checkpoint(biased).matrices
    arms = repair_arms(matrices)
    assert len({arm.name for arm in arms}) == len(arms) == 85
    assert arms[0] == Arm("none")
    for arm in arms:
        if arm.method == "sparse" and arm.rank is not None:
            assert arm.count == lora_parameters(matrices, arm.rank)
    for rank in RANKS:
        of_rank = {(arm.method, arm.criterion) for arm in arms if arm.rank == rank}
        assert {("lora", None), ("pissa", None), ("sparse", "gradient"),
                ("sparse", "random")} <= of_rank
    for rank in (None, *RANKS):
        kinds = {(arm.scope, arm.is_dynamic, arm.criterion) for arm in arms
                 if arm.rank == rank and arm.method == "sparse"}
        assert {kind for kind in kinds if kind[:2] != ("global", False)} == {
            (scope, is_dynamic, name) for scope, is_dynamic in (("local", False), ("global", True))
            for name in ("gradient", "snip")}
        tried = {name for scope, is_dynamic, name in kinds if (scope, is_dynamic) == (
            "global", False)}
        assert tried == {"random", "magnitude", "gradient", "snip", "force", "fisher", "synflow",
                         "grasp", "lamp", "id3", "hindsight"}  # taylor selects what snip does


def test_arms_share_learning_rates_by_method_and_size(biased):
    arms = repair_arms(LanguageModel.from_checkpoint(biased).matrices)
    tuned = {arm.name: arm.tuned_as.name for arm in arms}
    first, small, fourth = (
        next(arm.name for arm in arms if arm.criterion == "gradient" and arm.rank == rank)
        for rank in (1, None, 4))
    for arm in arms:
        if arm.method == "sparse":
            assert tuned[arm.name] == {None: small, 1: first, 2: first}.get(arm.rank, fourth)
    assert tuned["lora-rank-2"] == "lora-rank-1"
    assert tuned["pissa-rank-13"] == "pissa-rank-4"
    assert tuned["full"] == "full"


def test_arms_are_chosen_by_name(biased):
    arms = repair_arms(LanguageModel.from_checkpoint(biased).matrices)
    assert [arm.name for arm in choose_arms(arms, "full, none")] == ["full", "none"]
    assert choose_arms(arms, None) == arms
    with pytest.raises(SalienceError, match="There is no arm 'fool'; use some of none, "):
        choose_arms(arms, "full,fool")


@pytest.mark.parametrize("losses", [
    [5, 4, 3, 2, 1, 2, 3, 4], [8, 7, 6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6, 7, 8]])
def test_the_ladder_is_climbed_to_where_both_neighbours_are_worse(losses):
    known: dict[str, float] = {}
    rung: int | None = 4
    while rung is not None:
        assert f"{RATES[rung]:g}" not in known
        known[f"{RATES[rung]:g}"] = losses[rung]
        rung = next_rung(known)
    best = losses.index(min(losses))
    assert min(known, key=lambda rate: known[rate]) == f"{RATES[best]:g}"
    neighbours = {i for i in (best - 1, best + 1) if 0 <= i < len(RATES)}
    assert {f"{RATES[i]:g}" for i in neighbours} <= known.keys()


def test_an_arm_is_measured_under_both_orders(biased, found):
    folder, said, results = found
    assert [state.stage for state in said["none"]] == ["measure"] * len(said["none"])
    stages = [state.stage for state in said[SPARSE.name]]
    assert stages.count("train") == 3
    assert set(stages) == {"tune", "train", "measure", "scale"}
    for name, result in results.items():
        assert result.orders == ("min_degree_first", "random_order")
        assert result.weights_sha256 == biased.card.weights_sha256
        assert all(set(of) == set(MEASURES) for of in result.estimates.values())
        assert len(result.graphs) == 2 * len(GRAPHS)
        assert result.num_parameters == {"none": 0, "sparse": 60}[name]
    assert [step for step, _ in results["sparse"].history] == [1, 2, 3]
    tried = json.loads((folder / "tuning" / f"{SPARSE.tuned_as.name}.json").read_text())
    best = min(tried, key=lambda rate: tried[rate])
    assert results["sparse"].settings["learning_rate"] == float(best)


def test_a_hindsight_mask_holds_what_all_weights_changed_most(biased, found):
    folder = found[0]
    experiment = experiment_of(biased, folder)
    work = experiment.run(LOOKING_BACK)
    stages = [(one.arm, one.stage) for one in takewhile(lambda one: one.stage != "measure", work)]
    work.close()
    assert ("full", "train") in stages
    assert ("full", "measure") not in stages
    trained, steps = load_state(folder / "arms" / "full")
    assert steps == CONFIG.steps
    before = dict(biased.model.named_parameters())
    changes, places = [], []
    for matrix in LanguageModel.from_checkpoint(biased).matrices:
        after = trained[f"tuning/{matrix.name}"].half().float()
        changes += (after - before[matrix.name]).abs().flatten().tolist()
        places += [(matrix.name, place) for place in range(matrix.numel)]
    order = sorted(range(len(changes)), key=lambda place: (-changes[place], place))
    expected = {places[place] for place in order[:60]}
    state, _ = load_state(folder / "arms" / LOOKING_BACK.name)
    positions = state["tuning/positions"].tolist()
    assert {places[position] for position in positions} == expected


def test_the_ends_of_a_scaled_change_are_the_two_models(biased, found, tmp_path):
    folder, _, results = found
    scaled = results["sparse"].scaled
    assert results["none"].scaled is None
    assert scaled.graphs == SCALED_ON
    assert scaled.alphas == (0, 0.25, 0.5, 0.75, 1, 1.25, 1.5)
    experiment = experiment_of(biased, folder)
    run = experiment._finetune_run(SPARSE, experiment._rate_of(SPARSE),
                                   folder / "arms" / SPARSE.name)
    for alpha, model in ((0.0, biased), (1.0, merged_checkpoint(run, name="after"))):
        for order in results["sparse"].orders:
            own = EvaluationRun(model, GraphSet("QM9", "test", GRAPHS[:SCALED_ON]),
                                EvaluationConfig(order, 2), run_folder=tmp_path / f"{alpha}{order}",
                                temperatures=(1.0,))
            list(own.steps())
            expected, measured = own.result(), scaled.estimates[alpha][order]
            assert measured["lu"] == expected.lu
            assert measured["nll_per_token"] == expected.nll_per_token
            assert measured["ece"] == expected.reliability(TokenType.ALL).ece
            assert measured["nll_std"].value == pytest.approx(expected.graphs["nll_std"].mean())
    own = scaled.curve("min_degree_first", "nll_per_token")
    assert len({one.value for one in own}) == len(scaled.alphas)
    assert scaled.nearest(0.9) == 1


def test_scaling_goes_on_where_it_stopped(biased, found):
    folder, _, results = found
    finished = folder / "finished" / SPARSE.name
    (finished / "scaled.parquet").unlink()  # a result of before
    assert RepairResult.load(finished).scaled is None
    shutil.rmtree(folder / "scaled" / f"{SPARSE.name}-on-{SCALED_ON}" / "alpha-0.5")
    experiment = experiment_of(biased, folder)
    work = experiment.run(SPARSE)
    assert [next(work).stage for _ in range(3)] == ["scale"] * 3
    work.close()
    again = experiment_of(biased, folder)
    assert {state.stage for state in again.run(SPARSE)} == {"scale"}
    assert again.result(SPARSE).scaled == results["sparse"].scaled
    assert again.result(SPARSE).estimates == results["sparse"].estimates
    assert list(experiment_of(biased, folder).run(SPARSE)) == []
    without = experiment_of(biased, folder, scaled_graphs=0)
    assert list(without.run(SPARSE)) == []


def test_before_and_after_are_what_evaluate_says(biased, found, tmp_path):
    _, _, results = found
    run = EvaluationRun(biased, GraphSet("QM9", "test", GRAPHS),
                        EvaluationConfig("random_order", 2), run_folder=tmp_path)
    for _ in run.steps():
        pass
    expected = run.result()
    before = results["none"]
    assert before.estimates["random_order"]["lu"] == expected.lu
    assert before.reliability("random_order", TokenType.ALL).ece == (
        expected.reliability(TokenType.ALL).ece)
    after = results["sparse"].of_order("random_order")
    assert not after["nll_mean"].equals(before.of_order("random_order")["nll_mean"])


def test_a_result_is_read_as_it_was_written(found, tmp_path):
    result = found[2]["sparse"]
    result.save(tmp_path / "arm")
    again = RepairResult.load(tmp_path / "arm")
    assert again.to_record().to_json() == result.to_record().to_json()
    pd.testing.assert_frame_equal(again.graphs, result.graphs)
    pd.testing.assert_frame_equal(again.bins, result.bins)
    assert again.scaled == result.scaled
    replace(result, scaled=None).save(tmp_path / "arm")
    assert RepairResult.load(tmp_path / "arm").scaled is None
    assert again.arm == SPARSE


def test_changes_are_taken_graph_by_graph(found):
    results = found[2]
    change = paired_change(results["sparse"], results["none"], "random_order", "lu")
    rows = [results[name].of_order("random_order").set_index("id")["lu"].astype(float)
            for name in ("sparse", "none")]
    by_hand = [rows[0][name] - rows[1][name] for name in rows[0].index]
    assert math.isclose(change.value, sum(by_hand) / len(by_hand), rel_tol=1e-9)
    assert change.interval.low < change.value < change.interval.high
    same = paired_change(results["none"], results["none"], "random_order", "nll_mean")
    assert same.value == 0


def test_a_finished_arm_is_not_trained_again(biased, found):
    folder, _, results = found
    experiment = experiment_of(biased, folder)
    assert list(experiment.run(SPARSE)) == []
    assert experiment.result(SPARSE).estimates == results["sparse"].estimates


def test_a_run_folder_is_of_one_experiment(biased, found, tmp_path):
    with pytest.raises(SalienceError, match="seed is 0 there, 1 here; use another run folder"):
        experiment_of(biased, found[0], replace(CONFIG, seed=1))
    experiment_of(biased, tmp_path)
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(SalienceError, match="is damaged"):
        experiment_of(biased, tmp_path)


def test_a_model_of_the_order_itself_needs_no_repair(tiny, tmp_path):
    with pytest.raises(SalienceError, match="trained under random_order already"):
        experiment_of(tiny, tmp_path)


def test_shipped_repairs_are_found_by_model_and_arm(found, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    assert shipped_repairs() == {}
    folder = tmp_path / "results" / "repair" / "biased" / "none"
    found[2]["none"].save(folder)
    assert shipped_repairs() == {"biased": {"none": folder}}


@pytest.mark.parametrize(("content", "message"), [
    (None, "does not hold a repair"), ("{", "is damaged"),
    ('{"command": "evaluate", "config": {}}', "is the record of `evaluate`, not of a repair"),
    ('{"command": "repair", "config": {"format_version": 9}}', "version 9, this .* version 1"),
    ('{"command": "repair", "config": {"format_version": 1}}', "is damaged"),
])
def test_a_folder_that_is_no_result_is_told(tmp_path, content, message):
    if content is not None:
        (tmp_path / "record.json").write_text(content, encoding="utf-8")
    with pytest.raises(SalienceError, match=message):
        RepairResult.load(tmp_path)


def test_a_shipped_model_has_the_arms_of_the_readme():
    model = LanguageModel.from_checkpoint(load_checkpoint("qm9-min_degree_first"))
    counts = {arm.count for arm in repair_arms(model.matrices) if arm.count}
    assert counts == {3_539, 26_496, 52_992, 105_984, 344_448}
