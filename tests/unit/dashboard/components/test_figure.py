"""Charts with all that stands below them."""

import json
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.components import figure


def page():
    """A chart with all that can be said of it, and one whose downloads stand elsewhere."""
    import pandas as pd
    import plotly.graph_objects as go
    import streamlit as st

    from dashboard.components.figure import show_figure

    def draw(*, dark):
        figure = go.Figure(go.Scatter(x=[1], y=[2], name="dark" if dark else "light"))
        return figure.update_layout(title="A title")

    table = pd.DataFrame({"x": [1], "y": [2]}, index=["left out"])
    show_figure(draw, "dots", key="dots", alt="One dot.", csv=table,
                findings=["One finding.", "Another finding."], caption="Small print.")
    charts, row = st.container(), st.container()
    with charts:
        show_figure(draw, "second", key="second", alt="The same dot.", csv="x,y\n",
                    downloads_in=row)
        st.text("between")


@pytest.fixture(scope="module")
def shown():
    app = AppTest.from_function(page).run()
    assert not app.exception
    return app


def test_a_chart_stands_above_its_findings_its_caption_and_its_downloads(shown):
    parts = [element.type for element in shown.main if not hasattr(element, "children")]

    assert parts[:5] == ["plotly_chart", "markdown", "markdown", "caption", "bidi_component"]
    assert [part.value for part in shown.markdown[:2]] == ["One finding.", "Another finding."]


def test_a_chart_is_drawn_for_the_theme_and_has_its_alternative_text(shown):
    chart = next(element for element in shown.main if element.type == "plotly_chart").proto

    assert chart.alt == "One dot."
    assert json.loads(chart.spec)["data"][0]["name"] == "light"
    assert json.loads(chart.config) == {"displayModeBar": False}


def test_downloads_save_the_chart_and_its_table_without_an_index(shown):
    first, second = [json.loads(element.proto.json) for element in shown.main
                     if element.type == "bidi_component"]

    assert {name: first[name] for name in ("name", "file", "target", "svg", "csv")} == {
        "name": "dots", "file": "trailscope-dots", "target": "dots", "svg": None,
        "csv": "x,y\n1,2\n"}
    assert (second["target"], second["csv"]) == ("second", "x,y\n")


def test_downloads_may_stand_in_another_row(shown):
    parts = [element.type for element in shown.main if not hasattr(element, "children")]

    assert parts[5:] == ["plotly_chart", "text", "bidi_component"]


@pytest.mark.parametrize(("points", "found"), [
    ([], []), ([{"x": 1}], []), ([{"customdata": 0}], [0]), ([{"customdata": [7]}], [7]),
    ([{"customdata": ["a", "b"]}, {"customdata": ["c", "d"]}], ["a", "b"]),
])
def test_a_click_hands_on_the_custom_data_of_its_point(points, found, monkeypatch):
    taken = []
    state = {"dots": SimpleNamespace(selection=SimpleNamespace(points=points))}
    monkeypatch.setattr(st, "session_state", state)

    figure._take_click("dots", taken.append)

    assert figure.clicked(points) == found
    assert taken == ([found] if found else [])
