"""The basket in Chromium: ticked on cards and in tables, kept from page to page, saved."""

import io

import pandas as pd
import pytest
from rdkit import Chem

from tests.browser.driving import check_fits, click, pick, rest
from tests.conftest import NUM_SAMPLES, SAMPLED
from tests.generated_molecules import made_up_samples

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.").expect

HEADER, ROW, BOX = 36, 76, 16
"""Of a table, in pixels: heights of its head and of a row, and where its boxes are."""


@pytest.fixture
def url(dashboard):
    return dashboard + "/triage"


def basket(page):
    return page.locator(".st-key-basket")


def expect_rows(page, number):
    expect(basket(page).get_by_text(f"Basket: {number} row")).to_be_visible()
    rest(page)


def tick_card(page, place):
    click(page.locator("[class*=st-key-pick-page]").nth(place).locator("label"))


def tick_row(page, place):
    """A click on the box before a row of the table, which is drawn on a canvas."""
    table = page.get_by_test_id("stDataFrame").first
    rest(page)
    table.click(position={"x": BOX, "y": HEADER + ROW * (place + 0.5)})


def saved(page, name):
    page.mouse.move(700, 5)  # a tooltip would lie over the other buttons
    rest(page)
    with page.expect_download() as caught:
        basket(page).get_by_role("button", name=name, exact=True).first.click()
    return caught.value.suggested_filename, caught.value.path().read_bytes()


def test_rows_are_picked_on_cards_and_in_the_table_and_taken_along(open_page):
    page = open_page()
    expect(basket(page)).to_have_count(0)
    tick_card(page, 0)
    expect_rows(page, 1)
    tick_card(page, 2)
    expect_rows(page, 2)
    pick(page, "table")
    tick_row(page, 1)  # beside those of the cards, which are ticked here, too
    expect_rows(page, 3)
    tick_row(page, 0)
    expect_rows(page, 2)
    click(page.get_by_role("link", name="Library").first)
    page.wait_for_url("**/library*")
    expect_rows(page, 2)
    table = made_up_samples(SAMPLED, number=NUM_SAMPLES).table
    shown = table[table["unique"].fillna(True)].reset_index(drop=True)["id"]
    expected = [shown[2], shown[1]]
    name, content = saved(page, "CSV")
    assert name == "trailscope-basket.csv"
    read = pd.read_csv(io.BytesIO(content))
    assert read["id"].tolist() == expected
    assert set(read["model"]) == {SAMPLED}
    supplier = Chem.SDMolSupplier()
    supplier.SetData(saved(page, "SDF")[1])
    assert [molecule.GetProp("id") for molecule in supplier] == expected
    assert saved(page, "PDF")[1].startswith(b"%PDF")
    name, sheet = saved(page, "SVG")
    assert name == "trailscope-basket.svg"
    assert expected[0].encode() in sheet
    check_fits(page)


def test_the_sidebar_takes_rows_out_and_the_boxes_follow(open_page):
    page = open_page()
    for place in (0, 1):
        tick_card(page, place)
        expect_rows(page, place + 1)
    click(basket(page).get_by_text("See and remove"))
    click(basket(page).locator("[class*=st-key-unpick]").first.get_by_role("button"))
    expect_rows(page, 1)
    boxes = page.locator("[class*=st-key-pick-page] input")
    assert [box.is_checked() for box in boxes.all()[:3]] == [False, True, False]
    click(basket(page).get_by_role("button", name="Empty the basket"))
    expect(basket(page)).to_have_count(0)
    rest(page)
    assert not any(box.is_checked() for box in boxes.all())
    assert not page.problems


def test_a_sidebar_for_the_basket_alone_goes_with_it(open_page):
    page = open_page()
    tick_card(page, 0)
    expect_rows(page, 1)
    click(page.get_by_test_id("stTopNav").get_by_role("link", name="Models"))
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    expect_rows(page, 1)
    click(basket(page).get_by_text("See and remove"))
    click(basket(page).get_by_role("button", name="Empty the basket"))
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    check_fits(page)


def test_hidden_rows_are_shown_and_hidden_again_by_back(open_page):
    page = open_page()
    sentence = page.get_by_text("1 repeat is hidden.")
    expect(sentence).to_be_visible()
    click(page.locator(".st-key-repeats label"))
    expect(sentence).to_have_count(0)
    page.wait_for_function("location.search.includes('repeats=true')")
    rest(page)
    page.go_back()
    expect(sentence).to_be_visible()
    card = page.locator("[class*=st-key-card-page] code").first
    before = card.inner_text()
    click(page.locator(".st-key-page").get_by_role("button", name="2").first)
    expect(card).not_to_have_text(before)
    page.wait_for_function("location.search.includes('page=2')")
    rest(page)
    page.go_back()
    expect(card).to_have_text(before)
    assert "page=" not in page.url
    assert not page.problems
