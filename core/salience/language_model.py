"""`LanguageModel`: what salience is computed of and what is fine-tuned, ours or anybody's.

A TrailScope checkpoint knows molecules: its examples are linearizations. Any other
causal LM of `transformers`, from a local folder or by its name on the hub, takes token sequences
from a file. Weights are read from safetensors only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from core.errors import one_line
from core.memory import keep_freed_memory
from core.model.card import CheckpointError
from core.model.checkpoints import Checkpoint, load_checkpoint
from core.salience.matrices import (
    SalienceError,
    WeightMatrix,
    decoder_blocks,
    find_matrices,
)

_CARD = "trailscope.json"
_ADAPTER = "adapter_config.json"
_PROBED = 16
"""Tokens of the sequence that shows whether a model looks ahead."""


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A causal LM in evaluation mode, fp32, with eager attention.

    Attributes:
        model: the model itself.
        name: how commands and pages call it.
        weights_sha256: of its file of weights, or of all parameters of a model that is not ours.
        checkpoint: the TrailScope checkpoint that it is, None for any other model.
    """

    model: PreTrainedModel
    name: str
    weights_sha256: str
    checkpoint: Checkpoint | None = None

    @cached_property
    def matrices(self) -> tuple[WeightMatrix, ...]:
        """The weight matrices inside its decoder blocks.

        Raises:
            SalienceError: if there are none.
        """
        return find_matrices(self.model)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.model.parameters()).device

    @property
    def vocab_size(self) -> int:
        """Number of tokens that it tells apart."""
        return int(self.model.config.get_text_config().vocab_size)

    @property
    def max_tokens(self) -> int | None:
        """Longest sequence that it has positions for, None if not limited."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None)

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint) -> LanguageModel:
        """The model of a TrailScope checkpoint, shared, not copied."""
        model = checkpoint.model
        # Double backward, which GraSP needs, is implemented for eager attention only.
        model.set_attn_implementation("eager")
        return cls(model, checkpoint.card.name, checkpoint.card.weights_sha256, checkpoint)


def open_language_model(
    name_or_path: str | Path, *, device: torch.device | str = "cpu"
) -> LanguageModel:
    """Load a shipped model by name, a checkpoint folder, or any causal LM of `transformers`.

    Args:
        name_or_path: a shipped model's name; a folder with `trailscope.json`; a folder that
            `save_pretrained` wrote; or a name on the hub, such as `openai-community/gpt2`.
        device: where the model goes.

    Raises:
        CheckpointError: for a TrailScope checkpoint that is damaged.
        SalienceError: for anything that is no causal LM with safetensors weights, all of them
            there; for an adapter; for a model whose predictions depend on what comes later.
    """
    keep_freed_memory()
    text = str(name_or_path)
    is_foreign_folder = Path(text).is_dir() and not (Path(text) / _CARD).is_file()
    if not is_foreign_folder and not _looks_like_hub_name(text):
        try:
            return LanguageModel.from_checkpoint(load_checkpoint(name_or_path, device=device))
        except CheckpointError as error:
            if Path(text).exists() or "/" in text:
                raise
            raise CheckpointError(f"{str(error).rstrip('.')}; a model of the hub is named with "
                                  "its owner, such as openai-community/gpt2.") from error
    if (Path(text) / _ADAPTER).is_file():
        raise SalienceError(f"{text} holds an adapter, which would open as the model below it; "
                            "give the merged model, which `trailscope finetune` writes to "
                            "checkpoint/ beside the adapter.")
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            text, dtype=torch.float32, attn_implementation="eager", use_safetensors=True,
            output_loading_info=True, ignore_mismatched_sizes=True)
    except Exception as error:  # of any of the libraries that read a file which may be damaged
        raise SalienceError(
            f"{text} cannot be loaded as a causal LM ({one_line(error)}); give a shipped model, or "
            "a folder or hub name with config.json and safetensors weights."
        ) from error
    model, loading = loaded
    model.eval()
    if getattr(model, "_hf_peft_config_loaded", False):
        raise SalienceError(f"{text} is an adapter, which would open as the model below it; give "
                            "a model that it is merged into.")
    _check_weights(text, model, loading)
    check_causal(text, model)
    torch.nn.Module.to(model, device)
    return LanguageModel(model, Path(text).name if is_foreign_folder else text,
                         sha256_of_weights(model))


def check_causal(name: str, model: PreTrainedModel) -> None:
    """Refuse a model whose logits depend on later tokens, by trying.

    Args:
        name: how messages call it.
        model: in evaluation mode.

    Raises:
        SalienceError: if another last token changes an earlier logit, if logits are not finite, or
            if the model does not run on tokens alone.
    """
    config = model.config.get_text_config()
    length = min(_PROBED, getattr(config, "max_position_embeddings", None) or _PROBED)
    tokens = torch.randint(int(config.vocab_size), (1, length),
                           generator=torch.Generator().manual_seed(0), device="cpu")
    other = tokens.clone()
    other[0, -1] = (tokens[0, -1] + 1) % int(config.vocab_size)
    device = next(model.parameters()).device
    try:
        with torch.no_grad():
            first, second = (model(input_ids=given.to(device), use_cache=False).logits[0, :-1]
                             for given in (tokens, other))
    except Exception as error:  # whatever a model of any kind needs besides
        raise SalienceError(f"{name} does not run on tokens alone ({one_line(error)}); give a "
                            "causal LM over text tokens.") from error
    if not bool(first.isfinite().all() and second.isfinite().all()):
        raise SalienceError(f"{name} gives logits that are not finite; its weights are damaged.")
    # The same operations on the same numbers: only rounding may differ.
    if not torch.allclose(first, second, rtol=1e-4, atol=1e-4 * float(first.abs().max())):
        raise SalienceError(f"{name} is not causal: its predictions depend on tokens that come "
                            "later, so they are no likelihood; give a causal LM, such as GPT-2 or "
                            "Llama.")


def _check_weights(name: str, model: PreTrainedModel, loading: Mapping[str, Any]) -> None:
    """Refuse weights that `transformers` would make up or leave out."""
    blocks, _ = decoder_blocks(model)
    in_block = re.compile(rf"(^|\.){re.escape(blocks.rsplit('.', 1)[-1])}\.\d+\.")
    found = {
        "lack": loading["missing_keys"],
        "have another shape of": [key[0] for key in loading["mismatched_keys"]],
        "have more than config.json says:": [
            key for key in loading["unexpected_keys"] if in_block.search(key)],
    }
    for what, keys in found.items():
        if keys:
            raise SalienceError(f"The weights of {name} {what} {_some(keys)}, so they are not "
                                f"those of the {type(model).__name__} in its config.json; give a "
                                "folder whose files belong together.")


def _some(keys: Collection[str]) -> str:
    first, *others = sorted(keys)
    return first + (f" and {len(others)} more" if others else "")


def sha256_of_weights(model: torch.nn.Module) -> str:
    """SHA-256 of names and contents of all parameters."""
    found = hashlib.sha256()
    for name, parameter in model.named_parameters():
        found.update(name.encode())
        found.update(parameter.detach().float().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _looks_like_hub_name(text: str) -> bool:
    """`owner/name` that is not a folder here; a single word would be a misspelt shipped model."""
    return not Path(text).exists() and text.count("/") == 1 and not text.startswith((".", "/", "~"))

