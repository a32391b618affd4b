"""Every model that ships opens on every page that offers it."""

import pytest

from tests.conftest import ROOT
from tests.snapshots.pages import open_page

MODELS = sorted(path.name for path in (ROOT / "assets" / "checkpoints").iterdir())


@pytest.mark.parametrize(("page", "query", "key"), [
    ("", "k=4&model=", "model"), ("calibration", "evaluated=", "evaluated"),
    ("triage", "generator=", "generator"),
])
@pytest.mark.parametrize("model", MODELS)
def test_a_shipped_model_opens(shipped, page, query, key, model):
    found = open_page(page, f"{query}{model}")
    assert not found.exception
    assert not found.error
    assert not found.warning
    assert found.selectbox(key=key).value == model
    assert found.metric
