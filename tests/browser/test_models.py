"""The Models page in Chromium: a click opens a cell, links keep it, wrong ones are corrected."""

import re

import pytest

from core.calibration.token_types import TokenType
from core.evaluation.result import Evaluation
from tests.browser.driving import await_query, check_fits, choose, pick, rest, settled_box
from tests.evaluations import MODELS, ORDERS

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
expect = sync_api.expect

RANDOM, MAX = ORDERS


@pytest.fixture(scope="module")
def url(dashboard):
    return dashboard + "/models"


@pytest.fixture
def ece(evaluated_assets):
    """What the page writes of a stored evaluation."""

    def read(model, order, of=TokenType.ALL):
        folder = evaluated_assets / "results" / "evaluations" / model / order
        found = Evaluation.load(folder).reliability(of).ece
        return f"{found.value:#.3g} [{found.interval.low:#.3g} – {found.interval.high:#.3g}]"

    return read


def test_a_data_set_of_an_old_link_is_shown_and_named_as_now(open_page):
    page = open_page("?dataset=planar")
    await_query(page, {"dataset": "Planar"})
    expect(page.locator(".st-key-dataset [aria-checked=true]")).to_have_text("Planar")
    assert page.get_by_test_id("stAlert").count() == 0


def click_cell(page, model, order):
    """Click on the heatmap where the model's row meets the order's column."""
    chart = page.locator(".st-key-heatmap")
    row = settled_box(chart.locator(".ytick text").filter(has_text=model))
    column = settled_box(chart.locator(".xtick text").filter(has_text=order))
    page.mouse.click(column["x"] + column["width"] / 2, row["y"] + row["height"] / 2)


def await_cell(page, model, order, ece):
    """Wait for title and number of a cell; returns the points of its reliability diagram."""
    title = page.get_by_role("heading", name=f"{model} under {order}")
    expect(title).to_contain_text(f"{model} under {order}")
    expect(page.get_by_text(re.compile("^ECE of ")).filter(has_text=ece)).to_be_visible()
    expect(page.locator(".st-key-cell .main-svg").first).to_be_visible()
    rest(page)
    return page.locator(".st-key-cell .js-plotly-plot").first.evaluate(
        "(plot) => JSON.stringify(plot.data.map(({x, y, hovertext}) => [x, y, hovertext]))")


def test_a_clicked_cell_opens_and_a_copied_address_shows_it(open_page, ece):
    page = open_page()
    at_first = await_cell(page, MODELS[1], RANDOM, ece(MODELS[1], RANDOM))
    click_cell(page, MODELS[0], MAX)
    opened = await_cell(page, MODELS[0], MAX, ece(MODELS[0], MAX))
    assert opened != at_first
    pick(page, "edge label")
    number = ece(MODELS[0], MAX, TokenType.EDGE_LABEL)
    opened = await_cell(page, MODELS[0], MAX, number)
    query = await_query(page, {"row": MODELS[0], "column": MAX, "tokens": "edge label"})
    shared = open_page(f"?{query}")
    assert await_cell(shared, MODELS[0], MAX, number) == opened
    check_fits(page)
    check_fits(shared)


def test_a_cell_can_be_clicked_again_after_the_boxes_changed_it(open_page, ece):
    page = open_page()
    click_cell(page, MODELS[0], MAX)
    await_query(page, {"row": MODELS[0], "column": MAX})
    choose(page, "Evaluated under", RANDOM)
    await_cell(page, MODELS[0], RANDOM, ece(MODELS[0], RANDOM))
    click_cell(page, MODELS[0], MAX)
    await_cell(page, MODELS[0], MAX, ece(MODELS[0], MAX))


def test_an_impossible_address_is_said_in_one_sentence_and_dropped(open_page, ece):
    page = open_page("?row=gpt-7")
    expect(page.get_by_test_id("stAlert")).to_have_text(
        re.compile(f"'gpt-7', which this server does not have; it has {MODELS[0]}, "))
    await_cell(page, MODELS[1], RANDOM, ece(MODELS[1], RANDOM))
    await_query(page, {})
    click_cell(page, MODELS[1], MAX)
    await_cell(page, MODELS[1], MAX, ece(MODELS[1], MAX))
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    check_fits(page)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 900)])
def test_nothing_overflows(open_page, scheme, width, ece):
    page = open_page(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 1000})
    await_cell(page, MODELS[1], RANDOM, ece(MODELS[1], RANDOM))
    check_fits(page)
