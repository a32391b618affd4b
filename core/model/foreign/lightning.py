"""Bringing in a checkpoint of the AutoGraph or LU code: a PyTorch Lightning `.ckpt` file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from core.errors import InputError
from core.model.card import ModelCard
from core.model.checkpoints import save_checkpoint
from core.model.foreign.hyper_parameters import read_hyper_parameters
from core.model.foreign.inert_pickle import read_inertly
from core.model.foreign.kinds import (
    EMBEDDING,
    config_of,
    find_prefix,
    model_name,
    not_a_llama,
    refuse_other_kinds,
)
from core.model.foreign.meaning import token_meaning
from core.model.transformer import model_of
from core.sent.strategies import Strategy


def import_lightning_checkpoint(
    source: Path,
    folder: Path,
    *,
    name: str,
    strategy: Strategy,
    dataset: str | None = None,
    chemistry: str | None = None,
    kind: str | None = None,
) -> ModelCard:
    """Convert a Lightning checkpoint of a Llama model into a TrailScope folder.

    Kind, size and data set are what the file's hyper-parameters say.

    Args:
        source: the `.ckpt` file.
        folder: where to write.
        name: of the model.
        strategy: what the model was trained under; the file does not say it reliably.
        dataset: what the model was trained on, if not what the file says; see `token_meaning`.
        chemistry: how it writes molecules, if not as the data set's are written.
        kind: `llama`, `llama2` or `llama3`, for a file that does not say.

    Raises:
        InputError: if the file is no such checkpoint, of another kind of model, or does not say
            what its weights or tokens mean.
    """
    content = read_inertly(source)
    state = content.get("state_dict") if isinstance(content, dict) else None
    if not isinstance(state, dict):
        raise InputError(f"{source} has no state_dict; give a Lightning .ckpt file.")
    stated = read_hyper_parameters(content)
    refuse_other_kinds(stated, source)
    weights = _llama_weights(state, source)
    wanted = model_name(stated, kind, source)
    config = config_of(wanted, weights, source)
    meaning = token_meaning(
        weights[EMBEDDING].shape[0], source, dataset=dataset, chemistry=chemistry,
        stated=stated.dataset_names, is_labelled=stated.is_labelled, is_autograph=True,
    )
    try:
        model = model_of(config, weights)
    except (RuntimeError, KeyError, ValueError) as error:
        raise not_a_llama(source, error) from None
    card = ModelCard(
        name=name, vocabulary=meaning.vocabulary, chemistry=meaning.chemistry, strategy=strategy,
        preset="imported", data={"name": meaning.dataset, "source": source.name},
        training={"imported_from": source.name, "kind": wanted.kind},
    )
    return save_checkpoint(folder, model, card)


def _llama_weights(state: dict[str, Any], source: Path) -> dict[str, Tensor]:
    """Weights under the names of `LlamaForCausalLM`, without the wrappers' prefix."""
    state = {key: value for key, value in state.items() if isinstance(key, str)}
    prefix = find_prefix(state, source)
    parts = (f"{prefix}model.", f"{prefix}lm_head.")
    return {key.removeprefix(prefix): value.float() for key, value in state.items()
            if key.startswith(parts) and isinstance(value, Tensor)
            and not key.endswith("rotary_emb.inv_freq")}
