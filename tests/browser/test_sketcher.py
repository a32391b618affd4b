"""A molecule drawn instead of typed, in Chromium."""

import pytest

from core.chemistry.drawn import to_drawing
from tests.browser.driving import await_query, click, rest

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.").expect

EDITOR = "iframe[title='Structure editor']"


@pytest.fixture
def url(dashboard):
    return dashboard + "/"


def open_editor(page):
    """Click the button; returns the editor's frame once it answers, and the button to leave it."""
    click(page.get_by_role("button", name="Draw the molecule"))
    use = page.get_by_role("button", name="Use this molecule")
    expect(use).to_be_enabled()
    return page.locator(EDITOR), use


def test_a_pyrrole_opens_in_the_editor_and_what_is_drawn_is_explored(open_page, url):
    asked = []
    page = open_page("?smiles=c1cc%5BnH%5Dc1&k=16", prepare=(
        lambda new: new.on("request", lambda request: asked.append(request.url))))
    editor, use = open_editor(page)
    assert " N " in editor.evaluate("(frame) => frame.editor.molFile()")
    use.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    await_query(page, {"smiles": "c1cc[nH]c1", "k": "16"})
    editor, use = open_editor(page)
    editor.evaluate("(frame, drawn) => frame.editor.readMolFile(drawn)", to_drawing("CCN"))
    use.click()
    await_query(page, {"smiles": "CCN", "k": "16"})
    expect(page.locator("h1")).to_contain_text("CCN")
    assert {address for address in asked if not address.startswith(
        (url, url.replace("http", "ws"), "data:", f"blob:{url}"))} == set()
    assert not page.problems


@pytest.mark.parametrize(("drawn", "said"), [
    ("", "Nothing is drawn yet"), ("[R]C", "stands for several elements")])
def test_what_is_no_molecule_gets_a_sentence_and_leaves_the_editor_open(
    open_page, drawn, said
):
    page = open_page("?smiles=CCO&k=16")
    editor, use = open_editor(page)
    editor.evaluate("""(frame, drawn) => {
        frame.editor.reset();
        if (drawn) frame.editor.readGenericMolecularInput(drawn);
    }""", drawn)
    rest(page)
    use.click()
    expect(page.get_by_role("dialog").get_by_test_id("stAlert")).to_contain_text(said)
    expect(use).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    await_query(page, {"smiles": "CCO", "k": "16"})
    assert not page.problems
