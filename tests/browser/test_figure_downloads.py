"""Figures saved from a real browser: they hold what the page shows, and open alone."""

import base64
import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
expect = sync_api.expect

SVG = "{http://www.w3.org/2000/svg}"
BACKGROUND = {False: "#fbfaf7", True: "#11181b"}
TABLE = "permutation,nll_nats\n1,17.25\n2,16.5\n"
PATIENCE_MS = 120_000  # a busy machine takes long to start the page
FIGURES = ("NLL distribution", "heat", "mean", "trail")


@pytest.fixture(scope="module")
def app_url(components):
    return f"{components}/?figures=yes"


def _opened(new_page, app_url, *, dark):
    page = new_page(width=1300, height=1000, color_scheme="dark" if dark else "light")
    page.set_default_timeout(PATIENCE_MS)
    page.dark, page.problems = dark, []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda line: page.problems.append(line.text)
            if line.type == "error" else None)
    page.goto(app_url)
    expect(page.get_by_role("button", name="Rerun")).to_be_visible(timeout=PATIENCE_MS)
    for drawn in (".st-key-distribution .main-svg", ".st-key-heat-map .main-svg image",
                  ".st-key-player svg.molecule", ".st-key-player .chart .axis-name"):
        expect(page.locator(drawn).first).to_be_visible(timeout=PATIENCE_MS)
    yield page
    assert page.problems == []
    page.close()


@pytest.fixture(scope="module")
def page(new_page, app_url):
    yield from _opened(new_page, app_url, dark=False)


@pytest.fixture(scope="module")
def dark_page(new_page, app_url):
    yield from _opened(new_page, app_url, dark=True)


@pytest.fixture(params=["page", "dark_page"], ids=["light", "dark"])
def either_page(request):
    """The page in both schemes: what is saved has the ground and the colours of its own."""
    return request.getfixturevalue(request.param)


def save(page, name, kind):
    with page.expect_download() as started:
        page.get_by_role("button", name=f"Download {name} as {kind}", exact=True).click()
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


def texts_of(root):
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def opened_alone(new_page, file):
    """Sizes on screen of an SVG file without a page around it: itself, its texts, its marks."""
    page = new_page()
    try:
        page.goto(f"data:image/svg+xml;base64,{base64.b64encode(file).decode()}")
        return page.evaluate("""() => {
          const sizes = (nodes) => [...nodes].map((node) => node.getBoundingClientRect().toJSON());
          return { root: sizes([document.documentElement])[0],
                   texts: sizes(document.querySelectorAll("text")) };
        }""")
    finally:
        page.close()


def check_stands_alone(file, *, dark):
    """No style sheet, script or address is needed; the page's colour is behind everything."""
    root = ElementTree.fromstring(file)
    assert root.tag == f"{SVG}svg"
    assert {node.tag.removeprefix(SVG) for node in root.iter()}.isdisjoint(
        {"script", "style", "foreignObject"})
    for node in root.iter():
        assert not {"class", "style", "onclick"} & set(node.attrib)
        assert not any(key.startswith("data-") for key in node.attrib)
        for value in node.attrib.values():
            assert "var(" not in value
            assert not re.search(r"url\((?!#)", value)
    ids = {node.get("id") for node in root.iter()}
    assert set(re.findall(rb"url\(#([^)]+)\)", file)) <= {i.encode() for i in ids if i}
    ground = next(root.iter(f"{SVG}rect"))
    assert ground.get("fill") == BACKGROUND[dark]
    assert (ground.get("width"), ground.get("height")) == (root.get("width"), root.get("height"))
    return root


def png_size(file):
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", file[16:24])


@pytest.mark.parametrize("name", FIGURES)
def test_png_is_two_or_three_times_the_svg(page, name):
    _, svg = save(page, name, "SVG")
    file_name, png = save(page, name, "PNG")
    assert file_name == f"trailscope-{name.replace(' ', '-')}.png"
    root = ElementTree.fromstring(svg)
    width, height = float(root.get("width")), float(root.get("height"))
    times = 3 if width < 800 else 2
    assert png_size(png) == (round(width * times), round(height * times))
    assert len(png) > 5000


@pytest.mark.parametrize("name", FIGURES)
def test_svg_opened_alone_keeps_everything_in_its_frame(page, new_page, name):
    _, file = save(page, name, "SVG")
    seen = opened_alone(new_page, file)
    assert seen["root"]["width"] > 300
    for box in seen["texts"]:
        assert box["left"] >= 0
        assert box["right"] <= seen["root"]["width"]
        assert box["bottom"] <= seen["root"]["height"]


def test_plotly_chart_becomes_one_svg_with_marks_and_text(either_page):
    page = either_page
    file_name, file = save(page, "NLL distribution", "SVG")
    assert file_name == "trailscope-NLL-distribution.svg"
    root = check_stands_alone(file, dark=page.dark)
    texts = texts_of(root)
    assert "NLL of the sequence, nats" in texts
    assert "mean 17.31" in texts
    assert "a bold note & more" in texts
    dots = [node for node in root.iter(f"{SVG}path") if node.get("opacity") == "0.75"]
    assert len(dots) == 3
    assert any(node.get("stroke-dasharray") for node in root.iter(f"{SVG}path"))
    assert root.findtext(f"{SVG}title") == "NLL distribution"


def test_heat_map_keeps_its_pixels_and_its_colour_scale(either_page):
    page = either_page
    _, file = save(page, "heat", "SVG")
    root = check_stands_alone(file, dark=page.dark)
    image = next(root.iter(f"{SVG}image"))
    assert any(value.startswith("data:image/png") for value in image.attrib.values())
    assert any(node.get("fill", "").startswith("url(#") for node in root.iter())
    assert not any("zoom" in text.lower() for text in texts_of(root))


def test_drawing_made_in_python_gets_a_background_and_keeps_its_text(either_page):
    page = either_page
    file_name, file = save(page, "mean", "SVG")
    assert file_name == "trailscope-mean.svg"
    root = ElementTree.fromstring(file)
    assert next(root.iter(f"{SVG}rect")).get("fill") == BACKGROUND[page.dark]
    assert root.findtext(f"{SVG}title") == "Mean <surprisal>"
    assert texts_of(root).count("H") == 5
    assert len(list(root.iter(f"{SVG}circle"))) == 9


def test_trail_player_is_saved_with_drawing_tokens_and_bars(either_page):
    page = either_page
    _, file = save(page, "trail", "SVG")
    root = check_stands_alone(file, dark=page.dark)
    texts = texts_of(root)
    shown = page.locator(".st-key-player .strip .chip")
    for glyph in filter(None, shown.all_inner_texts()):
        assert glyph in texts
    assert "Tokens" in texts
    assert "not written yet" in texts
    assert page.locator(".st-key-player .meaning").inner_text() in texts
    bars = page.locator(".st-key-player .chart .bar").evaluate_all(
        "bars => bars.filter((bar) => bar.height.baseVal.value > 0).map((bar) => "
        "`${bar.getAttribute('x')},${bar.getAttribute('width')}`)")
    rects = {f"{node.get('x')},{node.get('width')}" for node in root.iter(f"{SVG}rect")}
    assert set(bars) <= rects
    assert "1×" not in texts  # a control


def test_trail_player_stands_where_it_stands_on_the_page(page, new_page):
    _, file = save(page, "trail", "SVG")
    on_page = page.locator(".st-key-player .symbol").evaluate_all("""symbols => {
      const root = symbols[0].getRootNode().querySelector(".trailscope").getBoundingClientRect();
      return symbols.map((symbol) => symbol.getBoundingClientRect())
        .map((box) => [box.x - root.x + 12, box.y - root.y + 12]);
    }""")
    in_file = [(box["x"], box["y"]) for box in opened_alone(new_page, file)["texts"]]
    for x, y in on_page:
        assert min(abs(x - a) + abs(y - b) for a, b in in_file) < 0.5


def test_marks_ahead_of_the_cursor_are_left_out(page):
    _, before = save(page, "trail", "SVG")
    page.get_by_role("button", name="To the end").click()
    _, after = save(page, "trail", "SVG")
    page.get_by_role("button", name="To the start").click()
    page.get_by_role("button", name="One token on").click(click_count=8)
    assert len(after) > len(before)
    assert save(page, "trail", "SVG")[1] == before


def save_for_print(page, name, kind, *, width=85, font=8, ground="White"):
    page.get_by_role("button", name=f"Save {name} for print").click()
    dialog = page.get_by_role("dialog", name=f"Save {name}")
    dialog.get_by_label("Format").select_option(kind)
    dialog.get_by_label("Width, mm").fill(str(width))
    if dialog.get_by_label("Font size, pt").is_enabled():
        dialog.get_by_label("Font size, pt").fill(str(font))
    dialog.get_by_label("Background").select_option(ground)
    with page.expect_download(timeout=PATIENCE_MS) as started:
        dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Drawing…")).to_have_count(0)
    if dialog.count():  # saved, with advice
        page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


def letter_points(new_page, file):
    """How large letters of an SVG are when it is opened alone, points, and how wide it is, mm."""
    page = new_page()
    try:
        page.goto(f"data:image/svg+xml;base64,{base64.b64encode(file).decode()}")
        sizes, width = page.evaluate("""() => [
          [...document.querySelectorAll("text")].map((text) =>
            parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a * 72 / 96),
          document.documentElement.getBoundingClientRect().width * 25.4 / 96]""")
        return sorted(sizes), width
    finally:
        page.close()


@pytest.mark.parametrize(("name", "width", "font"), [
    ("NLL distribution", 85, 8), ("NLL distribution", 180, 10), ("trail", 120, 7)])
def test_the_dialog_draws_at_the_width_with_letters_of_the_size(page, new_page, name, width, font):
    on_page = page.locator(".st-key-distribution .main-svg").first.bounding_box()["width"]
    file_name, file = save_for_print(page, name, "SVG", width=width, font=font)
    assert file_name == f"trailscope-{name.replace(' ', '-')}.svg"
    check_root = ElementTree.fromstring(file)
    assert check_root.get("width") == f"{width}mm"
    assert next(check_root.iter(f"{SVG}rect")).get("fill") == "#ffffff"
    sizes, wide = letter_points(new_page, file)
    assert wide == pytest.approx(width, rel=0.01)
    assert sizes[len(sizes) // 2] == pytest.approx(font, rel=0.12)
    # The page is as it was.
    expect(page.locator(".st-key-distribution .main-svg").first).to_have_attribute(
        "width", re.compile(rf"^{on_page:.0f}"))


@pytest.mark.parametrize("name", ["NLL distribution", "mean", "trail"])
def test_a_dark_page_prints_as_a_light_one(page, dark_page, name):
    _, light = save_for_print(page, name, "SVG")
    _, dark = save_for_print(dark_page, name, "SVG")
    fills = [{node.get("fill") for node in ElementTree.fromstring(file).iter(f"{SVG}text")}
             for file in (light, dark)]
    assert "#e6eae7" not in fills[1]  # the ink of dark pages
    if name != "NLL distribution":  # of whose axes Streamlit chooses the greys
        assert fills[0] == fills[1]


def test_the_ground_is_left_out_if_asked(page):
    for name in ("NLL distribution", "mean"):
        _, file = save_for_print(page, name, "SVG", ground="Transparent")
        root = ElementTree.fromstring(file)
        _, _, width, height = root.get("viewBox").split()
        assert not any((rect.get("width"), rect.get("height")) == (width, height)
                       for rect in root.iter(f"{SVG}rect"))


def test_png_for_print_says_how_wide_it_is(page):
    file_name, png = save_for_print(page, "mean", "PNG", width=60)
    assert file_name == "trailscope-mean.png"
    width, _ = png_size(png)
    assert width == round(600 * 60 / 25.4)
    at = png.index(b"pHYs")
    per_metre, _ = struct.unpack(">II", png[at + 4:at + 12])
    assert per_metre / 1000 * 60 == pytest.approx(width, rel=1e-3)


@pytest.mark.parametrize("name", ["NLL distribution", "heat", "mean", "trail"])
def test_pdf_is_made_of_the_drawing(either_page, name):
    file_name, file = save_for_print(either_page, name, "PDF", width=170)
    assert file_name == f"trailscope-{name.replace(' ', '-')}.pdf"
    [box] = re.findall(rb"/MediaBox ?\[0 0 ([0-9.]+) ([0-9.]+)\]", file)
    assert float(box[0]) / 72 * 25.4 == pytest.approx(170, abs=0.01)
    assert b"/FontFile" in file


def test_the_dialog_works_from_the_keyboard_and_refuses_what_is_out_of_bounds(page):
    button = page.get_by_role("button", name="Save trail for print")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Save trail")
    expect(dialog.get_by_label("Format")).to_be_focused()
    dialog.get_by_label("Width, mm").fill("4000")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()  # the browser says what is wrong
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_a_missing_figure_is_said_in_the_dialog(page):
    page.get_by_role("button", name="Save gone for print").click()
    dialog = page.get_by_role("dialog", name="Save gone")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("status")).to_have_text("This figure is not on the page yet.")
    page.keyboard.press("Escape")


def test_table_is_saved_as_it_is(page):
    file_name, file = save(page, "trail", "CSV")
    assert file_name == "trailscope-trail.csv"
    assert file.decode() == TABLE


def test_a_missing_figure_is_said_and_not_saved(page):
    page.get_by_role("button", name="Download gone as SVG").click()
    row = page.get_by_role("group", name="Download gone")
    expect(row.get_by_role("status")).to_have_text("This figure is not on the page yet.")


def test_row_works_from_the_keyboard(page):
    button = page.get_by_role("button", name="Download trail as SVG")
    button.focus()
    page.keyboard.press("Tab")
    with page.expect_download() as started:
        page.keyboard.press("Enter")
    assert started.value.suggested_filename == "trailscope-trail.png"


def test_a_rerun_brings_new_data_and_leaves_the_focus(page):
    button = page.get_by_role("button", name="Download runs as CSV")
    _, before = save(page, "runs", "CSV")
    button.focus()
    page.get_by_role("button", name="Rerun").evaluate("button => button.click()")
    runs = int(before.split()[1]) + 1
    expect(page.get_by_text(f"run {runs}", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    expect(button).to_be_focused()
    assert save(page, "runs", "CSV")[1].decode() == f"runs\n{runs}\n"
