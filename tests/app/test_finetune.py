"""The Fine-tune page without a browser: shipped results, live runs, errors."""

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.model.checkpoints import read_card
from tests.generated_molecules import made_up_samples
from tests.repairs import MODEL, save_repairs

PAGE = Path(__file__).parents[2] / "dashboard" / "views" / "finetune.py"
RUN = {"tuning": "Your run", "base": MODEL, "steps": "2", "batch": "4", "test": "16",
       "molecules": "20"}


@pytest.fixture(scope="module")
def results(evaluated_assets, tmp_path_factory) -> Path:
    """An assets folder with tiny models, generated molecules and repairs."""
    root = tmp_path_factory.mktemp("finetune") / "assets"
    shutil.copytree(evaluated_assets, root)
    weights = read_card(root / "checkpoints" / MODEL).weights_sha256
    made_up_samples(MODEL, number=60, weights_sha256=weights).save(
        root / "results" / "samples" / MODEL, device="cpu")
    save_repairs(root)
    return root


@pytest.fixture
def open_page(results, monkeypatch, tmp_path):
    """Open the page with URL parameters, as from a fresh browser."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(results))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "data"))
    st.cache_resource.clear()

    def open_(**query: str) -> AppTest:
        page = AppTest.from_file(str(PAGE), default_timeout=120)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_


def texts(page):
    assert not page.exception, page.exception
    return [element.value for element in (*page.markdown, *page.caption)]


def test_opens_with_the_shipped_comparison(open_page):
    page = open_page()
    assert any("Furthest goes **all weights**" in text for text in texts(page))
    assert not page.error
    assert not page.warning


def test_a_run_trains_measures_and_offers_downloads(open_page):
    page = open_page(**RUN)
    texts(page)
    page.button(key="start-finetune").click().run()
    texts(page)
    assert not page.error, page.error
    assert page.success
