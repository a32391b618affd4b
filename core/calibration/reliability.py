"""How far the probabilities of tokens can be trusted, type by type and bin by bin.

See docs/definitions.md, Calibration.

Every predicted token is one event: its confidence is the largest softmax probability, and it is
correct if the most probable token is the one that came. Events fall into 15 bins of equal width by
confidence; a bin holds the confidences in (low, high]. `reliabilities` makes diagrams from sums per
graph, counts in, intervals out; `reliability_rows` stores them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from core.calibration.token_types import BIN_EDGES, DISJOINT_TYPES, NUM_BINS, TokenType
from core.stats.ece import calibrated_band, error_interval, expected_calibration_error
from core.stats.estimates import Estimate, Interval, interval_columns
from core.stats.molecule_bootstrap import CONFIDENCE, MoleculeBootstrap
from core.stats.proportions import wilson_ends

MIN_GRAPHS_IN_BIN = 10
"""Resampling tells nothing of a bin whose events come from fewer graphs."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence against accuracy of one token type at one temperature.

    An event counts as often as its sequence was drawn. All intervals resample molecules.

    Attributes:
        token_type: of the events.
        temperature: that divided the logits.
        edges: of the bins, [16], from 0 to 1; bin b is (edges[b], edges[b + 1]].
        counts: events in each bin, [15] int64.
        confidence: mean confidence in each bin, [15], NaN where the bin is empty.
        accuracy: share of correct events in each bin, [15], NaN where it is empty.
        band_low: lower end of the 95% band of the accuracy, [15]; NaN where the bin is empty or
            there are too few molecules.
        band_high: upper end.
        ece: expected calibration error, Σ_b counts_b / n |accuracy_b − confidence_b|.
        ece_if_calibrated: where 95% of estimates like `ece` lie if every bin is perfectly
            calibrated; an `ece` inside tells of no miscalibration. None where there are too few
            molecules.
        brier: mean of (confidence − correct)², the Brier score of the statement "the most probable
            token comes"; not the multi-class score, which sums over all tokens.
        nll: −log probability of the target, nats per token.
        smooth_ece: smooth ECE (Błasiok & Nakkiran, arXiv 2309.12236), which has no bins; None at
            temperatures other than 1 and the fitted one.
    """

    token_type: TokenType
    temperature: float
    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    band_low: np.ndarray
    band_high: np.ndarray
    ece: Estimate
    ece_if_calibrated: Interval | None
    brier: Estimate
    nll: Estimate
    smooth_ece: Estimate | None

    @property
    def num_events(self) -> int:
        """Number of events in all bins."""
        return int(self.counts.sum())

    @property
    def mean_gap(self) -> float:
        """Mean confidence minus accuracy over all events; above 0 the model is overconfident."""
        known = self.counts > 0
        gaps = (self.confidence - self.accuracy)[known]
        return float(np.average(gaps, weights=self.counts[known]))

    @property
    def worst_bin(self) -> int:
        """The bin that adds most to ECE."""
        gaps = self.counts * np.abs(np.nan_to_num(self.accuracy - self.confidence))
        return int(gaps.argmax())

    @property
    def is_calibrated(self) -> bool | None:
        """Whether ECE lies where that of a calibrated model would; None if that is not known."""
        band = self.ece_if_calibrated
        return None if band is None else self.ece.value <= band.high


@dataclass(frozen=True, eq=False)
class BinSums:
    """Sums over the events of each of M graphs at one temperature, by disjoint type.

    Attributes:
        counts: events in each bin, [M, 5, 15].
        confidence: sum of their confidences, same shape.
        correct: how many are correct, same shape.
        nll: nats, [M, 5].
        brier: sum of (confidence − correct)², [M, 5].
    """

    counts: np.ndarray
    confidence: np.ndarray
    correct: np.ndarray
    nll: np.ndarray
    brier: np.ndarray

    def flat(self) -> np.ndarray:
        """All sums of a graph in a row, [M, 3 · 75 + 2 · 5] float64."""
        return np.concatenate([
            np.asarray(getattr(self, name), dtype=np.float64).reshape(len(self.counts), -1)
            for name in _FIELDS
        ], axis=1)

    @classmethod
    def from_flat(cls, rows: np.ndarray) -> BinSums:
        """Read what `flat` wrote, or linear combinations of its rows."""
        ends = np.cumsum([np.prod(shape) for shape in _SHAPES])[:-1]
        parts = np.split(rows, ends, axis=1)
        return cls(*(part.reshape(-1, *shape) for part, shape in zip(parts, _SHAPES, strict=True)))

    def of_type(self, token_type: TokenType) -> BinSums:
        """The same without the axis of types: summed over the parts of one."""
        places = [DISJOINT_TYPES.index(part) for part in token_type.parts]
        return BinSums(*(getattr(self, name)[:, places].sum(axis=1) for name in _FIELDS))


_FIELDS = ("counts", "confidence", "correct", "nll", "brier")
_SHAPES = ((len(DISJOINT_TYPES), NUM_BINS),) * 3 + ((len(DISJOINT_TYPES),),) * 2


def reliabilities(
    sums: BinSums, temperature: float, bootstrap: MoleculeBootstrap
) -> Iterator[Reliability]:
    """Reliability of every token type that occurs, `ALL` first.

    Args:
        sums: per graph, at this temperature.
        temperature: that divided the logits.
        bootstrap: resamples of the graphs.
    """
    flat = sums.flat()
    mean = BinSums.from_flat(flat.mean(axis=0, keepdims=True))
    means = bootstrap.means(flat)
    resampled = None if means is None else BinSums.from_flat(means)
    for token_type in TokenType:
        of_type = mean.of_type(token_type)
        if not of_type.counts.any():
            continue
        counts = sums.of_type(token_type).counts
        yield _reliability(
            token_type, temperature, of_type, counts,
            None if resampled is None else resampled.of_type(token_type), bootstrap,
        )


def with_smooth_ece(reliability: Reliability, smooth_ece: Estimate) -> Reliability:
    """The same diagram with its smooth ECE."""
    return replace(reliability, smooth_ece=smooth_ece)


def _reliability(
    token_type: TokenType,
    temperature: float,
    mean: BinSums,
    counts: np.ndarray,
    resampled: BinSums | None,
    bootstrap: MoleculeBootstrap,
) -> Reliability:
    """One diagram from means over graphs, [1, …], counts per graph and resampled means, [R, …]."""
    accuracy = _divide(mean.correct, mean.counts)[0]
    low, high = _band(accuracy, counts, resampled, bootstrap)
    ece, if_calibrated = _ece(mean, resampled, bootstrap)
    return Reliability(
        token_type=token_type,
        temperature=temperature,
        edges=BIN_EDGES,
        counts=np.rint(counts.sum(axis=0)).astype(np.int64),
        confidence=_divide(mean.confidence, mean.counts)[0],
        accuracy=accuracy,
        band_low=low,
        band_high=high,
        ece=ece,
        ece_if_calibrated=if_calibrated,
        brier=_per_event("brier", mean, resampled, bootstrap),
        nll=_per_event("nll", mean, resampled, bootstrap),
        smooth_ece=None,
    )


def _ece(
    mean: BinSums, resampled: BinSums | None, bootstrap: MoleculeBootstrap
) -> tuple[Estimate, Interval | None]:
    value = float(expected_calibration_error(mean.counts, mean.confidence, mean.correct)[0])
    if resampled is None or bootstrap.tail is None:
        return Estimate(value, reason=bootstrap.reason), None
    num_events = _num_events(resampled)[:, None]
    gap = mean.correct - mean.confidence
    noise = (resampled.correct - resampled.confidence - resampled.counts * _divide(
        gap, mean.counts, empty=0.0)) / num_events
    noise += _missing_noise(mean, noise, bootstrap)
    band = calibrated_band(noise, bootstrap.num_graphs)
    interval = error_interval(
        (gap / _num_events(mean)[:, None])[0],
        (resampled.correct - resampled.confidence) / num_events,
        tail=bootstrap.tail, calibrated=band,
    )
    return Estimate(value, interval), band


def _missing_noise(
    mean: BinSums, noise: np.ndarray, bootstrap: MoleculeBootstrap
) -> np.ndarray:
    """What resampling leaves out of the noise of calibrated bins, [R, 15].

    A bin without errors stays without in every resample. But if n tokens of confidence c are right
    as often as they claim, the variance of their number is n c (1 − c), and more where tokens go
    together.
    """
    share = mean.counts[0] / _num_events(mean)[0]
    confidence = _divide(mean.confidence, mean.counts, empty=0.0)[0]
    total = bootstrap.num_graphs * _num_events(mean)[0]
    least = share * confidence * (1 - confidence) / total
    missing = np.sqrt(np.maximum(least - noise.var(axis=0), 0))
    return np.random.default_rng(bootstrap.seed).normal(size=noise.shape) * missing


def _per_event(
    name: str, mean: BinSums, resampled: BinSums | None, bootstrap: MoleculeBootstrap
) -> Estimate:
    value = float(getattr(mean, name)[0] / _num_events(mean)[0])
    if resampled is None:
        return Estimate(value, reason=bootstrap.reason)
    return Estimate(value, bootstrap.interval(getattr(resampled, name) / _num_events(resampled)))


def _num_events(sums: BinSums) -> np.ndarray:
    """Events of each row; a resample without one counts the least number that can be divided by."""
    return np.maximum(sums.counts.sum(axis=1), np.finfo(np.float64).tiny)


def _band(
    accuracy: np.ndarray,
    counts: np.ndarray,
    resampled: BinSums | None,
    bootstrap: MoleculeBootstrap,
) -> tuple[np.ndarray, np.ndarray]:
    """95% band of the accuracy of each bin.

    Where all events agree, or come from a few graphs, every resample says the same, which is not to
    be sure: there the band is Wilson's, as if each graph with events in the bin were a single one.
    """
    if resampled is None or bootstrap.tail is None:
        return np.full(NUM_BINS, np.nan), np.full(NUM_BINS, np.nan)
    num_graphs = (counts > 0).sum(axis=0)
    is_told = (num_graphs >= MIN_GRAPHS_IN_BIN) & (accuracy > 0) & (accuracy < 1)
    drawn = resampled.counts[:, is_told]
    # A resample may miss all graphs of a bin.
    in_resamples = np.where(drawn > 0, _divide(resampled.correct[:, is_told], drawn),
                            accuracy[is_told])
    ends = np.full((2, NUM_BINS), np.nan)
    ends[:, is_told] = np.quantile(
        in_resamples, [bootstrap.tail, 1 - bootstrap.tail], axis=0)
    guessed = ~is_told & (num_graphs > 0)
    ends[:, guessed] = wilson_ends(accuracy[guessed], num_graphs[guessed],
                                   confidence=CONFIDENCE)
    # Rounding must not leave the accuracy outside.
    return np.minimum(ends[0], accuracy), np.maximum(ends[1], accuracy)


def _divide(above: np.ndarray, below: np.ndarray, *, empty: float = np.nan) -> np.ndarray:
    """Quotient, `empty` where there is nothing to divide by."""
    return np.divide(above, below, out=np.full(np.shape(above), empty), where=below > 0)


_ESTIMATES = ("ece", "brier", "nll", "smooth_ece")
_ENDS = tuple(end for name in (*_ESTIMATES, "ece_if_calibrated")
              for end in interval_columns(name, None))
_PER_BIN = ("counts", "confidence", "accuracy", "band_low", "band_high")


def reliability_rows(found: Iterable[Reliability]) -> pd.DataFrame:
    """A row per diagram and bin.

    The numbers that belong to a whole diagram (ECE and the like) are repeated in each of its rows,
    so that the table can be filtered and read by anything that opens Parquet.
    """
    of_bins: list[dict[str, Any]] = []
    of_diagrams: list[dict[str, Any]] = []
    for reliability in found:
        of_bins.append({
            "bin": np.arange(NUM_BINS),
            "low": reliability.edges[:-1],
            "high": reliability.edges[1:],
            **{name: getattr(reliability, name) for name in _PER_BIN},
        })
        numbers: dict[str, Any] = {"token_type": reliability.token_type.value,
                                   "temperature": reliability.temperature}
        for name in _ESTIMATES:
            estimate: Estimate = getattr(reliability, name) or Estimate(math.nan)
            numbers |= estimate.columns(name) | {f"{name}_reason": estimate.reason}
        of_diagrams.append(
            numbers | interval_columns("ece_if_calibrated", reliability.ece_if_calibrated))
    # One table of all, as making one of every diagram takes longer than computing it.
    repeated = pd.DataFrame({
        name: pd.Series([numbers[name] for numbers in of_diagrams]).repeat(NUM_BINS).array
        for name in of_diagrams[0]}).astype(dict.fromkeys(_ENDS, "float64"))
    per_bin = pd.DataFrame({name: np.concatenate([of[name] for of in of_bins])
                            for name in of_bins[0]})
    first = ["token_type", "temperature"]
    return pd.concat([repeated[first], per_bin, repeated.drop(columns=first)], axis=1)


def reliability_from_rows(rows: pd.DataFrame) -> Reliability:
    """The diagram that these 15 rows of `reliability_rows` describe."""
    rows = rows.sort_values("bin")
    if rows["bin"].tolist() != list(range(NUM_BINS)):
        raise ValueError(f"A diagram needs one row for each of {NUM_BINS} bins, got bins "
                         f"{rows['bin'].tolist()}.")
    first = rows.iloc[0]
    smooth = _estimate(first, "smooth_ece")
    return Reliability(
        token_type=TokenType(first["token_type"]),
        temperature=float(first["temperature"]),
        edges=np.append(rows["low"].to_numpy(), rows["high"].iloc[-1]),
        **{name: rows[name].to_numpy() for name in _PER_BIN},
        ece=_estimate(first, "ece"),
        ece_if_calibrated=_interval(first, "ece_if_calibrated"),
        brier=_estimate(first, "brier"),
        nll=_estimate(first, "nll"),
        smooth_ece=None if math.isnan(smooth.value) else smooth,
    )


def _estimate(row: pd.Series, name: str) -> Estimate:
    reason = row[f"{name}_reason"]
    return Estimate(float(row[name]), _interval(row, name),
                    reason if isinstance(reason, str) else None)


def _interval(row: pd.Series, name: str) -> Interval | None:
    low, high = float(row[f"{name}_low"]), float(row[f"{name}_high"])
    return None if math.isnan(low) else Interval(low, high)
