"""Temperature scaling against a search on the logits themselves."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from core.calibration.temperature import FIT_TEMPERATURES, TEMPERATURES, fit_temperature
from core.errors import InputError


def logits_and_targets(true_temperature, number=20_000, seed=0):
    """Targets drawn from a softmax at one temperature; logits as if it were 1."""
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn((number, 8), generator=generator, dtype=torch.float64)
    p = (logits / true_temperature).softmax(-1)
    return logits, torch.multinomial(p, 1, generator=generator)


def nll_at(temperature, logits, targets):
    return float(-(logits / temperature).log_softmax(-1).gather(1, targets).mean())


@pytest.mark.parametrize("true_temperature", [0.4, 0.93, 1.0, 1.7, 4.3])
def test_agrees_with_a_search_on_the_logits(true_temperature):
    logits, targets = logits_and_targets(true_temperature)
    found = fit_temperature([nll_at(t, logits, targets) for t in FIT_TEMPERATURES])
    best = minimize_scalar(lambda t: nll_at(t, logits, targets), bounds=(0.2, 9),
                           method="bounded", options={"xatol": 1e-8})
    assert found.temperature == pytest.approx(best.x, rel=1e-4)
    assert found.temperature == pytest.approx(true_temperature, rel=0.05)
    assert found.nll_per_token == pytest.approx(best.fun, abs=1e-6)
    assert found.nll_per_token_before == pytest.approx(nll_at(1.0, logits, targets))
    assert not found.is_at_limit


@pytest.mark.parametrize(("true_temperature", "limit"), [(0.1, 0.25), (20.0, 8.0)])
def test_a_minimum_beyond_the_range_is_told(true_temperature, limit):
    logits, targets = logits_and_targets(true_temperature, number=2000)
    found = fit_temperature([nll_at(t, logits, targets) for t in FIT_TEMPERATURES])
    assert found.is_at_limit
    assert found.temperature == limit


def test_grids_are_even_and_hold_1():
    for grid, low, high in ((TEMPERATURES, 0.5, 2.0), (FIT_TEMPERATURES, 0.25, 8.0)):
        assert (grid[0], grid[-1]) == (low, high)
        assert 1.0 in grid
        ratios = np.diff(np.log(grid))
        np.testing.assert_allclose(ratios, ratios[0])
    assert len(TEMPERATURES) == 21


@pytest.mark.parametrize(("nll", "temperatures"), [
    ([1.0, 2.0], [1.0, 2.0, 3.0]), ([1.0, 2.0, 3.0], [2.0, 1.0, 3.0]), ([1.0, 2.0], [2.0, 3.0]),
])
def test_other_arguments_are_refused(nll, temperatures):
    with pytest.raises(ValueError, match="increasing temperatures"):
        fit_temperature(nll, temperatures)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_an_nll_that_is_no_number_is_refused(wrong):
    nll = np.linspace(2, 1, len(FIT_TEMPERATURES))
    nll[3] = wrong
    with pytest.raises(InputError, match=r"The NLL at temperature 0\.324 is not a finite number"):
        fit_temperature(nll)
