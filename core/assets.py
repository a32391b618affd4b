"""Where the files that ship lie, and the models and scored sets that were made here."""

from __future__ import annotations

import os
from glob import glob
from pathlib import Path

from core.records import RECORD

TRAINING = "training"
"""Folder inside `results` where records of trainings lie."""


def assets_folder() -> Path:
    """Folder of shipped checkpoints and results; `TRAILSCOPE_ASSETS` overrides it.

    Where nothing says otherwise it is `assets` of the repository, which an installed package holds
    as `core/shipped`.
    """
    override = os.environ.get("TRAILSCOPE_ASSETS")
    if override:
        return Path(override)
    installed = Path(__file__).parent / "shipped"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "assets"


def models_folder() -> Path:
    """Folder of models that were made here, `TRAILSCOPE_MODELS` or `runs/models`."""
    return Path(os.environ.get("TRAILSCOPE_MODELS") or Path("runs") / "models")


def library_folder() -> Path:
    """Folder of scored sets that pages offer, `TRAILSCOPE_LIBRARY` or `runs/library`."""
    return Path(os.environ.get("TRAILSCOPE_LIBRARY") or Path("runs") / "library")


def results_folder() -> Path:
    """Folder of results that were made here and pages show, `TRAILSCOPE_RESULTS` or
    `runs/results`."""
    return Path(os.environ.get("TRAILSCOPE_RESULTS") or Path("runs") / "results")


def shipped_results(kind: str) -> list[Path]:
    """Folders of shipped results, those with a record, in order of their paths.

    Args:
        kind: folder inside `results`, such as `evaluations` or `samples`.
    """
    root = assets_folder() / "results" / kind
    # `Path.rglob` would not look into folders that are links.
    return sorted((root / path).parent for path in glob(
        f"**/{RECORD}", root_dir=root, recursive=True))
