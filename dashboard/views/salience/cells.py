"""Values of every matrix of a model as cells of a table: a row per layer, a column per module."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.salience.agreement import Agreement
from core.salience.masks import Mask
from core.salience.matrices import WeightMatrix, short_module_name
from dashboard.shared.format import short

_OCTAVES = 4
"""Factors of two, up and down, that a scale about "as dense as the whole" spans."""

Stops = Literal["sequential", "diverging"]
Ticks = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Grid:
    """Where matrices stand.

    Attributes:
        matrices: of the model, in its order.
    """

    matrices: tuple[WeightMatrix, ...]

    @property
    def layers(self) -> tuple[int, ...]:
        """Numbers of the decoder blocks."""
        return tuple(dict.fromkeys(matrix.layer for matrix in self.matrices))

    @property
    def modules(self) -> tuple[str, ...]:
        """Short names of the modules, in the order of a block."""
        return tuple(dict.fromkeys(short_module_name(m.module) for m in self.matrices))

    @property
    def labels(self) -> dict[str, WeightMatrix]:
        """Label → matrix, such as `layer 3 gate`."""
        return {label(matrix): matrix for matrix in self.matrices}


def label(matrix: WeightMatrix) -> str:
    """What a matrix is called on the page."""
    return f"layer {matrix.layer} {short_module_name(matrix.module)}"


@dataclass(frozen=True)
class Cells:
    """What a heatmap of matrices shows; all by name of the matrix.

    Attributes:
        values: the numbers that are shown: shares, scores, differences of shares or multiples of
            chance; NaN where there is none.
        places: 0 to 1 on the colour scale; NaN where there is no value.
        labels: what stands in the cell.
        hovers: what more is said of it.
        stops: colours: from low to high, or either way from the middle.
        ticks: (place, text) on the scale.
        title: of the scale.
    """

    values: dict[str, float]
    places: dict[str, float]
    labels: dict[str, str]
    hovers: dict[str, str]
    stops: Stops
    ticks: Ticks
    title: str


def density_cells(mask: Mask) -> Cells:
    """Density of every matrix; the colour says how much denser than the whole mask it is."""
    values, places, labels, hovers = {}, {}, {}, {}
    counts = mask.counts()
    for matrix in mask.matrices:
        chosen = counts[matrix.name]
        density = chosen / matrix.numel
        ratio = density / mask.density
        values[matrix.name] = density
        places[matrix.name] = _ratio_place(ratio)
        labels[matrix.name] = cell_percent(density)
        hovers[matrix.name] = (f"{label(matrix)}<br>{chosen:,} of {matrix.numel:,} selected, "
                               f"{percent(density)}<br>{times(ratio)} the density of the mask")
    return Cells(values, places, labels, hovers, "diverging", _ratio_ticks(), "× average")


def score_cells(means: Mapping[str, float], matrices: Sequence[WeightMatrix]) -> Cells:
    """Mean score of every matrix, on a logarithmic scale unless some are negative."""
    low, high = min(means.values()), max(means.values())
    end = max(abs(low), abs(high))
    power = math.floor(math.log10(end)) if end else 0
    power = power if abs(power) > 1 else 0
    if low < 0:
        scaled = {name: (value / end + 1) / 2 for name, value in means.items()}
        ticks: Ticks = ((0.0, scientific(-end)), (0.5, "0"), (1.0, scientific(end)))
        stops: Stops = "diverging"
    else:
        scaled, ticks = _sequential(means, low, high)
        stops = "sequential"
    return Cells(
        dict(means), scaled, {name: _in_units(value, 10.0**power) for name, value in means.items()},
        {matrix.name: f"{label(matrix)}<br>mean score {means[matrix.name]:.3e} over "
                      f"{matrix.numel:,} entries" for matrix in matrices},
        stops, ticks, f"mean, × 1e{power}".replace("-", "−") if power else "mean")


def moved_cells(found: Mapping[str, Agreement], matrices: Sequence[WeightMatrix]) -> Cells:
    """Density of the second mask minus that of the first, in every matrix."""
    moved = {name: -one.density_difference for name, one in found.items()}
    end = max(map(abs, moved.values())) or 1.0
    return Cells(
        moved, {name: (value / end + 1) / 2 for name, value in moved.items()},
        {name: signed_percent(value) for name, value in moved.items()},
        _agreement_hovers(found, matrices), "diverging",
        ((0.0, signed_percent(-end)), (0.5, "0"), (1.0, signed_percent(end))),
        "second minus first")


def ratio_cells(found: Mapping[str, Agreement], matrices: Sequence[WeightMatrix]) -> Cells:
    """Agreement of two masks in every matrix: 1 is chance, the end of the scale is identity."""
    return Cells(
        {name: one.ratio for name, one in found.items()},
        {name: one.closeness for name, one in found.items()},
        {name: times(one.ratio) for name, one in found.items()},
        _agreement_hovers(found, matrices), "sequential",
        ((0.0, "chance"), (1.0, "identical")), "agreement")


def percent(share: float) -> str:
    """A share for a cell: two digits, but never 0% for what is not nothing.

    >>> percent(0.0123), percent(0.00004), percent(0), percent(0.256), percent(1)
    ('1.2%', '0.004%', '0', '26%', '100%')
    """
    if share == 0:
        return "0"
    value = 100 * share
    if value < 0.001:
        return "<0.001%"
    if value >= 9.95:
        return f"{value:.0f}%"
    return f"{value:.2g}%" if value < 1 else f"{value:.1f}%"


def cell_percent(share: float) -> str:
    """A share where there is room for few letters.

    >>> cell_percent(0.0123), cell_percent(0.00034), cell_percent(0.00003), cell_percent(0)
    ('1.2%', '0.03%', '<0.01%', '0')
    """
    if 0 < share < 0.0001:
        return "<0.01%"
    return f"{100 * share:.2f}%" if 0 < share < 0.001 else percent(share)


def signed_percent(difference: float) -> str:
    """A difference of two shares with its sign; what is next to nothing is ≈ 0.

    >>> signed_percent(0.0123), signed_percent(-0.5), signed_percent(0), signed_percent(-0.00002)
    ('+1.2%', '−50%', '0', '≈0')
    """
    if abs(difference) < 0.0001:
        return "≈0" if difference else "0"
    return ("+" if difference > 0 else "−") + cell_percent(abs(difference))


def times(ratio: float) -> str:
    """A multiple.

    >>> times(2.345), times(0.042), times(123.4), times(float("nan"))
    ('2.3×', '0.042×', '123×', '–')
    """
    if math.isnan(ratio):
        return "–"
    return f"{ratio:.0f}×" if ratio >= 9.95 else (
        f"{ratio:.1f}×" if ratio >= 1 else f"{ratio:.2g}×")


def scientific(value: float) -> str:
    """A score for a cell.

    >>> scientific(0.00001234), scientific(0), scientific(-2.5)
    ('1.2e−5', '0', '−2.5')
    """
    if value == 0:
        return "0"
    text = f"{value:.2g}" if 0.01 <= abs(value) < 1000 else f"{value:.1e}"
    mantissa, _, exponent = text.partition("e")
    text = f"{mantissa}e{int(exponent)}" if exponent else text
    return text.replace("-", "−")


def _in_units(value: float, unit: float) -> str:
    """A score for a cell, in units that all cells share."""
    scaled = value / unit
    if abs(scaled) < 0.005:
        return "≈0" if value else "0"
    return f"{scaled:.2f}".replace("-", "−")


def _agreement_hovers(
    found: Mapping[str, Agreement], matrices: Iterable[WeightMatrix]
) -> dict[str, str]:
    texts = {}
    for matrix in matrices:
        one = found[matrix.name]
        jaccard = "neither selects anything" if math.isnan(one.jaccard) else (
            f"Jaccard {short(one.jaccard)}, chance {short(one.chance)}")
        texts[matrix.name] = (
            f"{label(matrix)}<br>first {percent(one.first / one.entries)}, second "
            f"{percent(one.second / one.entries)}<br>{jaccard}<br>only first "
            f"{one.only_first:,}, both {one.both:,}, only second {one.only_second:,}")
    return texts


def _ratio_place(ratio: float) -> float:
    if ratio == 0:
        return 0.0
    return min(1.0, max(0.0, (math.log2(ratio) / _OCTAVES + 1) / 2))


def _ratio_ticks() -> Ticks:
    octaves = range(-_OCTAVES, _OCTAVES + 1, 2)
    names = {octave: f"{2**octave}×" if octave >= 0 else f"1/{2**-octave}×" for octave in octaves}
    names |= {-_OCTAVES: f"≤ {names[-_OCTAVES]}", _OCTAVES: f"≥ {names[_OCTAVES]}"}
    return tuple(((octave / _OCTAVES + 1) / 2, names[octave]) for octave in octaves)


def _sequential(
    values: Mapping[str, float], low: float, high: float
) -> tuple[dict[str, float], Ticks]:
    """Places on a logarithmic scale, or on a linear one if there is a zero."""
    if high <= low:
        return dict.fromkeys(values, 0.5), ((0.5, scientific(low)),)
    transform = math.log if low > 0 else float
    start, span = transform(low), transform(high) - transform(low)
    marks = np.geomspace(low, high, 4) if low > 0 else np.linspace(low, high, 4)
    return ({name: (transform(value) - start) / span for name, value in values.items()},
            tuple((k / 3, scientific(float(mark))) for k, mark in enumerate(marks)))
