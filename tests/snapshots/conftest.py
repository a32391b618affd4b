"""What all pages of the snapshots share: what ships, and quick runs."""

import pytest
import streamlit as st
from streamlit import config

from dashboard.views.explore import data
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Assets that ship, no models of this machine, and caches that all views share."""
    # Streamlit looks through the whole heap after every run, which takes longer than most runs.
    collects = config.get_option("runner.postScriptGC")
    config.set_option("runner.postScriptGC", False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAILSCOPE_ASSETS", str(ROOT / "assets"))
        patch.setenv("TRAILSCOPE_MODELS", str(tmp_path_factory.mktemp("models")))
        patch.setenv("TRAILSCOPE_DATA", str(tmp_path_factory.mktemp("data")))
        patch.delenv("TRAILSCOPE_HOSTED", raising=False)
        st.cache_resource.clear()
        # How long more permutations would take is another answer every time.
        patch.setattr(data, "seconds_for", lambda query, permutations: None)
        yield
    config.set_option("runner.postScriptGC", collects)
    st.cache_resource.clear()
