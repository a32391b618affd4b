"""A drawing of a fragment on which atoms are clicked open and closed, a streamlit component."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Any

import streamlit as st

from dashboard.components.bundle import join_scripts, join_styles
from dashboard.components.trail_player.payload import layout_json, palettes_json
from dashboard.drawing.layouts import Layout

_SCRIPTS = ("trail_player/colors.js", "trail_player/geometry.js", "trail_player/molecule.js",
            "atom_picker/picker.js")
"""Files in the order in which they are joined, after `dom.js`."""


def atom_picker(
    layout: Layout,
    chosen: Collection[int],
    possible: Collection[int],
    *,
    key: str,
    on_change: Callable[[tuple[int, ...]], None],
) -> None:
    """Show a molecule with numbered atoms, of which those that can be are clicked open and closed.

    Args:
        layout: of the molecule without hydrogens.
        chosen: atoms that are open.
        possible: atoms that can be.
        key: of the component.
        on_change: hears of the open atoms, ascending and at least one, when they are changed.
    """
    def report() -> None:
        found = _atoms(st.session_state[key].chosen, possible)
        if found:
            on_change(found)

    _component()(key=key, data=picker_json(layout, chosen, possible), on_chosen_change=report)


def _atoms(sent: Any, possible: Collection[int]) -> tuple[int, ...]:
    """What the browser sent, or nothing if it makes no sense."""
    if not isinstance(sent, Sequence) or isinstance(sent, str):
        return ()
    return tuple(sorted({atom for atom in sent if atom in possible}))


def picker_json(
    layout: Layout, chosen: Collection[int], possible: Collection[int]
) -> dict[str, Any]:
    """What the browser gets; arguments as of `atom_picker`."""
    return {"layout": layout_json(layout, show_hydrogens=False), "palettes": palettes_json(),
            "chosen": sorted(chosen), "possible": sorted(possible)}


@cache
def _component() -> Any:
    """Register the component once per process."""
    return st.components.v2.component(
        "trailscope_atom_picker", js=join_scripts("dom.js", *_SCRIPTS),
        css=join_styles("trail_player/molecule.css", "atom_picker/picker.css"))
