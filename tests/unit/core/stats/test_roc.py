"""Comparing scores of the same molecules: values, sentences, what is left out, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from core.stats import roc as module
from core.stats.labels import LabelNames, RankingError
from core.stats.roc import AucEstimates, compare_scores

STABLE = LabelNames("stable", "unstable", "valid generated molecules")


def test_the_interval_of_a_difference_that_is_not_clear_holds_zero():
    rng = np.random.default_rng(0)
    good = np.arange(40) < 20
    first, second = rng.normal(size=(2, 40))
    [difference] = compare_scores(good, {"lu": first, "self_nll": second}, seed=0).differences
    assert difference.difference.interval.low < 0 < difference.difference.interval.high
    assert difference.difference.reason is None


def test_scores_that_rank_alike_are_said_to():
    good = np.array([True, False, True, True, False, False])
    score = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    found = compare_scores(good, {"lu": score, "self_nll": score**2}, seed=0,
                           names={"lu": "LU", "self_nll": "self NLL"})
    [difference] = found.differences
    assert difference.difference.value == 0
    assert difference.difference.interval is None
    assert difference.difference.reason.startswith("LU and self NLL rank these molecules alike")


def test_the_sentence_names_label_score_direction_and_counts():
    good = np.array([True] * 1200 + [False] * 30)
    [roc] = compare_scores(good, {"nll_mean": np.arange(1230.0)}, seed=0, resamples=100,
                           labels=STABLE, names={"nll_mean": "mean resampled NLL"}).rocs
    assert roc.sentence == (
        "Score: minus mean resampled NLL. Label: stable, among valid generated molecules (1,200 "
        "stable, 30 unstable). An AUC above 0.5 means that stable molecules tend to have the lower "
        "mean resampled NLL.")
    assert roc.auc.value == 1


@settings(max_examples=20)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=30).filter(
    lambda rows: 0 < sum(good for good, _ in rows) < len(rows)))
def test_turning_the_score_round_turns_the_auc_round(rows):
    good, quantity = (np.array(part) for part in zip(*rows, strict=True))
    there, back = compare_scores(good, {"lu": quantity, "self_nll": -quantity}, seed=0,
                                 resamples=100).rocs
    assert there.auc.value == pytest.approx(1 - back.auc.value)
    assert there.auc.value == pytest.approx(roc_auc_score(good, -quantity))
    assert there.auc.interval.low <= there.auc.value <= there.auc.interval.high
    if 1 < good.sum() < len(good) - 1:
        assert there.auc.interval.low == pytest.approx(1 - back.auc.interval.high, abs=0.1)


def test_one_class_among_the_scored():
    good = np.array([True, True, False])
    with pytest.raises(RankingError, match="molecules with all scores are both stable"):
        compare_scores(good, {"lu": [1.0, 2.0, np.nan]}, seed=0, labels=STABLE)
    with pytest.raises(RankingError, match="no valid generated molecules with all scores, so"):
        compare_scores(good, {"lu": [np.nan] * 3}, seed=0, labels=STABLE)


def test_other_labels_have_their_names():
    labels = LabelNames("soluble", "insoluble", "measured molecules")
    [roc] = compare_scores([True, False], {"log p": [1.0, 2.0]}, seed=0, labels=labels).rocs
    assert "Label: soluble, among measured molecules (1 soluble, 1 insoluble)" in roc.sentence
    assert "minus log p" in roc.sentence


@pytest.mark.parametrize(("arguments", "message"), [
    ({"good": [1, 0]}, "good must be"),
    ({"good": [True, False, True]}, "one number per molecule, 3, got 2"),
    ({"quantities": {"lu": [1.0, np.inf]}}, "Every lu must be finite"),
    ({"quantities": {}}, "at least one quantity"),
    ({"resamples": 99}, "at least 100 resamples"),
    ({"confidence": 1.0}, "between 0 and 1"),
])
def test_wrong_arguments_are_named(arguments, message):
    valid = {"good": [True, False], "quantities": {"lu": [1.0, 2.0]}, "seed": 0}
    with pytest.raises(ValueError, match=message) as caught:
        compare_scores(**(valid | arguments))
    assert not isinstance(caught.value, RankingError)


def compared(**changes):
    rng = np.random.default_rng(0)
    good = rng.random(60) < 0.7
    scores = {name: rng.normal(size=60) - good for name in ("lu", "self_nll", "nll_mean")}
    return good, scores, compare_scores(good, scores, **({"seed": 0, "resamples": 200} | changes))


def test_a_difference_is_turned_with_its_interval():
    _, _, found = compared()
    there, back = found.difference("lu", "nll_mean"), found.difference("nll_mean", "lu")
    assert there.value == found.roc("lu").auc.value - found.roc("nll_mean").auc.value
    assert back.value == -there.value
    assert (back.interval.low, back.interval.high) == (-there.interval.high, -there.interval.low)
    with pytest.raises(KeyError):
        found.difference("lu", "qed")


def test_intervals_that_are_known_are_not_resampled(monkeypatch):
    good, scores, found = compared()
    known = AucEstimates(
        {roc.quantity: roc.auc for roc in found.rocs},
        {(pair.first, pair.second): pair.difference.interval for pair in found.differences},
        found.positives, found.negatives, seed=0, resamples=200)

    def again(**changes):
        return compare_scores(**({"good": good, "quantities": scores, "seed": 0, "resamples": 200,
                                  "known": known} | changes))

    def fail(*_, **__):
        pytest.fail("The molecules were resampled again.")

    monkeypatch.setattr(module, "resample_aucs", fail)
    stored = again()
    assert [roc.auc for roc in stored.rocs] == [roc.auc for roc in found.rocs]
    assert stored.differences == found.differences
    for made, kept in zip(stored.rocs, found.rocs, strict=True):
        np.testing.assert_array_equal(made.true_positive_rate, kept.true_positive_rate)
    monkeypatch.undo()
    for changes in ({"seed": 1}, {"resamples": 100}, {"confidence": 0.9}):
        assert [roc.auc for roc in again(**changes).rocs] != [roc.auc for roc in found.rocs]
    other = {name: score[::-1] for name, score in scores.items()}
    assert again(quantities=other).roc("lu").auc == compare_scores(
        good, other, seed=0, resamples=200).roc("lu").auc
    fewer = {name: scores[name] for name in ("lu", "self_nll")}
    assert len(again(quantities=fewer).rocs) == 2
