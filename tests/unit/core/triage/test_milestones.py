"""Along training: what samples of a moment say, and from when on a score leads."""

from dataclasses import replace

import pytest

from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY
from core.stats.estimates import Estimate, Interval
from core.stats.proportions import wilson_interval
from core.triage.generation import Generation
from core.triage.milestones import Milestone, overtaking
from core.triage.ranking import compare_samples
from core.triage.samples import SamplesError
from tests.generated_molecules import made_up_samples

CARD = ModelCard("qm9-random_order", QM9_VOCABULARY, RANDOM_ORDER, "tiny",
                 training={"config": {"batch_size": 128}})


@pytest.fixture(scope="module")
def moment():
    return Milestone.of(Generation(made_up_samples(number=60, step=200), CARD), source="here")


def test_a_moment_of_training_knows_what_was_seen_and_how_scores_rank(moment):
    samples = made_up_samples(number=60, step=200)
    assert (moment.step, moment.graphs_seen) == (200, 25_600)
    assert moment.reason is None
    assert moment.comparison.roc("lu").auc == compare_samples(samples.table, seed=0).roc("lu").auc
    stable = int(samples.table["stable"].sum())
    assert moment.good_share == Estimate(stable / 60, wilson_interval(stable, 60))


def test_why_nothing_is_compared_is_kept():
    found = made_up_samples(number=20, bad_share=0, step=100)
    milestone = Milestone.of(Generation(found, replace(CARD, training={})), source="here")
    assert milestone.comparison is None
    assert "are all 17 stable" in milestone.reason
    assert milestone.graphs_seen is None


def test_samples_of_no_known_step_are_refused():
    found = Generation(made_up_samples(number=5, step=None), CARD)
    with pytest.raises(SamplesError, match="over there does not say after how many training"):
        Milestone.of(found, source="over there")


def shifted(moment, step, low, high):
    """The moment at another step, with an interval of AUC of LU minus AUC of self NLL."""
    changed = []
    for pair in moment.comparison.differences:
        if {pair.first, pair.second} == {"lu", "self_nll"}:
            flip = -1 if pair.second == "lu" else 1
            ends = sorted((flip * low, flip * high))
            pair = replace(pair, difference=Estimate(sum(ends) / 2, Interval(*ends)))
        changed.append(pair)
    compared = replace(moment.comparison, differences=tuple(changed))
    return replace(moment, step=step, comparison=compared)


@pytest.mark.parametrize(("intervals", "since"), [
    ([(-0.1, 0.1), (0.1, 0.2), (0.1, 0.3)], 200),
    ([(0.1, 0.2), (-0.1, 0.2), (0.1, 0.3)], 400),
    ([(0.1, 0.2), (0.1, 0.2), (-0.1, 0.3)], None),
])
def test_overtaking_asks_for_the_whole_interval_to_the_end(moment, intervals, since):
    steps = [shifted(moment, step, *ends)
             for step, ends in zip((100, 200, 400), intervals, strict=True)]
    assert overtaking(steps, "lu", "self_nll") == since
    silent = replace(moment, step=800, comparison=None)
    assert overtaking([*steps, silent], "lu", "self_nll") is None
    assert overtaking(steps, "lu", "qed") is None
