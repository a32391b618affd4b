"""Estimates and graphs as people read them."""

from __future__ import annotations

from core.graph.graph import Graph
from core.graph.planar import is_connected, is_planar
from core.stats.estimates import Estimate, Interval

_NOTHING = 0.0001


def short(value: float) -> str:
    """Three significant digits, but not of what is next to nothing.

    >>> short(0.00434), short(22.8), short(1234.5), short(0.0), short(3e-7)
    ('0.00434', '22.8', '1,234', '0', '<0.0001')
    """
    if value == 0:
        return "0"
    if 0 < value < _NOTHING:
        return f"<{_NOTHING}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def interval(found: Interval | None) -> str:
    """Its two ends, or that there is none."""
    return "no interval" if found is None else f"{short(found.low)} – {short(found.high)}"


def estimate(found: Estimate) -> str:
    """A number with its interval.

    >>> estimate(Estimate(0.0123, Interval(0.011, 0.0145)))
    '0.0123 [0.0110 – 0.0145]'
    """
    if found.interval is None:
        return short(found.value)
    return f"{short(found.value)} [{interval(found.interval)}]"


def planar_summary(graph: Graph) -> str:
    """Size and validity of a graph that should be connected and planar."""
    connected = "connected" if is_connected(graph) else "not connected"
    planar = "planar" if is_planar(graph) else "not planar"
    return f"{graph.num_nodes} nodes, {len(graph.edges)} edges, {connected} and {planar}"
