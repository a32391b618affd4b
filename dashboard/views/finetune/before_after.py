"""Before and after of one arm, shipped or run here: numbers, reliability, LU, loss."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.repair.result import RepairResult
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.reliability import text as reliability_text
from dashboard.reliability.charts import Series, reliability_multiples
from dashboard.reliability.inputs import choose_token_type
from dashboard.shared.format import short
from dashboard.shared.theme import is_narrow
from dashboard.views.finetune import text
from dashboard.views.finetune.charts import loss_curve, lu_distributions, lu_histograms

_SERIES = (Series("before", 6), Series("after", 0))
_METRIC_WIDTH = 240


def show(before: RepairResult, after: RepairResult, *, key: str) -> None:
    """Everything that is known of one arm.

    Args:
        before: the model as it was, on the same graphs.
        after: the arm.
        key: prefix of widget keys; the type of tokens has one for all.
    """
    _show_metrics(before, after, key)
    _show_lu(before, after, key)
    _show_reliability(before, after, key)
    if after.history:
        show_loss(after.history, len(after.history), key=f"{key}-loss")
    st.header("Numbers", anchor=False)
    table = text.headline_table(before, after)
    st.dataframe(table, hide_index=True,
                 alt=f"Every measure before and after {after.arm.label}, under each order.")
    st.caption("Intervals: 95%, resampling graphs; changes are paired graph by graph.")
    figure_downloads(f"before and after {after.arm.name}", key=f"downloads-{key}-numbers",
                     csv=text.result_table({"before": before, "after": after}))


def _show_metrics(before: RepairResult, after: RepairResult, key: str) -> None:
    """LU and its nats, ECE and cost, small and large."""
    own, new = after.orders[0], after.orders[-1]
    with st.container(horizontal=True, key=f"cards-{key}"):
        for label, order, measure in (
                ("LU, new order", new, "lu"), ("std of NLL, new order", new, "nll_std"),
                ("ECE, new order", new, "ece"),
                ("NLL/token, new order", new, "nll_per_token"),
                ("NLL/token, own order", own, "nll_per_token")):
            was, now = before.estimates[order][measure], after.estimates[order][measure]
            st.metric(label, short(now.value), f"before: {short(was.value)}", delta_color="off",
                      delta_arrow="off", border=True, width=_METRIC_WIDTH,
                      help=f"Under {order}. {text.band(now)}")


def _show_lu(before: RepairResult, after: RepairResult, key: str) -> None:
    st.header("LU of every graph", anchor=False)
    found = [lu_histograms(before, after, order) for order in after.orders]
    show_figure(
        partial(lu_distributions, found, after.orders, narrow=is_narrow()),
        f"LU before and after {after.arm.name}",
        key=f"{key}-lu", alt=text.histogram_alt(found, after.orders),
        csv=text.histogram_table(found, after.orders), findings=text.lu_sentences(before, after))


def _show_reliability(before: RepairResult, after: RepairResult, key: str) -> None:
    st.header("Reliability", anchor=False)
    token_type = choose_token_type(
        "tokentype", [of for of in before.token_types if of in after.token_types])
    diagrams = [[result.reliability(order, token_type) for result in (before, after)]
                for order in after.orders]
    titles = [f"under {order}<br>ECE {short(of[0].ece.value)} → {short(of[1].ece.value)}"
              for order, of in zip(after.orders, diagrams, strict=True)]
    table = reliability_text.bin_table([one for of in diagrams for one in of])
    whose = [(order, when) for order in after.orders for when in ("before", "after")]
    table.insert(0, "order", [order for order, _ in whose for _ in range(len(table) // len(whose))])
    table.insert(1, "when", [when for _, when in whose for _ in range(len(table) // len(whose))])
    show_figure(
        partial(reliability_multiples, diagrams, titles, _SERIES, height=460,
                columns=len(after.orders), narrow=is_narrow()),
        f"reliability before and after {after.arm.name}", key=f"{key}-reliability",
        alt=text.ece_alt(before, after), csv=table)


def show_loss(history: tuple[tuple[int, float], ...], steps: int, *, key: str) -> None:
    """The loss so far.

    Args:
        history: (step, loss) pairs.
        steps: end of the axis.
        key: of the chart.
    """
    st.header("Loss", anchor=False)
    show_figure(partial(loss_curve, history, steps), "loss", key=key, alt=text.loss_alt(history),
                csv=text.loss_table(history))
