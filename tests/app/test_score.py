"""The Score page on tiny models: pasted molecules become a set that is the command's."""

import pandas as pd
import pytest
import streamlit as st
from rdkit import Chem
from streamlit.testing.v1 import AppTest

from core.library.manifest import Manifest
from tests.conftest import ROOT

TYPED = "CO first\nCCl second\nOC third\nCCO fourth\n"


@pytest.fixture
def open_score(assets, monkeypatch, tmp_path):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
    monkeypatch.setenv("TRAILSCOPE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setattr("dashboard.views.score.query._SITTING_SEQUENCES", 32)
    st.cache_resource.clear()

    def open_(**query: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "dashboard" / "views" / "score" / "page.py"),
                                 default_timeout=60)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_


def shown(page):
    assert not page.exception, page.exception
    return [one.value for kind in ("markdown", "caption", "info", "success", "error")
            for one in getattr(page, kind)]


def test_pasted_molecules_are_checked_estimated_and_scored(open_score, tmp_path, monkeypatch):
    page = open_score(scorek="16", scorer="qm9-random_order")
    assert "Paste molecules or drop a file to begin." in shown(page)
    page.text_area(key="scoretext").set_value(TYPED).run()
    assert "3 of 4 rows can be scored, 1 cannot." in shown(page)
    assert page.dataframe[0].value["Why not"].tolist() == [
        "Element Cl is outside the vocabulary, which has H, C, N, O, F. No model that is here "
        "knows Cl."]
    assert any(text.startswith("About ") for text in shown(page))
    # The page is drawn anew after every sitting, which AppTest follows to the end.
    monkeypatch.setattr("dashboard.views.score.page.LIBRARY", None)
    monkeypatch.setattr("streamlit.page_link", lambda *args, **options: None)
    page.button(key="start-scoring").click().run()
    assert any(text.startswith("All 4 rows are done; 1 could not be") for text in shown(page))
    [folder] = (tmp_path / "library").iterdir()
    found = Manifest.read(folder)
    assert (found.rows, found.failed, len(found.parts)) == (4, 1, 2)
    table = pd.read_parquet(folder)
    assert table["id"].tolist() == ["first", "second", "third", "fourth"]
    assert table["lu"][0] == table["lu"][2]
    assert "--permutations 16" in page.code[0].value


def test_a_number_outside_its_range_says_why_and_does_not_start(open_score):
    page = open_score()
    page.text_area(key="scoretext").set_value(TYPED).run()
    page.number_input(key="scorek").set_value(1).run()
    said = "K must be a whole number from 2 to"
    assert any(said in one.value for one in page.sidebar.markdown)
    assert page.error[0].value.startswith(said)
    assert page.button(key="start-scoring-refused").disabled
    page.number_input(key="scorek").set_value(16).run()
    assert "3 of 4 rows can be scored, 1 cannot." in shown(page)
    assert not page.button(key="start-scoring").disabled


def test_a_stopped_set_goes_on_where_it_was(open_score, tmp_path, monkeypatch):
    monkeypatch.setattr("streamlit.page_link", lambda *args, **options: None)
    monkeypatch.setattr("streamlit.rerun", lambda: None)
    monkeypatch.setattr("dashboard.views.score.data._SITTING_S", 0.0)
    page = open_score(scorek="16", scorer="qm9-random_order")
    page.text_area(key="scoretext").set_value(TYPED).run()
    page.button(key="start-scoring").click().run()
    [folder] = (tmp_path / "library").iterdir()
    assert Manifest.read(folder).rows_done == 2
    page.button(key="cancel-scoring").click().run()
    assert page.button(key="start-scoring").label == "Go on: 2 more"
    page.button(key="start-scoring").click().run()
    page.run()
    assert Manifest.read(folder).is_finished


def test_pasted_columns_are_kept(open_score):
    page = open_score(scorek="2", scorer="qm9-random_order")
    page.text_area(key="scoretext").set_value("SMILES,yield\nCO,0.5\nCCO,0.7").run()
    assert "All 2 rows can be scored." in shown(page)
    drawn = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO"))
    page.text_area(key="scoretext").set_value(f"{drawn}$$$$\n{drawn}").run()
    assert "All 2 rows can be scored." in shown(page)


def test_what_cannot_be_read_is_said_in_one_sentence(open_score):
    page = open_score(scorer="none", scorek="inf", scoreseed="-1", scoreorder="x")
    assert len(page.warning) == 4
    page.text_area(key="scoretext").set_value("CCl\nc1ccccc1Br").run()
    assert "0 of 2 rows can be scored, 2 cannot." in shown(page)
    assert not page.button
    page.text_area(key="scoretext").set_value("# nothing").run()
    assert any("has no rows" in text for text in shown(page))


def test_pasted_columns_can_be_named_and_faults_speak_of_the_page(open_score):
    page = open_score(scorek="2", scorer="qm9-random_order")
    page.text_area(key="scoretext").set_value("mol,smiles,yield\nCO,CCl,0.5").run()
    assert "0 of 1 row can be scored, 1 cannot." in shown(page)
    page.text_input(key="scorecolumn").set_value("mol").run()
    assert "The row can be scored." in shown(page)
    page.text_input(key="scorecolumn").set_value("SMI").run()
    [fault] = (one.value for one in page.error)
    assert fault.startswith("typed.txt has no column")
    assert fault.endswith("name one of these with “Of SMILES”.")
    assert not any("Reading:" in text for text in shown(page))
