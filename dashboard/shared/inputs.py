"""What the inputs of all pages have in common."""

from __future__ import annotations

import streamlit as st

from dashboard.shared.query_params import Offers, choice_complaints


def warn_about_address(page: str, offers: Offers) -> None:
    """Say once which URL parameters cannot be taken; streamlit drops them from the address."""
    key = f"{page}_address_read"
    if key not in st.session_state:
        st.session_state[key] = True
        for complaint in choice_complaints(st.query_params.to_dict(), offers):
            st.warning(complaint, icon=":material/link_off:")


def reset_if_invalid(key: str, options: tuple[str, ...], default: str | None = None) -> None:
    """Forget a choice that another choice has made impossible."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0] if default is None else default
