"""Salience the slow way: one example, one position, one entry at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.func import functional_call
from transformers import PreTrainedModel

from core.salience import TokenSequences


def sequences_of(examples: TokenSequences) -> list[list[int]]:
    """Without padding."""
    return [row[:length].tolist()
            for row, length in zip(examples.tokens, examples.lengths.tolist(), strict=True)]


def nll_per_token(
    model: PreTrainedModel, sequence: list[int], weights: dict[str, Tensor] | None = None,
    temperature: float = 1.0,
) -> Tensor:
    """L_i of one sequence, position by position."""
    logits = functional_call(model, weights or {}, (torch.tensor([sequence]),),
                             {"use_cache": False}).logits[0]
    nll = torch.zeros(())
    for position in range(1, len(sequence)):
        before = logits[position - 1] / temperature
        nll = nll + torch.logsumexp(before, 0) - before[sequence[position]]
    return nll / (len(sequence) - 1)


def example_gradients(
    model: PreTrainedModel, sequences: list[list[int]], names: list[str], temperature: float = 1.0
) -> list[dict[str, Tensor]]:
    """∇L_i of every example."""
    found = []
    for sequence in sequences:
        weights = {name: model.get_parameter(name).detach().clone().requires_grad_()
                   for name in names}
        loss = nll_per_token(model, sequence, weights, temperature)
        found.append(dict(zip(names, torch.autograd.grad(loss, list(weights.values())),
                              strict=True)))
    return found


def mean_gradient(
    model: PreTrainedModel, sequences: list[list[int]], names: list[str], temperature: float = 1.0
) -> dict[str, Tensor]:
    """G = mean_i ∇L_i."""
    gradients = example_gradients(model, sequences, names, temperature)
    return {name: sum(row[name] for row in gradients) / len(sequences) for name in names}


def empirical_fisher(
    model: PreTrainedModel, sequences: list[list[int]], names: list[str]
) -> dict[str, Tensor]:
    """mean_i (∇L_i)²."""
    gradients = example_gradients(model, sequences, names)
    return {name: sum(row[name] ** 2 for row in gradients) / len(sequences) for name in names}


def hessian_gradient_product(
    model: PreTrainedModel, sequences: list[list[int]], names: list[str], temperature: float = 1.0
) -> dict[str, Tensor]:
    """H·G by `torch.autograd.functional.hvp`, all matrices at once."""
    def loss(*values: Tensor) -> Tensor:
        weights = dict(zip(names, values, strict=True))
        return sum(nll_per_token(model, sequence, weights, temperature)
                   for sequence in sequences) / len(sequences)

    gradient = mean_gradient(model, sequences, names, temperature)
    weights = tuple(model.get_parameter(name).detach() for name in names)
    _, product = torch.autograd.functional.hvp(loss, weights, tuple(gradient.values()))
    return dict(zip(names, product, strict=True))


def hessian_gradient_difference(
    model: PreTrainedModel, sequences: list[list[int]], names: list[str]
) -> dict[str, Tensor]:
    """H·G by central differences of the mean gradient along G; `model` in float64, changed."""
    gradient = mean_gradient(model, sequences, names)
    step = 1e-5 / math.sqrt(sum(float(part.square().sum()) for part in gradient.values()))
    sides = []
    for move in (step, -2 * step):
        with torch.no_grad():
            for name in names:
                model.get_parameter(name).add_(move * gradient[name])
        sides.append(mean_gradient(model, sequences, names))
    return {name: (sides[0][name] - sides[1][name]) / (2 * step) for name in names}


def lamp(weight: Tensor) -> Tensor:
    """w² over the sum of all squares that are not smaller, entry by entry."""
    squares = [float(entry) ** 2 for entry in weight.flatten()]
    scores = [square / sum(other for other in squares if other >= square) if square else 0.0
              for square in squares]
    return torch.tensor(scores).view(weight.shape)


def llama_flow(model: PreTrainedModel) -> dict[str, Tensor]:
    """W ⊙ ∂R/∂W of Llama or Qwen2, the network of length 1 written out, all weights positive."""
    config = model.config
    w = {name: parameter.detach().double().abs().requires_grad_()
         for name, parameter in model.named_parameters()}
    head_dim = config.hidden_size // config.num_attention_heads
    group = config.num_attention_heads // config.num_key_value_heads

    def norm(x: Tensor, name: str) -> Tensor:
        return x / (x.square().mean() + config.rms_norm_eps).sqrt() * w[f"{name}.weight"]

    x = torch.ones(config.hidden_size, dtype=torch.double)
    for layer in range(config.num_hidden_layers):
        block = f"model.layers.{layer}"
        h = norm(x, f"{block}.input_layernorm")
        q, k, v = (w[f"{block}.self_attn.{part}_proj.weight"] @ h for part in "qkv")
        heads = []
        for head in range(config.num_attention_heads):
            own = slice(head * head_dim, (head + 1) * head_dim)
            shared = slice(head // group * head_dim, (head // group + 1) * head_dim)
            heads.append(q[own] @ k[shared] / math.sqrt(head_dim) * v[shared])
        x = x + w[f"{block}.self_attn.o_proj.weight"] @ torch.cat(heads)
        h = norm(x, f"{block}.post_attention_layernorm")
        gate, up = (w[f"{block}.mlp.{part}_proj.weight"] @ h for part in ("gate", "up"))
        x = x + w[f"{block}.mlp.down_proj.weight"] @ (gate * up)
    head = w.get("lm_head.weight", w["model.embed_tokens.weight"])
    (head @ norm(x, "model.norm")).sum().backward()
    return {name: (value * value.grad).detach() for name, value in w.items()
            if value.grad is not None}


def gpt2_flow(model: PreTrainedModel) -> dict[str, Tensor]:
    """The same of GPT-2: LayerNorm without its bias, one learned position."""
    config = model.config
    w = {name: parameter.detach().double().abs().requires_grad_()
         for name, parameter in model.named_parameters()}
    head_dim = config.n_embd // config.n_head

    def norm(x: Tensor, name: str) -> Tensor:
        centred = x - x.mean()
        return (centred / (centred.square().mean() + config.layer_norm_epsilon).sqrt()
                * w[f"{name}.weight"])

    x = 1 + w["transformer.wpe.weight"][0]
    for layer in range(config.n_layer):
        block = f"transformer.h.{layer}"
        q, k, v = (norm(x, f"{block}.ln_1") @ w[f"{block}.attn.c_attn.weight"]).split(config.n_embd)
        heads = []
        for head in range(config.n_head):
            own = slice(head * head_dim, (head + 1) * head_dim)
            heads.append(q[own] @ k[own] / math.sqrt(head_dim) * v[own])
        x = x + torch.cat(heads) @ w[f"{block}.attn.c_proj.weight"]
        h = norm(x, f"{block}.ln_2") @ w[f"{block}.mlp.c_fc.weight"]
        x = x + h @ w[f"{block}.mlp.c_proj.weight"]
    (w["transformer.wte.weight"] @ norm(x, "transformer.ln_f")).sum().backward()
    return {name: (value * value.grad).detach() for name, value in w.items()
            if value.grad is not None}
