"""Figures of the Fine-tune page show the numbers that they were given."""

import numpy as np
import pytest

from core.repair.arms import Arm
from dashboard.views.finetune.charts import (
    loss_curve,
    lu_distributions,
    lu_histograms,
    pareto_plot,
    scaled_curves,
)
from dashboard.views.finetune.points import RepairPoint, ScaledArm
from tests.repairs import (
    GRADIENT,
    LORA,
    MADE_UP_ORDERS,
    RANDOM,
    made_up,
    made_up_scaled,
    with_nll,
)

NONE = made_up(Arm("none"), 0, 0.4, seed=9)
RESULTS = [made_up(LORA, 40, 0.1, seed=1), made_up(GRADIENT, 40, 0.12, seed=2),
           made_up(RANDOM, 400, 0.2, seed=3), made_up(Arm("full"), 1000, 0.09, seed=4)]
POINTS = [RepairPoint(result) for result in RESULTS]


def plot(chosen=None, dark=False):
    return pareto_plot(POINTS, NONE, chosen, measure="lu", cost="nll_per_token",
                       names=("repair", "cost"), dark=dark)


def clickable(figure):
    """(panel, key, x, y, ends of the interval) of every point that answers to a click."""
    return [(trace.xaxis, key, x, y, (y - low, y + high))
            for trace in figure.data if trace.customdata is not None and trace.error_y.array
            is not None
            for key, x, y, high, low in zip(
                np.ravel(trace.customdata), trace.x, trace.y, trace.error_y.array,
                trace.error_y.arrayminus, strict=True)]


@pytest.mark.parametrize("dark", [False, True])
def test_every_arm_stands_in_both_panels_with_its_interval(dark):
    found = clickable(plot(dark=dark))
    assert {(panel, key) for panel, key, *_ in found} == {
        (panel, point.key) for panel in ("x", "x2") for point in POINTS}
    for _, key, x, y, ends in found:
        point = next(point for point in POINTS if point.key == key)
        assert y == point.result.estimates["random_order"]["lu"].value
        assert np.allclose(ends, (y / 2, 2 * y))
        assert abs(np.log10(x / point.parameters)) < 0.1  # arms of equal size stand apart
    assert len({x for panel, _, x, *_ in found if panel == "x"}) == len(POINTS)


def test_the_chosen_arm_is_marked():
    for plain, marked in zip(plot().data, plot(chosen=POINTS[1].key).data, strict=True):
        keys = [] if plain.customdata is None else np.ravel(plain.customdata).tolist()
        assert (plain.marker != marked.marker) == (POINTS[1].key in keys)


def test_spurious_repairs_are_drawn_hollow_and_left_out_of_the_front():
    dynamic = Arm("sparse", "gradient", "global", True, 40, 1)
    smaller, honest, spurious = (RepairPoint(one) for one in (
        with_nll(GRADIENT, 10, 0.2), with_nll(LORA, 40, 0.12),
        with_nll(dynamic, 40, 0.08, times=2, seed=2)))
    figure = pareto_plot([smaller, spurious, honest], NONE, None, measure="lu",
                         cost="nll_per_token", names=("repair", "cost"), dark=False)
    symbols = {np.ravel(trace.customdata)[i]: symbol for trace in figure.data
               if trace.customdata is not None for i, symbol in enumerate(trace.marker.symbol)}
    assert {key for key, symbol in symbols.items() if symbol.endswith("-open")} == {spurious.key}
    front = next(trace for trace in figure.data if trace.name == "Pareto front")
    assert list(front.y) == [point.estimate("lu", native=False).value
                             for point in (smaller, honest)]


def test_lu_is_drawn_before_and_after_under_each_order():
    histograms = [lu_histograms(NONE, RESULTS[0], order) for order in MADE_UP_ORDERS]
    figure = lu_distributions(histograms, MADE_UP_ORDERS, dark=False)
    counts = [int(sum(trace.y)) for trace in figure.data]
    assert counts == [20, 20, 20, 20]
    assert [trace.name for trace in figure.data] == ["before", "after"] * 2
    assert len(figure.layout.shapes) == 4


def test_histograms_hold_every_graph():
    after = made_up(LORA, 40, 0.1, seed=4)
    for order in MADE_UP_ORDERS:
        found = lu_histograms(NONE, after, order)
        assert found.before.sum() == found.after.sum() == 20
        values = after.of_order(order)["lu"]
        inside = [np.sum((values >= low) & (values < high))
                  for low, high in zip(found.edges[:-1], found.edges[1:], strict=True)]
        assert found.after.tolist() == inside
        assert found.means[1] == pytest.approx(values.mean())


def test_the_loss_of_every_step_is_drawn():
    figure = loss_curve([(1, 2.0), (2, 1.5)], 5, dark=False)
    assert list(figure.data[0].x) == [1, 2]
    assert list(figure.data[0].y) == [2.0, 1.5]
    assert figure.layout.xaxis.range == (0, 6)


def test_a_scaled_change_is_drawn_with_the_chosen_scale_marked():
    before, after = made_up(Arm("none"), 0, 0.4), made_up(LORA, 40, 0.1)
    arms = [ScaledArm(name, after.orders, made_up_scaled(before, after)) for name in ("a", "b")]
    figure = scaled_curves(arms, 0.6, measure="lu", names=("cost", "repair"), dark=False)
    curves, marks = figure.data[::2], figure.data[1::2]
    assert [curve.name for curve in curves] == ["a", "b"]
    for curve, mark in zip(curves, marks, strict=True):
        assert curve.y[0] == pytest.approx(0.4)
        assert curve.y[4] == pytest.approx(0.1)
        assert (mark.x[0], mark.y[0]) == (curve.x[2], curve.y[2])  # 0.5 is the closest
        assert mark.error_y.array[0] == pytest.approx(0.1 * mark.y[0])
    assert figure.layout.showlegend
    alone = scaled_curves(arms[:1], 1, measure="nll_std", names=("", ""), dark=True)
    assert alone.data[1].y == (4.0,)
    assert not alone.layout.showlegend
