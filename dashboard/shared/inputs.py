"""What the inputs of all pages have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import InputError
from dashboard.shared import messages
from dashboard.shared.query_params import NumberFault
from dashboard.shared.theme import is_narrow

_Number = TypeVar("_Number", int, float)


class FieldError(InputError):
    """A number that its field cannot take, of something that a button would start."""


class NumberFields:
    """Number inputs of what a button starts.

    An input with limits of its own marks a number outside them by an icon and keeps it to itself,
    so that the button would start something else than what the field shows. Those that are taken
    here have none.
    """

    def __init__(self) -> None:
        self._faults: list[str] = []

    def take(
        self, place: DeltaGenerator | None, value: _Number, what: str, low: _Number, high: _Number
    ) -> _Number:
        """The number, or the nearest that can be taken; below its field it is said if it cannot.

        Args:
            place: the column where the field is; None for where the page is drawn.
            value: what it holds.
            what: its label.
            low, high: the smallest and the largest value.
        """
        if not low <= value <= high:
            kind = "whole number" if isinstance(low, int) else "number"
            self._faults.append(f"{what} must be a {kind} from {low:,} to {high:,}.")
            with place or nullcontext():
                messages.beside_field(self._faults[-1])
        return min(max(value, low), high)

    def check(self) -> None:
        """Call once all fields are drawn.

        Raises:
            FieldError: if a number could not be taken.
        """
        if self._faults:
            raise FieldError(" ".join(self._faults))


def warn_about_address(
    page: str,
    faults: Callable[[Mapping[str, str]], Iterable[str]],
    query: Mapping[str, str] | None = None,
) -> None:
    """Say once which parameters of the address cannot be taken.

    Numbers among them are taken out of the address before a widget reads them, and the page is
    drawn anew; Streamlit itself drops the others.

    Args:
        page: whose parameters they are.
        faults: one sentence for every one of them, from the address's parameters.
        query: the parameters as the visitor came with them; by default those there are now.
    """
    key = f"{page}_address_faults"
    is_first = key not in st.session_state
    # Back and forward bring an address anew, so numbers are looked at in every run.
    if is_first or is_history_navigation():
        found = list(faults(st.query_params.to_dict() if query is None else query))
        st.session_state[key] = found
        if _take_out(fault.parameter for fault in found if isinstance(fault, NumberFault)):
            st.rerun()
    # Once, but again if a page is drawn anew only because its window turned out to be a narrow one.
    was_narrow, said = st.session_state.get(f"{key}_said", (is_narrow(), []))
    shown = st.session_state[key] or (said if was_narrow != is_narrow() else [])
    for fault in shown:
        messages.warning(fault, icon=":material/link_off:")
    st.session_state[key] = []
    st.session_state[f"{key}_said"] = (is_narrow(), shown)


def is_history_navigation() -> bool:
    """Whether the visitor went back or forward in the browser, so that its address decides."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _take_out(parameters: Iterable[str]) -> bool:
    """Take parameters out of the address; whether the page has to be drawn anew for that."""
    found = False
    for name in parameters:
        try:
            del st.query_params[name]
            found = True
        except StreamlitAPIException:
            _forget(name)
        except KeyError:  # the visitor came with it, and it has gone since
            pass
    return found


def _forget(parameter: str) -> None:
    """Take a parameter out that a widget of an earlier run is bound to.

    Going back in the browser brings it again, and Streamlit refuses to delete it, though its own
    reading of an endless number raises; so this reaches for what Streamlit itself would call.
    """
    context = get_script_run_ctx()
    if context is not None:
        query_params = context.session_state._state.query_params
        query_params.remove_param(parameter)
        query_params._initial_query_params.pop(parameter, None)


def reset_if_invalid(key: str, options: tuple[str, ...], default: str | None = None) -> None:
    """Forget a choice that another choice has made impossible."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0] if default is None else default
