"""A report opened from disk in a browser without a network: it plays, and asks for nothing."""

import pytest

from core.chemistry.molecules import from_smiles
from core.data.files import InputRow
from core.sent.strategies import RANDOM_ORDER
from dashboard.report_file import of_one

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


@pytest.fixture(scope="module")
def report(tiny, tmp_path_factory):
    """Address of a report on a molecule."""
    graph = from_smiles("CC(=O)N").graph
    text = of_one(InputRow("row 1", "CC(=O)N", graph, (HOSTILE,)), "CC(=O)N", tiny, RANDOM_ORDER,
                  permutations=16, seed=0, precision="fp32", trail="median", show_hydrogens=True,
                  model=HOSTILE, file="report.html")
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(text, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(report, new_page):
    """The report, open; what goes wrong and what is asked for is collected."""
    page = new_page(height=900)
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("dialog", lambda dialog: page.said.append(dialog.message) or dialog.dismiss())
    page.on("request", lambda request: page.asked.append(request.url))
    page.route("http*://**", lambda route: route.abort())
    page.goto(report)
    yield page
    page.close()


def test_the_trail_plays_and_nothing_is_loaded(page, report):
    from playwright.sync_api import expect

    position = page.locator(".trailscope .place")
    page.locator(".trailscope").focus()
    page.keyboard.press("Home")
    expect(position).to_contain_text("token 0 of ")
    page.keyboard.press("ArrowRight")
    expect(position).to_contain_text("token 1 of ")
    page.locator(".main-button").click()
    expect(position).not_to_contain_text("token 1 of ")  # its policy forbids `wait_for_function`
    assert page.get_by_text(HOSTILE).count() >= 1
    assert page.asked == [report]
    assert not page.said


def test_its_policy_stops_what_would_load_or_run(page):
    page.evaluate("""() => {
        const image = document.createElement('img');
        image.src = 'https://example.org/x.png';
        document.body.append(image);
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
    }""")
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in text for text in page.said) == 2


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_it_follows_theme_and_width(page, scheme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    seen = page.locator(".report-figure > div > svg:visible")
    assert seen.count() == 4
    classes = seen.evaluate_all("(found) => found.map((svg) => svg.parentElement.className)")
    assert all(f"on-{scheme}" in name for name in classes)
    assert page.locator(".trailscope").get_attribute("data-theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not page.said


def test_it_is_printed_in_light_and_whole(page):
    page.emulate_media(color_scheme="dark", media="print")
    assert page.locator(".trailscope").get_attribute("data-theme") == "light"
    assert page.locator(".report-figure .on-dark:visible").count() == 0
    long = page.locator(".report-long")
    assert long.evaluate("(node) => node.scrollHeight <= node.clientHeight + 1")
