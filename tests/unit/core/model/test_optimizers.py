"""Every parameter has one optimizer, and decay where decay belongs."""

import pytest
import torch

from core.model.optimizers import build_optimizers, learning_rate_at
from core.model.transformer import build_model
from core.sent.vocabulary import QM9_VOCABULARY


@pytest.fixture(scope="module")
def model():
    return build_model(QM9_VOCABULARY, "tiny", generator=torch.Generator().manual_seed(0))


def groups_of(model, name):
    """Optimizer class and weight decay of every parameter, by name."""
    optimizers = build_optimizers(model, name, learning_rate=0.1, weight_decay=0.3)
    of = {}
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                assert id(parameter) not in of
                of[id(parameter)] = type(optimizer).__name__, group["weight_decay"]
    return {name: of[id(parameter)] for name, parameter in model.named_parameters()}


def test_muon_moves_the_matrices_of_the_blocks(model):
    for name, found in groups_of(model, "muon").items():
        if "norm" in name:
            assert found == ("AdamW", 0.0), name
        elif "layers" in name:
            assert found == ("Muon", 0.3), name
        else:
            assert found == ("AdamW", 0.3), name


def test_adamw_moves_everything(model):
    for name, found in groups_of(model, "adamw").items():
        assert found == ("AdamW", 0.0 if "norm" in name else 0.3), name


def test_the_rate_rises_then_falls_to_nothing():
    rates = [learning_rate_at(step, peak=0.8, warmup_steps=4, steps=12) for step in range(12)]
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])


def test_a_run_shorter_than_its_warm_up_only_rises():
    rates = [learning_rate_at(step, peak=1.0, warmup_steps=10, steps=3) for step in range(3)]
    assert rates == pytest.approx([0.1, 0.2, 0.3])
