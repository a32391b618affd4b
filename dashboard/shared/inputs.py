"""What the inputs of all pages have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import streamlit as st


def warn_about_address(
    page: str,
    faults: Callable[[Mapping[str, str]], Iterable[str]],
    query: Mapping[str, str] | None = None,
) -> None:
    """Say once which parameters of the address cannot be taken; Streamlit then drops them from it.

    Args:
        page: whose parameters they are.
        faults: one sentence for every one of them, from the address's parameters.
        query: the parameters as the visitor came with them; by default those there are now.
    """
    key = f"{page}_address_read"
    if key not in st.session_state:
        st.session_state[key] = True
        for fault in faults(st.query_params.to_dict() if query is None else query):
            st.warning(fault, icon=":material/link_off:")


def reset_if_invalid(key: str, options: tuple[str, ...], default: str | None = None) -> None:
    """Forget a choice that another choice has made impossible."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0] if default is None else default
