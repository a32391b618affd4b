"""What the browser gets: layouts and trails as plain JSON (no streamlit)."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.likelihood.attribution import fold
from dashboard.components.trail_player.trail import TrailToken, TrailView
from dashboard.components.trail_player.view import first_difference
from dashboard.drawing.layouts import Layout
from dashboard.shared.palette import DARK, LIGHT

Json = dict[str, Any]

_MOST_NATS = 9999.0


def layout_json(layout: Layout, *, show_hydrogens: bool) -> Json:
    """A layout with rounded coordinates."""
    return {
        "points": layout.coordinates.round(4).tolist(),
        "symbols": list(layout.symbols),
        "charges": list(layout.charges),
        "hydrogen": layout.is_hydrogen.tolist(),
        "implicitHydrogens": list(layout.implicit_hydrogens),
        "owners": list(layout.owners),
        "bonds": layout.bonds.tolist(),
        "orders": layout.orders.tolist(),
        "sides": layout.sides.tolist(),
        "freeAngles": layout.free_angles.round(4).tolist(),
        "isMolecule": layout.is_molecule,
        "showHydrogens": show_hydrogens,
    }


def trail_json(view: TrailView) -> Json:
    """A trail; token fields keep their Python names in camel case."""
    return {
        "tokens": [_token_json(token) for token in view.tokens],
        "visits": [
            {"node": visit.node, "arrival": visit.arrival.value, "origin": visit.origin,
             "segment": visit.segment, "back": list(visit.back_references),
             "position": visit.position, "last": visit.last_position}
            for visit in view.visits
        ],
        "cumulative": view.cumulative_nats.clip(max=_MOST_NATS).round(5).tolist(),
        "total": min(view.total_nats, _MOST_NATS),
    }


def _token_json(token: TrailToken) -> Json:
    return {
        "name": token.name, "title": token.title, "glyph": token.glyph, "kind": token.kind.value,
        "nats": _rounded(token.surprisal_nats), "probability": _rounded(token.probability),
        "step": token.step, "atom": token.atom,
        "bond": None if token.bond is None else list(token.bond),
        "listed": token.is_listed, "meaning": token.meaning,
        "alternatives": [
            {"name": other.name, "title": other.title, "glyph": other.glyph,
             "kind": other.kind.value, "probability": _rounded(other.probability),
             "actual": other.is_actual}
            for other in token.alternatives
        ],
    }


def _rounded(value: float | None) -> float | None:
    """Six digits; JSON knows no infinity, and a model can give a token no chance at all."""
    return None if value is None else float(f"{min(value, _MOST_NATS):.6g}")


def palettes_json() -> Json:
    """Both themes' colours; the browser picks by the page's background."""
    return {"light": LIGHT.to_json(), "dark": DARK.to_json()}


def top_nats(*views: TrailView) -> float:
    """Upper end of a surprisal scale for trails shown together, rounded up to 1, 2, 3, …"""
    nats = np.concatenate([view.surprisal_nats for view in views])
    return max(1.0, float(np.ceil(nats[np.isfinite(nats)].max())))


def player_json(
    layout: Layout, view: TrailView, *, show_hydrogens: bool, position: int | None,
    height: int | None, nats_max: float | None, report_position: bool,
) -> Json:
    """Everything that one player shows."""
    return {
        "layout": layout_json(layout, show_hydrogens=show_hydrogens),
        "trail": trail_json(view),
        "palettes": palettes_json(),
        "natsMax": nats_max if nats_max is not None else top_nats(view),
        "position": len(view) - 1 if position is None else min(max(position, 0), len(view) - 1),
        "height": height,
        "reportPosition": report_position,
    }


def diff_json(
    layout: Layout, a: TrailView, b: TrailView, *, labels: tuple[str, str],
    show_hydrogens: bool, height: int | None, nats_max: float | None,
) -> Json:
    """Everything that a comparison of two trails of one graph shows."""
    atoms, bonds = a.node_nats - b.node_nats, a.edge_nats - b.edge_nats
    if not show_hydrogens:
        atoms, bonds = fold(atoms, bonds, layout.bonds, layout.owners)
    return {
        "layout": layout_json(layout, show_hydrogens=show_hydrogens),
        "trails": [trail_json(a), trail_json(b)],
        "labels": list(labels),
        "palettes": palettes_json(),
        "natsMax": nats_max if nats_max is not None else top_nats(a, b),
        "partsAt": first_difference(a, b),
        "difference": {"atoms": _finite(atoms), "bonds": _finite(bonds)},
        "height": height,
    }


def _finite(values: np.ndarray) -> list[float | None]:
    return [_rounded(x) if np.isfinite(x) else None for x in values.tolist()]
