"""The Generate & triage page in Chromium: live runs, filters, links, downloads, looks."""

import io
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pandas as pd
import pytest
from rdkit import Chem

from tests.browser.driving import (
    NUMBERS,
    await_query,
    cancel_work,
    check_fits,
    choose,
    click,
    enter,
    pick,
    rest,
)
from tests.conftest import NUM_SAMPLES, SAMPLED
from tests.generated_molecules import made_up_samples

CARDS = "[class*=st-key-card-page]"


@pytest.fixture(scope="module")
def url(dashboard):
    return dashboard + "/triage"


def first_card(page):
    return page.locator(CARDS).first.inner_text()


def changes(page, act):
    """Do something that puts another card first."""
    before = first_card(page)
    act()
    page.wait_for_function(
        "([css, before]) => document.querySelector(css)?.innerText !== before",
        arg=[CARDS, before])
    rest(page)


def test_copied_address_shows_the_same_molecules(open_page):
    page = open_page("?sort=LU")
    changes(page, lambda: pick(page, "unstable"))
    box = page.get_by_role("textbox", name="Substructure (SMARTS)")
    changes(page, lambda: enter(box, "[#6]N"))
    query = await_query(page, {"sort": "LU", "show": "unstable", "smarts": "[#6]N"})
    shared = open_page(f"?{query}")
    assert first_card(shared) == first_card(page)
    assert shared.locator(CARDS).count() == page.locator(CARDS).count()
    assert not page.problems
    assert not shared.problems


def test_open_atoms_are_clicked_on_the_drawing(open_page):
    asked = {"source": "live", "fragment": "c1ccncc1"}
    page = open_page(f"?{urlencode(asked)}&open=2,4")
    atoms = page.get_by_role("checkbox", name=re.compile("^Atom"))
    names = atoms.evaluate_all(
        "(found) => found.map((atom) => atom.getAttribute('aria-label'))")
    assert names == [f"Atom {atom}, C, open" for atom in (0, 1, 2, 4, 5)]  # not the nitrogen
    click(page.get_by_role("checkbox", name="Atom 4, C, open"))
    await_query(page, asked | {"open": "2"})
    rest(page)
    page.get_by_role("checkbox", name="Atom 0, C, open").press("Enter")
    await_query(page, asked | {"open": "0,2"})
    rest(page)
    assert page.get_by_role("textbox", name="Open atoms").input_value() == "0,2"
    assert [atom.is_checked() for atom in atoms.all()] == [True, False, True, False, False]
    assert not page.problems


def test_a_live_run_stops_goes_on_and_opens_in_explore(open_page):
    page = open_page("?source=live&n=1000&permutations=16&runseed=5&pieces=true&repeats=true")
    click(page.get_by_role("button", name="Generate 1,000"))
    page.wait_for_selector(CARDS)  # the first rows, while it runs
    number = page.get_by_role("spinbutton", name="Sequences")
    assert number.is_disabled()
    cancel_work(page)
    again = page.get_by_role("button", name="Continue")
    again.wait_for()
    rest(page)
    done = 1000 - int(re.search(r"(\d+) more", again.inner_text()).group(1))
    assert 25 <= done < 1000
    assert number.is_enabled()
    assert page.get_by_text(f"{done:,} of {done:,} sequences shown.").count() == 1
    assert page.get_by_text("Generate 1,000").count() == 0
    card = page.locator(CARDS).filter(has_text="LU").first
    lu = re.search(r"LU ([\d.]+)", card.inner_text()).group(1)
    with page.expect_popup() as opened:
        card.get_by_role("link", name="Explore").click()
    explore = opened.value
    explore.locator(NUMBERS).first.get_by_text(lu, exact=True).wait_for()
    query = parse_qs(urlsplit(explore.url).query)
    assert query["k"] == ["16"]
    assert query["seed"] == ["5"]
    explore.close()
    assert not page.problems


def test_rows_are_saved_as_csv_and_sdf(open_page, tmp_path):
    page = open_page("?show=unstable&sort=LU")
    table = made_up_samples(SAMPLED, number=NUM_SAMPLES).table
    ids = table[~table["stable"].fillna(True)].sort_values("lu")["id"].tolist()
    with page.expect_download() as caught:
        click(page.get_by_role("button", name="CSV,"))
    caught.value.save_as(tmp_path / "rows.csv")
    assert caught.value.suggested_filename == f"trailscope-{SAMPLED}-seed0-shown.csv"
    saved = pd.read_csv(io.StringIO((tmp_path / "rows.csv").read_text()))
    assert saved["id"].tolist() == ids
    with page.expect_download() as caught:
        click(page.get_by_role("button", name="SDF,"))
    caught.value.save_as(tmp_path / "rows.sdf")
    molecules = list(Chem.SDMolSupplier(str(tmp_path / "rows.sdf")))
    assert [molecule.GetProp("id") for molecule in molecules] == ids


def test_keep_list_follows_the_score(open_page):
    page = open_page("?part=Keep-list&fdr=45")
    page.get_by_text("provided that reference molecules").wait_for()
    assert page.get_by_text("candidates are kept").count() == 1
    choose(page, "Rank by", "mean NLL")
    page.wait_for_function("() => location.search.includes('score=mean')")
    assert not page.problems


def test_an_impossible_address_is_said_and_dropped(open_page):
    page = open_page("?sort=beauty&part=Nowhere")
    said = " ".join(page.locator("[data-testid=stAlert]").all_inner_texts())
    assert "'beauty'" in said
    assert "'Nowhere'" in said
    page.wait_for_function("() => !location.search.includes('beauty')")
    assert page.locator(CARDS).count() == 12


@pytest.mark.parametrize(("scheme", "width", "views"), [
    ("light", 1440, ("Molecules", "Ranking", "Along training")),
    ("dark", 900, ("Molecules", "Ranking", "Risk and coverage", "Keep-list", "Code")),
])
def test_nothing_overflows(open_page, scheme, width, views):
    page = open_page(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 1000})
    for view in views:
        pick(page, view)
        check_fits(page)
