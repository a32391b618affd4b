"""What is said of single rows of a library. No streamlit here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from core.chemistry.cautions import cautions_of
from core.library.basket import MOST_PICKS, Pick
from core.library.export import Kind
from core.library.store import Library
from core.stats.estimates import Interval
from core.triage.generated import Generated
from dashboard.shared.format import lu_interval, plain, planar_summary

FILTER_HELP = (
    "Conditions, joined by semicolons: `lu <= 0.1`, `num_nodes >= 9`, `valid = yes`, `id ~ abc`, "
    "`scored`, `failed`. Your own columns by their names; names with spaces in double quotes."
)
SMARTS_HELP = ("Press Enter. Searched among the first {most:,} chosen rows. Hydrogens are counted "
               "on their atoms, as in [CH3], unless the pattern has a hydrogen atom itself, as in "
               "[#6][H].")
READ_AS_ANOTHER = ("Its SMILES writes pentavalent nitrogen with charges, which is read as another "
                   "graph, so Explore shows other numbers.")

KIND_NAMES: dict[Kind, str] = {"csv": "CSV", "sdf": "SDF", "smi": "SMILES", "parquet": "Parquet",
                                "jsonl": "JSON"}

KIND_HELP: dict[Kind, str] = {
    "csv": "All shown rows, in this order, with all their columns.",
    "sdf": "Shown rows that are valid molecules, with two-dimensional coordinates. Properties: all "
           "columns.",
    "smi": "SMILES and name of shown rows that are valid molecules.",
    "parquet": "All shown rows, in this order, with all their columns.",
    "jsonl": "All shown rows, in this order, with all their columns: an object per line.",
}
HYDROGENS_HELP = ("SMILES and SDF with every hydrogen as an atom. Without, hydrogens are counted "
                  "on their atoms, as on the cards.")

BASKET_FULL = f"The basket is full: it holds {MOST_PICKS} rows. Remove some to pick others."
BASKET_LASTS = "Kept until you close or reload this tab."
BASKET_HELP: dict[Kind, str] = {
    "csv": "All rows, with model and settings.",
    "sdf": "Valid molecules with two-dimensional coordinates; model, settings and numbers as "
           "properties.",
    "smi": "SMILES and name of valid molecules.",
}
SHEET_HELP = "A sheet to print, A4: structures, numbers, model and settings."
SHEET_PAGES_HELP = f"{SHEET_HELP} A file per page, in a ZIP."

_LONGEST_NAME = 60
"""Characters of a row's name on its card; the table shows all."""


def file_label(kind: Kind, number: int) -> str:
    """What the button of a file says.

    >>> file_label("smi", 1)
    'SMILES, 1 molecule'
    """
    word = "molecule" if kind in ("sdf", "smi") else "row"
    return f"{KIND_NAMES[kind]}, {number:,} {word}{'' if number == 1 else 's'}"


def searched(most: int, chosen: int) -> str:
    """Of a substructure search that leaves rows out.

    >>> searched(20_000, 900_000)
    'Only the first 20,000 of 900,000 chosen rows are searched; filter for others.'
    """
    return f"Only the first {most:,} of {chosen:,} chosen rows are searched; filter for others."


def model_gone(library: Library) -> str:
    """Why rows of a scored set cannot be opened on the Explore page."""
    return (f"{plain(library.model)}, which scored these rows, is not here any more or has other "
            "weights, so they do not open on the Explore page.")


def structure_name(library: Library, row: Mapping[str, Any]) -> str:
    """What a picture shows, for those who cannot see it."""
    word = "molecule" if library.chemistry is not None else "graph"
    return (f"Structure of generated {word} {row['row']}" if library.is_samples else
            f"Structure of row {row['row']}")


def card_name(library: Library, row: Mapping[str, Any], read: Generated) -> str:
    """What a card calls its row, as markdown: SMILES, or what else there is to say."""
    is_named = not library.is_samples and not _missing(row.get("id"))
    own = f"**{plain(_bounded(str(row['id'])))}**  \n" if is_named else ""
    if not _missing(row.get("error")):
        return f"{own}:gray[{plain(str(row['error']))}]"
    if read.smiles is not None:
        return f"{own}`{read.smiles}`"
    if read.graph is None:
        return own + (":gray[No graph: the sequence cannot be read or does not end.]"
                      if library.is_samples else ":gray[A graph that is not drawn.]")
    if library.chemistry is not None:
        return f"{own}:gray[{read.graph.num_nodes} atoms that do not form a molecule.]"
    return f"{own}:gray[{planar_summary(read.graph)}]"


def card_scores(library: Library, row: Mapping[str, Any]) -> str:
    """LU with its interval and all NLLs, as markdown; empty where nothing is known."""
    own = [f"self {row['self_nll']:.2f}"] if library.is_samples else []
    if _missing(row.get("lu")):
        return f":small[NLL: {own[0]} nats]" if own else ""
    low, high = row["lu_low"], row["lu_high"]
    band = lu_interval(None if _missing(low) else Interval(low, high), is_exact=high == 0)
    marginal = "–" if _missing(row["nll_marginal"]) else f"{row['nll_marginal']:.2f}"
    known = ", ".join([*own, f"mean {row['nll_mean']:.2f}"])
    return (f"**LU {row['lu']:.3f}** :gray[{band}]  \n"
            f":small[NLL: {known},]  \n:small[order-marginal {marginal} nats]")


def card_marks(library: Library, row: Mapping[str, Any]) -> str:
    """Icons and words on what a graph is, as markdown."""
    if not row["valid"]:
        what = "invalid" if library.is_samples else "not scored"
        return f":small[:red[:material/cancel:] {what}]"
    marks = []
    word = ("valid" if _missing(row.get("stable")) else
            "stable by valences" if row["stable"] else "unstable")
    smiles = None if word == "unstable" or _missing(row.get("smiles")) else row["smiles"]
    strained = cautions_of(smiles)  # which neither validity nor a valence count sees
    if word == "unstable" or strained:
        marks.append(f":orange[:material/warning:] {', but '.join((word, *strained[:1]))}")
    else:
        marks.append(f":green[:material/check_circle:] {word}")
    if library.is_samples:  # a scored set's columns of these names would be the input's own
        if row["fragments"] > 1:
            marks.append(f":material/scatter_plot: {row['fragments']}&nbsp;fragments")
        if not _missing(row["unique"]) and not row["unique"]:
            marks.append(":material/content_copy: repeat")
        if not _missing(row["novel"]) and row["novel"]:
            marks.append(":material/new_releases:&nbsp;novel")
    return f":small[{' &nbsp;'.join(marks)}]"


def basket_title(number: int) -> str:
    """Above the basket, as markdown.

    >>> basket_title(1)
    '**:material/shopping_basket: Basket: 1 row** :small[:gray[of at most 200]]'
    """
    return (f"**:material/shopping_basket: Basket: {number:,} row{'' if number == 1 else 's'}** "
            f":small[:gray[of at most {MOST_PICKS}]]")


def in_basket(number: int) -> str:
    """Beside rows, how many of any list are in the basket.

    >>> in_basket(2)
    'In the basket: 2 rows; it stands in the sidebar.'
    """
    return (f"In the basket: {number:,} row{'' if number == 1 else 's'}; it stands in the "
            "sidebar.")


def picked(pick: Pick) -> str:
    """A row of the basket, as markdown."""
    lu = pick.values.get("lu")
    said = "not scored" if _missing(lu) else f"LU {lu:.3f}"
    name = f"`{_bounded(pick.smiles)}`" if pick.smiles else plain(_bounded(pick.name))
    return f"{name}  \n:small[:gray[{plain(pick.source)}, {said}]]"


def card_notes(library: Library, row: Mapping[str, Any]) -> str:
    """What of the molecule its graph does not encode, as markdown; empty where nothing is said."""
    notes = None if library.is_samples else row.get("notes")
    return "" if _missing(notes) else f":material/info: {plain(str(notes))}"


def _bounded(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME - 1]}…"


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def hidden_rows(pieces: int, repeats: int, *, invalid: int = 0) -> str:
    """How many rows are left out that nobody asked for; empty if none are.

    Args:
        pieces: rows in several pieces.
        repeats: of the others.
        invalid: of those in several pieces.

    >>> hidden_rows(1230, 1, invalid=20)
    '1,230 in several pieces (20 of them invalid) and 1 repeat are hidden.'
    >>> hidden_rows(0, 45), hidden_rows(0, 0)
    ('45 repeats are hidden.', '')
    """
    parts = [f"{pieces:,} in several pieces" + (f" ({invalid:,} of them invalid)" if invalid
                                                else "")] if pieces else []
    parts += [f"{repeats:,} repeat{'' if repeats == 1 else 's'}"] if repeats else []
    if not parts:
        return ""
    return f"{' and '.join(parts)} {'is' if pieces + repeats == 1 else 'are'} hidden."
