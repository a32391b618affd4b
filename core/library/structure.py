"""One row of a library as a graph: what is drawn of it, and what the Explore page takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.chemistry.molecules import from_smiles
from core.chemistry.notation import MoleculeError
from core.library.store import Library
from core.triage.generated import Generated

TOKENS = "tokens"
"""Column of samples that holds the sequence as it was generated."""

_MOST_ATOMS = 1_000
"""Larger molecules are not drawn."""


def structure(library: Library, row: Mapping[str, Any]) -> Generated:
    """The graph of a row; without one where the row was not scored or came without a molecule.

    Samples are read from their tokens, so that invalid ones show what they wrote, too; rows of a
    scored set from their SMILES.

    Args:
        library: of the row.
        row: its columns `smiles` and `valid`, and `tokens` of samples.
    """
    tokens = row.get(TOKENS)
    if library.vocabulary is not None and tokens is not None:
        return Generated.read(token_numbers(tokens), library.vocabulary, library.chemistry,
                              library.mask)
    smiles = row.get("smiles")
    is_valid = isinstance(row.get("valid"), bool | np.bool_) and bool(row["valid"])
    if library.chemistry is None or not isinstance(smiles, str) or not is_valid:
        return Generated(None)
    try:
        graph = from_smiles(smiles, library.chemistry, max_atoms=_MOST_ATOMS).graph
    except MoleculeError:
        return Generated(None)
    return Generated(graph, smiles, smiles, is_typable=True)


def token_numbers(stored: bytes | bytearray | Iterable[int] | None) -> list[int]:
    """The numbers of a sequence, which a table of samples stores as bytes or as small integers.

    Without one, none.

    >>> token_numbers(b"\\x00\\x05"), token_numbers(np.array([0, 300], dtype=np.uint16))
    ([0, 5], [0, 300])
    """
    return [] if stored is None else [int(token) for token in stored]
