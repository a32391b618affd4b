"""The choice of a type of token, which three pages offer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.calibration.token_types import TokenType
from dashboard.shared.inputs import reset_if_invalid


def choose_token_type(
    key: str, types: Sequence[TokenType], *, disabled: bool = False
) -> TokenType:
    """A bar of the types that occur, at first the first one; part of the address under `key`."""
    labels = tuple(of.label for of in types)
    reset_if_invalid(key, labels)
    label = st.segmented_control(
        "Type of token", labels, default=labels[0], required=True, key=key, bind="query-params",
        width="content", disabled=disabled,
        help="Judged by the actual token, not the predicted one. New node: an index greater than "
             "all before it; revisit: any other index.",
    )
    return TokenType.from_label(label or labels[0])
