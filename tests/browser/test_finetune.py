"""The Fine-tune page in Chromium: clicks, a live run that opens in Explore, looks."""

import pytest

from tests.browser.driving import NUMBERS, await_query, check_fits, click, click_at, rest, watch
from tests.repairs import MODEL

RUN = f"?tuning=Your+run&base={MODEL}&steps=2&batch=4&test=16&molecules=20"


@pytest.fixture(scope="module")
def url(dashboard):
    return dashboard + "/finetune"


def test_a_click_on_a_point_opens_its_arm(open_page):
    page = open_page()
    before = page.locator(NUMBERS).first.inner_text()
    click_at(page.locator(".st-key-pareto .scatterlayer .trace .point").first)
    query = await_query(page, {"arm": "sparse-gradient-40"})
    rest(page)
    shown = page.locator(NUMBERS).first.inner_text()
    assert shown != before
    assert open_page(f"?{query}").locator(NUMBERS).first.inner_text() == shown
    assert not page.problems


def test_a_run_shows_its_result_and_opens_in_explore(new_page, url):
    page = new_page()
    watch(page)
    page.goto(url + RUN)
    click(page.get_by_role("button", name="Fine-tune", exact=True))
    keep = page.get_by_role("button", name="Keep for Explore")
    keep.wait_for()
    with page.expect_download() as caught:
        click(page.get_by_role("button", name="Adapter"))
    assert caught.value.suggested_filename.endswith("-sparse_adapter.safetensors")
    click(keep)
    link = page.get_by_role("link", name="Open in Explore")
    link.wait_for()
    with page.expect_popup() as opened:
        click(link)
    explore = opened.value
    explore.wait_for_selector(NUMBERS)
    assert f"model={MODEL}-sparse-gradient-" in explore.url
    assert explore.get_by_test_id("stAlert").count() == 0
    explore.close()
    page.close()


def test_settings_of_a_run_stand_where_they_act_and_are_not_lost_elsewhere(new_page, url):
    page = new_page()
    watch(page)
    page.goto(f"{url}?tuning=Your+run&base={MODEL}")
    steps = page.get_by_role("spinbutton", name="Steps", exact=True)
    steps.fill("7")
    steps.press("Enter")
    await_query(page, query := {"tuning": "Your run", "base": MODEL, "steps": "7"})
    click(page.get_by_role("radio", name="All numbers"))
    steps.wait_for(state="hidden")
    page.get_by_text("Nothing to set here").wait_for()
    click(page.get_by_role("radio", name="Your run"))
    steps.wait_for()
    assert steps.input_value() == "7"
    await_query(page, query)
    assert not page.problems
    page.close()


@pytest.mark.parametrize(("scheme", "width", "queries"), [
    ("light", 1440, ("?tuning=All+numbers",)),
    ("dark", 900, ("", "?tuning=Code")),
])
def test_nothing_overflows(new_page, url, scheme, width, queries):
    for query in queries:
        page = new_page(width=width, height=1000, color_scheme=scheme)
        watch(page)
        page.goto(url + query)
        page.get_by_role("heading", name="Fine-tune", exact=True).wait_for()
        check_fits(page)
        page.close()
