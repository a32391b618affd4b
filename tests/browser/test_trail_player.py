"""The trail player in a real browser: what moves together stays together."""

import re

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
expect = sync_api.expect


def opened(new_page, components, query="", *, dark=False, width=1440, height=1100):
    """A page with a drawn player; its `problems` hold what goes wrong in the console."""
    page = new_page(width=width, height=height, color_scheme="dark" if dark else "light")
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console",
            lambda line: line.type == "error" and page.problems.append(line.text))
    page.goto(f"{components}/?{query}")
    expect(page.locator(".trailscope").first).to_be_visible(timeout=60_000)
    expect(page.locator(".trailscope svg.molecule").first).to_be_visible()
    return page


@pytest.fixture
def open_page(new_page, components):
    """Opens the app; at the end of the test nothing may have gone wrong in the console."""
    pages = []

    def open_it(query="", **options):
        pages.append(opened(new_page, components, query, **options))
        return pages[-1]

    yield open_it
    for page in pages:
        page.close()
    assert not any(page.problems for page in pages)


@pytest.fixture(scope="module")
def ethanol(new_page, components):
    page = opened(new_page, components)
    yield page
    page.close()


@pytest.fixture
def page(ethanol):
    """A player of ethanol, shared by tests that leave no more behind than a moved cursor."""
    ethanol.mouse.move(0, 0)
    ethanol.locator(".trailscope").focus()
    ethanol.keyboard.press("Home")
    assert_in_step(ethanol, 0)
    yield ethanol
    assert ethanol.problems == []


def current_token(page):
    return int(page.locator(".strip .chip.current").get_attribute("data-token"))


def assert_in_step(page, position):
    """Strip, slider, readout and bars agree on where the cursor is."""
    expect(page.locator(".strip .chip.current")).to_have_attribute("data-token", str(position))
    expect(page.locator("input.scrubber")).to_have_value(str(position))
    expect(page.locator(".place")).to_contain_text(f"token {position} of")
    bars = page.locator(".chart .bar")
    expect(page.locator(".chart .bar.current")).to_have_count(1)
    expect(page.locator(".chart .bar.ahead")).to_have_count(bars.count() - 1 - position)


def test_arrow_keys_step_through_everything(page):
    player = page.locator(".trailscope")
    assert_in_step(page, 0)
    expect(page.locator(".badge.written")).to_have_count(0)
    player.focus()
    page.keyboard.press("ArrowRight")
    assert_in_step(page, 1)
    expect(page.locator(".badge.written")).to_have_count(1)
    expect(page.locator(".atom.current")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    assert_in_step(page, 0)
    page.keyboard.press("End")
    expect(page.locator(".atom.written")).to_have_count(9)
    expect(page.locator(".bond.written")).to_have_count(8)
    last = page.locator(".strip .chip").count() - 1
    assert_in_step(page, last)
    page.keyboard.press("Home")
    assert_in_step(page, 0)


def test_a_click_on_a_chip_bar_or_atom_moves_the_cursor(page):
    page.locator('.strip [data-token="7"]').click()
    assert_in_step(page, 7)
    page.locator('.chart .hit[data-token="12"]').click()
    assert_in_step(page, 12)
    page.locator(".atom[data-atom='1']").click()
    expect(page.locator(".atom.current")).to_have_attribute("data-atom", "1")
    assert_in_step(page, current_token(page))


def test_pointing_lights_up_token_atom_and_bar(page):
    page.locator('.strip [data-token="4"]').hover()  # an index: about its atom alone
    expect(page.locator(".atom.pointed")).to_have_count(1)
    expect(page.locator(".bond.pointed")).to_have_count(0)
    page.locator('.strip [data-token="3"]').hover()  # the label of the bond walked to it
    expect(page.locator(".strip .chip.pointed")).to_have_count(1)
    expect(page.locator(".atom.pointed")).to_have_count(1)
    expect(page.locator(".chart .bar.pointed")).to_have_count(1)
    expect(page.locator(".bond.pointed")).to_have_count(1)
    expect(page.locator(".tip")).to_be_visible()
    expect(page.locator(".tip")).to_contain_text("nats")
    page.locator(".atom[data-atom='1']").hover()
    chips = page.locator(".strip .chip.pointed")
    expect(chips).not_to_have_count(1)
    expect(page.locator(".chart .bar.pointed")).to_have_count(chips.count())
    page.locator(".head").hover(position={"x": 600, "y": 4})
    expect(page.locator(".strip .chip.pointed")).to_have_count(0)


def test_playing_runs_to_the_end_and_stops(open_page):
    page = open_page("molecule=C")
    page.locator(".speed").select_option("4")
    page.locator(".trailscope").focus()
    page.keyboard.press("Space")
    play = page.locator("[data-control='play']")
    expect(play).to_have_attribute("aria-label", "Pause (space)")
    last = page.locator(".strip .chip").count() - 1
    expect(page.locator("input.scrubber")).to_have_value(str(last), timeout=30_000)
    expect(play).to_have_attribute("aria-label", "Play (space)")
    assert_in_step(page, last)


def test_space_pauses_and_a_step_stops_playing(page):
    page.locator("[data-control='play']").click()
    expect(page.locator(".strip .chip.current")).not_to_have_attribute("data-token", "0")
    page.locator("[data-control='back']").click()
    expect(page.locator("[data-control='play']")).to_have_attribute("aria-label", "Play (space)")
    page.wait_for_timeout(300)
    at = current_token(page)
    page.wait_for_timeout(900)
    assert current_token(page) == at


def test_the_expected_panel_marks_what_was_written(page):
    page.locator('.strip [data-token="3"]').click()
    expect(page.locator(".expected-row")).to_have_count(3)
    expect(page.locator(".expected-row.actual")).to_have_count(1)
    expect(page.locator(".expected-row.actual")).to_contain_text("written")


def test_the_running_total_ends_at_the_sum(page):
    expect(page.locator(".running strong")).to_have_text("0.00")
    page.locator(".trailscope").focus()
    page.keyboard.press("End")
    expect(page.locator(".running strong")).not_to_have_text("0.00")
    text = page.locator(".running-text").inner_text()
    so_far, total = re.findall(r"\d+\.\d+", text)
    assert so_far == total


def test_hidden_hydrogens_are_dots_without_numbers(open_page):
    page = open_page("hydrogens=no")
    page.locator(".trailscope").focus()
    page.keyboard.press("End")
    expect(page.locator(".atom .symbol")).to_have_count(3)
    expect(page.locator(".badge.written")).to_have_count(9)
    visible = page.locator(".badge.written").evaluate_all(
        "badges => badges.filter((badge) => badge.getClientRects().length).length")
    assert 3 <= visible <= 4  # heavy atoms, and the hydrogen where the walk is


def test_toggling_hydrogens_keeps_the_cursor(open_page):
    page = open_page()
    page.locator('.strip [data-token="9"]').click()
    page.get_by_text("Hydrogens").click()
    expect(page.locator(".atom .symbol")).to_have_count(3)
    assert_in_step(page, 9)


def test_the_dark_theme_reaches_the_component(open_page):
    page = open_page(dark=True)
    root = page.locator(".trailscope")
    expect(root).to_have_attribute("data-theme", "dark")
    assert root.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(17, 24, 27)"


def test_the_component_follows_a_change_of_theme(open_page):
    page = open_page()
    page.locator('.strip [data-token="9"]').click()
    root = page.locator(".trailscope")
    expect(root).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-theme", "dark")
    assert_in_step(page, 9)


def test_readers_who_want_no_motion_get_none(page):
    page.emulate_media(reduced_motion="no-preference")
    page.locator('.strip [data-token="9"]').click()
    pulse = page.locator(".pulse.on")
    assert pulse.evaluate("node => getComputedStyle(node).animationName") != "none"
    page.emulate_media(reduced_motion="reduce")
    assert pulse.evaluate("node => getComputedStyle(node).animationName") == "none"


def test_nothing_reruns_the_page_unless_asked(open_page):
    page = open_page()
    page.locator(".trailscope").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(900)
    expect(page.get_by_text("runs 1", exact=True)).to_be_visible()


def test_a_settled_cursor_is_reported_once_when_asked(open_page):
    page = open_page("report=yes")
    page.locator(".trailscope").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("position 5", exact=True)).to_be_visible()
    expect(page.get_by_text("runs 2", exact=True)).to_be_visible()
    assert_in_step(page, 5)


def changes_per_step(player):
    """Median over the last 40 steps of the slider of how many changes of the page each makes."""
    return player.evaluate("""async (root) => {
        const slider = root.querySelector('input.scrubber');
        const counts = [];
        let changes = 0;
        const observer = new MutationObserver((records) => { changes += records.length; });
        observer.observe(root, {subtree: true, childList: true, attributes: true,
                                characterData: true});
        const first = Math.max(0, Number(slider.max) - 40);
        for (let at = first; at <= Number(slider.max); at += 1) {
            slider.value = at;
            slider.dispatchEvent(new Event('input'));
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            if (at > first) counts.push(changes);
            changes = 0;
        }
        return counts.sort((a, b) => a - b)[Math.floor(counts.length / 2)];
    }""")


def test_a_step_changes_as_little_of_a_large_graph_as_of_a_small_one(open_page):
    small = changes_per_step(open_page("molecule=CCO").locator(".trailscope"))
    page = open_page("molecule=wheel63")
    expect(page.locator(".atom")).to_have_count(64)
    large = changes_per_step(page.locator(".trailscope"))
    assert 0 < large <= 1.5 * small
    expect(page.locator(".atom.written")).to_have_count(64)


@pytest.mark.parametrize("query", ["molecule=CC1=CN=C(N)C(=O)N1C", "molecule=CCO&diff=yes"])
def test_nothing_overflows(open_page, query):
    page = open_page(query)
    for width in (1440, 900, 600):
        page.set_viewport_size({"width": width, "height": 1100})
        page.wait_for_timeout(300)  # the player follows its width in its next frames
        overflow = page.locator(".trailscope").evaluate("""(root) => {
            const right = root.getBoundingClientRect().right;
            return [...root.querySelectorAll('.chip, .total, .running, .expected-value, .key, svg')]
                .filter((node) => node.getBoundingClientRect().right > right + 1)
                .map((node) => node.getAttribute('class'));
        }""")
        assert overflow == []


def test_the_diff_moves_both_trails_and_says_what_parting_costs(open_page):
    page = open_page("diff=yes")
    expect(page.locator("svg.molecule")).to_have_count(3)
    expect(page.locator(".totals strong")).to_have_count(3)
    first, second, difference = (
        float(text.replace("−", "-")) for text in page.locator(".totals strong").all_inner_texts())
    assert difference == pytest.approx(first - second, abs=0.011)
    expect(page.get_by_text("first difference", exact=True)).to_be_visible()
    page.locator(".trailscope").focus()
    page.keyboard.press("Home")
    expect(page.locator(".atom.written")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".atom.written")).to_have_count(2)


def test_the_diff_finds_an_atom_in_both_trails(open_page):
    page = open_page("diff=yes")
    page.locator(".pair svg.molecule:not(.difference) .atom[data-atom='1']").first.hover()
    expect(page.locator(".pair svg.molecule .atom.pointed")).to_have_count(3)


DRUG = "molecule=O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O&chemistry=moses"


def seen_box(page, at=0):
    return [float(value) for value in
            page.locator("svg.molecule").nth(at).get_attribute("viewBox").split()]


def test_a_drawing_zooms_pans_and_follows_the_cursor(open_page):
    page = open_page(DRUG)
    whole = seen_box(page)
    drawing = page.locator("svg.molecule")
    drawing.hover()
    page.mouse.wheel(0, -50)
    assert seen_box(page) == whole  # the wheel alone is the page's
    expect(page.get_by_role("button", name="Zoom out")).to_be_disabled()
    page.get_by_role("button", name="Zoom in").click()
    page.keyboard.press("+")
    closer = seen_box(page)
    assert closer[2] == pytest.approx(whole[2] / 1.5**2, abs=0.1)
    page.keyboard.press("Shift+ArrowRight")
    assert seen_box(page)[0] > closer[0]
    assert current_token(page) == 0
    box = drawing.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2 + 40, steps=3)
    page.mouse.up()
    assert current_token(page) == 0  # the end of a drag is no click
    x, y, width, height = seen_box(page)
    page.keyboard.press("End")
    expect(page.locator(".atom.current")).to_have_count(1)
    at = page.locator(".atom.written").evaluate_all("""(atoms) => atoms.map((atom) =>
        atom.getAttribute("transform").match(/-?[0-9.]+/g).map(Number))""")
    assert any(not (x < one[0] < x + width and y < one[1] < y + height) for one in at)
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(40)
        x, y, width, height = seen_box(page)
        place = page.locator(".atom.current").get_attribute("transform")
        now = [float(value) for value in re.findall(r"-?[0-9.]+", place)]
        assert x < now[0] < x + width
        assert y < now[1] < y + height
    page.keyboard.press("0")
    assert seen_box(page) == whole


def test_a_long_molecule_stands_upright_on_a_phone_with_numbers_to_read(open_page):
    page = open_page("molecule=CCCCCCOc1ccc(C(=O)Nc2ccc(OCCC)cc2)cc1&chemistry=moses", width=390)
    _, _, width, height = seen_box(page)
    assert height > width
    page.locator(".trailscope").focus()
    page.keyboard.press("End")
    heights = page.locator(".badge.written rect").evaluate_all(
        "(badges) => badges.map((badge) => badge.getBoundingClientRect().height)")
    assert min(heights) > 13
