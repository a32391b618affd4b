"""A real Chromium and a real server for the browser tests."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
STARTUP_S = 90
ADDRESS_S = 20
TIMEOUT_MS = 60_000

NUMBERS = "[data-testid=stMetricValue]"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
DRAWN = f"{NUMBERS}, [data-testid=stAlert], .st-key-generate, .st-key-heatmap .main-svg"
"""What shows first that a page has something to read."""


def settled_box(locator) -> dict[str, float]:
    """Where an element stands once the page is idle and it has stopped moving, in pixels."""
    page = locator.page
    page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)
    locator.scroll_into_view_if_needed(timeout=TIMEOUT_MS)
    box = None
    for _ in range(100):
        before, box = box, locator.bounding_box()
        if box is not None and box == before:
            return box
        page.wait_for_timeout(150)
    raise AssertionError(f"{locator} does not come to rest.")


def choose(page, box: str, option: str) -> None:
    """Pick an option of a select box; a rerun that draws the box anew closes its list."""
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(20):
        page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)
        page.get_by_role("combobox", name=box).click(timeout=TIMEOUT_MS)
        page.wait_for_timeout(500)
        if wanted.is_visible():
            wanted.click(timeout=TIMEOUT_MS)
            return
        page.keyboard.press("Escape")
    raise AssertionError(f"{box} does not offer {option!r}.")


def await_query(page, expected: dict[str, str]) -> str:
    """Wait until the address asks for just this; returns its query as text.

    A page has drawn its numbers a moment before the browser's address follows.
    """
    give_up = time.monotonic() + ADDRESS_S
    wanted = {name: [value] for name, value in expected.items()}
    while parse_qs(urlsplit(page.url).query) != wanted and time.monotonic() < give_up:
        page.wait_for_timeout(50)
    assert parse_qs(urlsplit(page.url).query) == wanted
    return urlsplit(page.url).query


def check_fits(page) -> None:
    """The page shows no traceback and nothing wider than itself, and logged no error."""
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(node) => node.scrollWidth <= node.clientWidth + 1")
    assert page.get_by_test_id("stException").count() == 0
    assert not page.problems


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Headless Chromium; without one the test is skipped."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
    if not (CHROMIUM and Path(CHROMIUM).exists()):
        pytest.skip("No Chromium found; install one or name it in the environment variable "
                    "CHROMIUM.")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM,
                                             args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., str]]:
    """Start `streamlit run` on an app; returns its address. Servers end with the module."""
    servers: list[subprocess.Popen] = []

    def start(app: Path, **environment: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port),
             "--server.address", "127.0.0.1", "--server.fileWatcherType", "none"],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": path, **environment},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        servers.append(server)
        _wait_until_up(server, f"http://127.0.0.1:{port}/_stcore/health")
        return f"http://127.0.0.1:{port}"

    yield start
    for server in servers:
        server.terminate()
    for server in servers:
        server.wait(timeout=20)


@pytest.fixture
def open_page(browser, url) -> Iterator[Callable[..., Any]]:
    """Open `url`, a fixture of the test's module, with a query; returns the drawn page.

    What goes wrong in the page is collected in its `problems`.
    """
    pages = []

    def open_(query: str = "", **options):
        page = browser.new_page(viewport={"width": 1440, "height": 1300}, **options)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        pages.append(page)
        page.goto(f"{url}{query}")
        page.wait_for_selector(DRAWN, timeout=TIMEOUT_MS)
        page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)
        return page

    yield open_
    for page in pages:
        page.close()


def _wait_until_up(server: subprocess.Popen, url: str) -> None:
    give_up = time.monotonic() + STARTUP_S
    while time.monotonic() < give_up and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"The test app did not answer within {STARTUP_S} s.")
