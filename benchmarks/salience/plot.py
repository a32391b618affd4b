"""Draw the record of `run.py`: cost of every criterion in plain passes, beside its limit.

    python -m benchmarks.salience.plot        (needs matplotlib)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from benchmarks.drawing import TEXT, draw_record, finish, machine_name

COLOURS = {"all examples": "#0072B2", "one example": "#E69F00"}  # Okabe and Ito
LIMIT = "#D55E00"


def draw(record: dict[str, Any]) -> plt.Figure:
    """A bar for each criterion, cheapest on top, with its ratio and its peak memory."""
    result = record["result"]
    rows = sorted(result["criteria"].items(), key=lambda item: -item[1]["ratio"])
    figure, axes = plt.subplots(figsize=(9, 4.2), layout="constrained")
    for kind, colour in COLOURS.items():
        chosen = [(place, row) for place, (_, row) in enumerate(rows)
                  if row["compared_with"] == kind]
        axes.barh([place for place, _ in chosen], [row["ratio"] for _, row in chosen],
                  color=colour, label=f"in passes of {kind}")
        for place, row in chosen:
            axes.annotate(f"{row['ratio']:.2f} ×, {row['peak_mb']:.0f} MB",
                          (max(row["ratio"], row["limit"] or 0), place), (6, 0),
                          textcoords="offset points", va="center", fontsize=8, color=TEXT)
    limits = [(place, row["limit"]) for place, (_, row) in enumerate(rows) if row["limit"]]
    axes.vlines([limit for _, limit in limits], [place - 0.4 for place, _ in limits],
                [place + 0.4 for place, _ in limits], color=LIMIT, linewidth=2, label="limit")
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_xlabel("cost in plain forward-backward passes")
    axes.set_xlim(right=1.2 * max(row["ratio"] for _, row in rows))
    finish(axes, caption(record))
    return figure


def caption(record: dict[str, Any]) -> str:
    """What was measured, and on what."""
    result, on = record["result"], machine_name(record["result"]["machine"])
    return (f"{record['config']['model']}, {result['examples']} molecules; weights "
            f"{result['weights_mb']:.0f} MB, plain pass {result['plain_peak_mb']:.0f} MB; {on}")


if __name__ == "__main__":
    draw_record(draw, Path(__file__).parent)
