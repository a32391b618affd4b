"""Bringing in a Llama model of `transformers`: a folder that `save_pretrained` wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor
from transformers import LlamaConfig

from core.errors import InputError, one_line
from core.model.card import ModelCard
from core.model.checkpoints import WEIGHTS, save_checkpoint
from core.model.foreign.kinds import EMBEDDING, not_a_llama
from core.model.foreign.meaning import token_meaning
from core.model.transformer import model_of
from core.sent.strategies import Strategy
from core.sent.vocabulary import EOS, PAD, SOS

_CONFIG = "config.json"
_INDEX = f"{WEIGHTS}.index.json"
_HEAD = "lm_head.weight"
ROPES = ("default", "linear", "llama3", "yarn")
"""Rotations by position that are the same however long a sequence becomes."""


def import_pretrained_folder(
    source: Path,
    folder: Path,
    *,
    name: str,
    strategy: Strategy,
    dataset: str | None = None,
    chemistry: str | None = None,
) -> ModelCard:
    """Convert a folder of a Llama model into a TrailScope folder.

    Args:
        source: the folder with `config.json` and `model.safetensors`, in one file or several.
        folder: where to write.
        name: of the model.
        strategy: what the model was trained under.
        dataset: what the model was trained on; see `token_meaning`.
        chemistry: how it writes molecules, if not as AutoGraph writes the data set's.

    Raises:
        InputError: if the folder holds another kind of model, pickled or broken weights, or
            neither `dataset` nor `chemistry` says what its tokens mean.
    """
    if folder.resolve() == source.resolve():
        raise InputError(f"{folder} is the folder to read; give another one to write.")
    config = _read_config(source)
    weights = _read_weights(source)
    if config.tie_word_embeddings and EMBEDDING in weights:
        weights.setdefault(_HEAD, weights[EMBEDDING])
    config.tie_word_embeddings = False  # checkpoint folders hold both
    meaning = token_meaning(config.vocab_size, source, dataset=dataset, chemistry=chemistry)
    config.bos_token_id, config.eos_token_id, config.pad_token_id = SOS, EOS, PAD
    try:
        model = model_of(config, weights)
    except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise not_a_llama(source, error) from None
    known_as = source.resolve().name
    card = ModelCard(
        name=name, vocabulary=meaning.vocabulary, chemistry=meaning.chemistry, strategy=strategy,
        preset="imported", data={"name": meaning.dataset, "source": known_as},
        training={"imported_from": known_as},
    )
    return save_checkpoint(folder, model, card)


def _read_config(source: Path) -> LlamaConfig:
    if not (source / _CONFIG).is_file():
        raise InputError(f"{source} has no {_CONFIG}; give a Lightning .ckpt file, or a folder "
                         "that `save_pretrained` of transformers wrote.")
    row = _read_json(source / _CONFIG)
    kind = row.get("model_type")
    if kind != "llama":
        raise InputError(f"{source} holds a model of type {str(kind)[:80]!r}; only llama can be "
                         "imported.")
    if "quantization_config" in row:
        raise InputError(f"The weights in {source} are quantized; give the model as it was before.")
    try:
        config = LlamaConfig.from_dict(row)
        rope = dict(config.rope_parameters or {}).get("rope_type", "default")
    except Exception as error:  # whatever a library raises for a file that may say anything
        raise InputError(f"{source / _CONFIG} does not describe a Llama model "
                         f"({one_line(error)}); write the folder again.") from None
    if rope not in ROPES:
        raise InputError(f"{source} rotates by position as {rope}, which depends on a sequence's "
                         f"length; models with {', '.join(ROPES)} can be imported.")
    return config


def _read_weights(source: Path) -> dict[str, Tensor]:
    """All weights of a folder, in one file or, with an index, in several."""
    if (source / WEIGHTS).is_file():
        files = [source / WEIGHTS]
    elif (source / _INDEX).is_file():
        places = _read_json(source / _INDEX).get("weight_map")
        if not isinstance(places, dict) or not places:
            raise InputError(f"{source / _INDEX} names no files of weights; get the folder again.")
        files = [source / Path(str(place)).name for place in dict.fromkeys(places.values())]
    else:
        pickled = next((path.name for pattern in ("*.bin", "*.pt", "*.pth")
                        for path in sorted(source.glob(pattern))), None)
        if pickled is not None:
            raise InputError(f"The weights in {source} are pickled ({pickled}), and opening a "
                             f"pickle can run anything; write them as {WEIGHTS}, as "
                             "`save_pretrained` of transformers does.")
        raise InputError(f"{source} has no {WEIGHTS}; write the model there with `save_pretrained` "
                         "of transformers.")
    weights: dict[str, Tensor] = {}
    for file in files:
        try:
            weights |= {name: tensor.float() for name, tensor in load_file(file).items()}
        except Exception as error:  # of a library that reads a file which may be damaged or missing
            raise InputError(f"{file} cannot be read ({one_line(error)}); get the folder "
                             "again.") from None
    return weights


def _read_json(path: Path) -> dict[str, Any]:
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not JSON ({one_line(error)}); get the folder again.") from None
    if not isinstance(row, dict):
        raise InputError(f"{path} is not a JSON object; get the folder again.")
    return row
