"""The trail player and the trail diff, mounted as streamlit components."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

from dashboard.components.trail_player.payload import diff_json, player_json
from dashboard.components.trail_player.sources import (
    DIFF_SCRIPTS,
    PLAYER_SCRIPTS,
    component_script,
    component_styles,
)
from dashboard.components.trail_player.trail import TrailView
from dashboard.drawing.layouts import Layout


def trail_player(
    layout: Layout,
    view: TrailView,
    *,
    key: str,
    show_hydrogens: bool = True,
    position: int | None = None,
    height: int | None = None,
    nats_max: float | None = None,
    report_position: bool = False,
) -> int | None:
    """Show a trail over its graph, its tokens and their surprisal, all in step.

    Args:
        layout: coordinates of the same graph, computed once and shared by its trails.
        view: the trail.
        key: of the component; the cursor stays where it is while key and tokens stay the same.
        show_hydrogens: draw hydrogens as atoms; else as dots at their heavy atom.
        position: token where the cursor starts; the end by default.
        height: of the molecule drawing in pixels; by default it follows the width.
        nats_max: surprisal at the top of the colour scale, to compare players; by default the
            largest of this trail, rounded up.
        report_position: send the cursor back once it rests; this reruns the page. Without it,
            nothing that happens in the player does.

    Returns:
        The reported token position; None if none has been reported.
    """
    data = player_json(
        layout, view, show_hydrogens=show_hydrogens, position=position, height=height,
        nats_max=nats_max, report_position=report_position,
    )
    mount = _component("trailscope_trail_player", PLAYER_SCRIPTS)
    result = mount(key=key, data=data, on_position_change=_nothing)
    return result.position if report_position else None


def trail_diff(
    layout: Layout,
    view_a: TrailView,
    view_b: TrailView,
    *,
    key: str,
    labels: tuple[str, str] = ("A", "B"),
    show_hydrogens: bool = True,
    height: int | None = None,
    nats_max: float | None = None,
) -> None:
    """Show two trails of one graph side by side, where they part, and what that costs in nats.

    Args:
        layout: coordinates of the graph.
        view_a: one trail; differences are A less B.
        view_b: the other.
        key: of the component.
        labels: what the two are called on screen, such as their strategies.
        show_hydrogens: draw hydrogens as atoms; else their nats, and those of the bonds to them,
            count for their heavy atom.
        height: of each drawing in pixels; by default it follows the width.
        nats_max: surprisal at the top of both colour scales.
    """
    data = diff_json(layout, view_a, view_b, labels=labels, show_hydrogens=show_hydrogens,
                     height=height, nats_max=nats_max)
    _component("trailscope_trail_diff", DIFF_SCRIPTS)(key=key, data=data)


@cache
def _component(name: str, own_scripts: tuple[str, ...]) -> Any:
    """Register a component once per process; streamlit adds it to further runtimes itself."""
    return st.components.v2.component(name, js=component_script(own_scripts),
                                      css=component_styles())


def _nothing() -> None:
    """Streamlit only returns states that have a callback."""
