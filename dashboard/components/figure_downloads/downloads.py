"""Buttons that save a figure of the page as SVG, PNG and CSV, and a dialog for print."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import InputError
from dashboard.components.bundle import join_scripts, join_styles
from dashboard.components.figure_downloads.pdf import to_pdf
from dashboard.shared.palette import palette
from dashboard.shared.theme import is_dark

_OWN_SCRIPTS = ("paint.js", "copy.js", "boxes.js", "lines.js", "tree.js", "figure.js", "save.js",
                "light.js", "sized.js", "dialog.js", "buttons.js")
_MAX_NAME = 80
_MAX_SUBJECT = 40
_SUBJECT = "figures-are-of"


def figures_are_of(*subject: str) -> None:
    """Say what figures and tables from here on show, for the names of their files.

    Args:
        subject: such as molecule, model and seed, in this order; nothing to forget what was said.
    """
    st.session_state[_SUBJECT] = subject


def figure_downloads(
    name: str,
    *,
    key: str,
    target: str | None = None,
    svg: str | None = None,
    csv: pd.DataFrame | str | None = None,
) -> None:
    """Show a quiet row of buttons, one per format that can be made of what is given.

    Everything happens in the browser, without a rerun or a request to the server, but for PDF,
    which is made here of the drawing that the browser sends.

    Args:
        name: what the figure is called, for screen readers and as file
            `trailscope-<name>-<subject>.<ext>`, see `figures_are_of`.
        key: of the row.
        target: streamlit key of the chart, component or container whose present look is saved.
        svg: a drawing made in Python, instead of `target`; the page's colour is put behind it.
        csv: the figure's numbers: a table, without its index, or text.

    Raises:
        ValueError: if nothing can be saved, or if both `target` and `svg` are given.
    """
    if isinstance(csv, pd.DataFrame):
        csv = csv.to_csv(index=False)
    answer = f"{key}-pdf"
    _component()(
        key=key, on_pdf_change=partial(_make_pdf, key, answer),
        data=downloads_json(name, st.session_state.get(_SUBJECT, ()), target=target, svg=svg,
                            csv=csv, dark=is_dark(), pdf=st.session_state.pop(answer, None)))


def _make_pdf(key: str, answer: str) -> None:
    """Answer the dialog in the run that follows."""
    asked = st.session_state[key].pdf
    if isinstance(asked, Mapping) and isinstance(asked.get("svg"), str):
        st.session_state[answer] = {"id": asked.get("id"), **pdf_answer(asked["svg"])}


def pdf_answer(svg: str) -> dict[str, str]:
    """The file as `base64`, or the `fault`, a sentence."""
    try:
        return {"base64": b64encode(to_pdf(svg)).decode()}
    except InputError as error:
        return {"fault": str(error)}


def downloads_json(
    name: str, subject: Sequence[str] = (), *, target: str | None, svg: str | None,
    csv: str | None, dark: bool = False, pdf: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What the browser gets.

    Args:
        name, target, svg, csv: as of `figure_downloads`.
        subject: as of `figures_are_of`.
        dark: whether the page is.
        pdf: what the dialog asked for, see `pdf_answer`.
    """
    if target is None and svg is None and csv is None:
        raise ValueError(f"Nothing to download as {name!r}: give target, svg or csv.")
    if target is not None and svg is not None:
        raise ValueError(f"Give either target or svg for {name!r}, not both.")
    colors = {"page": palette(dark=dark).to_json(), "light": palette(dark=False).to_json()}
    return {"name": name, "file": file_name(name, subject), "target": target, "svg": svg,
            "csv": csv, "colors": colors if svg is not None or target is not None else None,
            "pdf": None if pdf is None else dict(pdf)}


def file_name(name: str, subject: Sequence[str] = ()) -> str:
    """A file's name without its ending, from any text: letters, digits, `.`, `_` and `-`.

    >>> file_name("nll distribution", ["CC(=O)N", "qm9-random_order", "seed 0"])
    'trailscope-nll-distribution-CC-O-N-qm9-random_order-seed-0'
    """
    # What the name says already, such as the model, stands there once.
    parts = [_safe(name, _MAX_NAME), *(_safe(part, _MAX_SUBJECT) for part in subject
                                       if part and part not in name)]
    return "-".join(["trailscope", *(filter(None, parts) if any(parts) else ("figure",))])


def _safe(text: str, longest: int) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-.")[:longest].strip("-.")


@cache
def _component() -> Any:
    """Register the component once per process."""
    return st.components.v2.component(
        "trailscope_figure_downloads",
        js=join_scripts("dom.js", *(f"figure_downloads/{name}" for name in _OWN_SCRIPTS)),
        css=join_styles("figure_downloads/downloads.css"),
    )
