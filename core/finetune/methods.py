"""The ways to fine-tune: their names, and what every one of them can do.

Each is a file beside this one: `sparse`, `low_rank` (LoRA and PiSSA), `full`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal, Protocol, get_args

from torch import Tensor, nn
from transformers import PreTrainedModel

Method = Literal["sparse", "lora", "pissa", "full"]
METHODS: tuple[Method, ...] = get_args(Method)

METHOD_TITLES: dict[Method, str] = {
    "sparse": "sparse", "lora": "LoRA", "pissa": "PiSSA", "full": "all weights"}
"""How people call them."""


class Tuning(Protocol):
    """A model being fine-tuned by one method."""

    @property
    def model(self) -> nn.Module:
        """What is run forward."""

    @property
    def parameters(self) -> list[nn.Parameter]:
        """What the optimizer moves."""

    @property
    def num_parameters(self) -> int:
        """Numbers that are trained."""

    def listening(self) -> AbstractContextManager[None]:
        """Backward passes of training happen inside."""

    def apply(self) -> None:
        """Called after every step of the optimizer."""

    def state(self) -> dict[str, Tensor]:
        """What `restore` needs besides the model's first weights."""

    def restore(self, state: dict[str, Tensor]) -> None:
        """Put back what `state` said."""

    def merged(self) -> PreTrainedModel:
        """The plain model that came of it; the tuning is over."""
