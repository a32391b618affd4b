"""A session that another process works on: a sitting there, then what is known of it here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.model.checkpoints import kept_checkpoint
from core.repair.session import FinetuneSession, Report, SessionState

_last: dict[object, FinetuneSession] = {}
"""The session of the last sitting, with the model that it trains."""


def sit(
    model: str, weights_sha256: str, parts: Mapping[str, Any], state: SessionState,
    scaling: bool, for_s: float, *, progress: Report,
) -> SessionState:
    """Go on with a session for some seconds; its folder and what comes back hold what is done.

    Args:
        model: the name of its checkpoint.
        weights_sha256: of its weights.
        parts: `FinetuneSession.parts`.
        state: what is known of it.
        scaling: whether the change is measured at other scales, else trained and measured.
        for_s: seconds, as of `FinetuneSession.go_on`.
        progress: hears of every step.

    Raises:
        InputError: as `FinetuneSession.go_on`.
    """
    key = weights_sha256, parts["folder"]
    if key not in _last:
        _last.clear()
        _last[key] = FinetuneSession(kept_checkpoint(model, weights_sha256), **parts)
        _last[key].take(state)
    session = _last[key]
    go_on = session.go_on_scaling if scaling else session.go_on
    go_on(progress, for_s=for_s)
    return session.state
