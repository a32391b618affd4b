"""Plotly figures drawn without a browser: what stands where."""

from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

from dashboard.report.figure_svg import figure_svg
from dashboard.report.marks import path
from dashboard.shared.chart_style import styled
from dashboard.shared.palette import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"


def drawn(figure, *, width=500, height=300, legend=False, colors=LIGHT):
    styled(figure, colors, height, legend=legend)
    return ElementTree.fromstring(figure_svg(figure, width, alt='a "b" <c>'))


def texts(svg):
    return [node.text for node in svg.iter(f"{SVG}text")]


def test_points_stand_where_their_values_say():
    figure = go.Figure()
    figure.add_scatter(x=[0, 1, 2], y=[0, 10, 5], mode="markers", marker={"size": 8})
    svg = drawn(figure)
    across, up = ([float(dot.get(name)) for dot in svg.iter(f"{SVG}circle")]
                  for name in ("cx", "cy"))
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.2)
    assert up[0] > up[2] > up[1]
    assert up[0] - up[2] == pytest.approx(up[2] - up[1], abs=0.2)
    assert svg.get("aria-label") == 'a "b" <c>'
    ticks = {node.text: float(node.get("x")) for node in svg.iter(f"{SVG}text")
             if node.get("text-anchor") == "middle"}
    assert ticks["1.0"] == pytest.approx(across[1], abs=0.1)


def test_intervals_reach_as_far_as_they_are_wide():
    figure = go.Figure()
    figure.add_scatter(
        x=[0.5, 0.8], y=["LU", "NLL"], mode="markers", error_x={
            "type": "data", "array": [0.1, 0.0], "arrayminus": [0.2, 0.0]})
    figure.update_xaxes(range=[0, 1])
    svg = drawn(figure)
    [bar] = [node.get("d") for node in svg.iter(f"{SVG}path")]
    ends = [float(part.split(",")[0].strip("M")) for part in bar.split("M")[1].split("L")]
    dots = [float(dot.get("cx")) for dot in svg.iter(f"{SVG}circle")]
    unit = (dots[1] - dots[0]) / 0.3
    assert (dots[0] - ends[0]) / unit == pytest.approx(0.2, abs=0.01)
    assert (ends[1] - dots[0]) / unit == pytest.approx(0.1, abs=0.01)
    assert {"LU", "NLL"} <= set(texts(svg))


def test_bars_stand_on_zero():
    figure = go.Figure()
    figure.add_bar(x=[1, 2], y=[2, 4], width=[1, 1], marker={"color": "#123456"})
    figure.update_yaxes(rangemode="tozero")
    heights = [float(node.get("height")) for node in drawn(figure).iter(f"{SVG}rect")]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)


def test_what_has_no_value_is_a_gap():
    assert path([(0, 0), None, (1, 1), (1, 1), (2, 2)]) == "M0.0,0.0M1.0,1.0L2.0,2.0"
    figure = go.Figure()
    figure.add_scatter(x=[0, None, 2], y=[1, 1, float("nan")], mode="markers")
    assert len(list(drawn(figure).iter(f"{SVG}circle"))) == 1


def test_legend_lines_titles_and_words_of_others():
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="<script>", line={"dash": "dash"})
    figure.add_scatter(x=[0, 1], y=[1, 0], mode="lines", showlegend=False, name="unseen")
    figure.add_hline(y=0.5, line={"color": "#ff0000", "width": 1})
    figure.add_vline(x=0.5, line={"color": "#00ff00", "width": 1}, annotation={"text": "mean"})
    figure.update_xaxes(title="a title that is too long for the width of this one, so it wraps")
    figure.update_yaxes(title="up")
    svg = drawn(figure, width=240, legend=True)
    assert {"<script>", "mean", "up"} <= set(texts(svg))
    assert "unseen" not in texts(svg)
    lines = {node.get("stroke"): node for node in svg.iter(f"{SVG}line")}
    assert lines["#ff0000"].get("y1") == lines["#ff0000"].get("y2")
    assert lines["#00ff00"].get("x1") == lines["#00ff00"].get("x2")
    assert len([text for text in texts(svg) if text and text in figure.layout.xaxis.title.text
                and len(text) > 8]) > 1


def test_themes_have_their_own_ink():
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines")
    for colors in (LIGHT, DARK):
        assert {node.get("fill") for node in drawn(figure, colors=colors).iter(f"{SVG}text")} == {
            colors.ink}


def test_another_kind_of_trace_is_refused():
    figure = go.Figure(go.Pie(values=[1, 2]))
    with pytest.raises(ValueError, match="type pie; known are scatter, bar"):
        drawn(figure)
