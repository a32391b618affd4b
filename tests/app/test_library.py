"""The Library page: what is filtered, marked and compared is what the database says."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.library.export import KINDS
from core.library.selection import Selection
from core.library.store import Library
from core.model.card import read_card
from dashboard.views.library.inputs import MARKED
from dashboard.views.library.query import python, source_of
from tests.conftest import ROOT, SAMPLED
from tests.made_up_library import made_up_table, save_library

HOSTILE = "![x](http://evil/x.png)<img src=x>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, assets):
    root = tmp_path_factory.mktemp("library")
    table = made_up_table(120)
    table.loc[3, "id"] = HOSTILE
    card = read_card(assets / "checkpoints" / "qm9-random_order")
    of = {"model": card.name, "weights_sha256": card.weights_sha256}
    save_library(root / "mine", table, **of)
    save_library(root / "other", made_up_table(60, seed=2), seed=1, total=200, **of)
    return root


@pytest.fixture
def open_library(assets, folder, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
    monkeypatch.setenv("TRAILSCOPE_LIBRARY", str(folder))
    st.cache_resource.clear()

    def open_(**query: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "dashboard" / "views" / "library" / "page.py"),
                                 default_timeout=60)
        for name, value in ({"library": "mine"} | query).items():
            page.query_params[name] = value
        page.run()
        assert not page.exception, page.exception
        return page

    return open_


def said(page):
    return [one.value for kind in ("markdown", "caption", "info", "error", "warning")
            for one in getattr(page, kind)]


def test_the_table_is_a_page_of_the_database(open_library, folder):
    page = open_library(filter="lu <= 0.1; works = yes", rowsort="LU", rowdirection="highest first")
    library = Library.open(folder / "mine")
    selection = Selection.from_text("lu <= 0.1; works = yes")
    number = library.count(selection)
    assert any(text.startswith(f"**{number}** of 120 rows: ") for text in said(page))
    expected = library.page(Selection(selection.ranges, selection.flags, sort="lu",
                                      descending=True), 0, 50)
    shown = page.dataframe[0].value
    assert shown["id"].tolist() == expected["id"].tolist()
    assert shown["structure"].dropna().str.startswith("data:image/svg+xml").all()
    assert "model=qm9-random_order&strategy=random_order&k=32&seed=0" in shown["explore"].iloc[0]


def test_own_columns_may_be_called_as_the_picture_and_the_link(open_library, folder):
    table = made_up_table(12).rename(columns={"lot": "structure", "works": "explore"})
    save_library(folder / "called", table, own={
        "logP": "number", "structure": "text", "count": "whole number", "explore": "yes or no"})
    page = open_library(library="called")
    shown = page.dataframe[0].value
    assert shown["structure (own)"].tolist() == table["structure"].tolist()
    assert shown["explore (own)"].tolist() == table["explore"].tolist()
    assert shown["structure"].str.startswith("data:image").any()


def test_marked_rows_are_chosen_until_they_are_forgotten(open_library, folder):
    page = open_library()
    key = Library.open(folder / "mine").key
    page.session_state[MARKED] = (key, (2, 5, 7))
    page.run()
    assert "**3** of 120 rows: those marked or found." in said(page)
    assert page.dataframe[0].value["row"].tolist() == [2, 5, 7]
    page.button(key="forget-marked").click().run()
    assert "All **120** rows." in said(page)


def test_searches_and_lassos_say_what_they_leave_out(open_library, folder, monkeypatch):
    monkeypatch.setattr("dashboard.rows.data.MAX_SEARCHED", 30)
    page = open_library(librarysmarts="C#N", filter="valid = yes")
    assert any("Only the first 30 of 108 chosen rows are searched" in text for text in said(page))
    assert page.dataframe[0].value["row"].max() <= 34
    page = open_library(librarysmarts="C#N", filter="row <= 30")
    assert not any("are searched" in text for text in said(page))
    monkeypatch.setattr("dashboard.views.library.data.MAX_LASSO", 3)
    page.session_state[MARKED] = (Library.open(folder / "mine").key, (2, 5, 7))
    page.run()
    assert any("A lasso marks the first 3 rows" in text for text in said(page))


def test_a_condition_is_added_to_the_filter(open_library):
    page = open_library(filter="lu <= 0.1")
    page.selectbox(key="filter-condition-column").set_value("lot").run()
    page.text_input(key="filter-condition-text").set_value("003").run()
    page.button(key="filter-condition-add").click().run()
    assert page.text_input(key="filter").value == 'lu <= 0.1; lot ~ "003"'
    assert set(page.dataframe[0].value["lot"]) == {"003"}


def test_substructures_are_searched_among_the_chosen(open_library):
    page = open_library(librarysmarts="C#N", filter="scored")
    assert set(page.dataframe[0].value["smiles"]) == {"C#N"}
    page = open_library(librarysmarts="[nonsense")
    assert len(page.error) == 1


def test_sets_are_compared_and_kept(open_library):
    page = open_library(look="Compare", other="other")
    assert any(text.startswith("**") and "molecules are in both" in text for text in said(page))
    assert page.dataframe[0].value["number"].tolist()[0] == "LU"
    page = open_library(look="Keep-list", keepfrom="other", keeplabel="works", libraryfdr="50")
    assert any("molecules are kept at a false-discovery rate of 50%" in text
               for text in said(page))
    assert any("Reference: " in text and "left out" in text for text in said(page))


def test_a_set_is_no_reference_for_itself(open_library):
    page = open_library(look="Keep-list")
    assert page.selectbox(key="keepfrom").options == ["other"]


@pytest.mark.parametrize(("query", "told"), [
    ({"filter": "lu < 0.1"}, "The filter cannot be read from"),
    ({"filter": "nothing <= 1"}, "This library has no column 'nothing'"),
    ({"filter": "lot <= 1"}, "is of kind text"),
])
def test_filters_that_do_not_fit_are_said_in_one_sentence(query, told, open_library):
    page = open_library(**query)
    assert len(page.error) == 1
    assert told in page.error[0].value.replace("\\", "")


def test_unfinished_sets_and_hostile_names(open_library):
    assert any("60 of 200 rows are scored so far" in text
               for text in said(open_library(library="other")))
    page = open_library(filter=f'id ~ "{HOSTILE}"')
    assert page.dataframe[0].value["id"].tolist() == [HOSTILE]
    assert not any("![x](" in text or "<img" in text.replace("\\<", "") for text in said(page))


def test_code_and_reports_name_no_folder_of_a_server(folder):
    library = Library.open(folder / "mine")
    assert str(folder) in python(library, Selection(), hosted=False)
    told = python(library, Selection(), hosted=True) + source_of(library, hosted=True)
    assert str(folder) not in told
    assert "Path('mine')" in told


@pytest.mark.parametrize("look", ["Distribution", "Scatter"])
def test_figures_are_drawn(look, open_library):
    page = open_library(look=look)
    assert any("LU" in text and "rows" in text for text in said(page))


def test_rows_show_as_cards_too(open_library):
    page = open_library(rowsas="cards", filter='id ~ "m1"')
    names = [text for text in said(page) if text.startswith("**m1")]
    assert len(names) == 12
    addresses = [link.proto.url for link in page.get("link_button")]
    assert all("strategy=random_order&k=32&seed=0" in address for address in addresses)
    assert any("outside the vocabulary" in text for text in said(page))  # m19


@pytest.mark.parametrize("changed", [{"model": "gone"}, {"weights_sha256": "2" * 64}])
@pytest.mark.parametrize("look", ["table", "cards"])
def test_rows_of_another_model_do_not_open_under_one_of_its_name(
    changed, look, open_library, folder, tmp_path, monkeypatch
):
    of = {"model": "qm9-random_order", **changed}
    save_library(tmp_path / "old", made_up_table(12), **of)
    monkeypatch.setenv("TRAILSCOPE_LIBRARY", str(tmp_path))
    page = open_library(library="old", rowsas=look)
    assert any("do not open on the Explore page" in text for text in said(page))
    assert not page.get("link_button")
    assert look == "cards" or "explore" not in page.dataframe[0].value


def test_a_model_of_the_visitor_alone_opens_in_the_same_tab(open_library, monkeypatch):
    """A link of a table opens a new tab, where a visitor's own model would not be known."""
    monkeypatch.setattr("dashboard.shared.own_models.find", lambda name: object())
    page = open_library()
    shown = page.dataframe[0]
    assert set(shown.value["explore"].dropna()) == {"Open"}
    assert '"type": "button"' in shown.proto.columns or '"button"' in shown.proto.columns


def test_a_file_from_the_page_has_a_largest_size_and_many_rows_are_gzipped(
    open_library, monkeypatch
):
    """It lies in the server's memory until it is saved."""
    monkeypatch.setattr("dashboard.rows.shown._MOST_ROWS", dict.fromkeys(KINDS, 100))
    monkeypatch.setattr("dashboard.rows.shown._PACKED_FROM", 50)
    page = open_library()
    [csv] = [button for button in page.button if button.label == "CSV, 120 rows"]
    assert csv.disabled
    assert "at most 100 rows" in csv.help
    page = open_library(filter="count <= 6")
    assert not [button for button in page.button if button.label.startswith("CSV")]
    [csv] = [one for one in page.get("download_button") if one.label.startswith("CSV")]
    assert csv.proto.label.startswith("CSV, ")


def test_samples_are_shown_without_repeats_and_pieces(full_assets, folder, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(full_assets))
    monkeypatch.setenv("TRAILSCOPE_LIBRARY", str(folder))
    st.cache_resource.clear()
    library = Library.open(full_assets / "results" / "samples" / SAMPLED)
    hidden = library.count(Selection.from_text("fragments >= 2")) + library.count(
        Selection.from_text("unique = no; not fragments >= 2"))
    assert hidden > 0
    page = AppTest.from_file(str(ROOT / "dashboard" / "views" / "library" / "page.py"),
                             default_timeout=60)
    page.query_params["library"] = f"{SAMPLED} samples"
    page.run()
    [sentence] = [text for text in said(page) if "hidden" in text]
    assert sentence.startswith(f"**{library.rows - hidden}** of {library.rows} rows. ")
    for toggle in ("rowpieces", "rowrepeats"):
        if any(one.key == toggle for one in page.toggle):
            page.toggle(toggle).set_value(True).run()
    assert f"All **{library.rows}** rows." in said(page)
    assert not page.exception
