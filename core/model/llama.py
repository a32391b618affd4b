"""Our own forward pass of a Llama, for what TrailScope exists for: scoring and sampling.

It computes what `LlamaForCausalLM` of `transformers` does, from the same weights by the same names
(`tests/unit/core/model/test_llama.py` holds the two together). Importing it takes none of the
seconds that `transformers` takes, its products run in bf16 without a conversion at every call, and
its cache of keys and values is never copied. It knows no dropout and no gradient checkpointing:
training, fine-tuning and salience use `transformers`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "silu": functional.silu, "gelu": functional.gelu, "relu": functional.relu}
_TABLE = 1024
"""Positions whose rotations are kept."""
_FIRST_SLOTS = 32
"""Positions that a cache has room for at first."""


@dataclass(frozen=True)
class LlamaSettings:
    """What `config.json` of a Llama says that its function depends on, by the same names."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    max_position_embeddings: int = 2048
    rms_norm_eps: float = 1e-6
    hidden_act: str = "silu"
    attention_bias: bool = False
    mlp_bias: bool = False
    rope_parameters: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """All that the file says, for `transformers`."""

    @classmethod
    def read(cls, path: Path) -> LlamaSettings:
        """Of a file `config.json`."""
        return cls.from_json(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> LlamaSettings:
        """Of the file's content.

        Raises:
            KeyError, TypeError, ValueError: if it does not say what a Llama needs.
        """
        said = dict(row)
        if row.get("rope_scaling"):  # as older versions of `transformers` wrote it
            from transformers import LlamaConfig

            row = LlamaConfig.from_dict(said).to_dict()
        known = {name: row[name] for name in cls.__dataclass_fields__ if row.get(name) is not None}
        heads = row["num_attention_heads"]
        known.setdefault("num_key_value_heads", heads)
        known.setdefault("head_dim", row["hidden_size"] // heads)
        if known.get("hidden_act", "silu") not in _ACTIVATIONS:
            raise ValueError(f"unknown activation {known['hidden_act']!r}")
        rope = {"rope_type": "default", "rope_theta": row.get("rope_theta", 10_000.0)}
        return cls(**known | {"rope_parameters": {**rope, **known.get("rope_parameters", {})},
                              "said": said})

    def rotation(self) -> tuple[Tensor, float]:
        """By how much a position turns pairs of numbers (Su et al. 2021, RoFormer).

        Returns:
            Angles of each pair, [head_dim / 2], radians, and the factor of the result.
        """
        if self.rope_parameters["rope_type"] != "default":
            from transformers import LlamaConfig
            from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

            kind: str = self.rope_parameters["rope_type"]
            return ROPE_INIT_FUNCTIONS[kind](LlamaConfig(**self.said))
        exponents = torch.arange(0, self.head_dim, 2, dtype=torch.float) / self.head_dim
        return 1.0 / self.rope_parameters["rope_theta"] ** exponents, 1.0


class KeyValueCache:
    """Keys and values of one layer, in buffers that double when they are full."""

    def __init__(self) -> None:
        self.used = 0
        self._keys: Tensor | None = None
        self._values: Tensor | None = None

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add those of new positions, [B, heads, L, head_dim]; all so far, as views."""
        first, self.used = self.used, self.used + keys.shape[2]
        if self._keys is None or self._values is None:
            room = (*keys.shape[:2], max(_FIRST_SLOTS, self.used), keys.shape[3])
            self._keys, self._values = keys.new_empty(room), values.new_empty(room)
        while self.used > self._keys.shape[2]:
            more = (0, 0, 0, self._keys.shape[2])
            self._keys = functional.pad(self._keys, more)
            self._values = functional.pad(self._values, more)
        self._keys[:, :, first:self.used] = keys
        self._values[:, :, first:self.used] = values
        return self._keys[:, :, :self.used], self._values[:, :, :self.used]

    def select(self, rows: Tensor) -> None:
        """Keep only the given sequences."""
        if self._keys is not None and self._values is not None:
            self._keys, self._values = self._keys[rows], self._values[rows]


class Llama(nn.Module):
    """A causal language model, with the parameters of `LlamaForCausalLM` by their names.

    Made by `of`: a new one has no weights yet, only their shapes.
    """

    cosines: Tensor
    sines: Tensor
    frequencies: Tensor
    rotation_factor: float

    def __init__(self, settings: LlamaSettings) -> None:
        super().__init__()
        self.settings = settings
        self.model = _Body(settings)
        self.lm_head = _Linear(settings.hidden_size, settings.vocab_size, bias=False)
        self._low: tuple[tuple[int, ...], Llama] | None = None

    @classmethod
    def of(cls, settings: LlamaSettings, weights: Mapping[str, Tensor]) -> Llama:
        """A model that shares given weights, all of its weights and no others.

        Raises:
            RuntimeError: for weights that are missing, left over or of another shape.
        """
        model = cls(settings)
        model.load_state_dict(weights, assign=True)
        frequencies, factor = settings.rotation()
        first = torch.arange(min(_TABLE, settings.max_position_embeddings))
        for name, tensor in zip(("cosines", "sines"), _rotations(first, frequencies, factor),
                                strict=True):
            model.register_buffer(name, tensor, persistent=False)
        model.register_buffer("frequencies", frequencies, persistent=False)
        model.rotation_factor = factor
        return model.requires_grad_(False).eval()

    def forward(self, tokens: Tensor, cache: list[KeyValueCache] | None = None) -> Tensor:
        """What it says of the token behind each token.

        Args:
            tokens: [B, L] int64.
            cache: of every layer, with what stands in front of the tokens, which are added to it;
                several tokens at once only to an empty one.

        Returns:
            Logits, [B, L, vocab_size], fp32.
        """
        before = cache[0].used if cache else 0
        rotations = self._rotations(before, before + tokens.shape[1])
        return cast(Tensor, self.lm_head(self.model(tokens, rotations, cache)).float())

    def in_bf16(self) -> Llama:
        """The same model with bf16 weights in its matrix products, converted once.

        Numbers between products, norms and positions stay fp32, as under autocast.
        """
        versions = tuple(one._version for one in self.parameters())
        if self._low is None or self._low[0] != versions:  # made of weights that have changed
            self._low = None
            low = deepcopy(self)
            for module in low.modules():
                if isinstance(module, _Linear):
                    module.bfloat16()
            self._low = versions, low
        return self._low[1]

    def _rotations(self, first: int, last: int) -> tuple[Tensor, Tensor]:
        """Cosines and sines of the positions [first, last), each [last − first, head_dim / 2]."""
        if last > len(self.cosines):
            positions = torch.arange(first, last, device=self.cosines.device)
            return _rotations(positions, self.frequencies, self.rotation_factor)
        return self.cosines[first:last], self.sines[first:last]


def _rotations(positions: Tensor, frequencies: Tensor, factor: float) -> tuple[Tensor, Tensor]:
    angles = positions[:, None].float() * frequencies
    return angles.cos() * factor, angles.sin() * factor


def _weight(*shape: int) -> nn.Parameter:
    """Room for a weight: PyTorch's own layers would draw one, which takes time to be replaced."""
    return nn.Parameter(torch.empty(shape, device="meta"))


class _Norm(nn.Module):
    """Division by the root mean square (Zhang and Sennrich 2019)."""

    def __init__(self, settings: LlamaSettings) -> None:
        super().__init__()
        self.weight = _weight(settings.hidden_size)
        self._eps = settings.rms_norm_eps

    def forward(self, hidden: Tensor) -> Tensor:
        return functional.rms_norm(hidden, self.weight.shape, self.weight, self._eps)


class _Linear(nn.Module):
    """A linear map of numbers of whatever type, in the type of its weights."""

    def __init__(self, given: int, made: int, *, bias: bool) -> None:
        super().__init__()
        self.weight = _weight(made, given)
        self.bias = _weight(made) if bias else None

    def forward(self, given: Tensor) -> Tensor:
        return functional.linear(given.to(self.weight.dtype), self.weight, self.bias)


class _Embedding(nn.Module):
    def __init__(self, settings: LlamaSettings) -> None:
        super().__init__()
        self.weight = _weight(settings.vocab_size, settings.hidden_size)

    def forward(self, tokens: Tensor) -> Tensor:
        return functional.embedding(tokens, self.weight)


class _Attention(nn.Module):
    def __init__(self, settings: LlamaSettings) -> None:
        super().__init__()
        width, bias = settings.head_dim, settings.attention_bias
        queries, keys = settings.num_attention_heads, settings.num_key_value_heads
        self.q_proj = _Linear(settings.hidden_size, queries * width, bias=bias)
        self.k_proj = _Linear(settings.hidden_size, keys * width, bias=bias)
        self.v_proj = _Linear(settings.hidden_size, keys * width, bias=bias)
        self.o_proj = _Linear(queries * width, settings.hidden_size, bias=bias)
        self._width, self._is_grouped = width, keys != queries

    def forward(self, hidden: Tensor, rotations: tuple[Tensor, Tensor],
                cache: KeyValueCache | None) -> Tensor:
        queries = _rotated(self._heads(self.q_proj(hidden)), *rotations)
        keys = _rotated(self._heads(self.k_proj(hidden)), *rotations)
        values = self._heads(self.v_proj(hidden))
        if cache is not None:
            keys, values = cache.append(keys, values)
        mixed = functional.scaled_dot_product_attention(
            queries, keys, values, is_causal=queries.shape[2] > 1, enable_gqa=self._is_grouped)
        return cast(Tensor, self.o_proj(mixed.transpose(1, 2).flatten(2)))

    def _heads(self, projected: Tensor) -> Tensor:
        return projected.unflatten(2, (-1, self._width)).transpose(1, 2)


def _rotated(heads: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Every pair of numbers half a head apart turned by its position's angle."""
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cosines - second * sines,
                      second * cosines + first * sines), dim=-1).to(heads.dtype)


class _Gated(nn.Module):
    def __init__(self, settings: LlamaSettings) -> None:
        super().__init__()
        width, inner, bias = settings.hidden_size, settings.intermediate_size, settings.mlp_bias
        self.gate_proj = _Linear(width, inner, bias=bias)
        self.up_proj = _Linear(width, inner, bias=bias)
        self.down_proj = _Linear(inner, width, bias=bias)
        self._activation = _ACTIVATIONS[settings.hidden_act]

    def forward(self, hidden: Tensor) -> Tensor:
        gate = self._activation(self.gate_proj(hidden))
        return cast(Tensor, self.down_proj(gate * self.up_proj(hidden)))


class _Block(nn.Module):
    def __init__(self, settings: LlamaSettings) -> None:
        super().__init__()
        self.self_attn = _Attention(settings)
        self.mlp = _Gated(settings)
        self.input_layernorm = _Norm(settings)
        self.post_attention_layernorm = _Norm(settings)

    def forward(self, hidden: Tensor, rotations: tuple[Tensor, Tensor],
                cache: KeyValueCache | None) -> Tensor:
        hidden = hidden + self.self_attn(self.input_layernorm(hidden), rotations, cache)
        return cast(Tensor, hidden + self.mlp(self.post_attention_layernorm(hidden)))


class _Body(nn.Module):
    """All but the head, called as `transformers` calls it."""

    def __init__(self, settings: LlamaSettings) -> None:
        super().__init__()
        self.embed_tokens = _Embedding(settings)
        self.layers = nn.ModuleList(_Block(settings) for _ in range(settings.num_hidden_layers))
        self.norm = _Norm(settings)

    def forward(self, tokens: Tensor, rotations: tuple[Tensor, Tensor],
                cache: list[KeyValueCache] | None) -> Tensor:
        hidden: Tensor = self.embed_tokens(tokens)
        for number, layer in enumerate(self.layers):
            hidden = layer(hidden, rotations, None if cache is None else cache[number])
        return cast(Tensor, self.norm(hidden))
