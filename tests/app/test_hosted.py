"""Pages where strangers visit: limits are stated, and sessions see nothing of each other."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.shared.visitors import Visitor
from tests.conftest import ROOT

LIVE = {"source": "live", "n": "2", "permutations": "2"}
TUNING = {"tuning": "Your run", "data": "my molecules", "own": "CCO\nCC(N)C(=O)O\nCCN",
          "base": "qm9-max_degree_first", "steps": "2", "batch": "2", "test": "16",
          "method": "LoRA"}


def here(function, *args, progress):
    """Work in this process: starting another takes seconds, and is tested on its own."""
    return function(*args, progress=progress)


@pytest.fixture
def open_view(evaluated_assets, monkeypatch, tmp_path):
    """Open a page as a visitor of a hosted dashboard, every time as another one."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(evaluated_assets))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    monkeypatch.setattr("dashboard.views.finetune.data.PERMUTATIONS", 2)
    monkeypatch.setattr("core.stats.molecule_bootstrap.RESAMPLES", 50)
    monkeypatch.setenv("TRAILSCOPE_LIBRARY", str(tmp_path / "library"))
    for view in ("triage", "finetune", "score"):
        monkeypatch.setattr(f"dashboard.views.{view}.data.work_aside", here)
    st.cache_resource.clear()

    def open_(view: str, **query: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "dashboard" / "views" / view / "page.py"),
                                 default_timeout=120)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_


def captions(page):
    assert not page.exception, page.exception
    return [caption.value for caption in page.caption]


def test_sequences_are_bounded_and_of_a_visitor_alone(open_view, monkeypatch):
    page = open_view("triage", **LIVE)
    assert "At most 1,000 sequences on this server." in captions(page)
    assert any("You have 10 min of computing in an hour; 10 min are left. One job of yours runs at "
               "a time" in text for text in captions(page))
    page.button(key="generate").click().run()
    assert page.metric
    other = open_view("triage", **LIVE)
    assert not other.metric
    assert other.button(key="generate").label == "Generate 2"
    monkeypatch.setenv("TRAILSCOPE_VISITOR_ROWS", "1")
    bounded = open_view("triage", **LIVE)
    assert "it must be a whole number from 1 to 1." in bounded.warning[0].value
    assert bounded.button(key="generate").label == "Generate 1"


def test_own_molecules_and_runs_are_of_a_visitor_alone(open_view, monkeypatch):
    page = open_view("finetune", **TUNING)
    assert "At most 2,000 graphs on this server." in captions(page)
    page.button(key="start-finetune").click().run()
    captions(page)
    assert page.success, [error.value for error in page.error]
    other = open_view("finetune", **TUNING)
    assert not other.success
    assert other.button(key="start-finetune").label == "Fine-tune"
    monkeypatch.setattr(Visitor, "num_bytes", property(
        lambda visitor: 123e6 * any((visitor.folder / "runs").iterdir())))
    assert page.run().success  # what is done stays
    page.number_input(key="steps").set_value(1).run()
    assert page.warning[0].value.startswith(
        "Your runs and models take 123 of the 100 MB that a visitor has")
    page.button(key="forget-runs").click().run()
    assert not page.warning
    assert page.button(key="start-finetune").label == "Fine-tune"


def test_a_scored_set_is_of_a_visitor_alone(open_view, monkeypatch, tmp_path):
    monkeypatch.setattr("streamlit.page_link", lambda *args, **options: None)
    page = open_view("score", scorek="2")
    assert "At most 2,000 rows on this server." in captions(page)
    page.text_area(key="scoretext").set_value("CCO\nCO\n").run()
    page.button(key="start-scoring").click().run()
    assert page.success[0].value == "All 2 rows are done."
    assert not (tmp_path / "library").exists()
    other = open_view("score", scorek="2")
    other.text_area(key="scoretext").set_value("CCO\nCO\n").run()
    assert other.button(key="start-scoring").label == "Score 2 molecules"
    monkeypatch.setattr(Visitor, "num_bytes", property(
        lambda visitor: 123e6 * (visitor.folder / "library").exists()))
    page.text_area(key="scoretext").set_value("CCN\n").run()
    assert "123 of the 100 MB" in page.warning[0].value
    page.button(key="remove-sets").click().run()
    assert page.button(key="start-scoring").label == "Score 1 molecule"
    assert open_view("library").info[0].value.startswith("There is no library yet")
    monkeypatch.setattr(Visitor, "num_bytes", 0)
    monkeypatch.setenv("TRAILSCOPE_VISITOR_ROWS", "1")
    other.text_area(key="scoretext").set_value("CCO\nCO\nCC\n").run()
    assert other.error[0].value.startswith("typed.txt has more than 1 rows")


@pytest.mark.parametrize("view", ["explore", "salience"])
def test_pages_that_compute_say_how_much_they_may(open_view, view):
    assert "You have 10 min of computing in an hour; 10 min are left." in captions(open_view(view))


def test_a_limit_that_is_no_number_is_one_sentence(open_page, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_JOBS", "none")
    page = open_page(k="2")
    assert not page.exception
    assert [error.value for error in page.error] == [
        "TRAILSCOPE_JOBS is 'none'; it must be a whole number from 1 to 1,000,000."]
