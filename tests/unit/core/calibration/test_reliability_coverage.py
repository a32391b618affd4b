"""How often 95% intervals of the ECE hold the true value: simulated molecules of known calibration.

The oracle for choosing the interval, in small; docs/intervals.md tells of more settings. All
tokens of a molecule share a shift of the logit of being correct, so they are not independent.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit, logit

from core.calibration.reliability import BinSums, reliabilities
from core.calibration.token_types import BIN_EDGES, DISJOINT_TYPES, NUM_BINS
from core.stats.molecule_bootstrap import MoleculeBootstrap

DATA_SETS = 100


@dataclass(frozen=True)
class Setting:
    """Molecules of about `tokens` tokens; `accuracy` of a confidence; `spread` between molecules.

    `spread` is the standard deviation of the shift of the logit; 0 makes tokens independent.
    """

    accuracy: Callable[[np.ndarray], np.ndarray]
    molecules: int
    tokens: int
    spread: float

    def draw(self, rng: np.random.Generator, molecules: int | None = None) -> BinSums:
        molecules = molecules or self.molecules
        sizes = rng.integers(self.tokens // 2, 3 * self.tokens // 2, molecules)
        graph = np.repeat(np.arange(molecules), sizes)
        confidence = CONFIDENCES[rng.integers(len(CONFIDENCES), size=len(graph))]
        shift = rng.normal(0, self.spread, molecules)[graph]
        chance = np.clip(self.accuracy(confidence), 1e-6, 1 - 1e-6)
        correct = rng.random(len(graph)) < expit(logit(chance) + shift)
        return to_sums(graph, confidence, correct, molecules)


def _confidences(number=300_000):
    """Most tokens are nearly sure, as those of molecules are."""
    rng = np.random.default_rng(0)
    kind = rng.random(number)
    sure, wide, likely = 1 - rng.beta(1, 40, number), rng.beta(2, 2, number), rng.beta(
        5, 2, number)
    confidence = np.where(kind < 0.6, sure, np.where(kind < 0.8, 0.15 + 0.8 * wide,
                                                     0.08 + 0.9 * likely))
    return np.clip(confidence, 1 / 44, 1.0)


CONFIDENCES = _confidences()


def to_sums(graph, confidence, correct, molecules):
    bins = np.clip(np.ceil(confidence * NUM_BINS).astype(int) - 1, 0, NUM_BINS - 1)
    shape = (molecules, len(DISJOINT_TYPES), NUM_BINS)

    def total(values):
        found = np.zeros(shape)
        of_type = np.bincount(graph * NUM_BINS + bins, weights=values,
                              minlength=molecules * NUM_BINS)
        found[:, 0] = of_type.reshape(molecules, NUM_BINS)
        return found

    zeros = np.zeros(shape[:2])
    return BinSums(total(np.ones(len(graph))), total(confidence), total(correct), zeros, zeros)


def true_error(setting):
    """ECE of so many molecules that noise no longer counts."""
    rng = np.random.default_rng(99)
    parts = [setting.draw(rng, 600_000 // setting.tokens) for _ in range(2)]
    gaps = sum((part.correct - part.confidence).sum(axis=(0, 1)) for part in parts)
    return np.abs(gaps).sum() / sum(part.counts.sum() for part in parts)


def few_bins(confidence):
    return np.where((confidence > 0.4) & (confidence < 0.6), confidence - 0.2, confidence)


SETTINGS = {
    "everywhere": Setting(lambda c: np.where(c < 0.95, np.clip(c - 0.15, 0, 1), c - 0.06),
                          50, 100, 0.5),
    "power": Setting(lambda c: c**1.5, 30, 100, 0.5),
    "few bins": Setting(few_bins, 100, 100, 0.2),
    "few bins, independent": Setting(few_bins, 200, 100, 0.0),
}


def intervals(setting, data_sets, seed=1):
    """Estimates, [n], and ends of their intervals and of the band if calibrated, [n, 2] each."""
    rng = np.random.default_rng(seed)
    bootstrap = MoleculeBootstrap(setting.molecules, seed=0, resamples=300)
    found = [next(iter(reliabilities(setting.draw(rng), 1.0, bootstrap)))
             for _ in range(data_sets)]
    return (np.array([r.ece.value for r in found]),
            np.array([(r.ece.interval.low, r.ece.interval.high) for r in found]),
            np.array([(r.ece_if_calibrated.low, r.ece_if_calibrated.high) for r in found]))


@pytest.mark.parametrize("name", SETTINGS)
def test_coverage_away_from_0_is_near_95_percent(name):
    truth = true_error(SETTINGS[name])
    estimates, ends, bands = intervals(SETTINGS[name], DATA_SETS)
    assert (estimates > bands[:, 1]).mean() > 0.9  # away from 0
    assert 0.90 <= ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean() <= 0.98


def test_percentile_intervals_would_cover_too_little():
    """Fails if the simulation could not tell a bad interval from a good one."""
    setting = SETTINGS["few bins, independent"]
    truth = true_error(setting)
    rng = np.random.default_rng(1)
    weights = MoleculeBootstrap(setting.molecules, seed=0, resamples=300).weights
    inside = 0
    for _ in range(40):
        sums = setting.draw(rng)
        gaps = weights @ (sums.correct - sums.confidence).sum(axis=1)
        errors = np.abs(gaps).sum(axis=1) / (weights @ sums.counts.sum(axis=(1, 2)))
        inside += np.quantile(errors, 0.025) <= truth <= np.quantile(errors, 0.975)
    assert inside / 40 < 0.5


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_the_band_if_calibrated_holds_95_percent_of_calibrated_models(spread):
    """Molecules shift up and down, but tokens are right as often as they claim on average."""

    def calibrated(confidence):
        # Averaging over the shift moves accuracies towards one half; this undoes it closely.
        return expit(logit(np.clip(confidence, 1e-6, 1 - 1e-6)) * np.sqrt(1 + spread**2 / 2.9))

    setting = Setting(calibrated, 60, 100, spread)
    assert true_error(setting) < 0.004
    estimates, ends, bands = intervals(setting, DATA_SETS)
    inside = (bands[:, 0] <= estimates) & (estimates <= bands[:, 1])
    assert 0.88 <= inside.mean() <= 1.0
    assert (ends[:, 0] == 0).mean() >= 0.93  # the interval does not claim an error
    assert bands[:, 1].mean() > 0.01


def test_the_band_is_that_of_independent_tokens_where_tokens_are():
    """Drawing every token's correctness from its confidence gives the same band."""
    rng = np.random.default_rng(5)
    setting = Setting(lambda c: c, 200, 100, 0.0)
    _, _, bands = intervals(setting, 5)
    errors = []
    for _ in range(300):
        sums = setting.draw(rng)
        gaps = (sums.correct - sums.confidence).sum(axis=(0, 1))
        errors.append(np.abs(gaps).sum() / sums.counts.sum())
    expected = np.quantile(errors, [0.025, 0.975])
    np.testing.assert_allclose(bands.mean(axis=0), expected, rtol=0.12)


def test_edges_are_those_of_the_package():
    confidence = np.array([1 / 44, 0.5, 1.0])
    sums = to_sums(np.zeros(3, int), confidence, np.ones(3), 1)
    assert [b for b in range(NUM_BINS) if sums.counts[0, 0, b]] == [0, 7, 14]
    assert BIN_EDGES[7] < 0.5 <= BIN_EDGES[8]
