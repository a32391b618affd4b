"""Graphs as static pictures: SVG text from a layout."""

from __future__ import annotations

import math

import numpy as np

from dashboard.drawing.layouts import Layout
from dashboard.drawing.picture import LEGEND_HEIGHT, Picture
from dashboard.shared.palette import palette, scale_color


def attribution_svg(
    layout: Layout,
    atom_values: np.ndarray,
    bond_values: np.ndarray,
    *,
    dark: bool,
    title: str,
    unit: str,
    show_hydrogens: bool,
    scale: tuple[float, float],
    diverging: bool = False,
    width: int = 520,
) -> str:
    """Draw a value per atom as a halo and a value per bond as its colour, with a legend.

    Args:
        layout: where everything stands.
        atom_values: [n], NaN for none. With hydrogens hidden, the caller decides whether their
            values are already part of their heavy atom's.
        bond_values: [e], NaN for none.
        dark: colours for a dark page.
        title: says what is shown; the picture's accessible name.
        unit: stands at the legend, such as `nats`.
        show_hydrogens: draw hydrogens.
        scale: values at the two ends of the colour scale, equal across pictures to compare.
        diverging: use the two-sided scale, for differences.
        width: of the picture in pixels; the height follows.

    Raises:
        ValueError: for values whose length does not fit the layout.
    """
    if len(atom_values) != len(layout) or len(bond_values) != len(layout.bonds):
        raise ValueError(
            f"Expected {len(layout)} atom and {len(layout.bonds)} bond values, "
            f"got {len(atom_values)} and {len(bond_values)}."
        )
    colors = palette(dark=dark)
    stops = colors.diverging if diverging else colors.sequential
    picture = Picture(layout, colors, width, show_hydrogens=show_hydrogens, foot=LEGEND_HEIGHT)
    for row, value in enumerate(np.asarray(bond_values, dtype=float)):
        if math.isfinite(value):
            picture.bond_halo(row, scale_color(stops, _fraction(value, scale)), f"{value:.3g}")
    for atom, value in enumerate(np.asarray(atom_values, dtype=float)):
        if math.isfinite(value):
            picture.atom_halo(atom, scale_color(stops, _fraction(value, scale)), f"{value:.3g}")
    picture.skeleton()
    picture.legend(stops, scale, unit)
    return picture.svg(title)


def molecule_svg(
    layout: Layout,
    *,
    dark: bool,
    title: str,
    show_hydrogens: bool = False,
    width: int = 220,
    height: int | None = 160,
) -> str:
    """Draw a plain structure, as a thumbnail; `title` is its accessible name."""
    picture = Picture(layout, palette(dark=dark), width, height, show_hydrogens=show_hydrogens)
    picture.skeleton()
    return picture.svg(title)


def numbered_svg(layout: Layout, *, dark: bool, title: str, width: int = 300) -> str:
    """Draw a structure with all its nodes and their numbers; the height follows."""
    colors = palette(dark=dark)
    picture = Picture(layout, colors, width, show_hydrogens=True)
    picture.skeleton()
    for node in range(len(layout)):
        picture.badge(node, str(node), colors.muted)
    return picture.svg(title)


def _fraction(value: float, scale: tuple[float, float]) -> float:
    low, high = scale
    return (value - low) / (high - low) if high > low else 0.5
