"""Every parameter has one optimizer, and decay where decay belongs."""

import pytest
import torch

from core.model.optimizers import Muon, build_optimizers, learning_rate_at, orthogonalized
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


SHAPES = [(6, 6), (6, 6), (4, 10), (10, 4), (4, 10)]


def matrices_with_gradients(seed):
    generator = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]


@pytest.mark.parametrize(("dtype", "close"), [(torch.bfloat16, 5e-3), (torch.float32, 5e-2)])
def test_it_moves_matrices_as_the_one_of_pytorch(dtype, close):
    ours, theirs = matrices_with_gradients(0), matrices_with_gradients(0)
    options = {"lr": 0.1, "weight_decay": 0.2, "momentum": 0.9}
    optimizers = (Muon(ours, dtype=dtype, **options),
                  torch.optim.Muon(theirs, adjust_lr_fn="match_rms_adamw", **options))
    for seed in range(1, 4):
        for matrices, optimizer in zip((ours, theirs), optimizers, strict=True):
            for matrix, gradient in zip(matrices, matrices_with_gradients(seed), strict=True):
                matrix.grad = gradient.detach().clone()
            matrices[0].grad = None  # without a gradient it stays
            optimizer.step()
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=close)
    assert torch.equal(ours[0], matrices_with_gradients(0)[0])


def test_updates_become_nearly_orthogonal():
    matrices = torch.randn(3, 8, 20, generator=torch.Generator().manual_seed(0))
    for given in (matrices, matrices.mT):
        found = orthogonalized(given, (3.4445, -4.7750, 2.0315), steps=5, eps=1e-7)
        values = torch.linalg.svdvals(found)
        assert values.min() > 0.6
        assert values.max() < 1.3
        # The nearest orthogonal matrix is U Vᵀ.
        left, _, right = torch.linalg.svd(given, full_matrices=False)
        assert ((left @ right) * found).sum((1, 2)).min() > 0.9 * 8 * values.mean()


def test_a_matrix_of_zeros_stays_one():
    found = orthogonalized(torch.zeros(1, 3, 5), (3.4445, -4.7750, 2.0315), steps=5, eps=1e-7)
    assert torch.equal(found, torch.zeros(1, 3, 5))
