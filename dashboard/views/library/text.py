"""What the Library page says, and the tables that it shows."""

from __future__ import annotations

import pandas as pd

from core.library.comparison import Comparison, PairedDifference
from core.library.keep import LibraryKeepList
from core.library.selection import Selection
from core.library.store import Histogram, Library, Scatter
from core.likelihood.low_lu import MARK
from core.units import with_unit
from dashboard.rows.columns import label
from dashboard.shared.format import plain, short, signed

QUESTION = "Which scored molecules stand out, and how do two models or orders compare on them?"
"""What the page answers."""

EXAMPLE = """\
Every row is a molecule with its NLL, LU and whatever columns your file had.

**Example.** The condition `LU < 0.05` leaves molecules on which orders agree. In the scatter, drag
a lasso around a few points to mark them in the table. Compare joins two sets molecule by molecule:
a difference in LU of −0.02 [−0.03, −0.01] means that the second set is lower, and that chance does
not explain it.
"""
"""How to read the page."""

NO_LIBRARY = ("There is no library yet; score molecules on the Score page or with "
              "`trailscope score`.")
NO_OTHER = ("There is no other library to compare with; score the same molecules under another "
            "model.")
NO_REFERENCE = (
    "A keep-list needs a reference set: molecules scored by the same model, order and K, with a "
    "column of yes and no that says which are good, some of each. None of the libraries here is "
    "one."
)


def provenance(library: Library) -> str:
    """What scored the rows, and how far it is."""
    what = "samples" if library.is_samples else "rows"
    said = (f"{library.rows:,} {what}, scored by {library.model} under {library.strategy}, "
            f"K = {library.permutations}, seed {library.seed}.")
    if library.manifest is not None and library.manifest.failed:
        said += f" {library.manifest.failed:,} could not be scored and say why."
    return plain(said)


def unfinished(library: Library) -> str:
    """Of a set that is still being scored."""
    return (f"{library.rows:,} of {library.total:,} rows are scored so far. Go on with the same "
            "`trailscope score` command, or bring the same molecules to the Score page.")


def shown(number: int, library: Library, selection: Selection) -> str:
    """How many rows are chosen, and why."""
    if number == library.rows:
        return f"All **{number:,}** rows."
    why = []
    if condition := selection.to_text():
        why.append(plain(condition))
    if selection.rows is not None:
        why.append("those marked or found")
    return f"**{number:,}** of {library.rows:,} rows{': ' if why else ''}{', '.join(why)}."


def most_marked(most: int) -> str:
    """Of a lasso around more rows than it takes.

    >>> most_marked(100_000)
    'A lasso marks the first 100,000 rows in it; filter, or draw a smaller one, for others.'
    """
    return (f"A lasso marks the first {most:,} rows in it; filter, or draw a smaller one, for "
            "others.")


def distribution_finding(found: Histogram, column: str) -> str:
    """What the histogram says, for those who do not see it."""
    place = int(found.of_chosen.argmax())
    return (f"{label(column)} of {found.of_chosen.sum():,} chosen of {found.of_all.sum():,} rows, "
            f"from {found.edges[0]:.3g} to {found.edges[-1]:.3g}; most of the chosen lie between "
            f"{found.edges[place]:.3g} and {found.edges[place + 1]:.3g}.")


def distribution_table(found: Histogram) -> pd.DataFrame:
    """The numbers of the histogram."""
    return pd.DataFrame({"low": found.edges[:-1], "high": found.edges[1:],
                         "rows": found.of_all, "chosen_rows": found.of_chosen})


def scatter_finding(found: Scatter, x: str, y: str) -> str:
    """What the scatter shows, for those who do not see it."""
    kind = "each a point" if found.points is not None else "darker where more lie"
    return f"{label(y)} against {label(x)} of {found.number:,} rows, {kind}."


def scatter_table(found: Scatter, x: str, y: str) -> pd.DataFrame:
    """The numbers of the scatter of two columns."""
    if found.points is not None:
        return found.points.rename(columns={} if x == y else {"x": with_unit(x), "y": with_unit(y)})
    rows, columns = found.counts.nonzero()
    return pd.DataFrame({
        "x_low": found.x_edges[columns], "x_high": found.x_edges[columns + 1],
        "y_low": found.y_edges[rows], "y_high": found.y_edges[rows + 1],
        "rows": found.counts[rows, columns]})


def comparison_sentence(found: Comparison, first: str, second: str) -> str:
    """How many molecules are in both."""
    return (f"**{found.both:,}** molecules are in both; {found.only_first:,} are in {plain(first)} "
            f"alone, {found.only_second:,} in {plain(second)} alone. Equal molecules count once"
            f"{'' if found.by_graph else '; they are told by their SMILES as given'}.")


def difference_finding(found: PairedDifference, second: str) -> str:
    """Which of the two is lower, as far as the interval tells."""
    interval = found.difference.interval
    name = label(found.column)
    if interval is None or interval.holds(0.0):
        return f"{name}: no difference can be told from {found.number:,} molecules."
    way = "lower" if found.difference.value < 0 else "higher"
    return (f"{name} is {way} in {plain(second)} by {short(abs(found.difference.value))} on "
            f"average; {found.lower:.0%} of the molecules have the lower value there.")


def difference_table(found: Comparison, first: str, second: str) -> pd.DataFrame:
    """Paired differences with their intervals; a low LU that comes from a high NLL is marked."""
    def mean(one: PairedDifference, value: float, which: str) -> str:
        is_marked = one.column == "lu" and found.low_lu == which
        return f"{short(value)} {MARK}" if is_marked else short(value)

    return pd.DataFrame([{
        "number": label(one.column), "molecules": one.number,
        first: mean(one, one.first, "first"), second: mean(one, one.second, "second"),
        "difference, 95%": signed(one.difference),
        "lower in the second": f"{one.lower:.0%}"} for one in found.differences])


def low_lu_finding(found: Comparison, first: str, second: str) -> str:
    """What the mark says; empty where nothing is marked."""
    if found.low_lu is None:
        return ""
    lower, other = (first, second) if found.low_lu == "first" else (second, first)
    return (f"{MARK} The lower LU of {plain(lower)} comes from its higher NLL: between orders of a "
            f"molecule its NLL varies by more nats than that of {plain(other)}.")


def keep_finding(found: LibraryKeepList, fdr: float) -> str:
    """How many rows are kept."""
    return (f"**{len(found.rows):,}** of {found.candidates:,} molecules are kept at a "
            f"false-discovery rate of {fdr:.0%}.")


def keep_reference(found: LibraryKeepList, name: str) -> str:
    """What they are compared with."""
    shared = (f" {found.shared:,} that are candidates too were left out." if found.shared else "")
    return (f"Reference: {found.reference:,} molecules of {plain(name)}, "
            f"{found.keep_list.bad_reference:,} of them bad.{shared}")
