"""Buttons that save a figure of the page as SVG, PNG and CSV."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components.bundle import join_scripts, join_styles

_OWN_SCRIPTS = ("paint.js", "copy.js", "boxes.js", "lines.js", "tree.js", "figure.js", "save.js",
                "buttons.js")
_MAX_NAME = 80


def figure_downloads(
    name: str,
    *,
    key: str,
    target: str | None = None,
    svg: str | None = None,
    csv: pd.DataFrame | str | None = None,
) -> None:
    """Show a quiet row of buttons, one per format that can be made of what is given.

    Everything happens in the browser: no rerun, no request to the server.

    Args:
        name: what the figure is called, for screen readers and as file `trailscope-<name>.<ext>`.
        key: of the row.
        target: streamlit key of the chart, component or container whose present look is saved.
        svg: a drawing made in Python, instead of `target`; the page's colour is put behind it.
        csv: the figure's numbers: a table, without its index, or text.

    Raises:
        ValueError: if nothing can be saved, or if both `target` and `svg` are given.
    """
    if isinstance(csv, pd.DataFrame):
        csv = csv.to_csv(index=False)
    _component()(key=key, data=downloads_json(name, target=target, svg=svg, csv=csv))


def downloads_json(
    name: str, *, target: str | None, svg: str | None, csv: str | None
) -> dict[str, str | None]:
    """What the browser gets; arguments as of `figure_downloads`."""
    if target is None and svg is None and csv is None:
        raise ValueError(f"Nothing to download as {name!r}: give target, svg or csv.")
    if target is not None and svg is not None:
        raise ValueError(f"Give either target or svg for {name!r}, not both.")
    return {"name": name, "file": file_name(name), "target": target, "svg": svg, "csv": csv}


def file_name(name: str) -> str:
    """A file's name without its ending, from any text: letters, digits, `.`, `_` and `-`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-.")[:_MAX_NAME].strip("-.")
    return f"trailscope-{kept or 'figure'}"


@cache
def _component() -> Any:
    """Register the component once per process."""
    return st.components.v2.component(
        "trailscope_figure_downloads",
        js=join_scripts("dom.js", *(f"figure_downloads/{name}" for name in _OWN_SCRIPTS)),
        css=join_styles("figure_downloads/downloads.css"),
    )
