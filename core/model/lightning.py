"""Bringing in a checkpoint of the AutoGraph or LU code: a PyTorch Lightning `.ckpt` file.

Such a file holds a pickle, and unpickling can run anything. Here it cannot: the reader below builds
tensors and plain containers, and an inert stand-in for every other class that the file names (its
configuration objects), so neither foreign code nor foreign packages are needed. `torch.load` is not
used, since for other kinds of files than the expected one it falls back to readers of its own.
"""

from __future__ import annotations

import collections
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from core.errors import InputError, one_line
from core.model.card import ModelCard
from core.model.checkpoints import save_checkpoint
from core.sent.strategies import Strategy
from core.sent.vocabulary import (
    EOS,
    PAD,
    PLANAR_VOCABULARY,
    QM9_VOCABULARY,
    SOS,
    Vocabulary,
)

_HEADS_OF_WIDTH = {384: 12, 768: 12, 1024: 16}  # AutoGraph's sizes xs, s and m
_EMBEDDING = "model.embed_tokens.weight"


def import_lightning_checkpoint(
    source: Path, folder: Path, *, name: str, strategy: Strategy, rms_norm_eps: float = 1e-6
) -> ModelCard:
    """Convert a Lightning checkpoint of a Llama model into a TrailScope folder.

    Args:
        source: the `.ckpt` file.
        folder: where to write.
        name: of the model.
        strategy: what the model was trained under; the file does not say it reliably.
        rms_norm_eps: 1e-6 for the code's `llama` models, 1e-5 for `llama2`.

    Raises:
        InputError: if the file is no such checkpoint or its size fits no known vocabulary.
    """
    weights = _llama_weights(_read_state(source), source)
    vocabulary = _vocabulary(weights[_EMBEDDING].shape[0])
    try:
        model = LlamaForCausalLM(_config(weights, rms_norm_eps))
        model.load_state_dict(weights)
    except (RuntimeError, KeyError, ValueError) as error:
        raise InputError(f"The weights in {source} are not those of a Llama model "
                         f"({one_line(error)}); only AutoGraph's `llama` models can be "
                         "imported.") from None
    card = ModelCard(
        name=name, vocabulary=vocabulary, strategy=strategy, preset="imported",
        data={"name": "unknown", "source": source.name}, training={"imported_from": source.name},
    )
    return save_checkpoint(folder, model, card)


def _read_state(source: Path) -> dict[str, Any]:
    if not source.is_file():
        raise InputError(f"There is no file {source}; give a Lightning .ckpt file.")
    try:
        with zipfile.ZipFile(source) as archive:
            [pickled] = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            content = _InertUnpickler(archive, pickled).load()
    except Exception as error:  # a hostile pickle may raise anything
        raise InputError(f"{source} is not a PyTorch checkpoint ({one_line(error)}); give a "
                         "Lightning .ckpt file.") from None
    state = content.get("state_dict") if isinstance(content, dict) else None
    if not isinstance(state, dict):
        raise InputError(f"{source} has no state_dict; give a Lightning .ckpt file.")
    return state


def _llama_weights(state: dict[str, Any], source: Path) -> dict[str, Tensor]:
    """Weights under the names of `LlamaForCausalLM`, without the wrappers' prefix."""
    prefix = next((key.removesuffix(_EMBEDDING) for key in state if key.endswith(_EMBEDDING)), None)
    if prefix is None:
        raise InputError(f"{source} holds no Llama model; only AutoGraph's `llama` models can be "
                         "imported.")
    parts = (f"{prefix}model.", f"{prefix}lm_head.")
    return {key.removeprefix(prefix): value.float() for key, value in state.items()
            if key.startswith(parts) and isinstance(value, Tensor)
            and not key.endswith("rotary_emb.inv_freq")}


def _vocabulary(num_tokens: int) -> Vocabulary:
    for vocabulary in (QM9_VOCABULARY, PLANAR_VOCABULARY):
        if len(vocabulary) == num_tokens:
            return vocabulary
    raise InputError(
        f"The checkpoint has {num_tokens} tokens; known are {len(QM9_VOCABULARY)} (QM9) and "
        f"{len(PLANAR_VOCABULARY)} (planar graphs)."
    )


def _config(weights: dict[str, Tensor], rms_norm_eps: float) -> LlamaConfig:
    num_tokens, hidden = weights[_EMBEDDING].shape
    layers = 1 + max(int(key.split(".")[2]) for key in weights if key.startswith("model.layers."))
    return LlamaConfig(
        vocab_size=num_tokens, hidden_size=hidden, num_hidden_layers=layers,
        num_attention_heads=_HEADS_OF_WIDTH.get(hidden, max(1, hidden // 64)),
        intermediate_size=weights["model.layers.0.mlp.gate_proj.weight"].shape[0],
        rms_norm_eps=rms_norm_eps, bos_token_id=SOS, eos_token_id=EOS, pad_token_id=PAD,
        tie_word_embeddings=False,
    )


class _StandIn:
    """Takes the place of any class the file names; it swallows whatever it is given."""

    def __new__(cls, *args: Any, **kwargs: Any) -> _StandIn:
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, value: Any) -> None:
        """Pickle fills list-like objects by this."""

    def extend(self, values: Any) -> None:
        """Pickle fills list-like objects by this."""


class _InertUnpickler(pickle.Unpickler):
    """Reads `data.pkl` of a checkpoint; tensors' numbers lie in files beside it."""

    def __init__(self, archive: zipfile.ZipFile, pickled: str) -> None:
        super().__init__(archive.open(pickled))
        self._archive = archive
        self._folder = pickled.removesuffix("data.pkl") + "data/"

    def persistent_load(self, identifier: Any) -> Any:
        _, dtype, key, *_ = identifier
        if dtype is _StandIn:
            return _StandIn()
        content = bytearray(self._archive.read(self._folder + key))
        return torch.frombuffer(content, dtype=dtype) if content else torch.zeros(0, dtype=dtype)

    def find_class(self, module: str, name: str) -> Any:
        return _KNOWN.get((module, name), _StandIn)


def _rebuild_tensor(numbers: Any, offset: int, size: Any, stride: Any, *_: Any) -> Any:
    """A tensor from the numbers of its storage, [n]; a stand-in stays one."""
    return numbers.as_strided(size, stride, offset) if isinstance(numbers, Tensor) else numbers


_KNOWN = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
    ("torch", "Size"): torch.Size,
    ("builtins", "set"): set,
    ("torch", "BFloat16Storage"): torch.bfloat16,
    ("torch", "BoolStorage"): torch.bool,
    ("torch", "ByteStorage"): torch.uint8,
    ("torch", "DoubleStorage"): torch.float64,
    ("torch", "FloatStorage"): torch.float32,
    ("torch", "HalfStorage"): torch.float16,
    ("torch", "IntStorage"): torch.int32,
    ("torch", "LongStorage"): torch.int64,
}
"""What the names in a pickle stand for; all others stand for `_StandIn`."""
