"""No page keeps out people with a keyboard, a screen reader, weak eyes or a large print."""

import pytest

from tests.browser.driving import check_fits, rest
from tests.snapshots.pages import PAGES

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed.")

TABS = ("?smiles=CCO&k=16&view=Compare", "?smiles=CCO&k=16&view=Code", "?smiles=CCCl&k=16",
        "triage?part=Ranking")
"""Where a page has another kind of figure, table or text than at first."""
NARROW = ("", "models", "triage", "finetune", "training")
_STYLED = "getComputedStyle(document.querySelector('.stAppHeader')).paddingRight === '116px'"
"""Whether `app.css` holds, which Streamlit lays on a page a moment after its text."""

BLOCKING = ("serious", "critical")


@pytest.fixture
def url(dashboard):
    return dashboard + "/"


def violations(page, *rules: str) -> list[str]:
    """What axe finds on a page that rests, worded for whoever mends it; of all rules or of some."""
    page.wait_for_function(_STYLED)
    rest(page)
    options = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    found = axe.Axe().run(page, options=options).response["violations"]
    return [f"{of['id']}: {node['html'][:120]} {node['failureSummary']}"
            for of in found if of["impact"] in BLOCKING or of["id"] == "heading-order"
            for node in of["nodes"]]


@pytest.mark.parametrize("path", [*PAGES, *TABS], ids=lambda path: path or "explore")
def test_axe_finds_nothing_serious_in_light_and_dark(open_page, path):
    page = open_page(path)
    assert violations(page) == []
    assert page.locator("h1").count() == 1
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_function("getComputedStyle(document.querySelector('.stApp')).colorScheme"
                           " === 'dark'")
    assert violations(page, "color-contrast") == []
    if path in NARROW:
        page.set_viewport_size({"width": 390, "height": 844})
        assert violations(page) == []
        check_fits(page)
