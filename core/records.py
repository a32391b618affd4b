"""Provenance: what was run, with what, and what came out, as plain JSON."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.runs import write_json

RECORD = "record.json"
"""What the record of a folder of results is called."""

_PACKAGES = ("torch", "transformers", "rdkit", "numpy")


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that numbers depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


_STORED_NAMES = {"weights_sha256": "checkpoint"}
"""Fields that records call otherwise."""


@dataclass(frozen=True)
class RunRecord:
    """One run of a command: enough to repeat it and to know what it was run on.

    Attributes:
        command: name of the command, such as `train`.
        config: all settings that change the result, JSON values.
        result: what came out, JSON values.
        seed: the seed that reproduces it.
        device: where tensors lived.
        weights_sha256: SHA-256 of the weights used or made, if any.
        versions: see `package_versions`.
    """

    command: str
    config: dict[str, Any]
    result: dict[str, Any]
    seed: int
    device: str
    weights_sha256: str | None = None
    versions: dict[str, str] = field(default_factory=package_versions)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of all fields; the hash of the weights stands under `checkpoint`."""
        return {_STORED_NAMES.get(name, name): value for name, value in asdict(self).items()}

    def write(self, path: Path) -> None:
        """Write the record as JSON, whole or not at all."""
        write_json(path, self.to_json())


def read_record(
    folder: Path, *, command: str, version: int, what: str, error: type[InputError]
) -> dict[str, Any]:
    """The record of a folder of results, as JSON.

    Args:
        folder: of the results; the record is its `RECORD`.
        command: that makes such folders.
        version: the format version that its `config` must name.
        what: such a folder holds, as in "an evaluation".
        error: the exception to raise.

    Raises:
        InputError: as `error`, if there is none, or it is damaged, of another command or version.
    """
    path = folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        found = record["config"]["format_version"] if record["command"] == command else None
    except FileNotFoundError:
        raise error(f"{folder} does not hold {what}: it has no {RECORD}; make it with "
                    f"`trailscope {command}`.") from None
    except (OSError, KeyError, TypeError, ValueError) as cause:
        raise error(f"{path} is damaged ({cause!r}); make the folder anew with `trailscope "
                    f"{command}`.") from cause
    if found is None:
        raise error(f"{path} is the record of `{record['command']}`, not of {what}; make the "
                    f"folder with `trailscope {command}`.")
    if found != version:
        raise error(f"{folder} is of format version {found}, this TrailScope reads version "
                    f"{version}; make the folder anew with `trailscope {command}`.")
    return record


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
