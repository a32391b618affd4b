"""Which function the weights of AutoGraph's models are of, by the models' names: KIND-SIZE.

Three of its kinds are Llama models with equally shaped weights that compute different things: they
differ in the epsilon of their norms and in how positions turn queries and keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from transformers import LlamaConfig

from core.errors import InputError, one_line
from core.model.foreign.hyper_parameters import HyperParameters
from core.model.transformer import PRESETS, Preset, llama_config

EMBEDDING = "model.embed_tokens.weight"
"""The embedding of tokens, as `LlamaForCausalLM` calls it."""


@dataclass(frozen=True)
class Kind:
    """What tells a kind of Llama from the others.

    Attributes:
        rms_norm_eps: added to the mean square in norms.
        positions: longest sequence that the model is meant for.
        rope: how positions rotate queries and keys, as `transformers` has it.
    """

    rms_norm_eps: float
    positions: int
    rope: Mapping[str, Any]


_PLAIN_ROPE = {"rope_type": "default", "rope_theta": 10_000.0}

KINDS: dict[str, Kind] = {
    "llama": Kind(1e-6, 2_048, _PLAIN_ROPE),
    "llama2": Kind(1e-5, 4_096, _PLAIN_ROPE),
    "llama3": Kind(1e-5, 131_072, {
        "rope_type": "llama3", "rope_theta": 500_000.0, "factor": 8.0, "low_freq_factor": 1.0,
        "high_freq_factor": 4.0, "original_max_position_embeddings": 8_192,
    }),
}
"""AutoGraph's kinds that can be imported, the only list of them."""

SIZES: dict[str, Preset] = {
    "xs": PRESETS["medium"],
    "s": PRESETS["paper"],
    "m": Preset(layers=24, hidden=1024, heads=16, intermediate=4096),
}
"""AutoGraph's sizes."""

_OTHER_KINDS = ("gpt2", "gpt_neox", "mamba")
_OTHER_FAMILIES = {"transformer.wte.weight": "gpt2", "gpt_neox.embed_in.weight": "gpt_neox",
                   "backbone.embeddings.weight": "mamba"}
_DECIDING = ("attention_bias", "head_dim", "hidden_act", "mlp_bias", "num_key_value_heads",
             "rms_norm_eps", "rope_parameters", "rope_scaling", "rope_theta")
"""Settings of a model, beside its name, that change what it computes."""

_KNOWN_KINDS = ", ".join(KINDS)
_ANOTHER_WAY = "write the model with `save_pretrained` of transformers and import that folder"


@dataclass(frozen=True)
class ModelName:
    """Kind and size of a model.

    Attributes:
        kind: a key of `KINDS`.
        size: a key of `SIZES`; None if only the weights can tell.
    """

    kind: str
    size: str | None


def refuse_other_kinds(stated: HyperParameters, source: object) -> None:
    """Refuse a file that says that it holds another kind of model, naming it.

    Raises:
        InputError: for another kind or size, and for settings that no kind has.
    """
    own = sorted(stated.settings.intersection(_DECIDING))
    if own:
        raise InputError(f"{source} sets {', '.join(own)} of its model, which AutoGraph's kinds "
                         f"leave as they are; {_ANOTHER_WAY}.")
    if stated.model_name is None:
        return
    kind, _, size = stated.model_name.partition("-")
    if kind in _OTHER_KINDS:
        raise InputError(f"{source} holds a {kind} model ({stated.model_name}); only the kinds "
                         f"{_KNOWN_KINDS} can be imported.")
    if kind not in KINDS or size not in SIZES:
        raise InputError(f"{source} says that it holds {stated.model_name!r}; known are the "
                         f"kinds {_KNOWN_KINDS} in the sizes {', '.join(SIZES)}, as llama-s.")


def model_name(stated: HyperParameters, kind: str | None, source: object) -> ModelName:
    """Which model a file holds, by what it says (see `refuse_other_kinds`) or else by `kind`.

    Raises:
        InputError: for an unknown `kind` or one that the file contradicts, or where neither says.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"Unknown kind {kind!r}; use {_KNOWN_KINDS}.")
    if stated.model_name is None:
        if kind is None:
            raise InputError(f"{source} does not say which kind of Llama model it holds; give "
                             f"--kind, one of {_KNOWN_KINDS}.")
        return ModelName(kind, None)
    found, _, size = stated.model_name.partition("-")
    if kind not in (None, found):
        raise InputError(f"{source} says that it holds {stated.model_name}; leave out "
                         f"--kind {kind}.")
    return ModelName(found, size)


def find_prefix(names: Mapping[str, Any], source: object) -> str:
    """What stands before the names of `LlamaForCausalLM` in a file's names of weights.

    Raises:
        InputError: if there is no Llama model among them, naming what there is.
    """
    for name in names:
        if name.endswith(EMBEDDING):
            return name.removesuffix(EMBEDDING)
    families = (family for name in names for ending, family in _OTHER_FAMILIES.items()
                if name.endswith(ending))
    what = next((f"a {family} model" for family in families), None)
    if what is None:
        shown = ", ".join(sorted(filter(str.isprintable, names))[:3])[:120]
        what = f"no Llama model (its weights are called {shown} …)" if shown else "no weights"
    raise InputError(f"{source} holds {what}; only the kinds {_KNOWN_KINDS} can be imported.")


def config_of(name: ModelName, weights: Mapping[str, Tensor], source: object) -> LlamaConfig:
    """The function that weights under the names of `LlamaForCausalLM` are of.

    Raises:
        InputError: if their shapes are not those of the model's size, or of any.
    """
    num_tokens, shape = _measure(weights, source)
    sizes = SIZES if name.size is None else {name.size: SIZES[name.size]}
    size = next((size for size in sizes.values()
                 if (size.layers, size.hidden, size.intermediate) == shape), None)
    if size is None:
        known = ", ".join(f"{key} ({size.layers} × {size.hidden}, intermediate "
                          f"{size.intermediate:,})" for key, size in sizes.items())
        meant = (f"the file says {known}" if name.size is not None else
                 f"AutoGraph's sizes are {known}; {_ANOTHER_WAY}")
        raise InputError(f"The weights in {source} are {shape[0]} × {shape[1]}, intermediate "
                         f"{shape[2]:,}, but {meant}.")
    kind = KINDS[name.kind]
    return llama_config(size, num_tokens, rms_norm_eps=kind.rms_norm_eps, positions=kind.positions,
                        rope=kind.rope)


def _measure(weights: Mapping[str, Tensor], source: object) -> tuple[int, tuple[int, int, int]]:
    """Number of tokens, and layers, width and intermediate width."""
    try:
        num_tokens, hidden = weights[EMBEDDING].shape
        layers = 1 + max(int(key.split(".")[2]) for key in weights
                         if key.startswith("model.layers."))
        return num_tokens, (layers, hidden, weights["model.layers.0.mlp.gate_proj.weight"].shape[0])
    except (KeyError, IndexError, ValueError) as error:
        raise not_a_llama(source, error) from None


def not_a_llama(source: object, error: Exception) -> InputError:
    """What to say of weights that do not make a Llama model."""
    return InputError(f"The weights in {source} are not those of a Llama model "
                      f"({one_line(error)}); only the kinds {_KNOWN_KINDS} can be imported.")
