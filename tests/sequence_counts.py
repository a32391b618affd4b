"""How often each sequence was drawn."""

from collections import Counter

import numpy as np

from core.sent.trails import TrailBatch


def counts_of(trails: TrailBatch) -> Counter[tuple[int, ...]]:
    """Linearizations of the first graph; equal rows are taken apart once."""
    tokens = np.ascontiguousarray(trails.tokens[0].numpy())
    rows = tokens.view(f"V{tokens.strides[0]}").ravel().tolist()
    places = {row: k for k, row in enumerate(rows)}
    found: Counter[tuple[int, ...]] = Counter()
    for row, times in Counter(rows).items():
        found[tuple(trails.sequence(0, places[row]))] += times
    return found
