"""Every model that ships opens on every page that offers it."""

import pytest

from tests.conftest import ROOT
from tests.snapshots.pages import open_page

PAGES = {"": ("checkpoints", "k=4&model=", "model"),
         "calibration": ("results/evaluations", "evaluated=", "evaluated"),
         "triage": ("results/samples", "generator=", "generator")}
"""By page: what it opens, its address, and the box that then holds the model."""

CASES = [(page, folder.name) for page, (kind, _, _) in PAGES.items()
         for folder in sorted((ROOT / "assets" / kind).iterdir())]


@pytest.mark.parametrize(("page", "model"), CASES)
def test_a_shipped_model_opens(shipped, page, model):
    _, query, key = PAGES[page]
    found = open_page(page, f"{query}{model}")
    assert not found.exception
    assert not found.error
    assert not found.warning
    assert found.selectbox(key=key).value == model
    assert found.metric
