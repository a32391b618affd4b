"""Draw the record of `run.py`: speed-up over plain Python, by strategy and source of randomness.

    python -m benchmarks.linearize.plot        (needs matplotlib)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from benchmarks.drawing import TEXT, draw_record, finish, machine_name

COLOURS = ("#0072B2", "#56B4E9", "#D55E00", "#E69F00")  # Okabe and Ito, for all kinds of eyes


def draw(record: dict[str, Any]) -> plt.Figure:
    """Grouped bars, each with its linearizations per second."""
    strategies = record["result"]["strategies"]
    kinds = [kind for kind, measured in next(iter(strategies.values())).items()
             if isinstance(measured, dict) and "speed_up" in measured]
    figure, axes = plt.subplots(figsize=(9, 4.2), layout="constrained")
    width = 0.8 / len(kinds)
    for place, (kind, colour) in enumerate(zip(kinds, COLOURS, strict=True)):
        left = [group + (place - (len(kinds) - 1) / 2) * width for group in range(len(strategies))]
        bars = axes.bar(left, [row[kind]["speed_up"] for row in strategies.values()], width,
                        color=colour, label=kind)
        rates = [f"{row[kind]['per_s'] / 1000:.0f}k/s" for row in strategies.values()]
        axes.bar_label(bars, rates, fontsize=7, color=TEXT, padding=2)
    axes.set_xticks(range(len(strategies)), list(strategies))
    axes.set_ylabel("times as fast as plain Python")
    axes.set_ylim(top=axes.get_ylim()[1] * 1.15)
    finish(axes, caption(record), ncols=len(kinds), loc="upper left")
    return figure


def caption(record: dict[str, Any]) -> str:
    """What was measured, and on what."""
    result, on = record["result"], machine_name(record["result"]["machine"])
    return (f"Linearizations of {result['molecules']:,} QM9 molecules, "
            f"K = {record['config']['permutations']}, on {on}")


if __name__ == "__main__":
    draw_record(draw, Path(__file__).parent)
