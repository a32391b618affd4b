"""Synaptic flow equals networks written out by hand, and conserves what passes through a block."""

import copy

import pytest
import torch
from transformers import AutoModelForCausalLM, GPT2Config

from core.salience import LanguageModel
from core.salience.synflow import synaptic_flow
from tests.oracles.salience import gpt2_flow, llama_flow


def expected_flow(model):
    flow = gpt2_flow if model.name == "gpt2" else llama_flow
    return flow(model.model)


def sums_of(flow, block):
    return {name.removeprefix(block).removesuffix(".weight"): float(values.double().sum())
            for name, values in flow.items() if name.startswith(block)}


def test_flow_equals_the_network_written_out(tiny_model):
    expected = expected_flow(tiny_model)
    for name, values in synaptic_flow(tiny_model).items():
        torch.testing.assert_close(values, expected[name].float(), rtol=2e-6, atol=1e-12)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("family", ["llama", "qwen2"])
def test_flow_through_attention_and_through_the_mlp_is_conserved(request, family, layer):
    """Every path passes one entry of q, of k, of v and of o: their signed sums are equal."""
    model = request.getfixturevalue(f"tiny_{family}")
    sums = sums_of(synaptic_flow(model), f"model.layers.{layer}.")
    attention = [sums[f"self_attn.{part}_proj"] for part in "qkvo"]
    mlp = [sums[f"mlp.{part}_proj"] for part in ("gate", "up", "down")]
    for group in (attention, mlp):
        assert group == pytest.approx([group[0]] * len(group), rel=1e-4)
    assert attention[0] != pytest.approx(mlp[0], rel=1e-3)


@pytest.mark.parametrize("layer", [0, 1])
def test_flow_through_fused_attention_counts_three_times(tiny_gpt2, layer):
    """`c_attn` holds q, k and v, `c_proj` what follows; the MLP has one map on either side."""
    block = f"transformer.h.{layer}."
    flow = synaptic_flow(tiny_gpt2)
    sums = sums_of(flow, block)
    assert sums["attn.c_attn"] == pytest.approx(3 * sums["attn.c_proj"], rel=1e-4)
    thirds = [float(part.double().sum())
              for part in flow[f"{block}attn.c_attn.weight"].split(16, dim=1)]
    assert thirds == pytest.approx([sums["attn.c_proj"]] * 3, rel=1e-4)
    assert sums["mlp.c_fc"] == pytest.approx(sums["mlp.c_proj"], rel=1e-4)


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu",
                                        "tanh", "quick_gelu", "gelu_fast", "relu2"])
def test_any_activation_is_the_identity(activation):
    config = GPT2Config(vocab_size=7, n_embd=8, n_layer=1, n_head=2, n_positions=8,
                        activation_function=activation, bos_token_id=0, eos_token_id=1)
    model = AutoModelForCausalLM.from_config(config).eval()
    found = synaptic_flow(LanguageModel(model, "gpt2", ""))
    expected = gpt2_flow(model)
    for name, values in found.items():
        torch.testing.assert_close(values, expected[name].float(), rtol=2e-6, atol=1e-12)


def test_norms_are_computed_in_float64(tiny_llama):
    """Weights so large that what the norms see does not fit into float32."""
    model = LanguageModel(copy.deepcopy(tiny_llama.model), "llama", "")
    with torch.no_grad():
        for parameter in model.model.parameters():
            parameter.mul_(1e6)
    expected = expected_flow(model)
    for name, values in synaptic_flow(model).items():
        scale = expected[name].abs().max()
        assert 0 < scale < 1e38
        assert float((values - expected[name]).abs().max() / scale) < 1e-6


def test_the_model_stays_as_it_was(tiny_model):
    before = {name: parameter.clone() for name, parameter in tiny_model.model.named_parameters()}
    modules = [type(module) for module in tiny_model.model.modules()]
    synaptic_flow(tiny_model)
    assert [type(module) for module in tiny_model.model.modules()] == modules
    for name, parameter in tiny_model.model.named_parameters():
        assert torch.equal(parameter, before[name])
        assert parameter.dtype == torch.float32
        assert parameter.grad is None
        assert parameter.requires_grad
    assert float(torch.nn.functional.softmax(torch.zeros(2), 0)[0]) == 0.5
