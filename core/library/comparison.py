"""Two libraries compared molecule by molecule: another model, order, or K of the same molecules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
from scipy import stats

from core.library.manifest import LibraryError
from core.library.store import Library, ask, read_table
from core.likelihood.low_lu import nll_std, owes_lu_to_nll
from core.stats.estimates import Estimate, Interval

COMPARED = ("lu", "nll_std", "nll_mean", "nll_per_token", "nll_marginal")
"""Columns whose differences are shown, in their order."""

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class PairedDifference:
    """A number of the same molecules in two libraries.

    Attributes:
        column: one of `COMPARED`.
        number: molecules that have it in both.
        first, second: means.
        difference: mean of second − first, with Student's t interval over molecules.
        lower: share of molecules that have the lower value in the second.
    """

    column: str
    number: int
    first: float
    second: float
    difference: Estimate
    lower: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two libraries, joined molecule by molecule; of equal molecules in one the first row counts.

    Attributes:
        by_graph: whether molecules are told by their graphs, else by their SMILES as given.
        both: molecules that are in both.
        only_first, only_second: that are in one.
        differences: by column.
        low_lu: the library whose lower LU comes from a higher NLL (`core.likelihood.low_lu`).
    """

    by_graph: bool
    both: int
    only_first: int
    only_second: int
    differences: tuple[PairedDifference, ...]
    low_lu: Literal["first", "second"] | None = None


def compare(first: Library, second: Library) -> Comparison:
    """Join two libraries and compare the numbers of what is in both.

    Raises:
        LibraryError: if they share no molecule with numbers.
    """
    key = _key(first, second)
    both = (f"({_distinct(first, key)}) AS a FULL JOIN ({_distinct(second, key)}) AS b "
            "USING (molecule)")
    [(shared, alone, other)] = ask(
        "SELECT count(*) FILTER (a.row IS NOT NULL AND b.row IS NOT NULL), "
        f"count(*) FILTER (b.row IS NULL), count(*) FILTER (a.row IS NULL) FROM {both}")
    if not shared:
        raise LibraryError("The two sets have no molecule in common, so there is nothing to "
                           "compare; choose sets of the same molecules"
                           f"{'' if key == 'graph_key' else ', written alike'}.")
    found = []
    for column in COMPARED:
        [(number, one, two, mean, spread, lower)] = ask(
            f"SELECT count(*), avg(x), avg(y), avg(y - x), stddev_samp(y - x), "
            f"avg(CAST(y < x AS DOUBLE)) FROM (SELECT a.{column} AS x, b.{column} AS y "
            f"FROM {both}) WHERE isfinite(x) AND isfinite(y)")
        if number:
            found.append(PairedDifference(column, number, one, two, Estimate(
                mean, _interval(mean, spread, number)), lower))
    values = read_table(
        f"SELECT a.lu, a.nll_mean, b.lu AS other_lu, b.nll_mean AS other_nll_mean FROM {both} "
        "WHERE isfinite(a.lu) AND isfinite(b.lu) AND isfinite(a.nll_mean) "
        "AND isfinite(b.nll_mean)")
    return Comparison(key == "graph_key", shared, alone, other, tuple(found), _low_lu(values))


def _low_lu(values: pd.DataFrame) -> Literal["first", "second"] | None:
    """Whose lower LU comes from a higher NLL, from LU and mean NLL of every molecule in both."""
    if len(values) < 2:
        return None
    mine, theirs = values[["lu", "nll_mean"]], values[["other_lu", "other_nll_mean"]]
    tables = [mine, theirs.set_axis(mine.columns, axis=1)]
    owes = owes_lu_to_nll([table["lu"].to_numpy() for table in tables],
                          [nll_std(table) for table in tables])
    return "first" if owes[0, 1] else "second" if owes[1, 0] else None


def pairs(first: Library, second: Library, column: str, *, most: int) -> pd.DataFrame:
    """Molecules with a number in both, those of the lowest keys: a sample that has no order.

    Returns:
        Columns `row` and `other_row`, `id`, `smiles`, `x` and `y`.
    """
    if column not in COMPARED:
        raise LibraryError(f"{column!r} is not compared; choose one of {', '.join(COMPARED)}.")
    key = _key(first, second)
    return read_table(
        f"SELECT a.row, b.row AS other_row, a.id, a.smiles, a.{column} AS x, b.{column} AS y "
        f"FROM ({_distinct(first, key)}) AS a JOIN ({_distinct(second, key)}) AS b "
        "USING (molecule) "
        f"WHERE isfinite(x) AND isfinite(y) ORDER BY hash(molecule), molecule LIMIT {int(most)}")


def _key(first: Library, second: Library) -> str:
    return "graph_key" if are_told_by_graph(first, second) else "smiles"


def are_told_by_graph(first: Library, second: Library) -> bool:
    """Whether molecules of two libraries are told by their graphs, else by their SMILES as given.

    Models of other chemistries write other graphs of a molecule, and the same labels mean other
    atoms: H2 with hydrogens as nodes would be ethane without.
    """
    return (first.has_graph_keys and second.has_graph_keys
            and first.chemistry == second.chemistry)


def _distinct(library: Library, key: str) -> str:
    """The first row of every molecule that has numbers."""
    return (f"SELECT DISTINCT ON ({key}) {key} AS molecule, row, id, smiles, "
            f"{', '.join(COMPARED) if library.manifest else _of_samples()} "
            f"FROM {library.source} WHERE lu IS NOT NULL AND {key} IS NOT NULL "
            f"ORDER BY {key}, row")


def _of_samples() -> str:
    """Samples do not tell how many tokens their linearizations have."""
    return ", ".join("NULL::DOUBLE AS nll_per_token" if name == "nll_per_token" else name
                     for name in COMPARED)


def _interval(mean: float, spread: float | None, number: int) -> Interval | None:
    if number < 2 or spread is None:
        return None
    half = stats.t.ppf(0.5 + _CONFIDENCE / 2, number - 1) * spread / number**0.5
    return Interval(float(mean - half), float(mean + half))
