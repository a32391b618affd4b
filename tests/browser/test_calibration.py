"""The Calibration page in Chromium: two diagrams beside each other."""

import pytest

from core.likelihood.calibration import TokenType
from core.likelihood.evaluation import Evaluation
from tests.browser.conftest import NUMBERS, ROOT, TIMEOUT_MS
from tests.evaluations import MODELS, ORDERS

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
expect = sync_api.expect
expect.set_options(timeout=TIMEOUT_MS)

RANDOM, MAX = ORDERS
BIASED = MODELS[1]
OWN, FOREIGN = ".st-key-reliability-0", ".st-key-reliability-1"


@pytest.fixture(scope="module")
def url(serve, evaluated_assets):
    address = serve(ROOT / "dashboard" / "app.py", TRAILSCOPE_ASSETS=str(evaluated_assets))
    return address + "/calibration"


@pytest.fixture(scope="module")
def stored(evaluated_assets):
    """The biased model's evaluation under an order."""
    return lambda order: Evaluation.load(
        evaluated_assets / "results" / "evaluations" / BIASED / order)


def await_eces(page, stored, of=TokenType.ALL, temperature=1.0):
    """Wait for the numbers of both orders, the model's own first."""
    expect(page.locator(NUMBERS)).to_have_text(
        [f"{stored(order).reliability(of, temperature).ece.value:#.3g}" for order in (MAX, RANDOM)])


def await_diagram(page, diagram):
    """Wait for a diagram; returns its box."""
    expect(page.locator(f"{diagram} .xy .bars .point")).to_have_count(15)
    return page.locator(f"{diagram} .main-svg").first.bounding_box()


def test_the_own_order_is_drawn_beside_random_order(open_page, stored):
    page = open_page()
    await_eces(page, stored)
    own, foreign = (await_diagram(page, diagram) for diagram in (OWN, FOREIGN))
    assert (own["y"], own["width"], own["height"]) == (
        foreign["y"], foreign["width"], foreign["height"])
    assert own["x"] + own["width"] <= foreign["x"]
    for diagram, order in ((OWN, MAX), (FOREIGN, RANDOM)):
        counts = stored(order).reliability(TokenType.ALL).counts
        points = page.locator(f"{diagram} .xy .scatterlayer .points .point")
        expect(points).to_have_count(int((counts > 0).sum()))
