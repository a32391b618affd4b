"""`SparseAdapter`: what a sparse run changed, as positions and values, to put on the same weights.

Values are the new weights themselves, not differences: putting them on gives the trained model to
the bit, and taking them off again is done by loading the model anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.salience.language_model import LanguageModel
from core.salience.matrices import SalienceError, weights_of
from core.salience.salience import read_tensors, write_tensors

_KIND = "trailscope-sparse-adapter"


@dataclass(frozen=True, eq=False)
class SparseAdapter:
    """Changed entries of a model.

    Attributes:
        entries: name of the matrix → (positions in it read row by row, [m] int64; values, [m]
            float32); matrices without a changed entry are left out.
        model: name of the model.
        weights_sha256: SHA-256 of the weights that it belongs on.
        settings: of the run that made it, JSON values.
    """

    entries: dict[str, tuple[Tensor, Tensor]]
    model: str
    weights_sha256: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def nnz(self) -> int:
        """Changed entries."""
        return sum(len(positions) for positions, _ in self.entries.values())

    @torch.no_grad()
    def apply(self, model: LanguageModel) -> None:
        """Write the values into a model's matrices, in place.

        Raises:
            SalienceError: for any other weights than those that it was made on.
        """
        if model.weights_sha256 != self.weights_sha256:
            raise SalienceError(f"The adapter was made on the weights of {self.model}, which are "
                                f"not those of {model.name}; load the same weights.")
        weights = weights_of(model.model, model.matrices)
        for name, (positions, values) in self.entries.items():
            weight = weights[name]
            weight.view(-1)[positions.to(weight.device)] = values.to(weight)

    def save(self, path: Path | str) -> None:
        """Write positions (int32) and values as safetensors, whole or not at all."""
        path = Path(path)
        tensors: dict[str, Tensor] = {}
        for name, (positions, values) in self.entries.items():
            tensors |= {f"{name}/positions": positions.int(), f"{name}/values": values}
        write_tensors(path, _KIND, tensors, {"model": self.model, "settings": self.settings,
                                             "weights_sha256": self.weights_sha256})

    @classmethod
    def load(cls, path: Path | str) -> SparseAdapter:
        """Read what `save` wrote.

        Raises:
            SalienceError: if it is missing, damaged, or something else.
        """
        path = Path(path)
        tensors, facts = read_tensors(path, _KIND, made_by="trailscope finetune")
        try:
            names = [key.removesuffix("/values") for key in tensors if key.endswith("/values")]
            entries = {name: (tensors[f"{name}/positions"].long(), tensors[f"{name}/values"])
                       for name in names}
            return cls(entries=entries, **facts)
        except (KeyError, TypeError) as error:
            raise SalienceError(f"{path} is damaged ({error!r}); make it anew with `trailscope "
                                "finetune`.") from error
