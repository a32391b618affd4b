"""Ends and ticks of axes as they are drawn in reports."""

import math

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.report.axes import axis, tick_step, tick_text


def x_axis(values, *, most_ticks=6, **settings):
    figure = go.Figure()
    figure.update_xaxes(**settings)
    return axis(figure.layout.xaxis, values, most_ticks=most_ticks)


def test_a_linear_axis_has_room_beyond_its_values():
    found = x_axis([0.0, 10.0])
    assert (found.low, found.high) == pytest.approx((-0.6, 10.6))
    assert found.ticks == tuple((float(value), str(value)) for value in (0, 2, 4, 6, 8, 10))
    assert found.share(-0.6) == 0
    assert found.share(5.0) == pytest.approx(0.5)


def test_a_logarithmic_axis_counts_in_powers():
    found = x_axis([1, 100], type="log", tickvals=[1, 10, 100], ticktext=["a", "b", "c"])
    assert [place for place, _ in found.ticks] == [0, 1, 2]
    assert found.share(10) == pytest.approx(0.5)
    assert found.share(0) is None
    assert found.share(math.nan) is None


def test_names_stand_at_whole_numbers_and_can_run_downwards():
    found = x_axis(["one", "two", "one"], autorange="reversed")
    assert found.categories == ("one", "two")
    assert found.share("one") == pytest.approx(0.75)
    assert found.share("two") == pytest.approx(0.25)
    assert not found.has_grid


def test_what_a_chart_says_goes_first():
    found = x_axis([5], range=[-0.02, 1.02], dtick=0.25, tickformat=".0%")
    assert [text for _, text in found.ticks] == ["0%", "25%", "50%", "75%", "100%"]
    assert x_axis([0.2, 0.4], rangemode="tozero").low == 0
    assert [text for _, text in x_axis([0, 2], tickformat=",d").ticks] == ["0", "1", "2"]


@given(st.floats(1e-6, 1e6), st.integers(2, 12))
def test_steps_are_round_and_ticks_few(length, most):
    step = tick_step(length, most)
    assert length / step <= most * (1 + 1e-6)
    assert length / step > most / 2.6
    digits = f"{step:.3e}".split("e")[0]
    assert float(digits) in (1, 2, 2.5, 5)


@pytest.mark.parametrize(("value", "step", "form", "text"), [
    (0.25, 0.25, None, "0.25"), (2.5, 2.5, None, "2.5"), (1000.0, 500.0, None, "1,000"),
    (-0.1, 0.1, None, "−0.1"), (0.5, 0.25, ".0%", "50%"), (0.985, 0.005, ".1~%", "98.5%"),
    (0.98, 0.01, ".1~%", "98%"),
])
def test_ticks_have_the_decimals_of_their_step(value, step, form, text):
    assert tick_text(value, step, form) == text
