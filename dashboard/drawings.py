"""Graphs as pictures: a layout computed once per graph, and static SVG drawings on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from rdkit import Chem

from core.graph.graph import Graph
from core.graph.molecules import BONDS, ELEMENTS, to_rdkit
from dashboard.coordinates import (
    free_directions,
    molecule_coordinates,
    plain_coordinates,
    unit_bonds,
)
from dashboard.palette import FONT_STACK, Palette, palette, scale_color

_ORDERS = {"single": 1.0, "double": 2.0, "triple": 3.0, "aromatic": 1.5}
_MARGIN = 0.75  # room around the outermost atoms, in bonds
_LEGEND_HEIGHT = 46
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, eq=False)
class Layout:
    """A graph on the page. One unit is one bond; y points down.

    Attributes:
        coordinates: [n, 2] float64.
        symbols: element per atom, empty strings for an unlabelled graph.
        charges: formal charge per atom, as the drawing shows it.
        is_hydrogen: [n] bool, hydrogens with one heavy neighbour, which a drawing may hide.
        bonds: [e, 2], the graph's edges in its order.
        orders: [e] float64, 1 to 3 (aromatic 1.5), 0 for an edge without a label.
        sides: [e] int, where a double bond's second line goes seen from its first to its second
            atom: +1 right of it on the page, -1 left, 0 both lines centred.
        free_angles: [n] radians (y down), the emptiest direction around each atom, for a badge.
    """

    coordinates: np.ndarray
    symbols: tuple[str, ...]
    charges: tuple[int, ...]
    is_hydrogen: np.ndarray
    bonds: np.ndarray
    orders: np.ndarray
    sides: np.ndarray
    free_angles: np.ndarray

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def is_molecule(self) -> bool:
        """Whether atoms have symbols."""
        return any(self.symbols)

    @cached_property
    def owners(self) -> tuple[int, ...]:
        """The heavy atom that each hideable hydrogen belongs to, every other atom itself."""
        owner = list(range(len(self)))
        for u, v in self.bonds.tolist():
            if self.is_hydrogen[u]:
                owner[u] = v
            elif self.is_hydrogen[v]:
                owner[v] = u
        return tuple(owner)


def layout(graph: Graph, *, positions: np.ndarray | None = None) -> Layout:
    """Coordinates and drawing data of a graph, to be reused for all of its trails.

    Args:
        graph: a molecule, possible or not, or an unlabelled graph.
        positions: [n, 2] for graphs that have a natural place per node (y up, as in a plot);
            ignored for molecules.

    Raises:
        ValueError: if `positions` does not have one row per node.
    """
    n = graph.num_nodes
    if graph.node_labels is None or graph.edge_labels is None:
        place = _plain_place(graph, positions)
        return Layout(
            place, ("",) * n, (0,) * n, np.zeros(n, dtype=bool), graph.edges,
            np.zeros(len(graph.edges)), np.zeros(len(graph.edges), dtype=np.int64),
            free_directions(graph, place),
        )
    symbols = tuple(ELEMENTS[label] for label in graph.node_labels.tolist())
    hideable = np.array([_is_terminal_hydrogen(graph, symbols, node) for node in range(n)])
    place = molecule_coordinates(graph, hideable)
    molecule = to_rdkit(graph)
    return Layout(
        place, symbols, tuple(atom.GetFormalCharge() for atom in molecule.GetAtoms()), hideable,
        graph.edges, np.array([_ORDERS[BONDS[label]] for label in graph.edge_labels.tolist()]),
        _double_bond_sides(graph, place, molecule), free_directions(graph, place),
    )


def _plain_place(graph: Graph, positions: np.ndarray | None) -> np.ndarray:
    if positions is None:
        return unit_bonds(plain_coordinates(graph), graph.edges)
    place = np.asarray(positions, dtype=np.float64)
    if place.shape != (graph.num_nodes, 2):
        raise ValueError(f"positions must be [{graph.num_nodes}, 2], got {list(place.shape)}.")
    return unit_bonds(place * [1.0, -1.0], graph.edges)


def _is_terminal_hydrogen(graph: Graph, symbols: Sequence[str], node: int) -> bool:
    neighbours = graph.neighbours[node]
    return symbols[node] == "H" and len(neighbours) == 1 and symbols[neighbours[0]] != "H"


def _double_bond_sides(graph: Graph, place: np.ndarray, molecule: Chem.Mol) -> np.ndarray:
    """Second lines lie inside the smallest ring, else on the side with more substituents."""
    Chem.FastFindRings(molecule)
    rings = [set(ring) for ring in molecule.GetRingInfo().AtomRings()]
    sides = np.zeros(len(graph.edges), dtype=np.int64)
    for row, (u, v) in enumerate(graph.edges.tolist()):
        around = [ring for ring in rings if u in ring and v in ring]
        inside = min(around, key=len) if around else {*graph.neighbours[u], *graph.neighbours[v]}
        along = place[v] - place[u]
        to = place[sorted(inside - {u, v})] - place[u]
        turn = np.sign((along[0] * to[:, 1] - along[1] * to[:, 0]).round(6)).sum()
        terminal = min(len(graph.neighbours[u]), len(graph.neighbours[v])) == 1
        sides[row] = 0 if terminal and not around else int(np.sign(turn))
    return sides


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
    picture = _Picture(layout, colors, width, show_hydrogens=show_hydrogens, foot=_LEGEND_HEIGHT)
    for row, value in enumerate(np.asarray(bond_values, dtype=float)):
        if math.isfinite(value):
            picture.bond_halo(row, scale_color(stops, _fraction(value, scale)), f"{value:.3g}")
    for atom, value in enumerate(np.asarray(atom_values, dtype=float)):
        if math.isfinite(value):
            picture.atom_halo(atom, scale_color(stops, _fraction(value, scale)), f"{value:.3g}")
    picture.skeleton(hydrogen_counts=not show_hydrogens)
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
    picture = _Picture(layout, palette(dark=dark), width, height, show_hydrogens=show_hydrogens)
    picture.skeleton(hydrogen_counts=not show_hydrogens)
    return picture.svg(title)


def _fraction(value: float, scale: tuple[float, float]) -> float:
    low, high = scale
    return (value - low) / (high - low) if high > low else 0.5


class _Picture:
    """Collects SVG elements in pixels; drawing order is the order of the calls."""

    def __init__(
        self, layout: Layout, colors: Palette, width: float, height: float | None = None,
        *, show_hydrogens: bool, foot: float = 0,
    ) -> None:
        self.layout, self.colors = layout, colors
        self.shown = np.ones(len(layout), bool) if show_hydrogens else ~layout.is_hydrogen
        spots = layout.coordinates[self.shown]
        low, high = spots.min(axis=0) - _MARGIN, spots.max(axis=0) + _MARGIN
        span = high - low
        self.bond = min(width / span[0], 64.0)
        if height is None:
            height = max(span[1] * self.bond, 80.0)
        self.bond = min(self.bond, height / span[1])
        self.width, self.height, self.foot = width, height + foot, foot
        middle = np.array([width, height]) / 2
        self.spots = middle + (layout.coordinates - (low + high) / 2) * self.bond
        self.parts: list[str] = []

    def bond_halo(self, row: int, color: str, text: str) -> None:
        u, v = self.layout.bonds[row]
        if self.shown[u] and self.shown[v]:
            self._line(self.spots[u], self.spots[v], color, 0.24 * self.bond, text)

    def atom_halo(self, atom: int, color: str, text: str) -> None:
        if self.shown[atom]:
            (x, y), small = self.spots[atom], self.layout.is_hydrogen[atom]
            radius = self.bond * (0.22 if small else 0.33)
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" '
                              f'fill="{color}"><title>{escape(text)}</title></circle>')

    def skeleton(self, *, hydrogen_counts: bool) -> None:
        for row, (u, v) in enumerate(self.layout.bonds.tolist()):
            if self.shown[u] and self.shown[v]:
                self._bond(row, u, v)
        for atom in np.flatnonzero(self.shown).tolist():
            self._atom(atom, hydrogen_counts)

    def _bond(self, row: int, u: int, v: int) -> None:
        a, b = self.spots[u], self.spots[v]
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
        across = np.array([-along[1], along[0]]) * 0.13 * self.bond
        order, side = self.layout.orders[row], self.layout.sides[row]
        thickness = max(0.035 * self.bond, 1.1)
        ink = self.colors.ink
        if order in (2.0, 1.5) and side:
            inset = along * 0.16 * self.bond
            shifts = [(across * 0, across * 0), (inset + across * side, -inset + across * side)]
        else:
            places = {2.0: (-0.5, 0.5), 3.0: (-1.0, 0.0, 1.0)}.get(order, (0.0,))
            shifts = [(across * p, across * p) for p in places]
        for at_a, at_b in shifts:
            self._line(a + at_a, b + at_b, ink, thickness)

    def _atom(self, atom: int, hydrogen_counts: bool) -> None:
        x, y = self.spots[atom]
        if not self.layout.is_molecule:
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{0.12 * self.bond:.1f}" '
                              f'fill="{self.colors.ink}"/>')
            return
        text = self._label(atom, hydrogen_counts)
        if not text:
            return
        color = self.colors.elements.get(self.layout.symbols[atom], self.colors.ink)
        size = 0.3 * self.bond if self.layout.is_hydrogen[atom] else 0.36 * self.bond
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" font-size="{size:.1f}" '
            f'stroke="{self.colors.background}" stroke-width="{0.16 * size:.1f}" '
            f'paint-order="stroke" text-anchor="middle" dominant-baseline="central" '
            f'font-weight="600">{escape(text)}</text>'
        )

    def _label(self, atom: int, hydrogen_counts: bool) -> str:
        symbol, charge = self.layout.symbols[atom], self.layout.charges[atom]
        hydrogens = sum(owner == atom for owner in self.layout.owners) - 1
        degree = int((self.layout.bonds == atom).any(axis=1).sum())
        if symbol == "C" and not charge and degree - hydrogens > 0:
            return ""
        label = symbol
        if hydrogen_counts and hydrogens > 0:
            label += "H" + (str(hydrogens).translate(_SUBSCRIPT) if hydrogens > 1 else "")
        return label + ("⁺" if charge > 0 else "⁻" if charge < 0 else "")

    def _line(
        self, a: np.ndarray, b: np.ndarray, color: str, thickness: float, text: str = ""
    ) -> None:
        inner = f"<title>{escape(text)}</title>" if text else ""
        self.parts.append(
            f'<line x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}" '
            f'stroke="{color}" stroke-width="{thickness:.2f}" stroke-linecap="round">{inner}</line>'
        )

    def legend(self, stops: Sequence[str], scale: tuple[float, float], unit: str) -> None:
        length = min(220.0, self.width - 40)
        left, top = (self.width - length) / 2, self.height - self.foot + 8
        marks = "".join(f'<stop offset="{i / (len(stops) - 1):.3f}" stop-color="{color}"/>'
                        for i, color in enumerate(stops))
        self.parts.append(f'<defs><linearGradient id="scale">{marks}</linearGradient></defs>'
                          f'<rect x="{left}" y="{top}" width="{length}" height="9" rx="4.5" '
                          f'fill="url(#scale)"/>')
        low, high = scale
        for x, anchor, text in ((left, "start", f"{low:.3g}"),
                                (left + length / 2, "middle", unit),
                                (left + length, "end", f"{high:.3g}")):
            self.parts.append(f'<text x="{x}" y="{top + 24}" font-size="12" text-anchor="{anchor}" '
                              f'fill="{self.colors.muted}">{escape(text)}</text>')

    def svg(self, title: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:.0f}" '
            f'height="{self.height:.0f}" viewBox="0 0 {self.width:.1f} {self.height:.1f}" '
            f'role="img" aria-label={quoteattr(title)} font-family={quoteattr(FONT_STACK)}>'
            f'<title>{escape(title)}</title>{"".join(self.parts)}</svg>'
        )
