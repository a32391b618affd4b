"""The Library page in Chromium: what is filtered and drawn around is what the table shows."""

import re

import pytest

from core.library.selection import Selection
from core.library.store import Library
from tests.browser.driving import await_query, check_fits, enter, pick, rest, settled_box
from tests.conftest import NUM_SAMPLES, SAMPLED
from tests.generated_molecules import made_up_samples

SAMPLES = f"{SAMPLED} samples"
CHART = ".st-key-library-scatter"


@pytest.fixture(scope="module")
def url(dashboard):
    return dashboard + "/library"


def shown(page):
    text = page.get_by_text(re.compile(rf"of {NUM_SAMPLES} rows")).first.inner_text()
    return int(re.match(r"[\d,]+", text).group().replace(",", ""))


def test_rows_are_filtered_marked_by_a_lasso(open_page, tmp_path):
    made_up_samples(SAMPLED, number=NUM_SAMPLES).save(tmp_path, device="cpu")
    library = Library.open(tmp_path)
    page = open_page(f"?library={SAMPLES}")
    enter(page.get_by_role("textbox", name="Filter"), "stable = yes")
    page.get_by_text("rows: stable = yes").wait_for()
    assert shown(page) == library.count(  # repeats and pieces are hidden
        Selection.from_text("stable = yes; not fragments >= 2; not unique = no"))
    await_query(page, {"filter": "stable = yes"} | (
        {} if page.url.count("library=") == 0 else {"library": SAMPLES}))
    pick(page, "Scatter")
    pick(page, "lasso to mark")
    box = settled_box(page.locator(f"{CHART} .nsewdrag").first)
    left, top, right, bottom = box["x"] + 2, box["y"] + 2, box["x"] + box["width"] / 2, box["y"] + (
        box["height"] - 2)
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
    forget = page.get_by_role("button", name=re.compile("^Forget the"))
    forget.wait_for()
    rest(page)
    marked = int(re.search(r"\d+", forget.inner_text()).group())
    assert 0 < marked < NUM_SAMPLES
    pick(page, "Table")
    assert shown(page) == marked
    forget.click()
    page.get_by_text("rows: stable = yes.").wait_for()
    assert not page.problems


@pytest.mark.parametrize(("scheme", "width", "looks"), [
    ("light", 1440, ("Table", "Scatter")), ("dark", 390, ("Table", "Distribution", "Keep-list"))])
def test_nothing_overflows(open_page, scheme, width, looks):
    page = open_page(f"?library={SAMPLES}&rowsas=cards", color_scheme=scheme, width=width)
    for look in looks:
        pick(page, look)
        check_fits(page)
