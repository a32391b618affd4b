"""Markup in an address, in Chromium: shown as it was typed, and nothing is asked elsewhere."""

from itertools import cycle
from urllib.parse import urlencode

import pytest

from tests.app.test_addresses import keys
from tests.browser.driving import rest
from tests.snapshots.pages import PAGES

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.").expect

MARKUP = ("![x](http://e.test/x.png) <b>b</b>", "<img src=//e.test/x> www.e.test",
          ":material/home: $x^2$ :red[x] [a](//b.c)")


@pytest.fixture
def url(dashboard):
    return dashboard


@pytest.mark.parametrize("page", filter(keys, PAGES), ids=lambda page: page or "explore")
def test_markup_in_every_key_is_text(open_page, url, page):
    asked = []
    query = dict(zip(keys(page), cycle(MARKUP), strict=False))
    opened = open_page(f"/{page}?{urlencode(query)}", prepare=(
        lambda new: new.on("request", lambda request: asked.append(request.url))))
    alerts = opened.locator("[data-testid=stAlert]")
    shown = [text.replace("\u2060", "") for text in alerts.all_text_contents()]
    for value in MARKUP:
        assert any(f"'{value}'" in text for text in shown)
    assert alerts.locator("img, a, b, .katex").count() == 0
    assert opened.problems == []
    assert len(asked) > 5
    assert {address for address in asked
            if not address.startswith((url, url.replace("http", "ws"), "data:", "blob:"))} == set()


def test_an_endless_number_is_told_and_gone_from_the_address(open_page, url):
    opened = open_page("/?k=inf&smiles=CCO&seed=3")
    expect(opened.locator("[data-testid=stAlert]")).to_contain_text(
        "The address asks for the number of permutations 'inf'; it must be a whole number from 2 "
        "to 1,024.")
    opened.wait_for_function("!window.location.search.includes('k=')")
    assert "smiles=CCO" in opened.url
    assert "seed=3" in opened.url
    opened.go_back()
    opened.wait_for_function("!window.location.search.includes('k=')")
    rest(opened)
    assert opened.locator("[data-testid=stException]").count() == 0


def test_one_button_copies_the_whole_link(open_page, url):
    opened = open_page("/models?metric=LU")
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.get_by_role("button", name="Share").click()
    expect(opened.get_by_text("Link copied")).to_be_visible()
    assert opened.evaluate("navigator.clipboard.readText()") == f"{url}/models?metric=LU"
