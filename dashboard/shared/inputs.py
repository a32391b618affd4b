"""What the inputs of all pages have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from dashboard.shared import messages
from dashboard.shared.query_params import NumberFault


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
    if key not in st.session_state:
        found = list(faults(st.query_params.to_dict() if query is None else query))
        st.session_state[key] = found
        if _take_out(fault.parameter for fault in found if isinstance(fault, NumberFault)):
            st.rerun()
    for fault in st.session_state[key]:
        messages.warning(fault, icon=":material/link_off:")
    st.session_state[key] = []


def _take_out(parameters: Iterable[str]) -> bool:
    """Take parameters out of the address; whether there were any."""
    found = False
    for name in parameters:
        # Refused for a widget that was drawn before: it has read its parameter already.
        with suppress(StreamlitAPIException, KeyError):
            del st.query_params[name]
            found = True
    return found


def reset_if_invalid(key: str, options: tuple[str, ...], default: str | None = None) -> None:
    """Forget a choice that another choice has made impossible."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0] if default is None else default
