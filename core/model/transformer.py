"""The likelihood model: a Llama-style causal LM over SENT tokens, built on `transformers`.

Presets name the sizes. `small` is what a laptop trains and what ships; `paper` is the model of the
LU paper (12 layers of 768), `medium` its smallest size class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from core.errors import InputError
from core.sent.vocabulary import EOS, PAD, SOS, Vocabulary

if TYPE_CHECKING:  # it takes seconds to import, and most of what needs a size needs nothing else
    from transformers import LlamaConfig, LlamaForCausalLM

MAX_TOKENS = 1024
"""Longest sequence a model attends over; the longest linearization of QM9 has about 130 tokens."""


@dataclass(frozen=True)
class Preset:
    """Width and depth of a model; heads are 32 wide up to 384 and 64 wide above, as in LU."""

    layers: int
    hidden: int
    heads: int
    intermediate: int


PRESETS: dict[str, Preset] = {
    "tiny": Preset(layers=2, hidden=32, heads=2, intermediate=64),
    "small": Preset(layers=6, hidden=192, heads=6, intermediate=768),
    "medium": Preset(layers=6, hidden=384, heads=12, intermediate=1536),
    "paper": Preset(layers=12, hidden=768, heads=12, intermediate=3072),
}
"""Named sizes, the only list of them; `tiny` is for tests."""


def llama_config(
    size: Preset,
    num_tokens: int,
    *,
    rms_norm_eps: float = 1e-5,
    positions: int = MAX_TOKENS,
    rope: Mapping[str, Any] | None = None,
) -> LlamaConfig:
    """What a model of a size computes.

    Args:
        size: its width and depth.
        num_tokens: that it tells apart.
        rms_norm_eps: added to the mean square in norms.
        positions: longest sequence that it is meant for.
        rope: how positions rotate queries and keys, as `transformers` has it; by default plainly.
    """
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=num_tokens,
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=size.intermediate,
        max_position_embeddings=positions,
        rms_norm_eps=rms_norm_eps,
        rope_parameters=None if rope is None else dict(rope),
        bos_token_id=SOS,
        eos_token_id=EOS,
        pad_token_id=PAD,
        tie_word_embeddings=False,
    )


def build_model(
    vocabulary: Vocabulary, preset: str = "small", *, generator: torch.Generator
) -> LlamaForCausalLM:
    """A freshly initialised model in fp32 on the CPU.

    Args:
        vocabulary: fixes the number of tokens.
        preset: a key of `PRESETS`.
        generator: fixes the initial weights.

    Raises:
        InputError: for an unknown preset, listing the known ones.
    """
    from transformers import LlamaForCausalLM

    if preset not in PRESETS:
        raise InputError(f"Unknown preset {preset!r}; use one of {', '.join(PRESETS)}.")
    config = llama_config(PRESETS[preset], len(vocabulary))
    # transformers draws from the global stream, which is put back as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        return LlamaForCausalLM(config).float().eval()


def model_of(
    config: LlamaConfig | Mapping[str, Any], weights: Mapping[str, Tensor]
) -> LlamaForCausalLM:
    """A model that shares given weights, all of its weights and no others.

    `from_pretrained` would invent missing ones.

    Args:
        config: what it computes, or what `config.json` says of that.
        weights: by the names of `LlamaForCausalLM`.

    Raises:
        RuntimeError: for weights that are missing, left over or of another shape.
    """
    from transformers import LlamaConfig, LlamaForCausalLM

    if not isinstance(config, LlamaConfig):
        config = LlamaConfig(**config)
    with torch.random.fork_rng(devices=[]):  # a new model starts out random
        model = LlamaForCausalLM(config)
    model.load_state_dict(weights, assign=True)
    return model.eval()


def to_device(model: LlamaForCausalLM, device: torch.device | str) -> LlamaForCausalLM:
    """Move the model itself to a device, with the attention that is fastest there, and return it.

    Fused attention kernels are slower than plain matrix products on CPUs: about 100 tokens and
    32-wide heads are too small for them.
    """
    torch.nn.Module.to(model, device)  # `transformers` leaves its own `to` untyped
    model.set_attn_implementation("eager" if torch.device(device).type == "cpu" else "sdpa")
    return model


def num_parameters(model: torch.nn.Module) -> int:
    """Number of trainable numbers, embeddings included."""
    return sum(parameter.numel() for parameter in model.parameters())
