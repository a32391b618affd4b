"""The Explore page in Chromium: what a visitor types, clicks, copies and sees."""

import pytest

from tests.browser.driving import (
    NUMBERS,
    await_query,
    cancel_work,
    check_fits,
    click,
    enter,
    pick,
    rest,
)
from tests.browser.late_server import LateServer

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
expect = sync_api.expect


@pytest.fixture(scope="module")
def url(dashboard):
    return dashboard + "/"


def numbers(page):
    return [value.inner_text() for value in page.query_selector_all(NUMBERS)]


def type_molecule(page, smiles):
    before = numbers(page)
    enter(page.get_by_role("textbox", name="Molecule (SMILES)"), smiles)
    page.wait_for_function(
        "([css, before]) => JSON.stringify([...document.querySelectorAll(css)]"
        ".map(e => e.innerText)) !== JSON.stringify(before)", arg=[NUMBERS, before],
    )
    rest(page)


def test_copied_address_shows_the_same_numbers(open_page):
    page = open_page("?k=16")
    type_molecule(page, "CCN")
    shared = open_page("?" + await_query(page, {"smiles": "CCN", "k": "16"}))
    assert numbers(shared) == numbers(page)
    assert len(numbers(page)) == 4
    assert not page.problems
    assert not shared.problems


def test_long_scoring_can_be_cancelled(open_page):
    page = open_page("?smiles=CC(C)(C)CCCCC&k=16")
    before = numbers(page)
    permutations = page.get_by_role("spinbutton", name="K", exact=True)
    cancel_work(page)
    enter(permutations, "1024")
    await_query(page, {"smiles": "CC(C)(C)CCCCC", "k": "16"})
    rest(page)
    expect(permutations).to_have_value("16")
    assert numbers(page) == before
    enter(permutations, "17")  # and all goes on as ever
    await_query(page, {"smiles": "CC(C)(C)CCCCC", "k": "17"})
    page.get_by_text(" of 17: ").wait_for()
    assert not page.problems


def test_a_first_scoring_that_is_long_can_be_cancelled(open_page):
    """On a page that is drawn, as a tiny model may be done before a browser has drawn a new one."""
    page = open_page("?smiles=CCCl&k=1024")  # outside the vocabulary: no numbers to go back to
    cancel_work(page)
    enter(page.get_by_role("textbox", name="Molecule (SMILES)"), "CC(C)(C)CCCCN")
    page.get_by_text(" of 32: ").wait_for()
    await_query(page, {"smiles": "CC(C)(C)CCCCN"})
    assert not page.problems


def test_comparing_models_can_be_cancelled(open_page):
    page = open_page("?smiles=CC(C)(C)CCCCO&k=1024")
    cancel_work(page)
    click(page.locator(".st-key-view").get_by_role("radio", name="Models"))
    await_query(page, {"smiles": "CC(C)(C)CCCCO", "k": "1024"})
    expect(page.get_by_text("Mean surprisal")).to_be_visible()
    assert not page.problems


def test_a_dot_of_the_distribution_plays_its_permutation(open_page):
    page = open_page("?smiles=CCO&k=16")
    points = page.locator(".st-key-distribution .scatterlayer path.point")
    points.first.wait_for(state="attached")
    assert points.count() == 16
    rest(page)
    points.nth(4).click(force=True)
    page.wait_for_function("() => location.search.includes('trail=5')")
    page.get_by_text("Permutation 5 of 16").wait_for()


def test_a_bad_molecule_leaves_the_page_usable(open_page):
    page = open_page("?smiles=CCO&k=16")
    type_molecule(page, "CCCl")
    assert "outside the vocabulary" in page.locator("[data-testid=stAlert]").inner_text()
    type_molecule(page, "CCN")
    assert len(numbers(page)) == 4
    assert page.locator("[data-testid=stAlert]").count() == 0


def test_an_impossible_address_is_said_and_dropped(open_page):
    page = open_page("?smiles=CCO&k=99999")
    assert "from 2 to 1,024" in page.locator("[data-testid=stAlert]").inner_text()
    page.wait_for_selector(NUMBERS)
    page.wait_for_function("() => !location.search.includes('99999')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(open_page, scheme):
    page = open_page("?smiles=CC(%3DO)O&k=16", color_scheme=scheme)
    for width in (1440, 900):
        page.set_viewport_size({"width": width, "height": 1000})
        check_fits(page)


def test_figures_download(open_page, tmp_path):
    page = open_page("?smiles=CCO&k=16")
    with page.expect_download() as caught:
        click(page.locator(".st-key-downloads-mean").get_by_role("button").first)
    caught.value.save_as(tmp_path / "figure")
    assert caught.value.suggested_filename == "trailscope-mean-CCO-qm9-random_order-seed0.svg"
    assert (tmp_path / "figure").read_text().lstrip().startswith(("<svg", "<?xml"))


def player_of(page):
    player = page.locator(".st-key-player .trailscope")
    player.wait_for()
    return player


def written(player):
    """Token at the cursor, nodes written, and whether the strip shows the cursor's chip."""
    return player.evaluate("""(root) => {
        const strip = root.querySelector('.strip').getBoundingClientRect();
        const chip = root.querySelector('.strip .chip.current').getBoundingClientRect();
        return [Number(root.querySelector('input.scrubber').value),
                root.querySelectorAll('.atom.written').length,
                chip.top >= strip.top - 1 && chip.bottom <= strip.bottom + 1];
    }""")


def test_a_planar_graph_opens_by_its_address_and_plays(open_page):
    page = open_page("?model=planar-random_order&graph=2&number=5&k=16")
    assert len(numbers(page)) == 4
    assert "planar:2:5" in page.locator("h1").first.inner_text()
    player = player_of(page)
    last = int(player.locator("input.scrubber").get_attribute("max"))
    assert last > 200
    player.focus()
    assert written(player) == [last, 64, True]
    page.keyboard.press("Home")
    expect(player.locator(".atom.written")).to_have_count(0)
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    current = player.locator(".strip .chip.current")
    expect(current).to_have_attribute("data-token", "40")
    at, nodes, is_seen = written(player)
    assert (at, is_seen) == (40, True)
    assert 0 < nodes < 40
    player.locator("input.scrubber").fill(str(last // 2))
    expect(current).to_have_attribute("data-token", str(last // 2))
    assert written(player)[2]
    player.locator(".speed").select_option("4")
    player.locator("[data-control=play]").click()
    expect(current).not_to_have_attribute("data-token", str(last // 2))
    assert not page.problems


def test_switching_data_sets_is_part_of_the_address_and_keeps_the_molecule(open_page):
    page = open_page("?k=16&smiles=CCO")
    pick(page, "Planar")
    page.get_by_text("planar:0:0", exact=True).wait_for()
    enter(page.get_by_role("spinbutton", name="Number"), "3")
    page.get_by_text("planar:0:3", exact=True).wait_for()
    rest(page)
    query = await_query(page, {"model": "planar-random_order", "number": "3", "k": "16"})
    shared = open_page(f"?{query}")
    assert numbers(shared) == numbers(page)
    pick(page, "QM9")
    page.wait_for_function("() => location.search.includes('smiles=CCO')")
    page.get_by_text("C₂H₆O").wait_for()
    page.wait_for_function("() => !location.search.includes('planar')")
    assert not page.problems


def test_an_address_that_the_server_sends_late_loses_no_change(open_page):
    late = LateServer(b"k=16&model=planar-random_order")
    page = open_page("?k=16&smiles=CCO", prepare=late.stand_before)
    click(page.get_by_role("radio", name="Planar", exact=True))
    number = page.get_by_role("spinbutton", name="Number")
    number.wait_for()
    for _ in range(200):
        page.wait_for_timeout(50)
        if late.held:
            break
    assert late.held
    asked = late.asked
    number.fill("3")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.search.includes('number=3')")
    for _ in range(200):  # the browser asks with the address that the late message will undo
        if late.asked > asked:
            break
        page.wait_for_timeout(50)
    late.release()
    page.get_by_text("planar:0:3", exact=True).wait_for()
    await_query(page, {"model": "planar-random_order", "number": "3", "k": "16"})
    assert not page.problems


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (900, "light")])
def test_a_planar_graph_fits_and_its_numbers_can_be_read(open_page, width, scheme):
    page = open_page("?model=planar-max_degree_first&k=16&view=Compare", color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 1000})
    page.locator(".st-key-diff .trailscope").wait_for()
    check_fits(page)
    heights, least_gap = player_of(page).evaluate("""(root) => {
        const boxes = (css) => [...root.querySelectorAll(css)]
            .map((node) => node.getBoundingClientRect());
        const discs = boxes('.atom .disc').map((b) => [b.x + b.width / 2, b.y + b.height / 2,
                                                       b.width / 2]);
        const gaps = discs.flatMap(([x, y, r], i) => discs.slice(i + 1).map(
            ([u, v, s]) => Math.hypot(x - u, y - v) - r - s));
        return [boxes('.node-number text').map((box) => box.height), Math.min(...gaps)];
    }""")
    assert len(heights) == 64
    assert min(heights) > 9
    assert least_gap > 0
    assert not page.problems
