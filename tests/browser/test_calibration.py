"""The Calibration page in Chromium: two diagrams, what the address keeps, tokens of a bin."""

import re

import pytest

from core.calibration.token_types import TokenType
from core.evaluation.result import Evaluation
from dashboard.views.calibration.query import BIN_OPTIONS, TEMPERATURE_OPTIONS
from tests.browser.driving import (
    NUMBERS,
    await_query,
    check_fits,
    choose,
    click_at,
    pick,
    rest,
    settled_box,
)
from tests.evaluations import MODELS, ORDERS

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
expect = sync_api.expect

RANDOM, MAX = ORDERS
BIASED = MODELS[1]
OWN, FOREIGN = ".st-key-reliability-0", ".st-key-reliability-1"


@pytest.fixture(scope="module")
def url(dashboard):
    return dashboard + "/calibration"


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
    return settled_box(page.locator(f"{diagram} .main-svg").first)


def click_bin(page, diagram, number):
    """Click into the upper half of a bin, where there is nothing to see."""
    await_diagram(page, diagram)
    click_at(page.locator(f"{diagram} .xy .bars .point").nth(number), down=0.25)


def cards(page):
    """Drawings and captions of the tokens that are shown."""
    captions = page.get_by_text(re.compile(r"^token \d+ of \d+ · "))
    expect(captions.first).to_be_visible()
    rest(page)
    drawings = page.get_by_test_id("stImage").locator("img")
    expect(drawings).to_have_count(captions.count())
    return [(drawing.get_attribute("alt"), caption.inner_text())
            for drawing, caption in zip(drawings.all(), captions.all(), strict=True)]


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


def test_type_and_temperature_are_part_of_the_address(open_page, stored):
    page = open_page()
    pick(page, "edge label")
    await_eces(page, stored, TokenType.EDGE_LABEL)
    rest(page)
    page.get_by_role("slider").press("ArrowRight")
    names = list(TEMPERATURE_OPTIONS)
    at = names[names.index("1.00") + 1]
    await_eces(page, stored, TokenType.EDGE_LABEL, TEMPERATURE_OPTIONS[at])
    shared = open_page(f"?{await_query(page, {'type': 'edge label', 'at': at})}")
    await_eces(shared, stored, TokenType.EDGE_LABEL, TEMPERATURE_OPTIONS[at])
    check_fits(page)
    check_fits(shared)


def test_a_clicked_bin_shows_its_tokens_on_molecules(open_page, stored):
    number = int(stored(MAX).reliability(TokenType.ALL).counts.argmax())
    sampled = stored(MAX).tokens_in(TokenType.ALL, number)
    page = open_page("?section=Numbers")
    click_bin(page, OWN, number)
    shown = cards(page)
    assert 0 < len(shown) <= len(sampled)
    assert {caption.split(" · ")[1] for _, caption in shown} <= set(sampled["smiles"])
    assert all(alt for alt, _ in shown)
    query = await_query(page, {"bin": BIN_OPTIONS[number + 1], "shown": MAX})
    shared = open_page(f"?{query}")
    assert cards(shared) == shown
    check_fits(page)
    check_fits(shared)


def test_a_bin_can_be_clicked_again_after_the_box_changed_it(open_page):
    page = open_page()
    for _ in range(2):
        click_bin(page, FOREIGN, 0)
        await_query(page, {"bin": BIN_OPTIONS[1]})
        choose(page, "Confidence bin", BIN_OPTIONS[0])
        await_query(page, {})


def test_an_impossible_address_is_said_in_one_sentence_and_dropped(open_page, stored):
    page = open_page("?at=7&under=random_order")
    expect(page.get_by_test_id("stAlert")).to_have_text(
        re.compile(r"temperature '7', which does not exist; there are 0\.50, "))
    await_eces(page, stored)
    await_query(page, {})
    check_fits(page)


def test_nothing_overflows(open_page):
    page = open_page(color_scheme="dark")
    for section in ("Tokens of a bin", "All types", "Temperature", "Numbers"):
        pick(page, section)
        for width in (1440, 900):
            page.set_viewport_size({"width": width, "height": 1000})
            check_fits(page)
