"""Links name parameters that the page they lead to has."""

from urllib.parse import parse_qs

import pytest
from streamlit.runtime.pages_manager import PagesManager

from core.graph.planar import PlanarName
from dashboard.shared import links
from tests.unit.dashboard.shared.bound_widgets import DASHBOARD, bound_calls


def bound(page):
    return {key for key, _ in bound_calls(page)}


def test_an_address_carries_everything():
    address = links.explore_address("qm9-min_degree_first", smiles="[H]C#N.[H][N+]([H])([H])[H]",
                                    permutations=16, seed=7)
    assert address.startswith("./?")
    assert parse_qs(address[3:]) == {"smiles": ["[H]C#N.[H][N+]([H])([H])[H]"],
                                     "model": ["qm9-min_degree_first"], "k": ["16"], "seed": ["7"]}


def test_what_is_not_given_is_left_out():
    assert links.explore_query("m") == {"model": "m"}
    assert links.explore_address("m", strategy="own") == "./?model=m&strategy=own"
    assert links.explore_query("m", seed=0)["seed"] == "0"


@pytest.mark.parametrize(("page", "query"), [
    ("explore", links.explore_query("m", smiles="C", planar=PlanarName(1, 2), strategy="own",
                                    permutations=2, seed=1)),
    ("calibration", links.calibration_query("m", "own", "all")),
])
def test_the_other_page_has_every_parameter_of_a_link(page, query):
    assert set(query) <= bound(page)


@pytest.mark.parametrize("page", [links.EXPLORE, links.CALIBRATION])
def test_the_other_page_is_there(page):
    assert (DASHBOARD / page).is_file()


def test_streamlit_looks_for_no_pages_of_its_own(monkeypatch):
    """It would answer the first visitor of a new server who opens a link that there is no page."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    PagesManager(str(DASHBOARD / "app.py"))
    assert not PagesManager.uses_pages_directory
