"""What a folder of a scored set says of itself: its input, its settings and its finished parts.

`_manifest.json` lists the parts with row counts and hashes; a part that it does not list does not
exist. It is written anew, whole or not at all, after each part, so that a folder is at any moment
a set of finished parts and one manifest that fits them. Readers of Parquet folders skip names that
begin with `_`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.chemistry.chemistry import Chemistry
from core.errors import InputError, one_line
from core.library.columns import RESULT_TYPES, schema
from core.records import package_versions
from core.runs import write_json
from core.units import with_unit

MANIFEST = "_manifest.json"
"""What the file is called."""

FORMAT_VERSION = 1
"""Of the folder, and of the numbers in it: keys depend on it."""

OWN_TYPES: dict[str, pa.DataType] = {
    "whole number": pa.int64(), "number": pa.float64(), "text": pa.string(),
    "yes or no": pa.bool_(),
}
"""Types of an input's own columns, by the names that the manifest has for them."""


class LibraryError(InputError):
    """A scored set that cannot be read or added to; the message says why."""


@dataclass(frozen=True)
class InputFile:
    """A file of molecules as it was when it was scored.

    Attributes:
        name: without folders.
        sha256: of its bytes.
        rows: how many it has.
    """

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Part:
    """A finished Parquet file of a set.

    Attributes:
        name: of the file.
        rows: how many it has.
        failed: those of them that have an error.
        sha256: of its bytes.
    """

    name: str
    rows: int
    failed: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """All that a folder says of its rows.

    Attributes:
        inputs: the files, in the order in which their rows stand.
        settings: what the numbers depend on: `model`, `weights_sha256`, `strategy`, `tie_break`,
            `permutations`, `seed`, `precision`, and how the input was read.
        chemistry: of the model, as `Chemistry.to_json` gives it; None for graphs without labels.
        own: types of the input's own columns by the names under which they are kept; see
            `OWN_TYPES`.
        columns: those names by the names in the input.
        parts: that are finished, in order.
        device: where numbers were computed last.
        versions: of the packages there.
        has_units: whether parts call columns as all that leaves does; sets of old call an NLL
            without its unit.
    """

    inputs: tuple[InputFile, ...]
    settings: Mapping[str, Any]
    chemistry: Mapping[str, Any] | None
    own: Mapping[str, str]
    columns: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    device: str = "cpu"
    versions: Mapping[str, str] = field(default_factory=package_versions)
    has_units: bool = True

    @property
    def rows(self) -> int:
        """Of the whole input."""
        return sum(file.rows for file in self.inputs)

    @property
    def rows_done(self) -> int:
        """That stand in finished parts."""
        return sum(part.rows for part in self.parts)

    @property
    def failed(self) -> int:
        """Finished rows that have an error."""
        return sum(part.failed for part in self.parts)

    @property
    def is_finished(self) -> bool:
        """Whether every row of the input stands in a part."""
        return self.rows_done == self.rows

    @property
    def schema(self) -> pa.Schema:
        """Of every part."""
        return schema({name: OWN_TYPES[kind] for name, kind in self.own.items()})

    @property
    def stored_as(self) -> dict[str, str]:
        """The columns of `schema` by what the parts call them."""
        return {with_unit(name) if self.has_units and name in RESULT_TYPES else name: name
                for name in self.schema.names}

    def with_part(self, part: Part) -> Manifest:
        """The manifest once another part is finished."""
        return replace(self, parts=(*self.parts, part))

    def write(self, folder: Path) -> None:
        """Write `MANIFEST`, whole or not at all."""
        write_json(folder / MANIFEST, {"format_version": FORMAT_VERSION, "rows": self.rows,
                                       "rows_done": self.rows_done, **asdict(self)})

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of a folder.

        Raises:
            LibraryError: for a folder without one, of another version, or a damaged one.
        """
        path = folder / MANIFEST
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            found = content["format_version"]
            if type(found) is int and found != FORMAT_VERSION:
                raise LibraryError(f"{folder} is a scored set of format version {found}, this "
                                   f"TrailScope reads version {FORMAT_VERSION}; score the input "
                                   "anew into another folder.")
            if found != FORMAT_VERSION:
                raise ValueError("its format version is no number")
            return _checked(cls(
                inputs=tuple(InputFile(**file) for file in content["inputs"]),
                settings=content["settings"], chemistry=content["chemistry"],
                own={name: kind for name, kind in content["own"].items() if OWN_TYPES[kind]},
                columns=content["columns"],
                parts=tuple(Part(**part) for part in content["parts"]),
                device=content["device"], versions=content["versions"],
                has_units=content.get("has_units", False) is True))
        except LibraryError:
            raise
        except FileNotFoundError:
            raise LibraryError(f"{folder} is no scored set: it has no {MANIFEST}; make one with "
                               "`trailscope score FILE --output FOLDER`.") from None
        except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise LibraryError(f"{path} is damaged ({one_line(error)}); score the input anew into "
                               "another folder.") from error


def part_name(number: int) -> str:
    """What the file of a part is called, by the number of those before it."""
    return f"part-{number:06d}.parquet"


def _checked(found: Manifest) -> Manifest:
    """A manifest whose values are what they should be and fit each other.

    Raises:
        ValueError: saying which are not.
    """
    def fits() -> Iterator[tuple[str, bool]]:
        yield "inputs", all(_is_of(asdict(file), _FILE) and file.rows > 0 for file in found.inputs)
        yield "settings", _is_of(found.settings, _SETTINGS) and found.settings["part_rows"] > 0
        yield "columns", sorted(found.columns.values()) == sorted(found.own)
        # A part is a file of the folder, whatever a manifest from elsewhere says.
        yield "parts", all(_is_of(asdict(part), _PART) and part.rows > 0
                           and part.name == part_name(number)
                           for number, part in enumerate(found.parts))
        yield "rows", found.rows_done <= found.rows

    for what, is_so in fits():
        if not is_so:
            raise ValueError(f"its {what} are not those of a scored set")
    if found.chemistry is not None:
        Chemistry.from_json(found.chemistry)
    return found


def _is_of(values: Mapping[str, Any], kinds: Mapping[str, type]) -> bool:
    return all(type(values[name]) is kind for name, kind in kinds.items())


_FILE = {"name": str, "sha256": str, "rows": int}
_PART = {**_FILE, "failed": int}
_SETTINGS = {"model": str, "weights_sha256": str, "strategy": str, "precision": str,
             "permutations": int, "seed": int, "part_rows": int}
