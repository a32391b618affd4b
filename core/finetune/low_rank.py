"""`LowRankTuning`: LoRA and PiSSA, two thin factors beside every matrix, by `peft`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from core.salience.matrices import SalienceError, WeightMatrix

if TYPE_CHECKING:
    from peft import PeftModel


def lora_parameters(matrices: tuple[WeightMatrix, ...], rank: int) -> int:
    """Numbers that LoRA of a rank trains: rank · (rows + columns) of every matrix."""
    return rank * sum(sum(matrix.shape) for matrix in matrices)


class LowRankTuning:
    """LoRA (Hu et al., arXiv 2106.09685) or PiSSA (Meng et al., arXiv 2404.02948), by `peft`.

    The scale is 1 (alpha = rank). PiSSA starts from the leading singular vectors and takes them
    out of the weights below, so its adapter fits no other weights; `save_adapter` converts it.

    Args:
        model: changed in place.
        matrices: which get an adapter.
        method: `lora` or `pissa`.
        rank: at least 1, at most the smallest side of a matrix.
        seed: fixes LoRA's first values.

    Raises:
        SalienceError: for an impossible rank.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        matrices: tuple[WeightMatrix, ...],
        *,
        method: Literal["lora", "pissa"],
        rank: int,
        seed: int,
    ) -> None:
        from peft import LoraConfig, get_peft_model

        largest = min(min(matrix.shape) for matrix in matrices)
        if not 1 <= rank <= largest:
            raise SalienceError(f"A rank lies between 1 and {largest} here, got {rank}.")
        config = LoraConfig(
            r=rank, lora_alpha=rank, lora_dropout=0.0, bias="none", task_type="CAUSAL_LM",
            target_modules=[matrix.name.removesuffix(".weight") for matrix in matrices],
            fan_in_fan_out=matrices[0].is_transposed,
            init_lora_weights="pissa" if method == "pissa" else True,
        )
        model.requires_grad_(False)
        with torch.random.fork_rng(devices=[]), _quiet_peft():
            torch.manual_seed(seed)
            self.model: PeftModel = get_peft_model(model, config)
        self._method = method
        self._merged: PreTrainedModel | None = None
        self._first = {name: tensor.clone() for name, tensor in self.state().items()} if (
            method == "pissa") else {}

    @property
    def parameters(self) -> list[nn.Parameter]:
        """The factors of all adapters."""
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    @property
    def num_parameters(self) -> int:
        """Numbers that are trained."""
        return sum(parameter.numel() for parameter in self.parameters)

    def listening(self) -> AbstractContextManager[None]:
        """Nothing to do."""
        return nullcontext()

    def apply(self) -> None:
        """Nothing to do."""

    def state(self) -> dict[str, Tensor]:
        """The factors by name."""
        return {name: parameter.detach() for name, parameter in self.model.named_parameters()
                if parameter.requires_grad}

    @torch.no_grad()
    def restore(self, state: dict[str, Tensor]) -> None:
        """Put the factors back."""
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(state[name])

    def save_adapter(self, folder: Path) -> None:
        """Write the adapter as `peft` does, to be put on the model's first weights.

        A PiSSA adapter is converted to a LoRA adapter of twice the rank.
        """
        with _quiet_peft():
            if self._method == "lora":
                self.model.save_pretrained(str(folder))
            else:
                self._save_converted(folder)

    def merged(self) -> PreTrainedModel:
        """The model with the adapters multiplied into its matrices."""
        if self._merged is None:
            self._merged = self.model.merge_and_unload().eval()
        return self._merged

    def _save_converted(self, folder: Path) -> None:
        trained = {name: tensor.clone() for name, tensor in self.state().items()}
        with TemporaryDirectory() as first:
            self.restore(self._first)
            # `peft` reads the first factors back as those of an ordinary adapter.
            config: Any = self.model.peft_config["default"]
            config.init_lora_weights = True
            self.model.save_pretrained(first)
            self.restore(trained)
            config.init_lora_weights = "pissa"
            self.model.save_pretrained(str(folder), path_initial_model_for_weight_conversion=first)


@contextmanager
def _quiet_peft() -> Iterator[None]:
    """`peft` warns of a base model without a name on the hub, which ours have not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
