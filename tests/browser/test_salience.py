"""The Salience page in Chromium: clicks on the heatmap, links, downloads, looks."""

import json
import re

import pytest

from core.salience import Mask
from tests.browser.driving import await_query, check_fits, click, click_at, pick, rest, watch

ROWS, COLUMNS = 2, 7


@pytest.fixture
def open_lab(new_page, dashboard):
    pages = []

    def open_(query="", **options):
        page = new_page(height=1400, **options)
        watch(page)
        pages.append(page)
        page.goto(f"{dashboard}/salience{query}")
        page.wait_for_selector(".st-key-matrices .main-svg, [data-testid=stAlert]")
        rest(page)
        return page

    yield open_
    for page in pages:
        page.close()


def heading(page):
    """The sentence about the matrix that is open."""
    return page.get_by_text(re.compile(r"entries selected \(")).first.inner_text()


def click_cell(page, row, column):
    click_at(page.locator(".st-key-matrices .nsewdrag").first,
             (column + 0.5) / COLUMNS, (row + 0.5) / ROWS)


def test_a_clicked_cell_opens_and_its_address_shows_the_same(open_lab):
    page = open_lab("?examples=4&density=10%25&lab=All+matrices")
    before = heading(page)
    click_cell(page, 1, 6)
    query = await_query(page, {"examples": "4", "density": "10%", "lab": "All matrices",
                               "matrix": "layer 1 down"})
    rest(page)
    assert heading(page).startswith("32 × 64")
    assert heading(page) != before
    shared = open_lab(f"?{query}")
    assert heading(shared) == heading(page)
    assert not page.problems
    assert not shared.problems


def test_a_second_click_opens_another_cell(open_lab):
    page = open_lab("?criterion=magnitude&lab=Code")
    for row, column, name in ((0, 0, "layer 0 q"), (1, 4, "layer 1 gate")):
        click_cell(page, row, column)
        await_query(page, {"criterion": "magnitude", "lab": "Code", "matrix": name})


def test_the_mask_is_saved_with_its_provenance(open_lab, tmp_path):
    page = open_lab("?criterion=snip&examples=4&density=20%25&lab=Code")
    with page.expect_download() as caught:
        click(page.get_by_role("button", name="Mask", exact=True))
    path = tmp_path / "mask.safetensors"
    caught.value.save_as(path)
    mask = Mask.load(path)
    assert mask.density == pytest.approx(0.2, abs=1e-4)
    assert mask.origin["examples"]["number"] == 4
    assert caught.value.suggested_filename == (
        "trailscope-mask-qm9-max_degree_first-snip-global-0.2.safetensors")
    assert json.dumps(mask.origin)


@pytest.mark.parametrize(("scheme", "width", "sections"), [
    ("light", 1440, ("Criteria", "One molecule", "Code")),
    ("dark", 900, ("Two settings", "Stability", "All matrices")),
])
def test_nothing_overflows(open_lab, scheme, width, sections):
    page = open_lab("?examples=4&lab=Code", color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 1000})
    for section in sections:
        pick(page, section)
        check_fits(page)
