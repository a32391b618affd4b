"""How the columns of a library are called on screen, and what the address says of a list of rows.

No streamlit here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.library.columns import PLACE_TYPES, RESULT_TYPES
from core.library.store import Library
from core.triage.samples import GROWTH_TYPES, SAMPLE_TYPES
from core.triage.scores import SCORES

LABELS = {
    "row": "row", "file": "file", "id": "name", "smiles": "SMILES", "num_nodes": "atoms",
    "valid": "valid", "stable": "stable", "nll_std": "NLL std",
    "nll_per_token": "NLL per token", "lu_low": "LU, low end", "lu_high": "LU, high end",
    "effective_sample_size": "effective samples", "notes": "notes", "error": "why not",
    "unique": "unique", "novel": "novel", "fragments": "pieces", "atoms_stable": "stable atoms",
    "prefix_nll": "NLL of the fragment", "holds_fragment": "holds the fragment",
} | {score.column: score.label for score in SCORES.values()}
"""Names of our columns on screen."""

PICTURE, LINK = "structure", "explore"
"""What the table shows of every row beside its columns."""

_OF_SAMPLES = frozenset({"row", *SAMPLE_TYPES, *GROWTH_TYPES})
_OF_SCORED_SETS = frozenset({*PLACE_TYPES, *RESULT_TYPES})

FIRST_COLUMNS = ("id", "smiles", "lu", "nll_std", "nll_mean", "nll_marginal", "num_nodes", "valid")
"""Of the table, in this order; the others follow."""

LOWEST_FIRST, HIGHEST_FIRST = "lowest first", "highest first"
DIRECTIONS = (LOWEST_FIRST, HIGHEST_FIRST)

LOOKS = TABLE, CARDS = ("table", "cards")
ROWS_OF = {TABLE: 50, CARDS: 12}
"""How rows can be shown, and how many of them are on a page."""

MAX_FILTER = 4_000
"""Characters of a filter."""

SAMPLE_LABELS = tuple(LABELS[name] for name in (*SAMPLE_TYPES, *GROWTH_TYPES) if name in LABELS)
"""What the columns of samples are called."""

AS_GENERATED, BY_ROW = "as generated", "row"
"""The order of the file, of samples and of scored sets."""


@dataclass(frozen=True)
class Keys:
    """What the choices on a list of rows are called in the address, where lists must not meet.

    Attributes:
        filter, smarts: which rows.
        sort, direction: in which order.
        look, page: how, and from where on.
        pieces, repeats: whether molecules in pieces and repeats are shown, of generated graphs.
    """

    filter: str
    smarts: str
    sort: str
    direction: str
    look: str
    page: str
    pieces: str = ""
    repeats: str = ""


def label(column: str) -> str:
    """Of one of our columns on screen."""
    return LABELS.get(column, column)


def own_columns(library: Library) -> tuple[str, ...]:
    """Columns that the input brought, in its order."""
    ours = _OF_SAMPLES if library.is_samples else _OF_SCORED_SETS
    return tuple(name for name in library.columns if name not in ours)


def labels_of(library: Library) -> dict[str, str]:
    """How every column is called on screen, all different, in the order of the screen.

    The input's own columns stand as they are, unless one of ours is called so. Those of ours that
    are unknown of every row are left out.
    """
    brought = own_columns(library)
    left_out = {"row", "file", *(library.unknown - set(brought))}
    first = [name for name in FIRST_COLUMNS if name in library.columns]
    rest = [name for name in library.columns if name not in (*first, *left_out)]
    named: dict[str, str] = {}
    taken = {label(name).lower() for name in library.columns if name not in brought}
    taken |= {PICTURE, LINK}
    for name in (*first, *rest):
        if name not in brought:
            named[name] = label(name)
            continue
        own, number = (f"{name} (own)" if name.lower() in taken else name), 2
        while own.lower() in taken:
            own, number = f"{name} (own {number})", number + 1
        taken.add(own.lower())
        named[name] = own
    return named


def unsorted(library: Library) -> str:
    """What the order of the file is called."""
    return AS_GENERATED if library.is_samples else BY_ROW


def column_named(label_: str, labels: Mapping[str, str], default: str) -> str:
    """The column of a name on screen; the default for one that there is not."""
    return next((name for name, said in labels.items() if said == label_), default)
