"""The basket without a browser: ticked on cards, kept from page to page, emptied, bounded."""

import json
from dataclasses import replace

import pytest

from core.library.basket import MOST_PICKS, Basket
from tests.app.caches import forget_other_assets
from tests.snapshots.pages import open_page


@pytest.fixture(autouse=True)
def open_assets(full_assets, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(full_assets))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(full_assets / "models"))
    forget_other_assets()


def boxes(page):
    assert not page.exception
    return [box for box in page.checkbox if box.label == "Pick"]


def basket(page) -> Basket:
    return page.session_state["basket"] if "basket" in page.session_state else Basket()


def sidebar(page):
    assert not page.exception
    return " ".join(element.value for element in (*page.sidebar.markdown, *page.sidebar.caption))


def test_cards_are_ticked_and_stand_in_the_sidebar():
    page = open_page("triage")
    assert "Basket" not in sidebar(page)
    boxes(page)[0].check().run()
    boxes(page)[2].check().run()
    assert "Basket: 2 rows" in sidebar(page)
    assert [box.value for box in boxes(page)[:4]] == [True, False, True, False]
    assert [pick.values["row"] for pick in basket(page).picks] == [1, 4]  # the repeat is hidden
    assert any("In the basket: 2 rows" in text.value for text in page.caption)
    boxes(page)[0].uncheck().run()
    assert "Basket: 1 row*" in sidebar(page).replace("**", "*")
    names = [button.proto.label for button in page.sidebar.get("download_button")]
    assert names == ["SDF", "CSV", "SMILES", "PDF", "SVG"]


def test_the_basket_stays_when_lists_change_and_boxes_follow_it():
    page = open_page("triage")
    boxes(page)[0].check().run()
    page.selectbox(key="sort").select("LU").run()
    assert "Basket: 1 row" in sidebar(page)
    page.selectbox(key="sort").select("as generated").run()
    assert boxes(page)[0].value is True
    [remove] = [button for button in page.button if button.key.startswith("unpick-")]
    remove.click().run()
    assert boxes(page)[0].value is False
    assert "Basket" not in sidebar(page)


def test_the_basket_is_emptied():
    page = open_page("triage")
    for place in (0, 1, 3):
        boxes(page)[place].check().run()
    page.button(key="empty-basket").click().run()
    assert not basket(page)
    assert not any(box.value for box in boxes(page))


def test_the_table_ticks_what_is_in_the_basket():
    page = open_page("triage")
    boxes(page)[1].check().run()
    page.segmented_control(key="as").set_value("table").run()
    [table] = [one for one in page.dataframe if "structure" in one.value]
    assert json.loads(table.proto.selection_state)["selection"]["rows"] == [1]


def test_rows_of_several_models_are_in_one_basket():
    page = open_page("triage")
    boxes(page)[0].check().run()
    first = basket(page).picks[0].origin
    page.session_state["source"] = "live"
    page.session_state["generator"] = "qm9-max_degree_first"
    page.session_state["n"] = page.session_state["permutations"] = 2
    page.session_state["pieces"] = True  # as nobody knows what random weights write
    page.run()
    page.button(key="generate").click().run()
    boxes(page)[0].check().run()
    one, other = basket(page).picks
    assert one.origin == first
    assert other.origin.model == "qm9-max_degree_first"
    assert other.origin.permutations == 2
    assert "Basket: 2 rows" in sidebar(page)


def test_a_full_basket_says_so_and_takes_no_more():
    page = open_page("triage")
    boxes(page)[0].check().run()
    [pick] = basket(page).picks
    page.session_state["basket"] = Basket(tuple(
        replace(pick, identity=pick.identity if row == 0 else (row,))
        for row in range(MOST_PICKS)))
    page.run()
    assert boxes(page)[0].value is True
    assert not boxes(page)[0].disabled
    assert all(box.disabled for box in boxes(page)[1:])
    assert f"it holds {MOST_PICKS} rows" in sidebar(page)
    boxes(page)[0].uncheck().run()
    assert not any(box.disabled for box in boxes(page))


def test_two_visitors_have_a_basket_each():
    one, other = open_page("triage"), open_page("triage")
    boxes(one)[0].check().run()
    other.run()
    assert not basket(other)
    assert not any(box.value for box in boxes(other))
