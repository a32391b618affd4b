"""Statistics of gradients equal loops over examples, and leave the model alone."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from core.salience import LanguageModel, SalienceError, TokenSequences
from core.salience.fisher import empirical_fisher
from core.salience.gradients import example_losses, hessian_gradient_product, mean_gradient
from tests.oracles import salience as oracle


def names_of(model):
    return [matrix.name for matrix in model.matrices]


def assert_equal(found, expected, *, share=2e-5):
    """Each matrix to within a share of its largest entry."""
    assert list(found) == list(expected)
    for name, values in expected.items():
        scale = float(values.abs().max())
        assert scale > 0
        assert float((found[name] - values).abs().max()) < share * scale, name


def test_losses_are_nll_per_token_of_each_example(tiny_model, make_examples):
    examples = make_examples()
    expected = [oracle.nll_per_token(tiny_model.model, sequence)
                for sequence in oracle.sequences_of(examples)]
    found = example_losses(tiny_model.model, examples)
    torch.testing.assert_close(found, torch.stack(expected), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 7.0])
def test_mean_gradient_equals_a_loop_over_examples(tiny_model, make_examples, temperature):
    examples = make_examples()
    expected = oracle.mean_gradient(tiny_model.model, oracle.sequences_of(examples),
                                    names_of(tiny_model), temperature)
    assert_equal(mean_gradient(tiny_model, examples, temperature=temperature), expected)


def test_fisher_equals_a_loop_over_examples(tiny_model, make_examples):
    examples = make_examples()
    expected = oracle.empirical_fisher(tiny_model.model, oracle.sequences_of(examples),
                                       names_of(tiny_model))
    assert_equal(empirical_fisher(tiny_model, examples), expected)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_hessian_product_equals_that_of_autograd(tiny_model, make_examples, temperature):
    examples = make_examples(3)
    expected = oracle.hessian_gradient_product(
        tiny_model.model, oracle.sequences_of(examples), names_of(tiny_model), temperature)
    gradient = mean_gradient(tiny_model, examples, temperature=temperature)
    found = hessian_gradient_product(tiny_model, examples, gradient, temperature=temperature)
    assert_equal(found, expected, share=1e-4)


def test_hessian_product_equals_finite_differences(tiny_gpt2, make_examples):
    """Of GPT-2, whose norms are computed in float64 if its weights are."""
    examples = make_examples(3)
    expected = oracle.hessian_gradient_difference(
        copy.deepcopy(tiny_gpt2.model).double(), oracle.sequences_of(examples),
        names_of(tiny_gpt2))
    found = hessian_gradient_product(tiny_gpt2, examples, mean_gradient(tiny_gpt2, examples))
    assert_equal(found, expected, share=1e-4)


STATISTICS = {
    "gradient": mean_gradient,
    "fisher": empirical_fisher,
    "hessian": lambda model, examples, **options: hessian_gradient_product(
        model, examples, mean_gradient(model, examples), **options),
}


@pytest.mark.parametrize("statistic", STATISTICS)
def test_batches_do_not_matter(tiny_model, make_examples, statistic):
    """One example at a time, all at once, and more padding than that."""
    compute, examples = STATISTICS[statistic], make_examples()
    together = compute(tiny_model, examples, token_budget=10_000)
    assert_equal(compute(tiny_model, examples, token_budget=1), together)
    wider = nn.functional.pad(examples.tokens, (0, 5), value=7)
    assert_equal(compute(tiny_model, TokenSequences(wider, examples.lengths)), together)


def test_small_chunks_of_fisher_change_nothing(tiny_gpt2, make_examples, monkeypatch):
    examples = make_examples()
    expected = empirical_fisher(tiny_gpt2, examples)
    monkeypatch.setattr("core.salience.fisher._CHUNK_BYTES", 2 * 4 * 16 * 48)
    assert_equal(empirical_fisher(tiny_gpt2, examples), expected)


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("is_cancelled", [False, True])
def test_the_model_stays_as_it_was(tiny_gpt2, make_examples, statistic, is_cancelled):
    model = LanguageModel(copy.deepcopy(tiny_gpt2.model).train(), "copy", "")
    frozen, kept = names_of(model)[0], names_of(model)[1]
    model.model.get_parameter(frozen).requires_grad_(False)
    model.model.get_parameter(kept).grad = torch.ones_like(model.model.get_parameter(kept))
    before = {name: parameter.clone() for name, parameter in model.model.named_parameters()}

    def progress(_):
        if is_cancelled:
            raise KeyboardInterrupt

    try:
        STATISTICS[statistic](model, make_examples(), progress=progress)
    except KeyboardInterrupt:
        assert is_cancelled
    assert all(module.training for module in model.model.modules())
    assert not any(module._forward_hooks for module in model.model.modules())
    for name, parameter in model.model.named_parameters():
        assert torch.equal(parameter, before[name])
        assert parameter.requires_grad == (name != frozen)
        assert (parameter.grad is None) == (name != kept)
    assert bool((model.model.get_parameter(kept).grad == 1).all())


def test_dropout_is_off_and_gradients_are_taken_where_they_are_disabled(tiny_gpt2, make_examples):
    model = LanguageModel(copy.deepcopy(tiny_gpt2.model).train(), "copy", "")
    examples = make_examples()
    with torch.no_grad():
        found = mean_gradient(model, examples)
    assert_equal(found, mean_gradient(tiny_gpt2, examples), share=1e-6)


def test_fused_attention_is_replaced_for_the_hessian(tiny_llama, make_examples):
    fused = copy.deepcopy(tiny_llama.model)
    fused.set_attn_implementation("sdpa")
    found = STATISTICS["hessian"](LanguageModel(fused, "sdpa", ""), make_examples())
    assert_equal(found, STATISTICS["hessian"](tiny_llama, make_examples()))
    assert fused.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("statistic", STATISTICS)
def test_non_finite_gradients_are_refused_by_name(tiny_llama, make_examples, statistic):
    model = LanguageModel(copy.deepcopy(tiny_llama.model), "broken", "")
    with torch.no_grad():
        model.model.model.layers[1].mlp.down_proj.weight[0, 0] = torch.inf
    with pytest.raises(SalienceError, match=r"of model\.layers\.\d\.\S+ is not finite"):
        STATISTICS[statistic](model, make_examples())


class _Twice(nn.Module):
    """Applies a linear map twice."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x) + self.inner(x)


class _Flat(nn.Module):
    """Forgets which example a position belongs to."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x.flatten(0, 1)).view(*x.shape[:2], -1)


class _Unused(nn.Module):
    """Applies no linear map."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x[..., :1].expand(*x.shape[:2], self.inner.out_features)


@pytest.mark.parametrize(("wrapper", "what"), [
    (_Twice, "applies more than once"), (_Flat, "mixes the examples"),
    (_Unused, "does not apply")])
def test_fisher_refuses_maps_whose_examples_it_cannot_tell_apart(
        tiny_llama, make_examples, wrapper, what):
    broken = copy.deepcopy(tiny_llama.model)
    mlp = broken.model.layers[0].mlp
    mlp.up_proj = wrapper(mlp.up_proj)
    model = LanguageModel(broken, "odd", "")
    with pytest.raises(SalienceError, match=rf"{what}.*up_proj.*use `gradient`"):
        empirical_fisher(model, make_examples())
    assert mean_gradient(model, make_examples())  # which asks for less


def test_weights_shared_by_blocks_count_once(tiny_llama, make_examples):
    shared = copy.deepcopy(tiny_llama.model)
    shared.model.layers[1].mlp.up_proj.weight = shared.model.layers[0].mlp.up_proj.weight
    model = LanguageModel(shared, "shared", "")
    assert len(model.matrices) == len(tiny_llama.matrices) - 1
    examples = make_examples()
    expected = oracle.mean_gradient(shared, oracle.sequences_of(examples), names_of(model))
    assert mean_gradient(model, examples).keys() == expected.keys()
    with pytest.raises(SalienceError, match="more than once"):
        empirical_fisher(model, examples)
    assert replace(model, name="other").matrices == model.matrices
