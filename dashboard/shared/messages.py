"""Sentences on what a visitor, a link or a file brought: shown letter by letter, never as markup.

An address that somebody else wrote could otherwise make the page load a picture from elsewhere, or
show a link as its own. Where strangers visit, folders of the server are left out.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import streamlit as st

from core.assets import assets_folder, models_folder
from core.data.splits import data_folder
from core.quotas import is_hosted
from dashboard.shared.format import plain


def error(fault: object, *, icon: str = ":material/error:") -> None:
    """What cannot be shown, and why: an `InputError` or a sentence."""
    st.error(_shown(fault), icon=icon)


def warning(fault: object, *, icon: str) -> None:
    """What was left out."""
    st.warning(_shown(fault), icon=icon)


def info(note: object, *, icon: str = ":material/info:") -> None:
    """What should be known."""
    st.info(_shown(note), icon=icon)


def beside_field(fault: object) -> None:
    """What is wrong with the field above, in short form; the page itself says it in full size."""
    st.markdown(f":small[:red[:material/error: {_shown(fault)}]]")


def _shown(fault: object) -> str:
    return plain(without_folders(str(fault)) if is_hosted() else str(fault))


def without_folders(text: str) -> str:
    """A sentence with the names of this machine's files, but not where they lie."""
    roots = (assets_folder(), models_folder(), data_folder(), Path(sys.prefix), Path.cwd(),
             Path(__file__).parents[2], Path(tempfile.gettempdir()))
    known = {str(folder.absolute()).rstrip("/") for folder in roots} - {""}
    any_of = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    return re.sub(rf"(?:{any_of})(?:/[\w.+-]+)*/(?=[\w.+-])", "", text)
