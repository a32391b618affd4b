"""How the browser tests wait, click and read: never on a page that is still changing."""

import time
from urllib.parse import parse_qs, urlsplit

TIMEOUT_MS = 60_000
QUIET_MS = 250
"""So long nothing may change in a page that is said to rest."""

NUMBERS = "[data-testid=stMetricValue]"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"

_NOTE_CHANGES = """new MutationObserver(() => { window.changedAt = performance.now(); }).observe(
    document, {subtree: true, childList: true, attributes: true, characterData: true});"""
_RESTS = f"""(idle) => document.querySelector(idle)
    && performance.now() - (window.changedAt ?? Infinity) > {QUIET_MS}"""

_CANCEL = """(css) => {
    const press = () => {
        const buttons = [...document.querySelectorAll(css)];
        const cancel = buttons.find((button) => button.innerText.includes('Cancel'));
        cancel?.click();
        return cancel !== undefined;
    };
    if (!press()) {
        new MutationObserver((_, observer) => press() && observer.disconnect()).observe(
            document, {subtree: true, childList: true});
    }
}"""
_BUTTONS = "[data-testid=stButton] button"


def watch(page) -> None:
    """Note when the page changes, and collect its errors in `problems`; before it loads."""
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.set_default_timeout(TIMEOUT_MS)
    page.context.set_default_timeout(TIMEOUT_MS)
    page.add_init_script(_NOTE_CHANGES)


def rest(page) -> None:
    """Wait until the script has ended and the page has not changed for a while."""
    page.wait_for_function(_RESTS, arg=IDLE)


def settled_box(locator) -> dict[str, float]:
    """Where an element stands on a page that rests, in pixels, scrolled into view."""
    page = locator.page
    for _ in range(20):
        rest(page)
        # A chart that is drawn anew just now replaces its elements.
        if locator.evaluate_all("""(found) => {
            found[0]?.scrollIntoView({block: 'nearest'});
            return found.length;
        }""") == 0:
            continue
        page.wait_for_timeout(100)
        box = locator.bounding_box()
        page.wait_for_timeout(150)
        if box is not None and box == locator.bounding_box():
            return box
    raise AssertionError(f"{locator} does not come to rest.")


def click(locator) -> None:
    """Click on something of a page that rests."""
    rest(locator.page)
    locator.click()


def click_at(locator, right: float = 0.5, down: float = 0.5) -> None:
    """Click on a place in an element, given as shares of its width and height."""
    box = settled_box(locator)
    locator.page.mouse.click(box["x"] + right * box["width"], box["y"] + down * box["height"])


def pick(page, name: str) -> None:
    """Choose one of a row of options, and wait until the page shows it."""
    click(page.get_by_role("radio", name=name, exact=True))
    rest(page)


def cancel_work(page) -> None:
    """Press Cancel, once, as soon as it is there.

    A button that is there while work goes on may be gone, or another one's, before Playwright has
    looked whether it can be clicked on.
    """
    page.evaluate(_CANCEL, _BUTTONS)


def enter(locator, text: str) -> None:
    """Type into a box of a page that rests, and press Enter."""
    rest(locator.page)
    locator.fill(text)
    locator.press("Enter")


def choose(page, box: str, option: str) -> None:
    """Pick an option of a select box; a rerun that draws the box anew closes its list."""
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(20):
        click(page.get_by_role("combobox", name=box))
        page.wait_for_timeout(500)
        if wanted.is_visible():
            wanted.click()
            return
        page.keyboard.press("Escape")
    raise AssertionError(f"{box} does not offer {option!r}.")


def await_query(page, expected: dict[str, str]) -> str:
    """Wait until the address asks for just this; returns its query as text.

    A page has drawn its numbers a moment before the browser's address follows.
    """
    give_up = time.monotonic() + TIMEOUT_MS / 1000
    wanted = {name: [value] for name, value in expected.items()}
    while parse_qs(urlsplit(page.url).query) != wanted and time.monotonic() < give_up:
        page.wait_for_timeout(50)
    assert parse_qs(urlsplit(page.url).query) == wanted
    return urlsplit(page.url).query


def check_fits(page) -> None:
    """The page shows no traceback and nothing wider than itself, and logged no error."""
    rest(page)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(node) => node.scrollWidth <= node.clientWidth + 1")
    assert page.get_by_test_id("stException").count() == 0
    assert not page.problems
