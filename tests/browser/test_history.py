"""Every choice is a step of the browser's history, in Chromium; every page has one title."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.driving import await_query, click, enter, rest
from tests.snapshots.pages import PAGES

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.").expect

OPTIONS = {"models": ("metric", "LU"), "calibration": ("section", None),
           "triage": ("part", None), "library": ("look", None), "salience": ("scope", None),
           "training": ("divmeasure", None)}
"""By page, the parameter of a row of options and the option to pick, None for the last one."""

BOXES = {"score": ("scoreorder", "anchor_expansion"), "finetune": ("method", "LoRA")}
"""By page, the parameter of a select box and the option to choose."""

DATASETS = {"": "model", "calibration": "evaluated", "triage": "generator", "score": "scorer",
            "salience": "lm", "finetune": "base"}
"""By page, the parameter of its model, above which the data sets stand."""

SHOWN_BY = {"finetune": "?tuning=Your+run"}
"""By page, what its address says for the box to stand on it."""


@pytest.fixture
def url(dashboard):
    return dashboard


def go(page, way: str) -> dict[str, str]:
    """Go back or forward; what the address asks for when the page rests."""
    getattr(page, f"go_{way}")()
    page.wait_for_timeout(400)
    rest(page)
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def check_heading(page) -> None:
    """A page has one title of its own, which the browser's tab shows too."""
    heading = page.locator("h1").inner_text()  # refused if there are several
    short = heading.removesuffix(" molecules").replace("Generate & triage", "Triage")
    assert page.title() == f"{short} · TrailScope"


def value(page) -> str:
    return page.get_by_role("textbox", name="Molecule (SMILES)").input_value()


def test_every_page_is_walked_back_on():
    assert {"", *OPTIONS, *BOXES} == set(PAGES) - {"glossary"}  # where nothing is chosen


def test_back_shows_the_molecule_before(open_page):
    page = open_page("/?smiles=CCO")
    for smiles, formula in (("CCN", "C₂H₇N"), ("CC=O", "C₂H₄O")):
        enter(page.get_by_role("textbox", name="Molecule (SMILES)"), smiles)
        await_query(page, {"smiles": smiles})
        expect(page.locator("h1").get_by_text(formula)).to_be_visible()
        rest(page)
    assert go(page, "back") == {"smiles": "CCN"}
    assert value(page) == "CCN"
    assert go(page, "back") == {"smiles": "CCO"}
    assert value(page) == "CCO"
    expect(page.get_by_text("C₂H₆O").first).to_be_visible()
    assert go(page, "forward") == {"smiles": "CCN"}
    assert page.problems == []


def test_a_page_never_shows_another_molecule_than_its_address(open_page):
    page = open_page("/?smiles=CCO")
    for delay_ms in (0, 20, 50, 150):  # from the step back until something else asks for a run
        page.set_viewport_size({"width": 1440, "height": 1300})
        rest(page)
        enter(page.get_by_role("textbox", name="Molecule (SMILES)"), "CCN")
        page.wait_for_function("window.location.search.includes('smiles=CCN')")
        expect(page.locator("h1").get_by_text("C₂H₇N")).to_be_visible()
        rest(page)
        page.evaluate("window.history.back()")
        page.wait_for_timeout(delay_ms)
        page.set_viewport_size({"width": 800, "height": 1300})
        page.wait_for_function("window.location.search.includes('smiles=CCO')")
        expect(page.locator("h1").get_by_text("C₂H₆O")).to_be_visible()
        page.wait_for_timeout(500)
        rest(page)
        assert value(page) == "CCO"
        expect(page.locator("h1").get_by_text("C₂H₆O")).to_be_visible()
    assert page.problems == []


@pytest.mark.parametrize("path", OPTIONS)
def test_back_undoes_an_option(open_page, path):
    name, option = OPTIONS[path]
    page = open_page(f"/{path}")
    check_heading(page)
    row = page.locator(f".st-key-{name}").get_by_role("radio")
    before = row.and_(page.locator("[aria-checked=true]")).inner_text()
    chosen = row.filter(has_text=option).first if option else row.last
    after = chosen.inner_text()
    click(chosen)
    page.wait_for_function(f"window.location.search.includes('{name}=')")
    rest(page)
    assert name not in go(page, "back")
    assert urlsplit(page.url).path == f"/{path}"
    checked = row.and_(page.locator("[aria-checked=true]"))
    expect(checked).to_have_text(before)
    assert name in go(page, "forward")
    expect(checked).to_have_text(after)
    assert page.problems == []


@pytest.mark.parametrize("path", BOXES)
def test_back_undoes_a_choice_of_a_box(open_page, path):
    name, option = BOXES[path]
    page = open_page(f"/{path}{SHOWN_BY.get(path, '')}")
    check_heading(page)
    box = page.locator(f".st-key-{name}").get_by_role("combobox")
    before = box.input_value()
    click(box)
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_function(f"window.location.search.includes('{name}=')")
    expect(box).to_have_value(option)
    rest(page)
    assert name not in go(page, "back")
    expect(box).to_have_value(before)
    assert name in go(page, "forward")
    expect(box).to_have_value(option)
    assert page.problems == []


def test_a_full_link_survives_a_walk_through_the_pages(open_page):
    page = open_page("/?smiles=CCN&seed=3")
    for title in ("Models", "Calibration"):
        click(page.get_by_test_id("stTopNav").get_by_role("link", name=title))
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        rest(page)
    go(page, "back")
    assert urlsplit(page.url).path == "/models"
    assert go(page, "back") == {"smiles": "CCN", "seed": "3"}
    assert value(page) == "CCN"
    assert page.problems == []


def test_opening_a_page_adds_no_step(open_page):
    page = open_page("/?k=inf&smiles=CCN")  # the server takes k out of the address
    page.wait_for_function("!window.location.search.includes('k=')")
    enter(page.get_by_role("textbox", name="Molecule (SMILES)"), "CCO")
    await_query(page, {"smiles": "CCO"})
    steps = page.evaluate("window.history.length")
    assert go(page, "back") == {"smiles": "CCN"}
    assert page.evaluate("window.history.length") == steps


@pytest.mark.parametrize("path", DATASETS)
def test_back_undoes_another_data_set(open_page, path):
    name = DATASETS[path]
    page = open_page(f"/{path}{SHOWN_BY.get(path, '')}")
    box = page.locator(f".st-key-{name}").get_by_role("combobox")
    row = page.locator(f".st-key-{name}_dataset").get_by_role("radio")
    before = box.input_value()
    click(row.nth(1))
    page.wait_for_function(f"window.location.search.includes('{name}=')")
    rest(page)
    other = box.input_value()
    assert other != before
    for _ in range(2):
        assert name not in go(page, "back")
        expect(box).to_have_value(before)
        assert go(page, "forward")[name] == other
        expect(box).to_have_value(other)
    assert page.problems == []
