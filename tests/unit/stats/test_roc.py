"""Comparing scores of the same molecules: values, sentences, what is left out, errors."""

import numpy as np
import pandas as pd
import pytest
from core.stats.molecule_scores import QUANTITIES, LabelNames, RankingError
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc as area
from sklearn.metrics import roc_auc_score

from core.stats.roc import compare_samples, compare_scores
from tests.oracles import ranking as literal


def samples(number=200, seed=0) -> pd.DataFrame:
    """A table of samples of which every tenth sequence is invalid."""
    rng = np.random.default_rng(seed)
    valid = np.arange(number) % 10 != 0
    good = rng.random(number) < 0.8
    table = pd.DataFrame({
        "valid": valid,
        "stable": pd.array(np.where(valid, good, None), dtype="boolean"),
        "self_nll": rng.normal(30, 3, number),
    })
    for column, strength in (("nll_mean", 2.0), ("lu", 1.0), ("nll_marginal", 1.5)):
        score = rng.normal(size=number) - strength * good
        table[column] = np.where(valid, score, np.nan)
    return table


def test_every_score_of_a_table_is_compared_on_the_same_molecules():
    table = samples()
    comparison = compare_samples(table, seed=0, resamples=200)
    kept = table[table["valid"]]
    good = kept["stable"].to_numpy(dtype=bool)
    assert [roc.quantity for roc in comparison.rocs] == list(QUANTITIES)
    assert (comparison.positives, comparison.negatives) == (good.sum(), (~good).sum())
    for roc in comparison.rocs:
        score = kept[roc.quantity].to_numpy()
        assert roc.auc.value == pytest.approx(
            literal.auc(score[good].tolist(), score[~good].tolist()))
        assert roc.auc.interval.low < roc.auc.value < roc.auc.interval.high
        assert roc.auc.reason is None
        assert area(roc.false_positive_rate, roc.true_positive_rate) == pytest.approx(
            roc.auc.value)
    assert comparison.note is None
    assert comparison.roc("lu").name == "LU"
    with pytest.raises(KeyError):
        comparison.roc("qed")


def test_all_pairs_have_a_difference():
    comparison = compare_samples(samples(), seed=0, resamples=200)
    assert len(comparison.differences) == 6
    for difference in comparison.differences:
        expected = (comparison.roc(difference.first).auc.value
                    - comparison.roc(difference.second).auc.value)
        assert difference.difference.value == pytest.approx(expected)
        assert difference.difference.interval.low <= expected <= difference.difference.interval.high
    [worse] = [d for d in comparison.differences if (d.first, d.second) == ("self_nll", "nll_mean")]
    assert worse.difference.interval.high < 0
    assert worse.sentence == "Mean resampled NLL ranks these molecules better than self NLL."


def test_a_difference_that_is_not_clear_is_said_to_be():
    rng = np.random.default_rng(0)
    good = np.arange(40) < 20
    first, second = rng.normal(size=(2, 40))
    [difference] = compare_scores(good, {"lu": first, "self_nll": second}, seed=0).differences
    assert difference.sentence == ("These molecules do not tell which of LU and self NLL ranks "
                                   "better.")


def test_scores_that_rank_alike_are_said_to():
    good = np.array([True, False, True, True, False, False])
    score = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    [difference] = compare_scores(good, {"lu": score, "self_nll": score**2}, seed=0).differences
    assert difference.difference.value == 0
    assert difference.difference.interval is None
    assert difference.difference.reason == difference.sentence
    assert difference.sentence.startswith("LU and self NLL rank these molecules alike")


def test_the_sentence_names_label_score_direction_and_counts():
    good = np.array([True] * 1200 + [False] * 30)
    [roc] = compare_scores(good, {"nll_mean": np.arange(1230.0)}, seed=0, resamples=100).rocs
    assert roc.sentence == (
        "Score: minus mean resampled NLL. Label: stable, among valid generated molecules (1,200 "
        "stable, 30 unstable). An AUC above 0.5 means that stable molecules tend to have the lower "
        "mean resampled NLL.")
    assert roc.auc.value == 1


def test_molecules_without_a_score_are_left_out_for_all():
    table = samples()
    table.loc[[1, 2], "lu"] = np.nan
    table.loc[[2, 3], "nll_marginal"] = np.nan
    table.loc[10, "self_nll"] = np.nan  # invalid anyway
    comparison = compare_samples(table, seed=0, resamples=100)
    assert comparison.unscored == 3
    assert comparison.positives + comparison.negatives == 177
    assert comparison.note == ("3 of the valid generated molecules are left out because a score is "
                               "missing.")
    without = compare_samples(table.drop(index=[1, 2, 3]), seed=0, resamples=100)
    assert without.roc("self_nll").auc == comparison.roc("self_nll").auc
    arrays = table[table["valid"]]
    direct = compare_scores(arrays["stable"].to_numpy(dtype=bool),
                            {name: arrays[name] for name in QUANTITIES}, seed=0, resamples=100)
    assert direct.unscored == 3
    assert direct.rocs[0].auc == comparison.rocs[0].auc


def test_a_score_that_no_molecule_has_is_left_out_alone():
    comparison = compare_samples(samples().assign(nll_marginal=np.nan), seed=0, resamples=100)
    assert comparison.absent == ("nll_marginal",)
    assert comparison.unscored == 0
    assert len(comparison.rocs) == 3
    assert comparison.note == "Not compared because no molecule has it: order-marginal NLL."


@settings(max_examples=20, deadline=None)
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


def test_seeds_and_resamples_repeat():
    table = samples(80)
    one, same, other = (compare_samples(table, seed=seed, resamples=100) for seed in (1, 1, 2))
    assert [roc.auc for roc in one.rocs] == [roc.auc for roc in same.rocs]
    assert [roc.auc for roc in one.rocs] != [roc.auc for roc in other.rocs]
    wider = compare_samples(table, seed=1, resamples=100, confidence=0.99)
    assert wider.roc("lu").auc.interval.low < one.roc("lu").auc.interval.low


def only(**columns) -> pd.DataFrame:
    return samples(20).assign(**columns)


@pytest.mark.parametrize(("table", "sentence"), [
    (only(stable=True),
     "The valid generated molecules are all 18 stable, and an AUC compares stable with unstable "
     "ones; sample more molecules to find unstable ones, or take another model."),
    (only(stable=False),
     "The valid generated molecules are all 18 unstable, and an AUC compares stable with unstable "
     "ones; sample more molecules to find stable ones, or take another model."),
    (only(stable=True).iloc[1:3],
     "The valid generated molecules are both stable, and an AUC compares stable with unstable "
     "ones; sample more molecules to find unstable ones, or take another model."),
    (only(stable=True).iloc[1:2],
     "The only one of the valid generated molecules is stable, and an AUC compares stable with "
     "unstable ones; sample more molecules to find unstable ones, or take another model."),
    (only(valid=False),
     "None of the 20 molecules is valid, so there is nothing to rank; sample more molecules or use "
     "another model."),
    (only().iloc[:0],
     "There are no molecules, so there is nothing to rank; sample more molecules or use another "
     "model."),
    (only(stable=pd.NA),
     "Stability is known for none of the 18 valid graphs; only molecules have one."),
    (only(**dict.fromkeys(QUANTITIES, np.nan)),
     "None of the 18 valid molecules has a score; score them first."),
])
def test_what_cannot_be_compared_is_said_in_a_sentence(table, sentence):
    with pytest.raises(RankingError) as caught:
        compare_samples(table, seed=0, resamples=100)
    assert str(caught.value) == sentence


def test_scores_that_no_molecule_shares():
    table = samples(20)
    table.loc[:9, "lu"] = np.nan
    table.loc[10:, "self_nll"] = np.nan
    with pytest.raises(RankingError, match="None of the 18 valid molecules has all of the scores"):
        compare_samples(table, seed=0, resamples=100)


def test_one_class_among_the_scored():
    good = np.array([True, True, False])
    with pytest.raises(RankingError, match="molecules with all scores are both stable"):
        compare_scores(good, {"lu": [1.0, 2.0, np.nan]}, seed=0)
    with pytest.raises(RankingError, match="no valid generated molecules with all scores, so"):
        compare_scores(good, {"lu": [np.nan] * 3}, seed=0)


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
