"""Calibration of tokens by literal loops: one event, one bin, one resample at a time."""

import math
from collections.abc import Sequence

import numpy as np

from core.sent.vocabulary import TokenKind, Vocabulary

BINS = 15


def token_type(tokens: Sequence[int], position: int, vocabulary: Vocabulary) -> str:
    """Type of the token at a position, found by reading the sequence from its start."""
    token = tokens[position]
    kind = vocabulary.kind(token)
    if kind is not TokenKind.NODE_INDEX:
        return str(kind)
    highest = -1
    for before in tokens[:position]:
        if vocabulary.kind(before) is TokenKind.NODE_INDEX:
            highest = max(highest, before)
    return "new_node" if token > highest else "revisit"


def find_bin(confidence: float, edges: Sequence[float]) -> int:
    """The bin whose (low, high] holds the confidence."""
    for b in range(BINS):
        if edges[b] < confidence <= edges[b + 1]:
            return b
    raise ValueError(confidence)


def expected_calibration_error(
    confidences: Sequence[float], correct: Sequence[bool], edges: Sequence[float] | None = None
) -> float:
    """Σ_b n_b / n |accuracy_b − confidence_b|, bin by bin."""
    edges = [b / BINS for b in range(BINS + 1)] if edges is None else edges
    error = 0.0
    for b in range(BINS):
        inside = [(c, hit) for c, hit in zip(confidences, correct, strict=True)
                  if edges[b] < c <= edges[b + 1]]
        if inside:
            accuracy = sum(hit for _, hit in inside) / len(inside)
            confidence = sum(c for c, _ in inside) / len(inside)
            error += len(inside) / len(confidences) * abs(accuracy - confidence)
    return error


def bootstrap_ratio(
    numerator: Sequence[float], denominator: Sequence[float], draws: Sequence[Sequence[int]]
) -> list[float]:
    """Ratio of sums in every resample, given which rows each one draws."""
    return [sum(numerator[i] for i in drawn) / sum(denominator[i] for i in drawn)
            for drawn in draws]


def smooth_error(
    confidences: Sequence[float], correct: Sequence[bool], width: float, points: int = 2000
) -> float:
    """Smooth ECE at one width as its paper defines it: an integral over [0, 1] of the mean of
    (correct − confidence) under a Gaussian reflected at both ends, infinitely often."""
    gaps = np.asarray(correct, dtype=float) - np.asarray(confidences)
    at = (np.arange(points) + 0.5) / points
    smoothed = np.zeros(points)
    for confidence, gap in zip(confidences, gaps, strict=True):
        for image in (confidence, -confidence, 2 - confidence, 2 + confidence, confidence - 2,
                      4 - confidence):
            smoothed += gap * np.exp(-((at - image) ** 2) / (2 * width**2))
    smoothed /= width * math.sqrt(2 * math.pi) * len(gaps)
    return float(np.abs(smoothed).mean())
