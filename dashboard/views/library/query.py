"""What the Library page is about, as its address says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.library.keep import SCORES
from core.library.selection import Selection
from core.library.store import Library
from dashboard.rows.columns import DIRECTIONS, LOOKS, ROWS_OF, TABLE, Keys
from dashboard.shared.choices import MAX_SEED
from dashboard.shared.query_params import Choice, Number, faults

ROWS, DISTRIBUTION, SCATTER, COMPARE, KEEP = (
    "Table", "Distribution", "Scatter", "Compare", "Keep-list")
SECTIONS = (ROWS, DISTRIBUTION, SCATTER, COMPARE, KEEP)
DEFAULT = "qm9-random_order samples"
MIN_FDR, DEFAULT_FDR, MAX_FDR = 1, 10, 50

KEYS = Keys(filter="filter", smarts="librarysmarts", sort="rowsort", direction="rowdirection",
            look="rowsas", page="rowpage", pieces="rowpieces", repeats="rowrepeats")
"""Of the list of rows."""


def address_faults(query: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken as it stands.

    Args:
        query: the address's parameters.
        names: of the libraries that there are.
    """
    return faults(query, {
        "library": Choice("library", names, is_of_server=True),
        "look": Choice("section", SECTIONS),
        "rowpage": Number("page", 1, MAX_SEED),
        "rowdirection": Choice("direction", DIRECTIONS),
        "rowsas": Choice("look", LOOKS),
        "libraryfdr": Number("false-discovery rate", MIN_FDR, MAX_FDR),
        "keepby": Choice("score", SCORES),
    })


@dataclass(frozen=True)
class Zoom:
    """A part of a scatter.

    Attributes:
        of: library and columns that it is of.
        view: least and most of x and of y.
    """

    of: tuple[str, str, str]
    view: tuple[float, float, float, float]


def box_of(selection: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """The last box that was drawn on a chart, as least and most of x and of y; None for none.

    >>> box_of({"box": [{"x": [3, 1], "y": [0, 2]}]})
    (1.0, 3.0, 0.0, 2.0)
    """
    boxes = selection.get("box") or []
    if not boxes:
        return None
    x, y = (sorted(float(end) for end in boxes[-1][axis]) for axis in ("x", "y"))
    return None if x[0] == x[-1] or y[0] == y[-1] else (x[0], x[-1], y[0], y[-1])


def lasso_of(selection: Mapping[str, Any]) -> list[tuple[float, float]] | None:
    """The corners of the last lasso that was drawn on a chart; None for none.

    >>> lasso_of({"lasso": [{"x": [0, 1, 1], "y": [0, 0, 1]}]})
    [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]
    """
    lassos = selection.get("lasso") or []
    corners = [(float(x), float(y)) for x, y in zip(
        lassos[-1]["x"], lassos[-1]["y"], strict=True)] if lassos else []
    return corners if len(corners) > 2 else None


def source_of(library: Library, *, hosted: bool) -> str:
    """What a command takes for a library: no folder of a server that is not the reader's."""
    if library.manifest is None:
        return library.model
    return library.folder.name if hosted else str(library.folder)


def python(library: Library, selection: Selection, *, hosted: bool) -> str:
    """The Python that finds the same rows.

    Args:
        library: that is open.
        selection: of its rows.
        hosted: leave out where the library lies.
    """
    source = source_of(library, hosted=hosted)
    if library.manifest is None:
        imported, folder = ("from core.triage.samples import shipped_samples\n",
                            f"shipped_samples()[{source!r}]")
    else:
        imported, folder = "", f"Path({source!r})"
    condition = selection.to_text()
    return f"""from pathlib import Path

from core.library.export import export
from core.library.selection import Selection
from core.library.store import Library
{imported}
library = Library.open({folder})
selection = Selection.from_text({condition!r})
print(library.count(selection))
print(library.page(selection, 0, {ROWS_OF[TABLE]}))
export(library, selection, Path("rows.csv.gz"), "csv")
"""
