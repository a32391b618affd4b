"""What pages keep between the tests that open them."""

import os

import streamlit as st

_last_assets: list[str | None] = [None]


def forget_other_assets() -> None:
    """Empty the pages' caches if the assets folder is another one than at the last call.

    Tests that open the same folder share what was read and drawn of it, as visitors do.
    """
    assets = os.environ.get("TRAILSCOPE_ASSETS")
    if assets != _last_assets[0]:
        st.cache_resource.clear()
        _last_assets[0] = assets
