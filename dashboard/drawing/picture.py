"""Draws the parts of a graph into an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from dashboard.drawing.layouts import Layout
from dashboard.shared.palette import FONT_STACK, Palette, ink_on

LEGEND_HEIGHT = 46
"""Pixels that a legend needs at the foot of a picture."""

_MARGIN = 0.75  # room around the outermost atoms, in bonds
_AROMATIC = 1.5  # order of a bond
_LARGEST_BOND = 56.0  # pixels; small molecules are not blown up
_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Picture:
    """Collects SVG elements in pixels; drawing order is the order of the calls."""

    def __init__(
        self, layout: Layout, colors: Palette, width: float, height: float | None = None,
        *, show_hydrogens: bool, foot: float = 0,
    ) -> None:
        """Scale a layout into `width` by `height` pixels plus `foot`; None: as high as it is."""
        self.layout, self.colors = layout, colors
        self.shown = np.ones(len(layout), bool) if show_hydrogens else ~layout.is_hydrogen
        self.hydrogen_counts = not show_hydrogens
        spots = layout.coordinates[self.shown]
        low, high = spots.min(axis=0) - _MARGIN, spots.max(axis=0) + _MARGIN
        span = high - low
        self.bond = min(width / span[0], _LARGEST_BOND)
        if height is None:
            height = max(span[1] * self.bond, 80.0)
        self.bond = min(self.bond, height / span[1])
        self.width, self.height, self.foot = width, height + foot, foot
        middle = np.array([width, height]) / 2
        self.spots = middle + (layout.coordinates - (low + high) / 2) * self.bond
        self.parts: list[str] = []
        self._behind_atom: dict[int, str] = {}
        self._behind_bond: dict[int, str] = {}
        self._is_faded_atom = np.zeros(len(layout), bool)
        self._is_faded_bond = np.zeros(len(layout.bonds), bool)

    def fade(self, atoms: np.ndarray, bonds: np.ndarray) -> None:
        """Draw these atoms [n] and bonds [e], both bool, as not reached yet."""
        self._is_faded_atom, self._is_faded_bond = atoms, bonds

    def bond_halo(self, row: int, color: str, text: str) -> None:
        """Colour a bond; `text` shows when the pointer rests on it."""
        u, v = self.layout.bonds[row]
        if self.shown[u] and self.shown[v]:
            self._behind_bond[row] = color
            width = 0.26 if self.layout.is_molecule else 0.12
            self._line(self.spots[u], self.spots[v], color, width * self.bond, text)

    def atom_halo(self, atom: int, color: str, text: str) -> None:
        """Put a coloured disc behind an atom; `text` shows when the pointer rests on it."""
        if self.shown[atom]:
            self._behind_atom[atom] = color
            (x, y), radius = self.spots[atom], self.bond * self._halo_radius(atom)
            self.parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{color}" '
                f'stroke="{self.colors.background}" stroke-width="1.5">'
                f'<title>{escape(text)}</title></circle>'
            )

    def ring(self, atom: int, color: str, text: str) -> None:
        """Put a broken circle around an atom, beside a halo around another."""
        if self.shown[atom]:
            (x, y) = self.spots[atom]
            self.parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{0.36 * self.bond:.1f}" fill="none" '
                f'stroke="{color}" stroke-width="2.5" stroke-dasharray="4 3">'
                f'<title>{escape(text)}</title></circle>'
            )

    def badge(self, atom: int, text: str, color: str) -> None:
        """Write a few characters beside an atom, where it is emptiest."""
        if self.shown[atom]:
            angle = self.layout.free_angles[atom]
            aside = np.array([np.cos(angle), np.sin(angle)]) * 0.56 * self.bond
            self._text(self.spots[atom] + aside, text, color, max(0.3 * self.bond, 11.0), "middle")

    def skeleton(self) -> None:
        """Draw all bonds and atom labels, in ink that reads on the halos behind them."""
        for row, (u, v) in enumerate(self.layout.bonds.tolist()):
            if self.shown[u] and self.shown[v]:
                self._bond(row, u, v)
        for atom in np.flatnonzero(self.shown).tolist():
            if self.layout.is_molecule:
                self._atom(atom)
            else:
                self._node(atom)

    def _bond(self, row: int, u: int, v: int) -> None:
        if row in self._behind_bond and not self.layout.is_molecule:
            return  # its colour is all there is to an edge
        a, b = self._bond_end(u, v), self._bond_end(v, u)
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
        across = np.array([-along[1], along[0]]) * 0.12 * self.bond
        order, side = self.layout.orders[row], self.layout.sides[row]
        plain = self.colors.faint if self._is_faded_bond[row] else self.colors.ink
        ink = ink_on(self._behind_bond[row]) if row in self._behind_bond else plain
        if order in (2.0, _AROMATIC) and side:
            inset = along * 0.12 * self.bond
            shifts = [(across * 0, across * 0), (inset + across * side, -inset + across * side)]
        else:
            two, three = (-0.5, 0.5), (-1.0, 0.0, 1.0)
            places = {2.0: two, _AROMATIC: two, 3.0: three}.get(order, (0.0,))
            shifts = [(across * p, across * p) for p in places]
        for line, (at_a, at_b) in enumerate(shifts):
            self._line(a + at_a, b + at_b, ink, max(0.035 * self.bond, 1.2),
                       is_broken=order == _AROMATIC and line > 0)

    def _bond_end(self, atom: int, other: int) -> np.ndarray:
        """Where a bond stops: at the atom, or short of its letter or halo."""
        spot, toward = self.spots[atom], self.spots[other] - self.spots[atom]
        radius = 0.0
        if self._label(atom)[0]:
            radius = 0.17 if self.layout.is_hydrogen[atom] else 0.24
        if atom in self._behind_atom:
            radius = self._halo_radius(atom)
        return spot + toward / max(float(np.linalg.norm(toward)), 1e-9) * radius * self.bond

    def _halo_radius(self, atom: int) -> float:
        if not self.layout.is_molecule:
            return 0.22  # a graph has many nodes, and edges pass close by
        return 0.23 if self.layout.is_hydrogen[atom] else 0.33

    def _node(self, atom: int) -> None:
        (x, y), halo = self.spots[atom], self._behind_atom.get(atom)
        if halo is None:
            ink = self.colors.faint if self._is_faded_atom[atom] else self.colors.ink
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{0.12 * self.bond:.1f}" '
                              f'fill="{ink}"/>')
        else:
            self._text(self.spots[atom], str(atom), ink_on(halo), 0.22 * self.bond, "middle")

    def _atom(self, atom: int) -> None:
        symbol, hydrogens = self._label(atom)
        halo = self._behind_atom.get(atom)
        symbol = symbol or ("C" if halo else "")
        if not symbol:
            return
        own = self.colors.elements.get(self.layout.symbols[atom], self.colors.ink)
        own = self.colors.faint if self._is_faded_atom[atom] else own
        color = own if halo is None else ink_on(halo)
        size = (0.3 if self.layout.is_hydrogen[atom] else 0.36) * self.bond
        self._text(self.spots[atom], symbol, color, size, "middle")
        if hydrogens and halo is None:
            on_right = self._has_room_right(atom)
            shift = np.array([(0.38 if on_right else -0.38) * size, 0.0])
            self._text(self.spots[atom] + shift, hydrogens, color, size,
                       "start" if on_right else "end")

    def _label(self, atom: int) -> tuple[str, str]:
        """Letters of an atom and those of the hydrogens on it that are not drawn."""
        symbol, charge = self.layout.symbols[atom], self.layout.charges[atom]
        hidden = sum(owner == atom for owner in self.layout.owners) - 1
        degree = int((self.layout.bonds == atom).any(axis=1).sum())
        if symbol == "C" and not charge and degree - hidden > 0:
            return "", ""
        symbol += "⁺" if charge > 0 else "⁻" if charge < 0 else ""
        hydrogens = self.layout.implicit_hydrogens[atom] + hidden * self.hydrogen_counts
        if hydrogens < 1:
            return symbol, ""
        count = str(hydrogens).translate(_SUBSCRIPT) if hydrogens > 1 else ""
        return symbol, f"H{count}"

    def _has_room_right(self, atom: int) -> bool:
        bonds = self.layout.bonds
        others = [v if u == atom else u for u, v in bonds.tolist() if atom in (u, v)]
        return sum(self.spots[o][0] - self.spots[atom][0] for o in others if self.shown[o]) <= 1.0

    def _text(self, at: np.ndarray, text: str, color: str, size: float, anchor: str) -> None:
        self.parts.append(
            f'<text x="{at[0]:.1f}" y="{at[1] + 0.36 * size:.1f}" fill="{color}" '
            f'font-size="{size:.1f}" font-weight="600" text-anchor="{anchor}">'
            f'{escape(text)}</text>'
        )

    def _line(
        self, a: np.ndarray, b: np.ndarray, color: str, thickness: float, text: str = "",
        *, is_broken: bool = False,
    ) -> None:
        inner = f"<title>{escape(text)}</title>" if text else ""
        dashes = f' stroke-dasharray="{0.1 * self.bond:.1f} {0.08 * self.bond:.1f}"'
        self.parts.append(
            f'<line x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}" '
            f'stroke="{color}" stroke-width="{thickness:.2f}" '
            f'stroke-linecap="round"{dashes if is_broken else ""}>{inner}</line>'
        )

    def legend(self, stops: Sequence[str], scale: tuple[float, float], unit: str) -> None:
        """Draw the colour scale with its two ends at the foot."""
        length = min(220.0, self.width - 40)
        left, top = (self.width - length) / 2, self.height - self.foot + 8
        name = f"scale-{stops[0][1:]}-{stops[-1][1:]}"  # pictures on one page share their ids
        marks = "".join(f'<stop offset="{i / (len(stops) - 1):.3f}" stop-color="{color}"/>'
                        for i, color in enumerate(stops))
        self.parts.append(f'<defs><linearGradient id="{name}">{marks}</linearGradient></defs>'
                          f'<rect x="{left:.1f}" y="{top:.1f}" width="{length:.1f}" height="9" '
                          f'rx="4.5" fill="url(#{name})"/>')
        low, high = scale
        for x, anchor, text in ((left, "start", f"{low:.3g}"),
                                (left + length / 2, "middle", unit),
                                (left + length, "end", f"{high:.3g}")):
            self.parts.append(f'<text x="{x:.1f}" y="{top + 24:.1f}" font-size="12" '
                              f'text-anchor="{anchor}" fill="{self.colors.muted}">'
                              f'{escape(text)}</text>')

    def svg(self, title: str) -> str:
        """The finished picture; `title` is its accessible name."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:.0f}" '
            f'height="{self.height:.0f}" viewBox="0 0 {self.width:.1f} {self.height:.1f}" '
            f'role="img" aria-label={quoteattr(title)} font-family={quoteattr(FONT_STACK)}>'
            f'<title>{escape(title)}</title>{"".join(self.parts)}</svg>'
        )
