"""The dashboard on tiny models: real pages, real code paths, random weights."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.sent.strategies import STRATEGIES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def assets(make_checkpoint, tmp_path_factory) -> Path:
    """An assets folder with one tiny model per strategy under the shipped names."""
    folder = tmp_path_factory.mktemp("assets")
    for seed, (name, strategy) in enumerate(STRATEGIES.items()):
        make_checkpoint(f"qm9-{name}", strategy=strategy, seed=seed,
                        folder=folder / "checkpoints" / f"qm9-{name}")
    for name in ("gallery.json", "logo.svg", "wordmark.svg"):
        shutil.copy(ROOT / "assets" / name, folder / name)
    return folder


@pytest.fixture
def open_page(assets, monkeypatch) -> Callable[..., AppTest]:
    """Open the Explore page with URL parameters, as from a fresh browser."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
    st.cache_resource.clear()

    def open_(**query: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_
