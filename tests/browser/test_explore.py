"""The Explore page in Chromium: what a visitor types, clicks, copies and sees."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import ROOT

NUMBERS = "[data-testid=stMetricValue]"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
TIMEOUT_MS = 60_000


@pytest.fixture(scope="module")
def url(serve, assets):
    return serve(ROOT / "dashboard" / "app.py", TRAILSCOPE_ASSETS=str(assets))


@pytest.fixture
def open_page(browser, url):
    pages = []

    def open_(query="", **options):
        page = browser.new_page(viewport={"width": 1440, "height": 1200}, **options)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        pages.append(page)
        page.goto(f"{url}/{query}")
        page.wait_for_selector(f"{NUMBERS}, [data-testid=stAlert]", timeout=TIMEOUT_MS)
        page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)
        return page

    yield open_
    for page in pages:
        page.close()


def numbers(page):
    return [value.inner_text() for value in page.query_selector_all(NUMBERS)]


def type_molecule(page, smiles):
    before = numbers(page)
    box = page.get_by_role("textbox", name="Molecule (SMILES)")
    box.fill(smiles)
    box.press("Enter")
    page.wait_for_function(
        "([css, before]) => JSON.stringify([...document.querySelectorAll(css)]"
        ".map(e => e.innerText)) !== JSON.stringify(before)", arg=[NUMBERS, before],
        timeout=TIMEOUT_MS,
    )
    page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)


def test_copied_address_shows_the_same_numbers(open_page):
    page = open_page("?k=16")
    type_molecule(page, "CCN")
    query = parse_qs(urlsplit(page.url).query)
    assert query["smiles"] == ["CCN"]
    assert query["k"] == ["16"]
    shared = open_page("?" + urlsplit(page.url).query)
    assert numbers(shared) == numbers(page)
    assert len(numbers(page)) == 4
    assert not page.problems
    assert not shared.problems


def test_a_dot_of_the_distribution_plays_its_permutation(open_page):
    page = open_page("?smiles=CCO&k=16")
    points = page.locator(".st-key-distribution .scatterlayer path.point")
    points.first.wait_for(state="attached", timeout=TIMEOUT_MS)
    assert points.count() == 16
    points.nth(4).click(force=True)
    page.wait_for_function("() => location.search.includes('trail=5')", timeout=TIMEOUT_MS)
    page.get_by_text("Number 5 of 16").wait_for(timeout=TIMEOUT_MS)


def test_a_bad_molecule_leaves_the_page_usable(open_page):
    page = open_page("?smiles=CCO&k=16")
    type_molecule(page, "CCCl")
    assert "outside the vocabulary" in page.locator("[data-testid=stAlert]").inner_text()
    type_molecule(page, "CCN")
    assert len(numbers(page)) == 4
    assert page.locator("[data-testid=stAlert]").count() == 0


def test_an_impossible_address_is_said_and_dropped(open_page):
    page = open_page("?smiles=CCO&k=99999")
    assert "from 2 to 256" in page.locator("[data-testid=stAlert]").inner_text()
    page.wait_for_selector(NUMBERS, timeout=TIMEOUT_MS)
    page.wait_for_function("() => !location.search.includes('99999')", timeout=TIMEOUT_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 900])
def test_nothing_overflows(open_page, scheme, width):
    page = open_page("?smiles=CC(%3DO)O&k=16", color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 1000})
    page.wait_for_timeout(500)
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"() => {main}.scrollWidth <= {main}.clientWidth + 1")
    assert not page.problems


def test_figures_download(open_page, tmp_path):
    page = open_page("?smiles=CCO&k=16")
    with page.expect_download(timeout=TIMEOUT_MS) as caught:
        page.locator(".st-key-downloads-mean").get_by_role("button").first.click()
    caught.value.save_as(tmp_path / "figure")
    assert caught.value.suggested_filename == "trailscope-mean.svg"
    assert (tmp_path / "figure").read_text().lstrip().startswith(("<svg", "<?xml"))
