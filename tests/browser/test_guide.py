"""The guide in Chromium: from the start page through four views, back, shared, and left."""

import pytest

from tests.browser.driving import check_fits, click, rest

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.").expect


@pytest.fixture
def url(dashboard):
    return dashboard + "/"


def strip(page):
    return page.locator(".st-key-guide")


def expect_step(page, number):
    expect(strip(page).get_by_text(f"{number} of 4")).to_be_visible()
    page.wait_for_function(f"location.search.includes('guide={number}')")
    rest(page)


def follow(page, name):
    leads = strip(page).get_by_role("link", name=name)
    click(leads.or_(strip(page).get_by_role("button", name=name)))


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_it_leads_through_four_views_and_back(open_page, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    expect(strip(page)).to_have_count(0)
    click(page.get_by_role("button", name="New here?"))
    for number in (1, 2, 3, 4):
        expect_step(page, number)
        check_fits(page)
        if number < 4:
            follow(page, "Next:")
    assert "/triage" in page.url
    for number in (3, 2, 1):
        page.go_back()
        expect_step(page, number)
    page.go_back()
    expect(strip(page)).to_have_count(0)
    page.go_forward()
    expect_step(page, 1)
    follow(page, "Leave")
    expect(strip(page)).to_have_count(0)
    rest(page)
    assert "guide" not in page.url
    assert not page.problems


def test_a_copied_address_opens_the_same_view(open_page):
    page = open_page("?smiles=CCO&model=qm9-min_degree_first&guide=1")
    said = strip(page).inner_text()
    follow(page, "Next:")
    expect_step(page, 2)
    follow(page, "Back")
    expect_step(page, 1)
    assert strip(page).inner_text() == said
    shared = open_page(page.url[page.url.index("?"):])
    assert strip(shared).inner_text() == said
    assert not shared.problems
