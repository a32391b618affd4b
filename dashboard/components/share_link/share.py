"""The button that copies the address of the page as it stands, a streamlit component."""

from __future__ import annotations

import os
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from dashboard.components.bundle import join_scripts, join_styles

PUBLIC_URL = "TRAILSCOPE_PUBLIC_URL"
"""Environment variable: the server's address as visitors know it, where a proxy or an iframe hides
it from the page."""


def share_link(path: str) -> None:
    """Show the button; everything happens in the browser.

    Args:
        path: of the page below the server's address, empty for the first one.
    """
    _component()(key="share-link", data={"base": public_url(), "path": path})


def public_url() -> str:
    """What `PUBLIC_URL` says, without a slash at its end; empty if it says no web address.

    The browser then takes the address that it shows.
    """
    url = os.environ.get(PUBLIC_URL, "").strip().rstrip("/")
    parts = urlsplit(url)
    return url if parts.scheme in ("http", "https") and parts.netloc and not parts.query else ""


def base_url() -> str:
    """Where the dashboard is: what `public_url` says, or else what the browser shows."""
    shown = urlsplit(st.context.url or "http://localhost:8501")
    folder = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return public_url() or "/".join(filter(None, (f"{shown.scheme}://{shown.netloc}", folder)))


@cache
def _component() -> Any:
    """Register the component once per process."""
    return st.components.v2.component(
        "trailscope_share_link", js=join_scripts("dom.js", "share_link/share.js"),
        css=join_styles("share_link/share.css"))
