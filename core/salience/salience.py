"""`Salience`: a score for every entry of a model's matrices, with all that it was computed from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from core.runs import replacing
from core.salience.matrices import SalienceError, WeightMatrix

FORMAT_VERSION = 1
_PREFIX = "trailscope-"
_KIND = f"{_PREFIX}salience"
_STORED_HASH = "model_digest"
"""What files of this version call `weights_sha256`."""


@dataclass(frozen=True, eq=False)
class Salience:
    """Scores of one criterion on one model; the higher, the sooner an entry is selected.

    Attributes:
        scores: name of the matrix → score, float32, of the matrix' stored shape; on the CPU.
        matrices: what the names stand for, in the model's order.
        criterion: a key of `core.salience.criteria.CRITERIA`.
        is_signed: scores may be negative; the lowest are not the least important but those
            that point the other way.
        options: of the criterion, such as the temperature of `grasp`; JSON values.
        examples: `TokenSequences.source` with its digest, None for criteria that need no data.
        model: name of the model.
        weights_sha256: SHA-256 of its weights.
        seed: what `random` was drawn with.
    """

    scores: dict[str, Tensor]
    matrices: tuple[WeightMatrix, ...]
    criterion: str
    is_signed: bool
    model: str
    weights_sha256: str
    options: dict[str, Any] = field(default_factory=dict)
    examples: dict[str, Any] | None = None
    seed: int = 0

    @property
    def num_entries(self) -> int:
        """n, the entries of all matrices together."""
        return sum(matrix.numel for matrix in self.matrices)

    def describe(self) -> dict[str, Any]:
        """All but the scores, JSON values: what a mask made of them says of its origin."""
        return {"criterion": self.criterion, "is_signed": self.is_signed, "options": self.options,
                "examples": self.examples, "model": self.model,
                _STORED_HASH: self.weights_sha256, "seed": self.seed}

    def save(self, path: Path | str) -> None:
        """Write scores and provenance as safetensors, whole or not at all."""
        path = Path(path)
        write_tensors(path, _KIND, {name: score.contiguous() for name, score in
                                    self.scores.items()},
                      {**self.describe(), "matrices": [m.to_json() for m in self.matrices]})

    @classmethod
    def load(cls, path: Path | str) -> Salience:
        """Read what `save` wrote.

        Raises:
            SalienceError: if it is missing, damaged, or something else.
        """
        path = Path(path)
        tensors, facts = read_tensors(path, _KIND, made_by="trailscope salience")
        try:
            matrices = tuple(WeightMatrix.from_json(row) for row in facts.pop("matrices"))
            scores = {matrix.name: tensors[matrix.name].view(matrix.shape) for matrix in matrices}
            return cls(scores=scores, matrices=matrices, **facts)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise SalienceError(f"{path} is damaged ({error!r}); make it anew with `trailscope "
                                "salience`.") from error


def write_tensors(
    path: Path, kind: str, tensors: dict[str, Tensor], facts: dict[str, Any]
) -> None:
    """Write tensors with JSON facts as one safetensors file, whole or not at all."""
    facts = {_STORED_HASH if name == "weights_sha256" else name: fact
             for name, fact in facts.items()}
    with replacing(path) as partial:
        save_file(tensors, partial, metadata={"kind": kind, "format_version": str(FORMAT_VERSION),
                                              "facts": json.dumps(facts)})


def kind_of(path: Path) -> str:
    """What a file of `write_tensors` holds: `salience`, `mask`, or whatever else it says.

    Raises:
        SalienceError: if it is missing, damaged, or not of TrailScope.
    """
    try:
        with safe_open(path, framework="pt") as file:
            kind = (file.metadata() or {}).get("kind", "")
    except (OSError, SafetensorError) as error:
        raise SalienceError(f"{path} cannot be read ({error}); give a file made by `trailscope "
                            "salience` or `trailscope mask`.") from error
    if not kind.startswith(_PREFIX):
        raise SalienceError(f"{path} holds neither scores nor a mask; give a file made by "
                            "`trailscope salience` or `trailscope mask`.")
    return kind.removeprefix(_PREFIX)


def read_tensors(
    path: Path, kind: str, *, made_by: str
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write_tensors` wrote.

    Args:
        path: the file.
        kind: what it must be.
        made_by: command that makes such files, for the message.

    Raises:
        SalienceError: if it is missing, damaged, of another kind or version.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            found = metadata.get("kind"), metadata.get("format_version")
            if found[0] == kind and found[1] == str(FORMAT_VERSION):
                facts = json.loads(metadata["facts"])
                facts["weights_sha256"] = facts.pop(_STORED_HASH)
                return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise SalienceError(f"{path} cannot be read ({error}); give a file made by `{made_by}`."
                            ) from error
    if found[0] != kind:
        raise SalienceError(f"{path} is not a file of `{made_by}` but of another kind; give one "
                            "that it made.")
    raise SalienceError(f"{path} is of format version {found[1]}, this TrailScope reads version "
                        f"{FORMAT_VERSION}; make it anew with `{made_by}`.")
