"""What a trained model is measured to be like: against loops and evaluations of the same graphs."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.calibration.token_types import TokenType
from core.chemistry.molecules import from_smiles, to_smiles
from core.evaluation.graph_set import GraphSet
from core.evaluation.run import EvaluationConfig, EvaluationRun
from core.graph.planar import planar_graph
from core.model.card import CARD
from core.model.generation import generate
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import MAX_DEGREE_FIRST, RANDOM_ORDER
from core.sent.vocabulary import PLANAR_VOCABULARY
from core.study import StudyConfig, StudyRun, TrainingRecord, TrainingRecordError, check_trained
from core.study import measurement as module
from core.study.sampled import judge_samples
from core.study.training_record import MEASURED
from tests.evaluations import MOLECULES

CONFIG = StudyConfig(permutations=2, samples=24, seed=3)
OTHERS = ("C", "N", "O", "CC", "C#C", "C=O", "CCF", "CNC", "CC#N", "C1CC1C", "CCC=O", "FCF",
          "OO", "NN", "CCCC", "N=C", "COF")
TRAINING = {"steps": 4, "config": {"mix": 0.25, "batch_size": 2, "seed": 5},
            "loss_nats_per_token": [[1, 2.0]],
            "validation": [{"step": 4, "valid": 0.5, "sampled": 4}]}
SHARES = ("valid", "unique", "novel", "stable", "vun")


def graph_set(smiles, split):
    return GraphSet("QM9", split, tuple(from_smiles(text, name=f"row {row + 1}").graph
                                        for row, text in enumerate(smiles)))


LEARNT, TEST = graph_set(OTHERS, "train"), graph_set(MOLECULES, "test")
KNOWN = frozenset(to_smiles(graph) for graph in LEARNT.graphs)


def trained(checkpoint, **changes):
    """As if `trailscope train` had made it."""
    return replace(checkpoint, card=replace(checkpoint.card, **{"training": TRAINING, **changes}))


@pytest.fixture(scope="module")
def biased(make_checkpoint):
    return trained(make_checkpoint("biased", strategy=MAX_DEGREE_FIRST, seed=4),
                   data={"name": "QM9", "graphs": len(OTHERS)})


@pytest.fixture(scope="module")
def measured(biased, tmp_path_factory):
    """The run of `biased`, done."""
    run = started(biased, tmp_path_factory.mktemp("measured"))
    list(run.steps())
    return run


def started(checkpoint, folder, *, learnt=LEARNT, test=TEST, config=CONFIG, known=KNOWN):
    return StudyRun(checkpoint, learnt, test, config, training_smiles=known, run_folder=folder)


def nll_per_token(checkpoint, graphs, strategy, seed):
    """Nats over tokens of all linearizations, one sequence after the other."""
    nats = tokens = 0
    for graph in graphs:
        trails = sample_trails(GraphBatch.from_graphs([graph], with_automorphisms=True),
                               checkpoint.vocabulary, strategy, permutations=CONFIG.permutations,
                               generator=GraphSeed(seed))
        for permutation in range(CONFIG.permutations):
            sequence = torch.tensor([trails.sequence(0, permutation)])
            with torch.inference_mode():
                logits = checkpoint.model(sequence[:, :-1]).logits.log_softmax(-1)
            nats -= logits.gather(-1, sequence[:, 1:, None]).double().sum().item()
            tokens += sequence.shape[1] - 1
    return nats / tokens


def test_nlls_are_those_of_a_loop_and_the_gap_is_test_minus_train(biased, measured, tmp_path):
    found = measured.save(tmp_path).measured
    for name, graphs, strategy, seed in (
        ("test_nll_per_token", TEST, MAX_DEGREE_FIRST, 3),
        ("test_nll_per_token_random", TEST, RANDOM_ORDER, 3),
        ("train_nll_per_token", LEARNT, MAX_DEGREE_FIRST, 4),
    ):
        assert found[name].value == pytest.approx(
            nll_per_token(biased, graphs.graphs, strategy, seed), abs=1e-5)
    test, train, gap = (found[f"{name}_nll_per_token"] for name in ("test", "train", "gap"))
    assert gap.value == test.value - train.value
    assert gap.interval.holds(gap.value)


@pytest.mark.parametrize("learnt", [LEARNT, TEST], ids=["others", "the same"])
def test_the_gap_is_as_uncertain_as_two_sets_that_are_drawn_apart(learnt, biased, tmp_path):
    """Even if the model learnt the graphs that it is tested on."""
    run = started(biased, tmp_path / "run", learnt=learnt)
    list(run.steps())
    found = run.save(tmp_path / "out").measured
    test, train, gap = (found[f"{name}_nll_per_token"].interval for name in
                        ("test", "train", "gap"))
    assert gap.high - gap.low == pytest.approx(
        np.hypot(test.high - test.low, train.high - train.low), rel=0.15)


def test_the_rest_is_what_evaluations_of_the_same_graphs_say(biased, measured, tmp_path):
    found = measured.save(tmp_path / "out").measured
    for strategy, ending in ((MAX_DEGREE_FIRST, ""), (RANDOM_ORDER, "_random")):
        run = EvaluationRun(biased, TEST, EvaluationConfig(strategy.name, 2, seed=3),
                            run_folder=tmp_path / strategy.name)
        list(run.steps())
        evaluation = run.result()
        assert found[f"lu{ending}"] == evaluation.lu
        assert found[f"nll_std{ending}"] == evaluation.nll_std
        assert found[f"ece{ending}"] == evaluation.reliability(TokenType.ALL).ece
        assert found[f"test_nll_per_token{ending}"] == evaluation.nll_per_token
    assert found["lu"] != found["lu_random"]


def test_samples_are_those_of_the_seed(biased, measured, tmp_path):
    [samples] = generate(biased, CONFIG.samples, generator=torch.Generator().manual_seed(3))
    expected = judge_samples(samples, biased.card, KNOWN).estimates
    found = measured.save(tmp_path).measured
    assert {name: found[name] for name in SHARES} == expected
    assert expected["valid"].value > 0


def test_the_record_holds_the_training_but_not_its_loss_of_every_step(biased, measured, tmp_path):
    found = measured.save(tmp_path)
    assert tuple(found.measured) == MEASURED
    assert (found.name, found.order, found.graphs, found.steps) == (
        "biased", "max_degree_first, 25% random", len(OTHERS), 4)
    assert found.rows == ({"step": 4, "sampled": 4, "valid": 0.5},)
    assert found.config == {"test_graphs": len(MOLECULES), "training_graphs": len(OTHERS),
                            "permutations": 2, "samples": 24, "seed": 3, "precision": "fp32"}
    written = json.loads((tmp_path / "record.json").read_text())
    assert written["checkpoint"] == biased.card.weights_sha256
    assert "loss_nats_per_token" not in written["config"]["card"]["training"]
    assert "loss_nats_per_token" in biased.card.training  # which stays as it was
    assert TrainingRecord.load(tmp_path).summary == found.summary


def test_a_resumed_record_is_that_of_a_straight_run(biased, measured, tmp_path, monkeypatch):
    for stop in (1, 3, 4):  # after an evaluation, before samples, among them
        folder = tmp_path / f"stopped-{stop}"
        steps = started(biased, folder).steps()
        for _ in range(stop):
            next(steps)
        steps.close()
        again = started(biased, folder)
        with monkeypatch.context() as patch:
            if stop == 4:  # evaluations are not done again
                patch.setattr("core.evaluation.run.evaluate_chunk", None)
            list(again.steps())
        assert again.record.to_json() == measured.record.to_json()


def test_a_finished_run_does_nothing_again(biased, measured, monkeypatch):
    monkeypatch.setattr(module, "generate", None)
    monkeypatch.setattr("core.evaluation.run.evaluate_chunk", None)
    again = started(biased, measured.folder)
    list(again.steps())
    assert again.record.to_json() == measured.record.to_json()


@pytest.mark.parametrize(("changes", "message"), [
    ({"config": StudyConfig(2, 24, 4)}, "seed is 3 there, 4 here"),
    ({"config": StudyConfig(2, 25, 3)}, "samples is 24 there, 25 here"),
    ({"config": StudyConfig(3, 24, 3)}, "permutations is 2 there, 3 here"),
    ({"config": StudyConfig(2, 24, 3, "bf16")}, "precision is fp32 there, bf16 here"),
    ({"learnt": TEST}, "learnt is "),
    ({"test": LEARNT}, "test is "),
    ({"known": KNOWN | {"C"}}, "training_smiles is "),
    ({"known": None}, "training_smiles is "),
])
def test_a_folder_of_other_settings_is_refused(changes, message, biased, measured):
    with pytest.raises(TrainingRecordError, match="holds a study of other settings: ") as caught:
        started(biased, measured.folder, **changes)
    assert message in str(caught.value)
    started(biased, measured.folder, known=sorted(KNOWN))  # the order of molecules is none


def test_a_folder_of_another_model_is_refused(make_checkpoint, measured):
    other = trained(make_checkpoint("biased", strategy=MAX_DEGREE_FIRST, seed=5))
    with pytest.raises(TrainingRecordError, match="checkpoint is "):
        started(other, measured.folder)


def test_a_model_of_random_order_is_measured_once(make_checkpoint, tmp_path):
    run = started(trained(make_checkpoint("random", seed=4)), tmp_path / "run")
    said = {what for what, _, _ in run.steps()}
    assert said == {"test graphs, own order", "training graphs, own order", "samples"}
    found = run.save(tmp_path / "out").measured
    for name in ("test_nll_per_token", "lu", "nll_std", "ece"):
        assert found[f"{name}_random"] == found[name]


def test_too_few_graphs_have_a_gap_with_a_reason_and_no_interval(biased, tmp_path):
    for which, few in (("learnt", LEARNT), ("test", TEST)):
        run = started(biased, tmp_path / which,
                      **{which: replace(few, graphs=few.graphs[:3])})
        list(run.steps())
        gap = run.save(tmp_path / f"{which}-out").measured["gap_nll_per_token"]
        assert gap.interval is None
        assert "3 are too few" in gap.reason


def test_of_planar_graphs_nothing_is_novel_or_stable(make_checkpoint, tmp_path):
    checkpoint = trained(make_checkpoint("planar", PLANAR_VOCABULARY, MAX_DEGREE_FIRST),
                         data={"name": "planar", "graphs": 2, "seed": 0, "nodes": 64})
    test, learnt = (GraphSet("planar", split, tuple(
        planar_graph(number, seed=0, split=split, num_nodes=12).graph for number in range(2)))
        for split in ("test", "train"))
    run = started(checkpoint, tmp_path / "run", learnt=learnt, test=test, known=None,
                  config=replace(CONFIG, samples=4))
    list(run.steps())
    found = run.save(tmp_path / "out").measured
    assert [name for name in SHARES if name in found] == ["valid", "unique"]


@pytest.mark.parametrize(("changes", "message"), [
    ({"training": {}}, "does not say how it was trained"),
    ({"name": "n" * 101}, f"{CARD} of the model is a damaged training record"),
])
def test_a_model_that_cannot_be_studied_is_refused_before_any_work(
        changes, message, biased, tmp_path):
    checkpoint = trained(biased, **changes)
    for refused in (lambda: check_trained(checkpoint.card),
                    lambda: started(checkpoint, tmp_path / "run")):
        with pytest.raises(TrainingRecordError, match=message):
            refused()
    assert not (tmp_path / "run").exists()


def test_without_samples_there_is_nothing_to_measure():
    with pytest.raises(TrainingRecordError, match="must be at least 1, got 0"):
        StudyConfig(samples=0)
