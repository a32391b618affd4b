"""Keep-lists: oracles, the promise checked by simulation, splits, sentences."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.stats.labels import LabelNames, RankingError
from core.triage.keep_list import keep_list, keep_list_of_samples, split_off_reference
from core.triage.scores import VALIDITY
from tests.generated_molecules import table_of_samples
from tests.oracles import ranking as literal

SCORES = st.lists(st.integers(0, 12), min_size=1, max_size=25)
REFERENCE = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=40)


def listed(candidates, reference, fdr):
    scores = [float(score) for score, _ in reference]
    good = [is_good for _, is_good in reference]
    return keep_list(candidates, scores, np.array(good, dtype=bool), fdr=fdr)


@settings(max_examples=80)
@given(SCORES, REFERENCE, st.sampled_from([0.05, 0.1, 0.25, 0.5, 0.9]))
def test_equals_the_literal_loops(candidates, reference, fdr):
    result = listed(candidates, reference, fdr)
    scores, good = [s for s, _ in reference], [g for _, g in reference]
    p_values = [literal.conformal_p(score, scores, good) for score in candidates]
    assert result.p_values.tolist() == p_values
    assert result.kept.tolist() == literal.benjamini_hochberg(p_values, fdr)
    assert result.bad_reference == good.count(False)
    assert result.smallest_p == 1 / (good.count(False) + 1)
    assert result.fdr == fdr


@settings(max_examples=60)
@given(SCORES, REFERENCE)
def test_a_higher_rate_keeps_no_less_and_the_kept_are_the_lowest(candidates, reference):
    before = np.zeros(len(candidates), dtype=bool)
    for fdr in (0.05, 0.1, 0.2, 0.5, 0.9):
        result = listed(candidates, reference, fdr)
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


def test_good_reference_molecules_play_no_part():
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


def test_a_score_that_separates_finds_most_of_the_good_ones():
    _, found = false_shares(4.0, fdr=0.2, lists=200)
    assert found.mean() > 0.8
    _, found = false_shares(0.0, fdr=0.2, lists=200)
    assert found.mean() < 0.1


def test_the_guarantee_is_stated_with_its_conditions():
    result = keep_list([0.0], np.arange(1.0, 30.0), np.zeros(29, dtype=bool), fdr=0.05)
    assert result.guarantee == (
        "The expected share of unstable molecules among the kept is at most 5%, provided that "
        "reference molecules and candidates are exchangeable (drawn alike, such as random halves "
        "of one sample); the expectation is over reference sets and candidates, so a single list "
        "can hold more.")
    labels = LabelNames("soluble", "insoluble", "molecules")
    other = keep_list([0.0], [1.0], [False], fdr=0.6, labels=labels)
    assert "share of insoluble molecules among the kept is at most 60%" in other.guarantee


@pytest.mark.parametrize(("bad", "fdr", "note"), [
    (9, 0.05, "Nothing can be kept at a rate of 5%: with 9 unstable reference molecules the "
              "smallest p-value (how often unstable molecules score as well) is 0.1; "
              "at least 19 are needed."),
    (0, 0.1, "Nothing can be kept at a rate of 10%: with 0 unstable reference molecules the "
             "smallest p-value (how often unstable molecules score as well) is 1; "
             "at least 9 are needed."),
    (19, 0.1, "Nothing is kept: the smallest p-value (how often unstable molecules score as well) "
              "is 0.05, so 5 of the 10 candidates would have to score lower than all 19 unstable "
              "reference molecules, and 2 do; allow a higher rate, or take a larger reference "
              "set."),
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
    ({"reference": [1.0, math.nan]}, "Every reference score must be finite"),
    ({"reference": [1.0]}, "one number per molecule, 2"),
    ({"reference_good": [0, 1]}, "booleans"),
])
def test_wrong_arguments_are_named(arguments, message):
    valid = {"candidates": [1.0], "reference": [1.0, 2.0], "reference_good": [True, False]}
    with pytest.raises(ValueError, match=message):
        keep_list(**(valid | arguments), fdr=0.1)


@settings(max_examples=40)
@given(st.lists(st.sampled_from("ABCDEFGH"), min_size=2, max_size=30)
       .filter(lambda names: len(set(names)) > 1), st.integers(0, 9), st.floats(0.05, 0.95))
def test_no_molecule_is_on_both_sides_of_a_split(names, seed, share):
    split = split_off_reference(names, seed=seed, reference_share=share)
    left, right = ({names[row] for row in rows} for rows in (split.reference, split.candidates))
    assert left
    assert right
    assert not left & right
    assert left | right == set(names)
    rows = [*split.reference, *split.candidates]
    assert sorted(rows) == sorted({names.index(name) for name in names})  # the first of each
    assert split.repeated == len(names) - len(set(names))


def test_splits_are_halves_and_depend_on_the_seed_alone():
    names = [f"C{number}" for number in range(1001)]
    one, same, other = (split_off_reference(names, seed=seed) for seed in (0, 0, 1))
    assert (len(one.reference), len(one.candidates)) == (500, 501)
    assert one.reference.tolist() == same.reference.tolist()
    assert one.reference.tolist() != other.reference.tolist()
    assert (np.diff(one.reference) > 0).all()
    quarter = split_off_reference(names, seed=0, reference_share=0.25)
    assert len(quarter.reference) == 250


def test_every_molecule_is_as_likely_on_either_side():
    names = list("ABCDEFGHIJ")
    sides = np.zeros(10)
    for seed in range(1000):
        sides[split_off_reference(names, seed=seed).reference] += 1
    assert (np.abs(sides / 1000 - 0.5) < 0.06).all()


@pytest.mark.parametrize(("names", "count"), [([], 0), (["C"], 1), (["C", "C"], 1)])
def test_a_split_needs_two_molecules(names, count):
    with pytest.raises(RankingError, match=f"at least 2 different ones, got {count}; sample"):
        split_off_reference(names, seed=0)


def test_a_share_outside_its_range():
    with pytest.raises(ValueError, match="reference_share must lie between 0 and 1"):
        split_off_reference(["C", "N"], seed=0, reference_share=1.0)


def test_a_keep_list_of_a_table():
    table = table_of_samples()
    result = keep_list_of_samples(table, fdr=0.2, seed=3)
    reference, candidates = table.iloc[result.reference_rows], table.iloc[result.candidate_rows]
    assert len(reference) + len(candidates) == 358
    assert result.repeated == 1
    assert not set(reference["smiles"]) & set(candidates["smiles"])
    expected = keep_list(candidates["lu"], reference["lu"],
                         reference["stable"].to_numpy(dtype=bool), fdr=0.2)
    kept = candidates[expected.kept].sort_values("lu")
    assert result.keep_list.kept.tolist() == expected.kept.tolist()
    assert result.kept_rows.tolist() == kept.index.tolist()
    assert result.kept_good == kept["stable"].sum()
    assert result.candidates_good == candidates["stable"].sum()
    assert 50 < result.kept_good < min(len(kept), result.candidates_good)


def test_the_sentence_says_what_came_out():
    table = table_of_samples()
    result = keep_list_of_samples(table, fdr=0.2, seed=3)
    kept, bad = len(result.kept_rows), len(result.kept_rows) - result.kept_good
    unstable = 179 - result.candidates_good
    assert result.sentence == (
        f"{kept} of 179 candidates are kept. Of the kept, {bad} ({bad / kept:.1%}) are unstable; "
        f"of all candidates, {unstable} ({unstable / 179:.1%}).")
    nothing = keep_list_of_samples(table, fdr=0.001, seed=3)
    assert nothing.sentence.startswith("Nothing is kept; ")
    assert nothing.kept_rows.tolist() == []


def test_another_share_is_the_reference_set():
    result = keep_list_of_samples(table_of_samples(), fdr=0.2, seed=3, reference_share=0.25)
    assert len(result.reference_rows) == 90


def test_molecules_without_smiles_have_no_keep_list():
    with pytest.raises(RankingError, match="some valid rows have none"):
        keep_list_of_samples(table_of_samples().assign(smiles=pd.NA), fdr=0.2, seed=0)


@pytest.mark.parametrize(("table", "message"), [
    (table_of_samples().iloc[:1], "The only molecule is not valid, so"),
    (table_of_samples().iloc[1:2], "at least 2 different ones, got 1"),
    (table_of_samples().assign(lu=np.nan), "None of the 360 valid molecules has a score"),
])
def test_too_little_for_a_keep_list(table, message):
    with pytest.raises(RankingError, match=message):
        keep_list_of_samples(table, fdr=0.2, seed=0)


def test_decoded_graphs_are_told_apart_by_their_names():
    """Invalid ones have no SMILES, and a graph that was sampled twice is on one side only."""
    table = table_of_samples().assign(num_nodes=5, lu=np.arange(400.0))
    names = pd.Series([f"graph {row // 2}" for row in range(400)], dtype="string")
    with pytest.raises(RankingError, match="some decoded rows have none"):
        keep_list_of_samples(table, fdr=0.2, seed=0, label=VALIDITY)
    found = keep_list_of_samples(table, fdr=0.2, seed=0, label=VALIDITY, names=names)
    assert found.repeated == 200
    assert len(found.reference_rows) == len(found.candidate_rows) == 100
    assert found.candidates_good == table["valid"].iloc[found.candidate_rows].sum()
    assert "candidates are invalid" in found.sentence
    assert "share of invalid molecules" in found.keep_list.guarantee
