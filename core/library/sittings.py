"""A set that is scored in sittings of some seconds, in this process or in another."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from core.library.engine import LocalEngine
from core.library.manifest import Manifest
from core.library.run import Reading, ScoringState, score_files
from core.library.settings import ScoringSettings
from core.model.checkpoints import kept_checkpoint


class _EnoughError(Exception):
    """The sitting is over."""


def sit(
    model: str, settings: ScoringSettings, source: Path, folder: Path, reading: Reading,
    for_s: float, *, progress: Callable[[int, int], None],
) -> Manifest:
    """Score some more of a file; the part at work when the time is over is the last one.

    Args:
        model: name or folder of the model.
        settings: how to score.
        source: the file.
        folder: of the set.
        reading: how to read the file; small parts make short sittings.
        for_s: seconds.
        progress: hears of rows that are done, and of how many; may raise to cancel.

    Raises:
        InputError: as `score_files`.
    """
    checkpoint = kept_checkpoint(model, settings.weights_sha256)
    until = time.monotonic() + for_s

    def hear(state: ScoringState) -> None:
        progress(state.done, state.total)
        if state.is_safe and state.done < state.total and time.monotonic() > until:
            raise _EnoughError

    try:
        return score_files([source], folder, checkpoint.card, settings,
                           lambda: LocalEngine(checkpoint, settings), reading=reading,
                           progress=hear)
    except _EnoughError:
        return Manifest.read(folder)
