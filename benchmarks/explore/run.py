"""From Enter to fresh numbers: the Explore page driven in a real Chromium.

    python -m benchmarks.explore.run

starts the dashboard, types molecules that it has not seen (K = 32), and takes the time from the
key press until all four numbers are those of the new molecule; then types them again (cached).
Writes `record.json` beside this file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from core.records import RunRecord

_ROOT = Path(__file__).parents[2]
_WARM_UP = ("CCO", "CCN", "CCC")
_MOLECULES = (
    "CC1CC2CC2O1", "O=CC1CCC1O", "CC(C)(O)C#N", "c1ccoc1", "CC1=NC=CO1", "OC1CCCCC1",
    "NC(=O)C1CC1", "CC12CC1C2O", "N#CC1CCOC1", "CCC(=O)C(C)C", "Cc1ncc[nH]1", "OCC1CC1C#C",
    "CC1OC1C(C)=O", "C1CC2OC2C1", "CN1CCOC1=O", "O=C1CC2CC2N1", "CCOC(C)=N", "FC(F)(F)C1CO1",
    "CC(O)C1CCN1", "OC1C2CC1O2",
)
_NUMBERS = """() => {
  const values = document.querySelectorAll('[data-testid=stMetricValue]');
  return [...values].map(e => e.innerText);
}"""
_FRESH = """(before) => {
  const values = [...document.querySelectorAll('[data-testid=stMetric]')];
  const texts = values.map(e => e.querySelector('[data-testid=stMetricValue]').innerText);
  return texts.length === 4 && texts.every((text, i) => i === 0 || text !== before[i])
    && values.every(e => !e.closest('[data-stale=true]'));
}"""


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    arguments = parser.parse_args()
    server = _serve(arguments.port)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(),
                                                 args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(f"http://localhost:{arguments.port}/")
            page.wait_for_selector("[data-testid=stMetricValue]", timeout=120_000)
            for smiles in _WARM_UP:
                _seconds_to_fresh(page, smiles)
            new = [_seconds_to_fresh(page, smiles) for smiles in _MOLECULES]
            cached = [_seconds_to_fresh(page, smiles) for smiles in _MOLECULES]
            browser.close()
    finally:
        server.terminate()
        server.wait()
    result = {"new_molecule": _summary(new), "cached": _summary(cached)}
    print(result)
    RunRecord(
        "benchmark explore", {"permutations": 32, "molecules": len(_MOLECULES)}, result, seed=0,
        device=f"cpu, {os.cpu_count()} cores",
    ).write(Path(__file__).with_name("record.json"))


def _seconds_to_fresh(page: Page, smiles: str) -> float:
    before = page.evaluate(_NUMBERS)
    box = page.get_by_role("textbox", name="Molecule (SMILES)")
    box.fill(smiles)
    started = time.perf_counter()
    box.press("Enter")
    page.wait_for_function(_FRESH, arg=before, polling="raf", timeout=60_000)
    seconds = time.perf_counter() - started
    # The rest of the page may follow, but must not be in the next measurement.
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
    page.wait_for_timeout(300)
    return seconds


def _summary(seconds: list[float]) -> dict[str, float]:
    return {"median_s": round(statistics.median(seconds), 3), "max_s": round(max(seconds), 3)}


def _serve(port: int) -> subprocess.Popen:
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)],
        cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    for _ in range(120):
        try:
            urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1)
            return server
        except OSError:
            time.sleep(0.5)
    server.terminate()
    raise SystemExit("The dashboard did not start.")


def _chromium() -> str:
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    raise SystemExit("No Chromium found; install it or set CHROMIUM to its path.")


if __name__ == "__main__":
    main()
