"""`FullTuning`: all weights are trained."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel


class FullTuning:
    """All weights, embeddings and head included."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model.requires_grad_(True)

    @property
    def parameters(self) -> list[nn.Parameter]:
        """All of the model's."""
        return list(self.model.parameters())

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
        """All weights."""
        return {name: parameter.detach() for name, parameter in self.model.named_parameters()}

    @torch.no_grad()
    def restore(self, state: dict[str, Tensor]) -> None:
        """Put all weights back."""
        for name, parameter in self.model.named_parameters():
            parameter.copy_(state[name])

    def merged(self) -> PreTrainedModel:
        """The model itself."""
        return self.model.eval()
