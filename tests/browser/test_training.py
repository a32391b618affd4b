"""The Training page in Chromium: live diversity, links, records that a visitor brings."""

import json
from urllib.parse import urlencode

import pytest

from tests.browser.driving import await_query, check_fits, click, pick, rest
from tests.trainings import MOLECULES, record


@pytest.fixture(scope="module")
def url(dashboard):
    return dashboard + "/training"


def legend(page, key: str) -> list[str]:
    """Names of a chart's lines."""
    return page.locator(f".st-key-{key} .legendtext").all_inner_texts()


def test_own_molecules_are_measured_live(open_page):
    page = open_page("?" + urlencode({"divset": "Your molecules"}))
    box = page.get_by_role("textbox", name="Paste molecules")
    box.fill("\n".join(MOLECULES))
    box.press("Control+Enter")
    page.get_by_text("16 molecules, written as").wait_for()
    click(page.get_by_role("button", name="Measure"))
    page.get_by_text("Different sequences among 100 linearizations").wait_for()
    rest(page)
    assert len(legend(page, "diversity")) == 4
    assert page.get_by_role("button", name="Measure").count() == 0
    assert not page.problems


def test_a_link_shows_the_same_pictures(open_page):
    page = open_page("?trainsize=128")
    pick(page, "3-gram entropy")
    pick(page, "10%")
    pick(page, "random order")
    wanted = {"trainsize": "128", "divmeasure": "3-gram entropy", "divmix": "10%",
              "trainunder": "random order"}
    opened = open_page("?" + await_query(page, wanted))
    for key in ("diversity", "course"):
        assert legend(opened, key) == legend(page, key) != []
    assert page.get_by_text("Entropy of 3-grams, in bits, among 10").count() == 1
    assert not opened.problems


def test_a_record_joins_the_pictures_and_leaves_as_csv(open_page, tmp_path):
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record("max_degree_first", 500, name="mine")))
    page = open_page()
    click(page.get_by_text("Add your own trainings"))
    page.locator(".st-key-trainfiles input[type=file]").set_input_files(path)
    page.locator(".st-key-course .legendtext").filter(
        has_text="max_degree_first, 500 graphs").wait_for()
    rest(page)
    with page.expect_download() as caught:
        click(page.locator(".st-key-downloads-trainings").get_by_role("button", name="CSV"))
    assert "mine,max_degree_first" in caught.value.path().read_text()
    assert not page.problems


@pytest.mark.parametrize("width", [390, 900])
def test_pictures_fit_into_narrow_windows(open_page, width):
    page = open_page(width=width, height=844)
    check_fits(page)
