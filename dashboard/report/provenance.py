"""What a report says of how it was made."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from core.model.card import ModelCard
from core.records import package_versions
from dashboard.report.blocks import Provenance

DEFAULT_FILE = "trailscope-report.html"
"""What a report is called that is made on a page."""


def report_command(input: str, options: Mapping[str, object], file: str = DEFAULT_FILE) -> str:
    """The command line that makes a report.

    Args:
        input: a molecule, a graph's name, a file or a folder.
        options: by name without dashes; those that are None are left out, True is a switch.
        file: to be written.

    >>> report_command("CC#N", {"model": "qm9-random_order", "seed": 0, "precision": None})
    "trailscope report 'CC#N' --model qm9-random_order --seed 0 --output trailscope-report.html"
    """
    parts = ["trailscope", "report"]
    known = {name: value for name, value in {**options, "output": file}.items()
             if value is not None and value is not False}
    end = []
    if input.startswith("-"):  # else it would be taken for an option
        end = ["--", input]
    else:
        parts.append(input)
    for name, value in known.items():
        parts += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return shlex.join([*parts, *end])


def made_by(
    commands: tuple[str, ...], card: ModelCard, settings: Mapping[str, object],
    hashes: Mapping[str, str], versions: Mapping[str, str] | None = None,
) -> Provenance:
    """What made a report; the model's name and the hash of its weights come first.

    Args:
        commands: that make it again.
        card: of the model.
        settings: by name.
        hashes: of further files, by what they are.
        versions: of packages where the numbers were computed; by default those here.
    """
    chosen = {"model": card.name, "trained under": card.strategy.name,
              **({} if card.steps is None else {"training steps": f"{card.steps:,}"}),
              **({"trained on": str(card.data["name"])} if card.data.get("name") else {}),
              **{name: str(value) for name, value in settings.items()}}
    return Provenance(commands, chosen, {"weights": card.weights_sha256, **hashes},
                      {"trailscope": own_version(), **(versions or package_versions())})


def own_version() -> str:
    """Of TrailScope; a dash where it is run without being installed."""
    try:
        return version("trailscope")
    except PackageNotFoundError:
        return "–"
