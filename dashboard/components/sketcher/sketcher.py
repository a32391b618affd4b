"""A molecule drawn instead of typed: a button, and behind it a dialog with a structure editor.

The editor is JSME (BSD licence), as `streamlit-jsme` brings it.
"""

from __future__ import annotations

import base64
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st

from core.chemistry.drawn import from_drawing, to_drawing
from core.errors import InputError
from dashboard.components.bundle import join_scripts, join_styles
from dashboard.shared import messages

_FAULT, _USED = "sketcher_fault", "sketcher_used"


def offer_sketcher(field: str, smiles: str) -> None:
    """Show the button.

    Args:
        field: key of the text input that gets the molecule.
        smiles: what the editor opens with; if it is no molecule, with nothing.
    """
    if st.button("Draw the molecule", key=f"{field}_draw", icon=":material/draw:", width="stretch",
                 help="Opens an editor with the molecule that is typed."):
        st.session_state.pop(_FAULT, None)
        _show_sketcher(field, smiles)


@st.dialog("Draw a molecule", width="medium", icon=":material/draw:")
def _show_sketcher(field: str, smiles: str) -> None:
    if st.session_state.pop(_USED, False):
        st.rerun()  # closes the dialog
    if fault := st.session_state.pop(_FAULT, None):
        messages.error(fault)
    key = f"{field}_sketcher"
    _component()(key=key, data={"molecule": to_drawing(smiles)},
                 on_drawn_change=lambda: _take(field, st.session_state[key].drawn))


def _take(field: str, drawn: Any) -> None:
    """What the browser sent becomes the text of the field, or a sentence in the dialog."""
    try:
        st.session_state[field] = from_drawing(drawn if isinstance(drawn, str) else "")
        st.session_state[_USED] = True
    except InputError as error:
        st.session_state[_FAULT] = str(error)


def editor_files() -> dict[str, str]:
    """JSME's files as the browser gets them: scripts as text, its picture in base 64."""
    spec = find_spec("streamlit_jsme")  # found, not imported: that would register its component
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).with_name("jsme")
    return {
        str(path.relative_to(folder).as_posix()):
            base64.b64encode(path.read_bytes()).decode() if path.suffix == ".png"
            else path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.*"))}


@cache
def _component() -> Any:
    """Register the component once per process."""
    files = f"const JSME_FILES = {json.dumps(editor_files())};\n"
    return st.components.v2.component(
        "trailscope_sketcher", js=files + join_scripts("dom.js", "sketcher/sketcher.js"),
        css=join_styles("sketcher/sketcher.css"))
