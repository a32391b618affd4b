"""`LanguageModel`: what salience is computed of and what is fine-tuned, ours or anybody's.

A TrailScope checkpoint knows molecules: its examples are linearizations. Any other
causal LM of `transformers`, from a local folder or by its name on the hub, takes token sequences
from a file. Weights are read from safetensors only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from core.errors import one_line
from core.model.card import CheckpointError
from core.model.checkpoints import Checkpoint, load_checkpoint
from core.salience.matrices import SalienceError, WeightMatrix, find_matrices

_CARD = "trailscope.json"


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
        SalienceError: for anything that is no causal LM with safetensors weights.
    """
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
    try:
        model = AutoModelForCausalLM.from_pretrained(
            text, dtype=torch.float32, attn_implementation="eager", use_safetensors=True)
    except Exception as error:  # of any of the libraries that read a file which may be damaged
        raise SalienceError(
            f"{text} cannot be loaded as a causal LM ({one_line(error)}); give a shipped model, or "
            "a folder or hub name with config.json and safetensors weights."
        ) from error
    torch.nn.Module.to(model, device)
    return LanguageModel(model.eval(), Path(text).name if is_foreign_folder else text,
                         sha256_of_weights(model))


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

