"""Generated graphs that a list leaves out unless it is asked for: repeats, molecules in pieces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from core.library.selection import Selection
from core.library.store import Library
from dashboard.rows import text
from dashboard.rows.columns import Keys
from dashboard.rows.conditions import to_first_page
from dashboard.rows.data import count


def choose_clutter(
    library: Library, chosen: Selection, keys: Keys, *, may_hide_pieces: bool = True
) -> tuple[Selection, str]:
    """Draw toggles that show what is left out, where something is.

    Args:
        library: generated graphs.
        chosen: rows that the filters leave.
        keys: of the widgets.
        may_hide_pieces: whether molecules in several pieces can be told from others.

    Returns:
        The rows that stay, and a sentence on the others, empty if there are none.
    """
    may_hide_pieces = may_hide_pieces and library.chemistry is not None
    pieces, repeats = Clutter(pieces=may_hide_pieces, repeats=True).hidden(
        partial(count, library), chosen)
    # Drawn while they are on, too, although nothing may be left to be shown.
    shows_pieces = show_toggle("Show those in pieces", keys.pieces, keys, drawn=pieces > 0)
    shows_repeats = show_toggle("Show repeats", keys.repeats, keys, drawn=repeats > 0)
    clutter = Clutter(pieces=may_hide_pieces and not shows_pieces, repeats=not shows_repeats)
    hidden, repeated = clutter.hidden(partial(count, library), chosen)
    # Told apart, as the share of molecules in pieces is one of the valid alone.
    invalid = count(library, chosen.and_(_INVALID_PIECES)) if hidden else 0
    return chosen.and_(clutter.condition), text.hidden_rows(hidden, repeated, invalid=invalid)


def show_toggle(label: str, key: str, keys: Keys, *, drawn: bool) -> bool:
    """A switch of the list of some keys; not drawn where it changes nothing and is off."""
    if not drawn and not st.session_state.get(key) and key not in st.query_params:
        return False
    return st.toggle(label, key=key, bind="query-params", on_change=to_first_page, args=(keys,))


@dataclass(frozen=True)
class Clutter:
    """What a list of generated graphs leaves out unless it is asked for.

    Attributes:
        pieces: molecules in several pieces.
        repeats: all but the first of equal graphs.
    """

    pieces: bool
    repeats: bool

    @property
    def condition(self) -> Selection:
        """Rows that stay.

        >>> Clutter(pieces=True, repeats=True).condition.to_text()
        'not fragments >= 2; not unique = no'
        """
        return Selection(without=(*([_IN_PIECES] if self.pieces else []),
                                  *([_REPEATED] if self.repeats else [])))

    def hidden(self, count: Callable[[Selection], int], chosen: Selection) -> tuple[int, int]:
        """How many of the chosen rows are in several pieces, and how many others repeats.

        Args:
            count: how many rows are selected.
            chosen: rows, those that are left out among them.
        """
        whole = replace(chosen, without=(*chosen.without, _IN_PIECES)) if self.pieces else chosen
        once = replace(whole, without=(*whole.without, _REPEATED)) if self.repeats else whole
        rows, left = count(chosen), count(whole)
        return rows - left, left - count(once)


_IN_PIECES: tuple[str, float | bool] = ("fragments", 2)
_REPEATED: tuple[str, float | bool] = ("unique", False)
"""Conditions of rows that are left out; invalid graphs are never called repeats."""

_INVALID_PIECES = Selection(ranges=(("fragments", 2, None),), flags=(("valid", False),))
