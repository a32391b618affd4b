"""Beside the choice of a model: a visitor's own, from a zip."""

from __future__ import annotations

import streamlit as st

from core.errors import InputError
from core.quotas import is_hosted
from dashboard.shared import messages, own_models

_NUMBER, _FAULT = "brought_models", "brought_model_fault"
_WEIGHTS_PER_MB = 0.5
"""Millions, in fp16."""


def bring_model(key: str) -> None:
    """A popover that takes a zip, and lists what the visitor has brought.

    Args:
        key: of the choice that the model becomes.
    """
    with st.popover("Bring a model", icon=":material/upload_file:", width="stretch"):
        most = own_models.max_mb()
        st.caption(f"A zip of a checkpoint folder: `config.json`, `model.safetensors`, "
                   f"`trailscope.json`. At most {most:,} MB unpacked, some "
                   f"{most * _WEIGHTS_PER_MB:,.0f} million weights in fp16. {_where()}")
        box = f"bring-{st.session_state.setdefault(_NUMBER, 0)}"
        st.file_uploader(
            "Zip", "zip", key=box, max_upload_size=most, on_change=_take, args=(key, box),
            help="Fine-tune saves such zips. `trailscope train` and `trailscope import-checkpoint` "
                 "write such folders.")
        if _FAULT in st.session_state:
            messages.error(st.session_state.pop(_FAULT))
        for card in own_models.found().cards:
            st.button(f"Remove {card.name}", key=f"remove-{card.name}", on_click=own_models.remove,
                      icon=":material/delete:", args=(card.name,), width="stretch")


def _where() -> str:
    if is_hosted():
        return ("It counts among your files here. Only you see it, until this tab is closed or "
                "loaded anew.")
    return ("It stays in the folder that the environment variable TRAILSCOPE_MODELS names, or "
            "`runs/models`; `trailscope models --remove NAME` removes it.")


def _take(key: str, box: str) -> None:
    """Make a model of what was uploaded, and choose it."""
    uploaded = st.session_state[box]
    if uploaded is None:
        return
    st.session_state[_NUMBER] += 1  # another box: what the old one holds is let go
    try:
        card = own_models.bring(uploaded)
    except InputError as error:
        st.session_state[_FAULT] = f"{uploaded.name}: {error}"
    else:
        st.session_state[key] = card.name
