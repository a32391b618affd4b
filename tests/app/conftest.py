"""The dashboard on tiny models: real pages, real code paths, random weights."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.caches import forget_other_assets

ROOT = Path(__file__).parents[2]


@pytest.fixture
def open_page(assets, monkeypatch) -> Callable[..., AppTest]:
    """Open the Explore page with URL parameters, as from a fresh browser."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))

    def open_(**query: str) -> AppTest:
        forget_other_assets()
        page = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_
