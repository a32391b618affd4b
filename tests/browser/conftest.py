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

import pytest

from tests.browser.driving import NUMBERS, TIMEOUT_MS, rest, watch

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
STARTUP_S = 90
DRAWN = (f"{NUMBERS}, [data-testid=stAlert], .st-key-rowsort, .st-key-generate, "
         ".st-key-method:visible, .st-key-heatmap .main-svg, .st-key-matrices .main-svg, "
         ".st-key-course .main-svg, h1:has-text('Glossary')")
"""What shows first that a page has something to read."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Playwright's way to start Chromium; without one the test is skipped."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
    if not (CHROMIUM and Path(CHROMIUM).exists()):
        pytest.skip("No Chromium found; install one or name it in the environment variable "
                    "CHROMIUM.")
    sync_api.expect.set_options(timeout=TIMEOUT_MS)
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def new_page(chromium, tmp_path_factory) -> Iterator[Callable[..., Any]]:
    """Open empty pages that share a profile.

    A browser that has seen none of Streamlit's and Plotly's scripts takes seconds to load and
    compile them, and a private window forgets what it compiled: so there is one browser with a
    profile on disk, and pages say which colour scheme they prefer. They ask for no motion: fading
    in and out costs an eighth of the browser's time.
    """
    profile = chromium.launch_persistent_context(
        str(tmp_path_factory.mktemp("profile")), executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-gpu"])
    profile.set_default_timeout(TIMEOUT_MS)

    def open_(*, width: int = 1440, height: int = 1300, color_scheme: str = "light"):
        page = profile.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme, reduced_motion="reduce")
        return page

    yield open_
    profile.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., str]]:
    """Start `streamlit run` on an app; returns its address. Servers end with the session."""
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
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:  # it waits for browsers that are gone
            server.kill()
            server.wait()


@pytest.fixture(scope="session")
def dashboard(serve, full_assets) -> str:
    """Address of a dashboard with tiny models, their evaluations, samples and repairs.

    One for all tests of a process, as the first page of a server takes long.
    """
    return serve(ROOT / "dashboard" / "app.py", TRAILSCOPE_ASSETS=str(full_assets),
                 TRAILSCOPE_MODELS=str(full_assets / "models"))


@pytest.fixture(scope="session")
def components(serve) -> str:
    """Address of a server of pages with single components, see `components_app.py`."""
    return serve(Path(__file__).with_name("components_app.py"))


@pytest.fixture
def open_page(new_page, url) -> Iterator[Callable[..., Any]]:
    """Open `url`, a fixture of the test's module, with a query; returns the drawn page.

    `prepare` is called with the page before it loads. What goes wrong in the page is collected in
    its `problems`.
    """
    pages = []

    def open_(query: str = "", prepare=lambda page: None, **options):
        page = new_page(**options)
        watch(page)
        pages.append(page)
        prepare(page)
        page.goto(f"{url}{query}")
        page.wait_for_selector(DRAWN)
        rest(page)
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
