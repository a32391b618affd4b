"""Sentences and tables on generated molecules say what the numbers say."""

from dataclasses import replace

import pandas as pd
import pytest

from core.chemistry.chemistry import MOSES
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import MOSES_VOCABULARY, QM9_VOCABULARY
from core.stats.estimates import Estimate, Interval
from core.triage.generation import Generation
from core.triage.keep_list import keep_list_of_samples
from core.triage.milestones import Milestone, overtaking
from core.triage.quality import SampleQuality, Share
from core.triage.ranking import (
    PAPER_AUC,
    compare_samples,
    paper_auc,
    risk_coverage_of_samples,
)
from core.triage.scores import VALIDITY
from dashboard.views.triage import text as triage_text
from dashboard.views.triage.query import in_order
from tests.generated_molecules import made_up_samples

QUALITY = SampleQuality(20, Share(18, 20), Share(18, 18), None, Share(16, 20), Share(99, 100),
                        Share(0, 18))
CARD = ModelCard("qm9-random_order", QM9_VOCABULARY, RANDOM_ORDER, "tiny", weights_sha256="0" * 64)


@pytest.fixture(scope="module")
def found():
    return Generation(made_up_samples(number=120), CARD)


@pytest.fixture(scope="module")
def compared(found):
    return compare_samples(found.table, seed=0, resamples=200)


def test_shares_are_those_of_the_quality(found):
    quality = found.samples.quality
    cards = {share.label: share for share in triage_text.share_cards(found)}
    assert list(cards) == ["Valid", "Unique", "Novel", "Stable", "Fragmented"]
    for label, value in (("Valid", quality.valid), ("Unique", quality.unique),
                         ("Stable", quality.stable_molecules), ("Fragmented", quality.fragmented)):
        assert cards[label].value == f"{value.value:.1%}"
        assert cards[label].detail.startswith("95%: ")
    assert cards["Novel"].value == "–"
    assert triage_text.counts(found).startswith("Valid: 117 of 120; unique: 116 of 117; stable: ")
    assert "no graph" not in triage_text.counts(found)


def test_novelty_is_counted_where_it_is_known(found):
    table = found.table.assign(novel=pd.array([True] * 120, dtype="boolean"))
    known = Generation(replace(found.samples, table=table), CARD)
    shares = {share.label: share for share in triage_text.share_cards(known)}
    assert shares["Novel"].value == "100.0%"
    assert shares["Novel"].count == "116 of 116"


def test_shares_of_nothing_are_dashes(found):
    nothing = Generation(replace(found.samples, table=found.table[-3:].reset_index(drop=True)),
                         CARD)
    cards = {share.label: share.value for share in triage_text.share_cards(nothing)}
    assert cards == {"Valid": "0.0%", "Unique": "–", "Novel": "–", "Stable": "0.0%",
                     "Fragmented": "–"}


def test_every_auc_names_label_direction_and_classes(compared):
    table = triage_text.auc_table(compared, PAPER_AUC)
    assert table["score"].tolist() == ["−LU", "−self NLL", "−mean NLL", "−order-marginal NLL"]
    assert (table["stable"] == compared.positives).all()
    assert (table["unstable"] == compared.negatives).all()
    assert set(table["label"]) == {"molecule stable"}
    assert table["LU paper"].tolist() == ["0.85", "0.43", "0.55", "–"]
    assert table["AUC"][0] == compared.roc("lu").auc.value
    assert all("–" in interval for interval in table["95% interval"])


def test_differences_are_turned_with_their_interval(compared):
    there = compared.difference("self_nll", "lu")
    back = compared.difference("lu", "self_nll")
    assert back.value == -there.value
    assert (back.interval.low, back.interval.high) == (-there.interval.high, -there.interval.low)
    assert back.value == pytest.approx(compared.roc("lu").auc.value
                                       - compared.roc("self_nll").auc.value)
    assert len(triage_text.difference_table(compared)) == 6


def test_coverage_is_said_in_words(found):
    curve = risk_coverage_of_samples(found.table, "lu", seed=0, resamples=100)
    assert f"{curve.base_rate.value:.1%} of all are stable" in triage_text.coverage_finding(curve)
    assert len(triage_text.coverage_table(curve)) == len(curve.coverage)


def test_a_promise_that_asks_for_nothing_is_said(found):
    kept = keep_list_of_samples(found.table, "lu", fdr=0.5, seed=0)
    assert "the promise would hold even if all of them were kept" in triage_text.keep_all_note(kept)
    assert triage_text.keep_all_note(
        keep_list_of_samples(found.table, "lu", fdr=0.05, seed=0)) is None


def test_other_weights_are_said(found):
    assert triage_text.other_weights(found) is None
    other = Generation(found.samples, replace(CARD, weights_sha256="1" * 64))
    assert "other weights" in triage_text.other_weights(other)


def milestone(step, compared, **intervals):
    """A milestone whose LU is better or worse than self NLL by an interval."""
    changed = []
    for entry in compared.differences:
        if {entry.first, entry.second} == {"lu", "self_nll"}:
            low, high = intervals["lu_minus_self"]
            flip = -1 if entry.second == "lu" else 1
            ends = sorted((flip * low, flip * high))
            entry = replace(entry, difference=Estimate(sum(ends) / 2, Interval(*ends)))
        changed.append(entry)
    return Milestone(step, step * 128, QUALITY, replace(compared, differences=tuple(changed)), None)


@pytest.mark.parametrize(("intervals", "since"), [
    ([(-0.1, 0.1), (0.1, 0.2), (0.1, 0.3)], 200),
    ([(0.1, 0.2), (-0.1, 0.2), (0.1, 0.3)], 400),
    ([(0.1, 0.2), (0.1, 0.2), (-0.1, 0.3)], None),
    ([(-0.3, -0.1), (-0.3, -0.1), (-0.3, -0.1)], None),
])
def test_overtaking_asks_for_the_whole_interval_to_the_end(compared, intervals, since):
    steps = [milestone(step, compared, lu_minus_self=ends)
             for step, ends in zip((100, 200, 400), intervals, strict=True)]
    assert overtaking(steps, "lu", "self_nll") == since
    sentence = triage_text.overtaking_sentence(steps, "self_nll")
    assert (f"From step {since} on, LU ranks better" in sentence) is (since is not None)
    assert ("does not overtake" in sentence) is (since is None)
    if intervals[0] == (-0.3, -0.1):
        assert "from step 100 on it ranks worse" in sentence


def test_a_step_without_comparison_ends_what_was_ahead(compared):
    ahead = milestone(100, compared, lu_minus_self=(0.1, 0.2))
    silent = Milestone(200, None, ahead.quality, None, "Nothing is valid.")
    assert overtaking([ahead, silent], "lu", "self_nll") is None
    table = triage_text.training_table([ahead, silent])
    assert table["step"].tolist() == [100, 100, 100, 100, 200]
    assert "Step 200: Nothing is valid." in triage_text.reading_aid([ahead, silent])
    assert in_order(ahead.comparison)[0].quantity == "lu"


def test_where_hydrogens_are_implicit_nothing_is_stable(found):
    """The cards, the table and the sentences speak of valid molecules instead."""
    table = found.table.assign(stable=pd.NA, atoms_stable=pd.NA).astype(found.table.dtypes)
    card = replace(CARD, chemistry=MOSES, vocabulary=MOSES_VOCABULARY)
    other = Generation(replace(found.samples, table=table), card)
    cards = {share.label: share for share in triage_text.share_cards(other)}
    assert list(cards) == ["Valid", "Unique", "Novel", "Fragmented"]
    assert "--data moses`" in cards["Novel"].explanation
    assert "compares them with the test set" in triage_text.code_note(other)
    assert paper_auc(other.chemistry) == {}
    assert paper_auc(found.chemistry) == PAPER_AUC
    table = table.assign(num_nodes=9)
    scores = ["nll_mean", "nll_marginal", "lu"]
    table[scores] = table[scores].fillna(60.0)
    compared = compare_samples(table, seed=0, resamples=100, label=VALIDITY)
    assert "for the label “valid” (117 valid, 3 invalid molecules)" in (
        triage_text.ranking_finding(compared))
    rows = triage_text.auc_table(compared, {})
    assert (rows["valid"][0], rows["invalid"][0], rows["label"][0]) == (117, 3, "molecule valid")
    assert set(rows["LU paper"]) == {"–"}
    assert "valid_share" in triage_text.training_table(
        [Milestone(100, None, other.quality, compared, None, VALIDITY)])
