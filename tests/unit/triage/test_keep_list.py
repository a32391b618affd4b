"""Keep-lists: oracles, the promise checked by simulation, splits, sentences."""

import math

import numpy as np
import pytest
from core.stats.molecule_scores import LabelNames, RankingError
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from core.triage.keep_list import (
    benjamini_hochberg,
    conformal_p_values,
    keep_list,
    split_for_calibration,
)
from tests.oracles import ranking as literal

SCORES = st.lists(st.integers(0, 12), min_size=1, max_size=25)
CALIBRATION = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=40)


def listed(candidates, calibration, fdr):
    scores = [float(score) for score, _ in calibration]
    good = [is_good for _, is_good in calibration]
    return keep_list(candidates, scores, np.array(good, dtype=bool), fdr=fdr)


@settings(max_examples=80, deadline=None)
@given(SCORES, CALIBRATION, st.sampled_from([0.05, 0.1, 0.25, 0.5, 0.9]))
def test_equals_the_literal_loops(candidates, calibration, fdr):
    result = listed(candidates, calibration, fdr)
    scores, good = [s for s, _ in calibration], [g for _, g in calibration]
    p_values = [literal.conformal_p(score, scores, good) for score in candidates]
    assert result.p_values.tolist() == p_values
    assert result.kept.tolist() == literal.benjamini_hochberg(p_values, fdr)
    assert result.bad_calibration == good.count(False)
    assert result.smallest_p == 1 / (good.count(False) + 1)
    assert result.fdr == fdr


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=60), st.integers(1, 99))
def test_benjamini_hochberg_equals_scipy(ranks, percent):
    p_values = np.array(ranks) / 200
    fdr = percent / 100 + 1e-6  # off the lattice: scipy divides and has other last digits
    expected = false_discovery_control(p_values) <= fdr
    assert benjamini_hochberg(p_values, fdr).tolist() == expected.tolist()


@settings(max_examples=60, deadline=None)
@given(SCORES, CALIBRATION)
def test_a_higher_rate_keeps_no_less_and_the_kept_are_the_lowest(candidates, calibration):
    before = np.zeros(len(candidates), dtype=bool)
    for fdr in (0.05, 0.1, 0.2, 0.5, 0.9):
        result = listed(candidates, calibration, fdr)
        assert (result.kept | ~before).all()
        before = result.kept
        if result.threshold is None:
            assert not result.kept.any()
        else:
            assert result.kept.tolist() == [score <= result.threshold for score in candidates]


def test_known_numbers():
    """Bad ones at 4, 5, 6 and 9: a score of 5 has two of them at or below it."""
    result = keep_list([1.0, 2.0, 5.0, 7.0], [4.0, 5.0, 6.0, 9.0, 0.0],
                       [False, False, False, False, True], fdr=0.4)
    assert result.p_values.tolist() == [0.2, 0.2, 0.6, 0.8]
    assert result.kept.tolist() == [True, True, False, False]  # 0.2 ≤ 0.4 · 2 / 4 exactly
    assert result.threshold == 2.0
    assert result.note is None


def test_a_bound_that_is_met_exactly_counts_in_spite_of_rounding():
    """3 of 30 at 1 / 10 each: 0.1 = 1 · 3 / 30 up to the last digit."""
    for number in range(1, 200):
        p_values = np.ones(number * 10)
        p_values[:number] = 0.3 / 10
        assert benjamini_hochberg(p_values, 0.3).sum() == number


def test_good_calibration_molecules_play_no_part():
    rng = np.random.default_rng(0)
    candidates, bad = rng.normal(size=20), rng.normal(1, 1, 50)
    alone = keep_list(candidates, bad, np.zeros(50, dtype=bool), fdr=0.3)
    mixed = keep_list(candidates, np.r_[bad, rng.normal(size=99)], np.arange(149) >= 50, fdr=0.3)
    assert alone.p_values.tolist() == mixed.p_values.tolist()
    assert alone.kept.tolist() == mixed.kept.tolist()


def false_shares(shift, *, fdr, bad_share=0.5, lists=2000, digits=8):
    """Share of bad ones among the kept, and of the good ones that are kept, list by list."""
    rng = np.random.default_rng(3)
    false, found = np.zeros(lists), np.zeros(lists)
    for number in range(lists):
        good = rng.random(120) >= bad_share
        score = np.round(rng.normal(size=120) + shift * ~good, digits)
        side = rng.permutation(120) < 60
        result = keep_list(score[side], score[~side], good[~side], fdr=fdr)
        kept = good[side][result.kept]
        false[number] = 1 - kept.mean() if len(kept) else 0.0
        found[number] = len(kept[kept]) / max(good[side].sum(), 1)
    return false, found


@pytest.mark.parametrize(("shift", "fdr", "bad_share", "digits"), [
    (0.0, 0.2, 0.5, 8),   # a score without information
    (2.0, 0.2, 0.5, 8),
    (2.0, 0.2, 0.5, 0),   # many ties
    (3.0, 0.1, 0.3, 8),
    (-1.0, 0.3, 0.9, 8),  # a score that misleads
])
def test_the_expected_share_of_bad_ones_is_at_most_the_rate(shift, fdr, bad_share, digits):
    """Three standard errors above the mean of 2,000 lists, and under the sharper bound α π."""
    false, _ = false_shares(shift, fdr=fdr, bad_share=bad_share, digits=digits)
    error = false.std() / math.sqrt(len(false))
    assert false.mean() - 3 * error <= fdr * bad_share
    assert false.mean() + 3 * error <= fdr


def test_the_promise_would_break_if_p_values_were_a_little_too_small():
    """Fails if the simulation could not tell: without the "1 +", and with ties in favour."""
    rng = np.random.default_rng(0)
    false = []
    for _ in range(1000):
        bad, candidates = np.split(np.round(rng.normal(size=80)), 2)  # all are bad
        p_values = np.array([(bad < score).sum() for score in candidates]) / 40
        false.append(benjamini_hochberg(p_values, 0.1).any())
    assert np.mean(false) > 0.2


def test_a_score_that_separates_finds_most_of_the_good_ones():
    _, found = false_shares(4.0, fdr=0.2, lists=200)
    assert found.mean() > 0.8
    _, found = false_shares(0.0, fdr=0.2, lists=200)
    assert found.mean() < 0.1


def test_the_guarantee_is_stated_with_its_conditions():
    result = keep_list([0.0], np.arange(1.0, 30.0), np.zeros(29, dtype=bool), fdr=0.05)
    assert result.guarantee == (
        "The expected share of unstable molecules among the kept is at most 0.05, provided that "
        "calibration molecules and candidates are exchangeable, such as random halves of one "
        "sample; the expectation is over calibration sets and candidates, so a single list can "
        "hold more.")
    labels = LabelNames("soluble", "insoluble", "molecules")
    other = keep_list([0.0], [1.0], [False], fdr=0.6, labels=labels)
    assert "share of insoluble molecules among the kept is at most 0.6" in other.guarantee


@pytest.mark.parametrize(("bad", "fdr", "note"), [
    (9, 0.05, "Nothing can be kept at a rate of 0.05: with 9 unstable calibration molecules the "
              "smallest p-value is 0.1; at least 19 are needed."),
    (0, 0.1, "Nothing can be kept at a rate of 0.1: with 0 unstable calibration molecules the "
             "smallest p-value is 1; at least 9 are needed."),
    (19, 0.1, "Nothing is kept: the smallest p-value is 0.05, so 5 of the 10 candidates would have "
              "to score lower than all 19 unstable calibration molecules, and 2 do; allow a higher "
              "rate, or calibrate on more molecules."),
])
def test_why_nothing_is_kept(bad, fdr, note):
    candidates = np.r_[-2.0, -1.0, np.full(8, 99.0)]
    result = keep_list(candidates, np.arange(float(bad)), np.zeros(bad, dtype=bool), fdr=fdr)
    assert not result.kept.any()
    assert result.threshold is None
    assert result.note == note


@pytest.mark.parametrize("fdr", [0.01, 0.05, 0.1, 0.2, 1 / 3])
def test_the_number_needed_is_the_least_that_works(fdr):
    few = keep_list([-1.0], [], [], fdr=fdr)
    needed = int(few.note.split("at least ")[1].split(" ")[0].replace(",", ""))
    for bad, works in ((needed, True), (needed - 1, False)):
        result = keep_list([-1.0], np.arange(float(bad)), np.zeros(bad, dtype=bool), fdr=fdr)
        assert result.kept.any() == works


@pytest.mark.parametrize("fdr", [0.0, 1.0, -0.1, math.nan])
def test_rates_that_are_none(fdr):
    with pytest.raises(RankingError, match="A false-discovery rate lies between 0 and 1"):
        keep_list([1.0], [1.0], [False], fdr=fdr)


def test_no_candidates():
    with pytest.raises(RankingError, match="There are no candidates to keep; sample more"):
        keep_list([], [1.0], [False], fdr=0.1)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"candidates": [math.nan]}, "Every candidate score must be finite"),
    ({"calibration": [1.0, math.nan]}, "Every calibration score must be finite"),
    ({"calibration": [1.0]}, "one number per molecule, 2"),
    ({"calibration_good": [0, 1]}, "booleans"),
])
def test_wrong_arguments_are_named(arguments, message):
    valid = {"candidates": [1.0], "calibration": [1.0, 2.0], "calibration_good": [True, False]}
    with pytest.raises(ValueError, match=message):
        keep_list(**(valid | arguments), fdr=0.1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from("ABCDEFGH"), min_size=2, max_size=30)
       .filter(lambda names: len(set(names)) > 1), st.integers(0, 9), st.floats(0.05, 0.95))
def test_no_molecule_is_on_both_sides_of_a_split(names, seed, share):
    split = split_for_calibration(names, seed=seed, calibration_share=share)
    left, right = ({names[row] for row in rows} for rows in (split.calibration, split.candidates))
    assert left
    assert right
    assert not left & right
    assert left | right == set(names)
    rows = [*split.calibration, *split.candidates]
    assert sorted(rows) == sorted({names.index(name) for name in names})  # the first of each
    assert split.repeated == len(names) - len(set(names))


def test_splits_are_halves_and_depend_on_the_seed_alone():
    names = [f"C{number}" for number in range(1001)]
    one, same, other = (split_for_calibration(names, seed=seed) for seed in (0, 0, 1))
    assert (len(one.calibration), len(one.candidates)) == (500, 501)
    assert one.calibration.tolist() == same.calibration.tolist()
    assert one.calibration.tolist() != other.calibration.tolist()
    assert (np.diff(one.calibration) > 0).all()
    quarter = split_for_calibration(names, seed=0, calibration_share=0.25)
    assert len(quarter.calibration) == 250


def test_every_molecule_is_as_likely_on_either_side():
    names = list("ABCDEFGHIJ")
    sides = np.zeros(10)
    for seed in range(1000):
        sides[split_for_calibration(names, seed=seed).calibration] += 1
    assert (np.abs(sides / 1000 - 0.5) < 0.06).all()


@pytest.mark.parametrize(("names", "count"), [([], 0), (["C"], 1), (["C", "C"], 1)])
def test_a_split_needs_two_molecules(names, count):
    with pytest.raises(RankingError, match=f"at least 2 different ones, got {count}; sample"):
        split_for_calibration(names, seed=0)


def test_a_share_outside_its_range():
    with pytest.raises(ValueError, match="calibration_share must lie between 0 and 1"):
        split_for_calibration(["C", "N"], seed=0, calibration_share=1.0)


def test_p_values_are_those_of_the_whole_set_in_turn():
    """Each bad one against all others: ranks over c + 1, uniform by exchangeability."""
    scores = np.random.default_rng(0).normal(size=40)
    p_values = [conformal_p_values(scores[i:i + 1], np.delete(scores, i))[0] for i in range(40)]
    assert sorted(p_values) == pytest.approx((np.arange(40) + 1) / 40)
