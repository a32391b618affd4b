"""Draw the record of `run.py`: time and peak memory against molecules, K and atoms.

    python -m benchmarks.cost.plot        (needs matplotlib)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from benchmarks.drawing import TEXT, draw_record, finish

TITLES = {"molecules": "molecules", "permutations": "K, linearizations a molecule",
          "atoms": "atoms a molecule, with hydrogens"}
TIME, MEMORY = "#0072B2", "#D55E00"  # Okabe and Ito, for all kinds of eyes


def draw(record: dict[str, Any]) -> plt.Figure:
    """A panel for each of the three: seconds on the left, MiB on the right."""
    figure, panels = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
    for axes, (name, title) in zip(panels, TITLES.items(), strict=True):
        rows, slope = record["result"][name]["rows"], record["result"][name]["slope"]
        amounts = [row[name] for row in rows]
        [time] = axes.plot(amounts, [row["processor_s"] for row in rows], "o-", color=TIME,
                           label="processor seconds")
        beside = axes.twinx()
        [memory] = beside.plot(amounts, [row["peak_mib"] for row in rows], "s--", color=MEMORY,
                               label="peak memory, MiB")
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.set_xticks(amounts, [f"{amount:g}" for amount in amounts])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
        beside.set_ylim(0, None)
        beside.tick_params(colors=TEXT)
        beside.spines[:].set_visible(False)
        axes.set_xlabel(title)
        finish(axes, f"time grows with the power {slope:.2f}", handles=[time, memory],
               loc="upper left")
    return figure


if __name__ == "__main__":
    draw_record(draw, Path(__file__).parent)
