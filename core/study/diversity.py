"""Diversity of linearizations against samples per graph (arXiv 2604.05613, its diversity figures).

The paper names the quantities; docs/definitions.md, Diversity, fixes them exactly.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.study.mixture import DiversityError

GRAM = 3
"""Tokens in a gram; grams lie within a sequence, `sos` and `eos` included."""

MAX_GRAPHS = 2**15
"""At once: a graph and three tokens stand in one number of 63 bits."""

COMPRESSION_LEVEL = 9
"""Of zlib; bytes are the token ids as unsigned 16-bit little-endian integers, without `pad`."""


@dataclass(frozen=True, eq=False)
class DiversityCurves:
    """Diversity of every graph, at J numbers of samples.

    Attributes:
        samples: [J] int64, the numbers of samples k; the first k permutations of each graph.
        unique_ratio: [G, J] distinct sequences / k, in (0, 1].
        distinct_grams: [G, J] int64, distinct 3-grams (coverage).
        gram_entropy_bits: [G, J] entropy of the 3-grams' frequencies, ≥ 0.
        compressed_bits_per_token: [G, J] zlib's bits / tokens, headers included, > 0.
    """

    samples: np.ndarray
    unique_ratio: np.ndarray
    distinct_grams: np.ndarray
    gram_entropy_bits: np.ndarray
    compressed_bits_per_token: np.ndarray


def measure_diversity(
    tokens: np.ndarray, lengths: np.ndarray, samples: Sequence[int]
) -> DiversityCurves:
    """Measure the first k linearizations of each graph, for every k in `samples`.

    Args:
        tokens: [G, K, L] int, ids in [0, 65,535], padded with anything.
        lengths: [G, K] int, tokens before the padding, at most L.
        samples: J numbers in [1, K].

    Raises:
        DiversityError: for a number of samples outside [1, K], or more graphs than `MAX_GRAPHS`.
    """
    num_graphs, drawn, width = tokens.shape
    if num_graphs > MAX_GRAPHS:
        raise DiversityError(f"At most {MAX_GRAPHS:,} graphs are measured at once, got "
                             f"{num_graphs:,}; measure them in parts.")
    wanted = np.asarray(samples, dtype=np.int64)
    if not len(wanted) or wanted.min() < 1 or wanted.max() > drawn:
        raise DiversityError(f"Samples per graph lie in [1, {drawn}], got {list(samples)}.")
    is_token = np.arange(width) < lengths[..., None]
    clean = np.where(is_token, tokens, -1).astype(np.int64)  # padding is no token's id
    grams, entropies = _grams(clean, wanted)
    return DiversityCurves(wanted, _unique(clean, wanted) / wanted, grams, entropies,
                           _compressed_bits(clean, lengths, wanted, num_graphs))


def _unique(tokens: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Distinct sequences among the first k, [G, J]: those whose first place lies before k."""
    num_graphs, drawn, width = tokens.shape
    graph = np.repeat(np.arange(num_graphs), drawn)[:, None]
    rows = np.concatenate([graph, tokens.reshape(-1, width)], axis=1)
    first = np.unique(rows, axis=0, return_index=True)[1]
    return _counted(first // drawn, first % drawn, samples, num_graphs)


def _grams(tokens: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct 3-grams and their entropy in bits, [G, J] each."""
    num_graphs = len(tokens)
    windows = np.lib.stride_tricks.sliding_window_view(tokens, GRAM, axis=2)
    graph, sample, _ = places = np.nonzero(windows[..., -1] >= 0)  # in order of graph and sample
    found = windows[places]
    keys = (graph << 48) | (found[:, 0] << 32) | (found[:, 1] << 16) | found[:, 2]
    kinds, first, kind = np.unique(keys, return_index=True, return_inverse=True)
    distinct = _counted(graph[first], sample[first], samples, num_graphs)
    entropies = np.zeros((num_graphs, len(samples)))
    for column, k in enumerate(samples):
        counts = np.bincount(kind[sample < k], minlength=len(kinds)).astype(np.float64)
        of_graph = graph[first]
        totals = np.bincount(of_graph, counts, num_graphs)[of_graph]
        share = np.divide(counts, totals, out=np.ones_like(counts), where=counts > 0)
        entropies[:, column] = np.bincount(of_graph, -share * np.log2(share), num_graphs)
    return distinct, np.maximum(entropies, 0)


def _counted(
    graph: np.ndarray, sample: np.ndarray, samples: np.ndarray, num_graphs: int
) -> np.ndarray:
    """How many things of each graph appear first before sample k, [G, J]."""
    return np.stack([np.bincount(graph[sample < k], minlength=num_graphs) for k in samples],
                    axis=1)


def _compressed_bits(
    tokens: np.ndarray, lengths: np.ndarray, samples: np.ndarray, num_graphs: int
) -> np.ndarray:
    """Bits per token after zlib, [G, J]; zlib has no batches, so this is a loop."""
    bits = np.empty((num_graphs, len(samples)))
    for row in range(num_graphs):
        flat = tokens[row][tokens[row] >= 0].astype("<u2")
        ends = np.cumsum(lengths[row])
        for column, k in enumerate(samples):
            end = ends[k - 1]
            packed = zlib.compress(flat[:end].tobytes(), COMPRESSION_LEVEL)
            bits[row, column] = 8 * len(packed) / end
    return bits
