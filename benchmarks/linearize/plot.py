"""Draw the record of `run.py`: speed-up over plain Python, by strategy and source of randomness.

    python -m benchmarks.linearize.plot        (needs matplotlib)
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = ("#0072B2", "#56B4E9", "#D55E00", "#E69F00")  # Okabe and Ito, for all kinds of eyes
TEXT = "#777777"  # legible on white and on black


def main() -> None:
    """Read the record, write the figure beside it."""
    parser = argparse.ArgumentParser(description="Draw the record of a measurement.")
    parser.add_argument("--record", type=Path, default=Path(__file__).with_name("record.json"))
    parser.add_argument("--output", type=Path, help="SVG or PNG; default: beside the record")
    options = parser.parse_args()
    output = options.output or options.record.with_suffix(".svg")
    record = json.loads(options.record.read_text(encoding="utf-8"))
    matplotlib.rcParams["svg.hashsalt"] = "trailscope"  # the same record, the same file
    draw(record).savefig(output, transparent=True, metadata={"Date": None}
                         if output.suffix == ".svg" else None)
    print(f"Wrote {output}.")


def draw(record: dict[str, Any]) -> plt.Figure:
    """Grouped bars, each with its linearizations per second."""
    strategies = record["result"]["strategies"]
    kinds = [key for key in next(iter(strategies.values())) if key != "plain Python"]
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
    axes.set_title(caption(record), fontsize=9, color=TEXT)
    axes.legend(frameon=False, fontsize=8, labelcolor=TEXT, ncols=len(kinds), loc="upper left")
    axes.set_ylim(top=axes.get_ylim()[1] * 1.15)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(TEXT)
    axes.tick_params(colors=TEXT)
    axes.yaxis.label.set_color(TEXT)
    return figure


def caption(record: dict[str, Any]) -> str:
    """What was measured, and on what."""
    result, machine = record["result"], record["result"]["machine"]
    threads = "1 thread" if machine["threads"] == 1 else f"{machine['threads']} threads"
    on = machine.get("gpu") or f"{machine['cpu']}, {threads}"
    return (f"Linearizations of {result['molecules']:,} QM9 molecules, "
            f"K = {record['config']['permutations']}, on {on}")


if __name__ == "__main__":
    main()
