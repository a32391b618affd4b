"""What a row of a file says, before it is understood."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError


class InputFileError(InputError):
    """A file that cannot be read; the message says why and what would be right."""


def as_name(value: str | int | float | None) -> str | None:
    """What a typed cell calls a row; whole numbers are stored as floats where some are missing.

    >>> as_name(7.0), as_name(0.5), as_name(float("nan"))
    ('7', '0.5', None)
    """
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if value.is_integer() and abs(value) <= MOST_EXACT:
            return str(int(value))
    return None if value is None else str(value)


MOST_EXACT = 2**53
"""Floats beyond are no longer one whole number each."""


@dataclass(frozen=True)
class Record:
    """A row before it is understood: at most one of SMILES, MOL block and JSON graph.

    Attributes:
        name: the row's own, None if it has none.
        smiles: as given; may stand beside a graph.
        mol_block: of an SDF file.
        graph: of a JSON file.
        error: why the row cannot be understood; the rest is what could be read all the same.
        columns: what else the row says, by the file's own names in the file's order: text, whole
            numbers of 64 bits, numbers, true and false, None where there is nothing.
    """

    name: str | None
    smiles: str | None = None
    mol_block: str | None = None
    graph: Mapping[str, Any] | None = None
    error: str | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
