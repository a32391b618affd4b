"""Phones and enlarged windows: the content has the room, and what is drawn can be read."""

import pytest

from tests.browser.driving import check_fits, rest

PHONE = 390
TABLET = 720
ENLARGED = 960  # 1920 pixels at 200%
OPENED = "[data-testid=stSidebar][data-collapsed=false]"
CLOSED = "[data-testid=stSidebar][data-collapsed=true]"
WISHES = """() => Object.entries(localStorage)
    .filter(([key]) => key.startsWith("stSidebarCollapsed"))"""

OVERLAPS = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap((plot) => {
  const found = [...plot.querySelectorAll('text')]
    .filter((text) => text.textContent.trim())
    .filter((text) => !/rotate\\((?!0)/.test(text.getAttribute('transform')))
    .map((text) => ({ said: text.textContent, box: text.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0);
  const meet = ({ box: a }, { box: b }) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  const frame = plot.getBoundingClientRect();
  return found.filter(({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1)
    .map(({ said }) => `${said} is cut off`)
    .concat(found.flatMap((one, at) => found.slice(at + 1).filter((other) => meet(one, other))
      .map((other) => `${one.said} over ${other.said}`)));
})"""
"""Texts of charts that lie upon each other or leave their chart; slanted ones are not looked at."""

LEFT_OUT = """() => [...document.querySelectorAll('.colorbar text')]
    .filter((text) => text.textContent.trim() && !text.getBoundingClientRect().width)
    .map((text) => text.textContent)"""
"""Labels of colour scales that are not drawn."""

CUT_OFF = """() => [...document.querySelectorAll(
    '[data-testid=stCheckbox] p, [data-variant=segmented_control]')]
    .filter((node) => {
      const { right } = node.getBoundingClientRect();
      return node.scrollWidth > node.clientWidth + 1 || right > window.innerWidth;
    })
    .map((node) => node.textContent)"""
"""Switches and options whose labels are not shown whole."""

BELOW = """(key) => {
  const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
  if (!plot?._fullLayout) return false;
  const { t, h } = plot._fullLayout._size;
  const end = plot.getBoundingClientRect().top + t + h;
  const parts = [...plot.querySelectorAll('.legend, .colorbar')];
  return parts.length > 0 && parts.every((part) => part.getBoundingClientRect().top >= end);
}"""
"""Whether legend and colour scale of a chart lie below its axes."""


@pytest.fixture
def url(dashboard):
    return dashboard + "/"


def sidebar(page):
    return page.get_by_test_id("stSidebar")


@pytest.mark.parametrize("width", [PHONE, ENLARGED])
def test_the_sidebar_is_closed_at_first_and_never_over_the_content(open_page, width):
    page = open_page("?smiles=CCO&k=16", width=width, height=844)
    page.wait_for_selector("[data-testid=stSidebar][data-collapsed=true]", state="attached")
    rest(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.wait_for_selector("[data-testid=stSidebar][data-collapsed=false]")
    rest(page)
    over, under = sidebar(page).bounding_box(), page.get_by_test_id("stMain").bounding_box()
    assert (over["y"] + over["height"] <= under["y"] + 1
            or over["x"] + over["width"] <= under["x"] + 1)
    assert under["width"] >= 0.6 * width
    assert under["height"] >= 0.4 * 844
    check_fits(page)


def test_closing_it_for_a_small_window_is_no_wish_for_wide_ones(open_page):
    page = open_page("?smiles=CCO&k=16", width=ENLARGED, height=844)
    page.wait_for_selector(CLOSED, state="attached")
    page.wait_for_function("localStorage.getItem('trailscopeSidebarBefore') === null")
    page.set_viewport_size({"width": 1440, "height": 844})
    page.reload()
    page.wait_for_selector(OPENED)


def test_a_small_window_that_is_left_at_once_leaves_no_wish_either(open_page):
    page = open_page("?smiles=CCO&k=16")
    page.wait_for_selector(OPENED)
    page.locator("[data-testid=stSidebarCollapseButton] button").dispatch_event("click")
    page.wait_for_selector(CLOSED, state="attached")
    page.wait_for_function(f"({WISHES})().some(([, value]) => value === 'true')")
    page.evaluate("localStorage.setItem('trailscopeSidebarBefore', '{}')")
    page.reload()
    page.wait_for_selector(OPENED)
    assert page.evaluate("localStorage.getItem('trailscopeSidebarBefore')") is None
    assert "true" not in dict(page.evaluate(WISHES)).values()


def test_the_sidebar_of_a_phone_closes_when_a_page_is_chosen(open_page):
    page = open_page("models", width=PHONE, height=844)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name="Glossary").click()
    page.get_by_role("heading", name="Glossary").wait_for()
    page.wait_for_selector("[data-testid=stSidebar][data-collapsed=true]", state="attached")


@pytest.mark.parametrize("width", [PHONE, 1440])
def test_what_is_said_first_is_not_covered_by_the_header(open_page, width):
    page = open_page("models?row=gpt-7", width=width, height=844)
    header = page.get_by_test_id("stHeader").bounding_box()
    said = page.get_by_test_id("stAlert").first.bounding_box()
    assert said["y"] >= header["y"] + header["height"]


@pytest.mark.parametrize("width", [PHONE, TABLET])
@pytest.mark.parametrize(("path", "key"), [
    ("models", "heatmap"), ("salience", "matrices"), ("finetune", "pareto")])
def test_charts_can_be_read_in_a_small_window(open_page, path, key, width):
    page = open_page(path, width=width, height=844)
    page.wait_for_function(BELOW, arg=key)
    rest(page)
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(LEFT_OUT) == []
    assert page.evaluate(CUT_OFF) == []
    check_fits(page)


def test_downloads_of_a_phone_stand_below_their_figures(open_page):
    page = open_page("salience", width=PHONE, height=844)
    page.wait_for_function(BELOW, arg="inside")
    rest(page)
    map_, row, histogram = (page.locator(f".st-key-{key}").bounding_box()["y"]
                            for key in ("inside", "downloads-inside", "histogram"))
    assert map_ < row < histogram
