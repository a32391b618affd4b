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

from core.model.card import read_card
from tests.browser.driving import NUMBERS, TIMEOUT_MS, rest, watch
from tests.generated_molecules import made_up_samples

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
STARTUP_S = 90
SAMPLED, NUM_SAMPLES = "qm9-random_order", 40
DRAWN = f"{NUMBERS}, [data-testid=stAlert], .st-key-generate, .st-key-heatmap .main-svg"
"""What shows first that a page has something to read."""


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Headless Chromium; without one the test is skipped."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
    if not (CHROMIUM and Path(CHROMIUM).exists()):
        pytest.skip("No Chromium found; install one or name it in the environment variable "
                    "CHROMIUM.")
    sync_api.expect.set_options(timeout=TIMEOUT_MS)
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM,
                                             args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def new_page(browser) -> Iterator[Callable[..., Any]]:
    """Open empty pages that share a cache.

    A browser that has seen none of Streamlit's and Plotly's scripts takes seconds to load and
    compile them, so there is one context for each colour scheme and not one for each page.
    """
    contexts: dict[str, Any] = {}

    def open_(*, width: int = 1440, height: int = 1300, color_scheme: str = "light"):
        if color_scheme not in contexts:
            contexts[color_scheme] = browser.new_context(color_scheme=color_scheme)
            contexts[color_scheme].set_default_timeout(TIMEOUT_MS)
        page = contexts[color_scheme].new_page()
        page.set_viewport_size({"width": width, "height": height})
        return page

    yield open_
    for context in contexts.values():
        context.close()


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
def dashboard(serve, evaluated_assets, tmp_path_factory) -> str:
    """Address of a dashboard with tiny models, their evaluations, and samples of one of them.

    One for all tests of a process, as the first page of a server takes long.
    """
    assets = tmp_path_factory.mktemp("dashboard") / "assets"
    shutil.copytree(evaluated_assets, assets)
    weights = read_card(assets / "checkpoints" / SAMPLED).weights_sha256
    for kind, name, samples in (
        ("samples", "", made_up_samples(SAMPLED, number=NUM_SAMPLES, weights_sha256=weights)),
        ("milestones", "step-00400",
         made_up_samples(SAMPLED, number=NUM_SAMPLES, seed=1, step=400)),
    ):
        samples.save(assets / "results" / kind / SAMPLED / name, device="cpu")
    return serve(ROOT / "dashboard" / "app.py", TRAILSCOPE_ASSETS=str(assets))


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
