"""What the intervals cost that pages and commands wait for, beside a plain loop in the same run.

    python -m benchmarks.statistics.run

Three calls, each against the loop that one would write first: AUCs of resamples (scikit-learn's
`roc_auc_score` on every resample), the risk–coverage curve with its bands (a sort and a running
mean for every resample), and the interval of one molecule's LU (NumPy on every resample, without
the studentization that ours needs). Rounds alternate; medians are compared. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from core.likelihood.uncertainty import linearization_uncertainty
from core.records import RunRecord
from core.stats.auc import resample_aucs
from core.stats.risk_coverage import risk_coverage

MOLECULES, SCORES, PERMUTATIONS = 10_000, 4, 256


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=200)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    good = rng.random(MOLECULES) < 0.93
    quantities = rng.normal(size=(SCORES, MOLECULES)) - good
    nll = rng.gamma(25.0, 1.6, (1, PERMUTATIONS))
    log_q = np.full_like(nll, -5.0)
    resamples = arguments.resamples
    cases: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "auc": (
            lambda: resample_aucs(good, quantities, seed=0, resamples=resamples),
            lambda: [roc_auc_score(good[rows], -quantity[rows]) for quantity in quantities
                     for rows in rng.integers(0, MOLECULES, (resamples, MOLECULES))],
        ),
        "risk_coverage": (
            lambda: risk_coverage(good, quantities[0], seed=0, resamples=resamples),
            lambda: [np.cumsum(good[rows][np.argsort(quantities[0][rows])])
                     / np.arange(1, MOLECULES + 1)
                     for rows in rng.integers(0, MOLECULES, (resamples, MOLECULES))],
        ),
        "lu": (
            lambda: linearization_uncertainty(nll, log_q, seed=0),
            lambda: [nll[0, rows].std() / nll[0, rows].mean()
                     for rows in rng.integers(0, PERMUTATIONS, (2000, PERMUTATIONS))],
        ),
    }
    result = {}
    for name, (ours, loop) in cases.items():
        seconds: dict[str, list[float]] = {"ours": [], "loop": []}
        for _ in range(arguments.rounds):
            seconds["ours"].append(_timed(ours))
            seconds["loop"].append(_timed(loop))
        mine, plain = (statistics.median(seconds[who]) for who in ("ours", "loop"))
        result[name] = {"ours_ms": round(1000 * mine, 2), "loop_over_ours": round(plain / mine, 2)}
    print(result)
    RunRecord(
        "benchmark statistics",
        {"molecules": MOLECULES, "scores": SCORES, "permutations": PERMUTATIONS,
         "resamples": resamples, "rounds": arguments.rounds},
        result, seed=0, device="cpu",
    ).write(Path(__file__).with_name("record.json"))


def _timed(call: Callable[[], object]) -> float:
    """Processor seconds of a call."""
    started = time.process_time()
    call()
    return time.process_time() - started


if __name__ == "__main__":
    main()
