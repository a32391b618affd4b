"""Tiny language models of three families, with random weights, and sequences to try them on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    PreTrainedConfig,
    Qwen2Config,
)

from core.salience import LanguageModel, TokenSequences
from core.salience.language_model import sha256_of_weights

VOCABULARY = 23
POSITIONS = 32
GARBAGE = -1
"""Padding that no embedding would take."""

CONFIGS: dict[str, PreTrainedConfig] = {
    "llama": LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=POSITIONS, initializer_range=0.3,
        bos_token_id=0, eos_token_id=1, pad_token_id=2),
    "gpt2": GPT2Config(
        vocab_size=VOCABULARY, n_embd=16, n_layer=2, n_head=2, n_positions=POSITIONS,
        initializer_range=0.3, bos_token_id=0, eos_token_id=1, pad_token_id=2),
    "qwen2": Qwen2Config(
        vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=POSITIONS,
        initializer_range=0.3, tie_word_embeddings=True, bos_token_id=0, eos_token_id=1,
        pad_token_id=2),
}


def build(family: str) -> LanguageModel:
    """A model of its own, with biases and norms that are not at their starting values."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(CONFIGS[family], attn_implementation="eager")
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim == 1:
                    parameter.add_(0.1 * torch.randn_like(parameter))
    return LanguageModel(model.float().eval(), family, sha256_of_weights(model))


def make_sequences(number: int = 6, *, longest: int = 11, seed: int = 0) -> TokenSequences:
    """Sequences of 2 to `longest` random tokens, padded with garbage."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, longest + 1, (number,), generator=generator)
    tokens = torch.randint(VOCABULARY, (number, longest + 2), generator=generator)
    is_real = torch.arange(longest + 2) < lengths[:, None]
    return TokenSequences(tokens.where(is_real, GARBAGE), lengths, {"kind": "random", "seed": seed})


@pytest.fixture(scope="session")
def tiny_llama() -> LanguageModel:
    """Llama: RMSNorm, rotary positions, gated MLP, no biases."""
    return build("llama")


@pytest.fixture(scope="session")
def tiny_gpt2() -> LanguageModel:
    """GPT-2: LayerNorm, learned positions, fused `c_attn`, weights stored [in, out], dropout."""
    return build("gpt2")


@pytest.fixture(scope="session")
def tiny_qwen2() -> LanguageModel:
    """Qwen2: as Llama, with biases, two query heads per key head, and a tied head."""
    return build("qwen2")


@pytest.fixture(scope="session", params=list(CONFIGS))
def tiny_model(request) -> LanguageModel:
    """Each of the three in turn."""
    return request.getfixturevalue(f"tiny_{request.param}")


@pytest.fixture(scope="session")
def make_examples() -> Callable[..., TokenSequences]:
    """See `make_sequences`."""
    return make_sequences
