"""Figures hold the values they are given."""

import numpy as np
import pytest

from core.likelihood.uncertainty import lu_convergence
from dashboard.views.explore.charts import lu_convergence_curve, nll_distribution


@pytest.mark.parametrize("count", [2, 32, 256])
def test_every_permutation_is_one_dot(count):
    nll = np.random.default_rng(0).gamma(4.0, size=count) + 10
    figure = nll_distribution(nll.tolist(), 1, dark=False)
    (dots,) = figure.data
    assert sorted(dots.customdata) == list(range(count))
    width = (nll.max() - nll.min()) / 30
    assert np.abs(np.asarray(dots.x) - nll).max() <= width / 2 + 1e-9


def test_dots_of_a_bin_stand_on_each_other():
    figure = nll_distribution([1.0, 1.0, 1.0, 2.0], 0, dark=True)
    heights = sorted(zip(figure.data[0].x, figure.data[0].y, strict=True))
    assert [height for _, height in heights] == [1, 2, 3, 1]


def test_the_chosen_dot_is_the_only_large_one():
    sizes = nll_distribution([1.0, 2.0, 3.0], 2, dark=False).data[0].marker.size
    assert list(np.asarray(sizes) == max(sizes)) == [False, False, True]


def test_equal_nlls_do_not_break_the_distribution():
    figure = nll_distribution([7.0] * 40, 0, dark=False)
    assert set(figure.data[0].x) == {7.0}


def test_convergence_shows_each_prefix_and_the_exact_value():
    nll = np.random.default_rng(1).normal(20, 2, size=64)
    steps = lu_convergence(nll, seed=0)
    figure = lu_convergence_curve(steps, None, dark=False)
    line = next(trace for trace in figure.data if trace.name == "LU")
    assert list(line.x) == [step.k for step in steps]
    assert line.y[-1] == pytest.approx(nll.std() / nll.mean())
    band = next(trace for trace in figure.data if trace.name == "95% interval")
    assert min(band.x) == 16
