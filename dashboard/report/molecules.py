"""The report on many scored molecules: what they are like together, and a table of the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from core.chemistry.chemistry import Chemistry
from core.chemistry.notation import shorten
from core.data.files import InputRow
from core.library.columns import own_names
from core.stats.estimates import Estimate, Interval
from core.stats.molecule_bootstrap import MoleculeBootstrap
from dashboard.drawing.thumbnails import thumbnail_svg
from dashboard.report.blocks import (
    Card,
    Cards,
    Cell,
    Row,
    Section,
    Sentence,
    Table,
    Value,
    chart,
    drawing,
    number,
    section,
)
from dashboard.report.charts import distribution
from dashboard.shared.format import fixed, interval, lu_interval

MAX_ROWS = 200
"""Rows that the table shows."""

MAX_COLUMNS = 20
"""Columns of the input's own that it shows."""

_MOST_LETTERS = 200
_MOST_RESAMPLED = 10_000  # molecules; resamples of more take gigabytes, and narrow nothing
_NUMBERS = {"num_nodes": "atoms", "nll_mean": "NLL, nats", "nll_std": "± std",
            "nll_per_token": "NLL per token", "nll_marginal": "order-marginal NLL",
            "effective_sample_size": "ESS"}
_DIGITS = {"nll_mean": 2, "nll_std": 2, "nll_marginal": 2, "effective_sample_size": 1}


@dataclass
class ScoredMolecules:
    """What is kept of scored rows: some numbers of all, and the first rows whole.

    Attributes:
        num_rows: all that there were.
        lu, nll_mean, nll_marginal: of the rows that were scored, in order; the last may be None.
        first: up to `MAX_ROWS` rows with their summaries (`core.likelihood.analysis`).
    """

    num_rows: int = 0
    lu: list[float] = field(default_factory=list)
    nll_mean: list[float] = field(default_factory=list)
    nll_marginal: list[float | None] = field(default_factory=list)
    first: list[tuple[InputRow, Mapping[str, Any]]] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[tuple[InputRow, Mapping[str, Any]]]) -> ScoredMolecules:
        """Read rows and their summaries to the end."""
        found = cls()
        for row, summary in rows:
            found.num_rows += 1
            if len(found.first) < MAX_ROWS:
                found.first.append((row, summary))
            if summary["error"] is None:
                found.lu.append(summary["lu"])
                found.nll_mean.append(summary["nll_mean"])
                found.nll_marginal.append(summary["nll_marginal"])
        return found

    @property
    def num_bad(self) -> int:
        """Rows that could not be scored."""
        return self.num_rows - len(self.lu)


def molecule_sections(
    found: ScoredMolecules, chemistry: Chemistry | None, *, seed: int
) -> tuple[Section, ...]:
    """Numbers and histograms of all, and the table of the first.

    Args:
        found: the rows.
        chemistry: what labels mean; None for graphs without.
        seed: of the interval of the mean.
    """
    word = "molecules" if chemistry is not None else "graphs"
    together = [section("Together", Cards(tuple(_cards(found, word, seed))), _figures(found))]
    return (*together, section("One by one", *_table(found, chemistry, word)))


def _cards(found: ScoredMolecules, word: str, seed: int) -> Iterable[Card]:
    bad = f"of {found.num_rows:,}; {found.num_bad:,} could not be" if found.num_bad else "all rows"
    yield Card(f"{word.capitalize()} scored", number(len(found.lu)), bad)
    if found.lu:
        for label, values, unit, digits in (
            ("Mean LU", found.lu, "", 3), ("Mean NLL", found.nll_mean, " nats", 2)):
            mean = mean_of(values, seed=seed)
            yield Card(label, Value(fixed(mean.value, digits) + unit, repr(mean.value)),
                       f"95%: {interval(mean.interval, digits)}",
                       mean.reason or f"Over {word}; the interval resamples them.")
        middle = float(np.median(found.lu))
        yield Card("Median LU", number(middle), f"{min(found.lu):.3f} to {max(found.lu):.3f}")


def mean_of(values: Sequence[float], *, seed: int) -> Estimate:
    """The mean over molecules with its 95% interval; of very many, by the normal law."""
    if len(values) <= _MOST_RESAMPLED:
        return MoleculeBootstrap(len(values), seed=seed).ratio(values)
    mean, reach = float(np.mean(values)), 1.96 * float(np.std(values)) / len(values)**0.5
    return Estimate(mean, Interval(mean - reach, mean + reach))


def _figures(found: ScoredMolecules) -> Row | None:
    if len(found.lu) < 2:
        return None
    figures = [_figure("Linearization Uncertainty", "LU", found.lu, 0),
               _figure("NLL of a sequence", "mean NLL, nats", found.nll_mean, 1)]
    marginal = [value for value in found.nll_marginal if value is not None]
    if len(marginal) > 1:
        figures.append(_figure("Order-marginal NLL", "order-marginal NLL, nats", marginal, 2))
    return Row(tuple(figures))


def _figure(title: str, axis: str, values: Sequence[float], series: int) -> Any:
    return chart(
        partial(distribution, values, axis, series=series), title=title,
        alt=f"{axis} of {len(values):,}: {min(values):.3g} to {max(values):.3g}, "
            f"mean {float(np.mean(values)):.3g}.")


def _table(
    found: ScoredMolecules, chemistry: Chemistry | None, word: str
) -> Iterable[Sentence | Table]:
    shown = len(found.first)
    if shown < found.num_rows:
        yield Sentence(f"The first {shown:,} of {found.num_rows:,} rows; trailscope score prints "
                       "all of them.")
    names = {**_NUMBERS, "num_nodes": "atoms" if chemistry is not None else "nodes"}
    columns = ["structure", "id", *(["SMILES"] if chemistry is not None else []), "LU",
               "95% interval", *names.values()]
    own = list(dict.fromkeys(name for row, _ in found.first for name in row.columns))
    if len(own) > MAX_COLUMNS:
        yield Sentence(f"Of the input's own {len(own):,} columns the first {MAX_COLUMNS} are "
                       "shown.")
        own = own[:MAX_COLUMNS]
    has_notes = any(row.notes for row, _ in found.first)
    rows: list[tuple[Cell, ...]] = []
    for row, summary in found.first:
        cells: list[Cell] = [_structure(row, chemistry), Value(row.id)]
        if chemistry is not None:
            cells.append(Value(row.smiles or "–"))
        if summary["error"] is not None:
            cells.append(Value(summary["error"], span=2 + len(names)))
        else:
            cells += [number(summary["lu"]), Value(_interval(summary)),
                      *(number(summary[name], _DIGITS.get(name, 3)) for name in names)]
        if has_notes:
            cells.append(Value(" ".join(row.notes) or "–"))
        rows.append((*cells, *(_own(row.columns.get(name)) for name in own)))
    columns += ["notes"] if has_notes else []
    yield Table((*columns, *own_names(own).values()), tuple(rows),
                frozenset(("LU", *names.values())), is_long=True)


def _own(value: object) -> Value:
    """A cell of the input."""
    if value is None or value == "":
        return Value("–")
    return Value(f"{value:g}" if isinstance(value, float) else shorten(str(value), _MOST_LETTERS))


def _interval(summary: Mapping[str, Any]) -> str:
    low, high = summary["lu_low"], summary["lu_high"]
    if low is None:
        return "–"
    return lu_interval(Interval(low, high), is_exact=high == 0)


def _structure(row: InputRow, chemistry: Chemistry | None) -> Cell:
    if row.graph is None:
        return Value("–")
    return drawing(partial(thumbnail_svg, row.graph, chemistry, title=f"Structure of {row.id}"))
