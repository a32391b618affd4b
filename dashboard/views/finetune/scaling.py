"""The change of weights scaled: W + α ΔW on a slider, of shipped arms and of a visitor's run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core.repair.result import RepairResult
from core.repair.session import FinetuneProgress, FinetuneSession
from dashboard.components.figure import show_figure
from dashboard.shared.run_switch import RunSwitch
from dashboard.views.finetune import data, text
from dashboard.views.finetune.charts import scaled_curves
from dashboard.views.finetune.points import ScaledArm
from dashboard.views.finetune.query import (
    ALPHA_STEP,
    MAX_ALPHA,
    MEASURES,
    FinetuneQuery,
    scaled_command,
    shipped_command,
)

_SWITCH = RunSwitch("scaling_running", start="start-scaling", cancel="cancel-scaling",
                    promise="What is done stays.")
_SITTING_S = 3.0
"""Seconds of work between two looks at the page."""


def show_shipped(
    chosen: RepairResult, arms: Mapping[str, RepairResult], measure: str
) -> None:
    """The slider over a shipped arm, and the curves of others beside it.

    Args:
        chosen: the arm that is open.
        arms: name → result, all of the model, itself among them.
        measure: what a repair is judged by, one of `MEASURES`.
    """
    _show_heading()
    if chosen.scaled is None:
        st.markdown(text.no_scaled(chosen, data.scaled_models()))
        st.code(shipped_command(chosen.model), language="bash", wrap_lines=True)
        return
    names = tuple(name for name, result in arms.items() if result.scaled is not None)
    left, right = st.columns((2, 3), vertical_alignment="bottom")
    with left:
        alpha = _choose_alpha()
    with right:
        beside = st.multiselect("Methods beside it", names, key="beside", bind="query-params",
                                placeholder="none")
    others = [arms[name] for name in beside if arms[name] is not chosen]
    _show_curves([chosen, *others], alpha, measure, key="shipped-scaled")


def is_running() -> bool:
    """Whether scaled changes of one's own run are being measured."""
    return _SWITCH.is_running


def end() -> None:
    """Measure them no longer."""
    _SWITCH.end()


def show_live(query: FinetuneQuery, session: FinetuneSession, measure: str) -> None:
    """The same of a run that is done, measured when the visitor asks for it."""
    _show_heading()
    is_done = session.after.scaled is not None
    place = _SWITCH.show(query, is_done=is_done, at=(0.0, "Starting"),
                         label="Measure scaled changes", remark=text.scaling_estimate(query))
    if is_done:
        alpha = _choose_alpha()
        _show_curves([session.after], alpha, measure, key="live-scaled")
        st.caption(text.SCALED_CODE)
        st.code(scaled_command(query, alpha), language="bash", wrap_lines=True)
    elif _SWITCH.is_on(query):
        def report(state: FinetuneProgress) -> None:
            pace = _SWITCH.pace(state.stage).heard(state.done, state.total)
            _SWITCH.tell(place, min(1.0, state.done / max(state.total, 1)),
                         text.progress_text(state, session.config.method, pace))

        _SWITCH.go_on(lambda: data.go_on(session, report, for_s=_SITTING_S, scaling=True), place)


def _show_heading() -> None:
    st.header("The change scaled", anchor=False)
    st.caption(text.SCALING_AID)


def _choose_alpha() -> float:
    return float(st.slider(
        "α, how much of the change is taken", 0.0, MAX_ALPHA, 1.0, ALPHA_STEP, key="alpha",
        bind="query-params", help=text.ALPHA_HELP))


def _show_curves(
    results: Sequence[RepairResult], alpha: float, measure: str, *, key: str
) -> None:
    arms = [ScaledArm(result.arm.label, result.orders, result.scaled) for result in results
            if result.scaled is not None]
    show_figure(
        partial(scaled_curves, arms, alpha, measure=MEASURES[measure],
                names=text.scaled_axes(measure, results[0])),
        "scaled changes", key=key, alt=text.scaled_alt(arms, alpha, measure),
        csv=text.scaled_table(arms),
        findings=[text.scaled_sentence(arm, alpha, measure) for arm in arms],
        caption=text.scaled_note(arms))
