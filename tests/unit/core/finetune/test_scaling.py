"""W + α ΔW: the ends are the two models, between them it is what a loop over weights says."""

from dataclasses import replace

import pytest
import torch

from core.finetune.scaling import scaled_checkpoint
from core.salience.matrices import SalienceError
from core.sent.vocabulary import MOSES_VOCABULARY
from tests.unit.core.finetune.finetuning import are_equal, weights


@pytest.fixture(scope="module")
def other(make_checkpoint):
    return make_checkpoint("other", seed=5)


@pytest.mark.parametrize(("alpha", "end"), [(0, "before"), (1, "after")])
def test_the_ends_are_the_two_models_to_the_bit(tiny, other, alpha, end):
    first = weights(tiny.model)
    scaled = scaled_checkpoint(tiny, other, alpha, name="scaled")
    expected = {"before": tiny, "after": other}[end]
    assert are_equal(weights(scaled.model), weights(expected.model))
    assert are_equal(weights(tiny.model), first)  # nothing is changed in place


@pytest.mark.parametrize("alpha", [0.5, 1.5])
def test_between_and_beyond_it_is_a_loop_over_all_weights(tiny, other, alpha):
    scaled = scaled_checkpoint(tiny, other, alpha, name="scaled").model.state_dict()
    start, end = tiny.model.state_dict(), other.model.state_dict()
    for name in start:
        for new, was, now in zip(scaled[name].flatten()[:50].tolist(),
                                 start[name].flatten().tolist(), end[name].flatten().tolist(),
                                 strict=False):
            expected = torch.tensor(was + alpha * (now - was), dtype=torch.float64).half().item()
            assert new == expected, name


def test_the_card_says_how_it_was_made(tiny, other):
    card = scaled_checkpoint(tiny, other, 0.25, name="scaled").card
    assert (card.name, card.vocabulary, card.strategy) == (
        "scaled", tiny.vocabulary, tiny.card.strategy)
    assert card.training["scaling"] == {
        "alpha": 0.25, "before": {"model": "tiny", "weights_sha256": tiny.card.weights_sha256},
        "after": {"model": "other", "weights_sha256": other.card.weights_sha256}}


def test_what_has_no_difference_is_refused(tiny, other, make_checkpoint):
    with pytest.raises(SalienceError, match=r"between 0 and .*, got 2"):
        scaled_checkpoint(tiny, other, 2, name="scaled")
    moses = make_checkpoint("of-moses", MOSES_VOCABULARY)
    with pytest.raises(SalienceError, match="of-moses and tiny are not of one shape"):
        scaled_checkpoint(tiny, moses, 0.5, name="scaled")
    parent = {"fine_tuning": {"from": {"model": "another", "weights_sha256": "0" * 64}}}
    child = replace(other, card=replace(other.card, training=parent))
    with pytest.raises(SalienceError, match="other was fine-tuned from another, whose weights"):
        scaled_checkpoint(tiny, child, 0.5, name="scaled")
