"""The Fine-tune page in Chromium: clicks, a live run that opens in Explore, looks."""

import shutil

import pytest

from core.model.checkpoints import read_card
from tests.browser.conftest import IDLE, NUMBERS, ROOT, TIMEOUT_MS, await_query, check_fits
from tests.generated_molecules import made_up_samples
from tests.repairs import MODEL, save_repairs

_TRIES = 10
RUN = f"?tuning=Your+run&base={MODEL}&steps=2&batch=4&test=16&molecules=20"


@pytest.fixture(scope="module")
def url(serve, evaluated_assets, tmp_path_factory):
    root = tmp_path_factory.mktemp("finetune")
    shutil.copytree(evaluated_assets, root, dirs_exist_ok=True)
    weights = read_card(root / "checkpoints" / MODEL).weights_sha256
    made_up_samples(MODEL, number=60, weights_sha256=weights).save(
        root / "results" / "samples" / MODEL, device="cpu")
    save_repairs(root)
    return serve(ROOT / "dashboard" / "app.py", TRAILSCOPE_ASSETS=str(root),
                 TRAILSCOPE_MODELS=str(root / "models")) + "/finetune"


def test_a_click_on_a_point_opens_its_arm(open_page):
    page = open_page()
    before = page.locator(NUMBERS).first.inner_text()
    point = page.locator(".st-key-pareto .scatterlayer .trace .point").first
    for _ in range(_TRIES):  # a chart that is still moving into its place misses a click
        box = point.bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(2000)
        if "arm=" in page.url:
            break
    page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)
    query = await_query(page, {"arm": "sparse-gradient-40"})
    shown = page.locator(NUMBERS).first.inner_text()
    assert shown != before
    assert open_page(f"?{query}").locator(NUMBERS).first.inner_text() == shown
    assert not page.problems


def test_a_run_shows_its_result_and_opens_in_explore(browser, url):
    page = browser.new_page(viewport={"width": 1440, "height": 1300})
    page.goto(url + RUN)
    page.get_by_role("button", name="Fine-tune", exact=True).click(timeout=TIMEOUT_MS)
    keep = page.get_by_role("button", name="Keep for Explore")
    keep.wait_for(timeout=TIMEOUT_MS)
    page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)
    with page.expect_download(timeout=TIMEOUT_MS) as caught:
        page.get_by_role("button", name="Adapter").click()
    assert caught.value.suggested_filename.endswith("-sparse_adapter.safetensors")
    keep.click()
    link = page.get_by_role("link", name="Open in Explore")
    link.wait_for(timeout=TIMEOUT_MS)
    with page.expect_popup(timeout=TIMEOUT_MS) as opened:
        link.click()
    explore = opened.value
    explore.wait_for_selector(NUMBERS, timeout=TIMEOUT_MS)
    assert f"model={MODEL}-sparse-gradient-" in explore.url
    assert explore.get_by_test_id("stAlert").count() == 0
    explore.close()
    page.close()


@pytest.mark.parametrize(("scheme", "width", "queries"), [
    ("light", 1440, ("?tuning=All+numbers",)),
    ("dark", 900, ("", "?tuning=Code")),
])
def test_nothing_overflows(browser, url, scheme, width, queries):
    for query in queries:
        page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme)
        page.problems = []
        page.on("pageerror", lambda error, page=page: page.problems.append(str(error)))
        page.goto(url + query)
        page.get_by_test_id("stHeading").first.wait_for(timeout=TIMEOUT_MS)
        page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)
        check_fits(page)
        page.close()
