"""The shipped comparison of methods, with the visitor's own runs in it, and the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.repair.comparison import gradient_mask_and_equals, largest_reduction
from core.repair.result import RepairResult
from core.salience.criteria import selected_by
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads, figures_are_of
from dashboard.shared.inputs import reset_if_invalid
from dashboard.shared.table_columns import on_screen
from dashboard.shared.theme import is_narrow
from dashboard.views.finetune import before_after, scaling, text
from dashboard.views.finetune.charts import pareto_plot
from dashboard.views.finetune.data import ShippedRepairs
from dashboard.views.finetune.points import LIVE, RepairPoint, in_order, passes
from dashboard.views.finetune.query import (
    COMPARE,
    COST,
    DEFAULT_BASE,
    MEASURES,
    PAIRED,
    SCOPE_OPTIONS,
    SELECTIONS,
    FinetuneQuery,
    command,
    python,
    shipped_command,
    shipped_python,
)

_FINISHED = "finetune_finished"
_FORMATS = {"parameters": "localized", "graphs": "localized", "share": "percent", "wall_s": "%.0f"}


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """A run of this visitor: the model before and after, on the same graphs."""

    before: RepairResult
    after: RepairResult


def remember(query: FinetuneQuery, before: RepairResult, after: RepairResult) -> None:
    """Let a run of this visitor join the plot."""
    st.session_state.setdefault(_FINISHED, {})[query.digest] = FinishedRun(before, after)


def show(section: str, shipped: ShippedRepairs) -> None:
    """The plot with what a point stands for, or the table of all numbers."""
    if not shipped.found:
        st.info(text.NO_REPAIRS, icon=":material/info:")
        st.code(shipped_command(DEFAULT_BASE), language="bash", wrap_lines=True)
        _show_live_only(section)
        return
    model = _choose_model(shipped)
    figures_are_of(model)
    found = shipped.found[model]
    before = found.get("none")
    st.caption(text.provenance(next(reversed(found.values()))))
    if section == COMPARE:
        _show_comparison(model, found, before)
    else:
        table = text.result_table(found)
        st.dataframe(table, hide_index=True, height=560, column_config=on_screen(table, _FORMATS),
                     alt=f"All measures of {len(table)} repairs of {model}.")
        figure_downloads(f"repairs of {model}", key="downloads-repairs", csv=table)


def _choose_model(shipped: ShippedRepairs) -> str:
    names = tuple(shipped.found)
    default = shipped.default or names[0]
    if len(names) == 1:
        return default
    reset_if_invalid("repaired", names, default)
    return st.selectbox("Repaired model", names, index=names.index(default), key="repaired",
                        bind="query-params", width=320)


def live_points(model: str, orders: tuple[str, ...]) -> list[RepairPoint]:
    """Runs of this visitor on a model under the same orders."""
    return [RepairPoint(run.after, digest) for digest, run in _finished().items()
            if run.after.model == model and run.after.orders == orders]


def _finished() -> Mapping[str, FinishedRun]:
    return st.session_state.get(_FINISHED, {})


def _show_live_only(section: str) -> None:
    """The visitor's runs where no arm ships: those that can be compared with the latest."""
    if not _finished():
        return
    latest = list(_finished().values())[-1]
    points = live_points(latest.after.model, latest.after.orders)
    if section == COMPARE:
        measure = _choose_measure()
        _say_finding(points, latest.before, measure)
        draw_plot(points, latest.before, None, measure)
    else:
        table = text.result_table(
            {"before": latest.before, **{point.key: point.result for point in points}})
        st.dataframe(table, hide_index=True, column_config=on_screen(table, _FORMATS),
                     alt="All measures of your runs.")
        figure_downloads("your runs", key="downloads-repairs", csv=table)
    st.caption(text.LIVE_ONLY)


def _show_comparison(
    model: str, found: Mapping[str, RepairResult], before: RepairResult | None
) -> None:
    switches, boxes = st.container(horizontal=True), st.container(horizontal=True)
    measure, points = _choose_points(found, switches, boxes)
    orders = next(iter(found.values())).orders
    live = live_points(model, orders)
    shown = [*points, *live]
    names = tuple(point.key for point in points)
    with boxes:
        chosen = _choose_arm(points, names)
    equals = "" if measure not in PAIRED else text.equal_size_finding(gradient_mask_and_equals(
        [point.result for point in points], PAIRED[measure]), measure)
    _say_finding(shown, before, measure, equals)
    if not shown:
        return
    draw_plot(shown, before, chosen, measure)
    if any(point.result.arm.is_hindsight for point in points):
        st.caption(text.HINDSIGHT_NOTE)
    if live:
        st.caption(text.live_note(live[-1].result))
    if chosen is not None and before is not None:
        st.header(found[chosen].arm.label, anchor=False)
        before_after.show(before, found[chosen], key="shipped")
        scaling.show_shipped(found[chosen], found, measure)


def _say_finding(
    points: list[RepairPoint], before: RepairResult | None, measure: str, equals: str = ""
) -> None:
    """One sentence, and a panel with what stands behind it."""
    st.markdown(text.comparison_finding(points, before, measure))
    if details := text.comparison_details(points, before, measure):
        with st.expander(text.DETAILS, icon=":material/info:"):
            st.markdown("\n\n".join(filter(None, (details, equals))))


def draw_plot(
    shown: list[RepairPoint], before: RepairResult | None, chosen: str | None, measure: str
) -> None:
    """The plot of parameters against repair and cost; a click chooses an arm."""
    can_open = any(not point.is_live for point in shown)
    results = {point.key: point.result for point in shown}
    if before is not None:
        results = {"before": before, **results}
    show_figure(
        partial(pareto_plot, shown, before, chosen, measure=MEASURES[measure], cost=COST,
                narrow=is_narrow(),
                names=text.panel_titles(measure, shown[0].result)),
        "methods compared", key="pareto", alt=text.plot_alt(shown, before, measure),
        csv=text.result_table(results), on_click=_take_arm,
        caption=f"{text.READING_AID} {text.CLICK_AID}" if can_open else text.READING_AID)


def _choose_points(
    found: Mapping[str, RepairResult], switches: DeltaGenerator, boxes: DeltaGenerator
) -> tuple[str, list[RepairPoint]]:
    """The measure, and the arms that pass the filters; asked for in two rows."""
    arms = [result.arm for name, result in found.items() if name != "none"]
    criteria = [name for name in selected_by() if name in {arm.criterion for arm in arms}]
    with switches:
        measure = _choose_measure()
        scope = st.segmented_control("Scope", SCOPE_OPTIONS, default=SCOPE_OPTIONS[0],
                                     required=True, key="scopes", bind="query-params")
        selection = st.segmented_control("Masks", SELECTIONS, default=SELECTIONS[0],
                                         required=True, key="selection", bind="query-params")
    with boxes:
        only = st.multiselect("Criteria", criteria, key="criteria", bind="query-params",
                              placeholder="all", width=420)
    points = in_order(
        RepairPoint(result) for name, result in found.items() if name != "none" and passes(
            result.arm, criteria=only, scope=scope or "all", selection=selection or "all"))
    return measure, points


def _choose_measure() -> str:
    return st.segmented_control("Repair judged by", tuple(MEASURES), default="LU", required=True,
                                key="measure", bind="query-params") or "LU"


def _choose_arm(points: list[RepairPoint], names: tuple[str, ...]) -> str | None:
    if not names:
        return None
    largest = largest_reduction([point.result for point in points], "lu").arm.name
    reset_if_invalid("arm", names, largest)
    return st.selectbox("Method to open", names, names.index(largest), key="arm",
                        bind="query-params", width=420)


def _take_arm(clicked: Sequence[Any]) -> None:
    """A click on a shipped arm becomes the choice of the arm, and so part of the address."""
    key = clicked[0]
    if isinstance(key, str) and not key.startswith(LIVE):
        st.session_state["arm"] = key


def show_code(query: FinetuneQuery, shipped: ShippedRepairs) -> None:
    """The command line and the Python of the visitor's run, and of the shipped comparison."""
    st.header("Your run: command line", anchor=False)
    st.code(command(query), language="bash", wrap_lines=True)
    st.caption(text.CODE_NOTE)
    st.header("Your run: Python", anchor=False)
    st.code(python(query), language="python", wrap_lines=True)
    model = next(iter(shipped.found), DEFAULT_BASE)
    st.header("The shipped comparison", anchor=False)
    st.code(shipped_command(model), language="bash", wrap_lines=True)
    if shipped.arms:
        st.code(shipped_python(model, st.session_state.get("arm") or shipped.arms[0]),
                language="python", wrap_lines=True)
