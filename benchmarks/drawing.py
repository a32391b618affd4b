"""What the figures of all benchmarks share: reading a record, writing an image, how axes look."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

TEXT = "#777777"  # legible on white and on black


def draw_record(draw: Callable[[dict[str, Any]], plt.Figure], folder: Path) -> None:
    """Read the record of a benchmark's folder, or of `--record`; write the figure beside it."""
    parser = argparse.ArgumentParser(description="Draw the record of a measurement.")
    parser.add_argument("--record", type=Path, default=folder / "record.json")
    parser.add_argument("--output", type=Path, help="SVG or PNG; default: beside the record")
    options = parser.parse_args()
    output = options.output or options.record.with_suffix(".svg")
    record = json.loads(options.record.read_text(encoding="utf-8"))
    matplotlib.rcParams["svg.hashsalt"] = "trailscope"  # the same record, the same file
    draw(record).savefig(output, transparent=True, metadata={"Date": None}
                         if output.suffix == ".svg" else None)
    print(f"Wrote {output}.")


def finish(axes: plt.Axes, title: str, **legend: Any) -> None:
    """Title, legend and colours that can be read on light and dark pages."""
    axes.set_title(title, fontsize=9, color=TEXT)
    axes.legend(frameon=False, fontsize=8, labelcolor=TEXT, **legend)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(TEXT)
    axes.tick_params(colors=TEXT)
    axes.xaxis.label.set_color(TEXT)
    axes.yaxis.label.set_color(TEXT)


def machine_name(machine: dict[str, Any]) -> str:
    """What something was measured on."""
    threads = "1 thread" if machine["threads"] == 1 else f"{machine['threads']} threads"
    return machine.get("gpu") or f"{machine['cpu']}, {threads}"
