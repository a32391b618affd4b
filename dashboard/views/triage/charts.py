"""Figures of the Generate & triage page. No streamlit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.stats.estimates import Estimate
from core.stats.risk_coverage import RiskCoverage
from core.stats.roc import ScoreComparison
from core.triage.milestones import Milestone
from core.triage.pooling import POOLED, PooledRanking
from dashboard.shared.chart_style import styled, translucent
from dashboard.shared.format import interval
from dashboard.shared.palette import Palette, palette
from dashboard.views.triage.query import SCORE_LABELS, in_order

_DASHES = ("solid", "dash", "dot", "dashdot")
_DODGE = 1.02
_ROW_SHARE = 0.19  # of a model's row, between two scores
_SYMBOLS = ("circle", "square", "diamond", "triangle-up")


def roc_curves(found: ScoreComparison, *, dark: bool, height: int = 420) -> go.Figure:
    """True against false positive rate of minus every score."""
    colors, label = palette(dark=dark), found.labels
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
                       line={"color": colors.faint, "dash": "dash", "width": 1})
    for roc in in_order(found):
        name = SCORE_LABELS[roc.quantity]
        figure.add_scatter(
            x=roc.false_positive_rate, y=roc.true_positive_rate, mode="lines", name=f"−{name}",
            line={**_line(colors, roc.quantity), "shape": "linear"},
            hovertemplate=f"−{name}<br>%{{y:.1%}} of the {label.good} kept<br>%{{x:.1%}} of the "
                          f"{label.bad} kept<extra></extra>",
        )
    figure.update_xaxes(title=f"share of {label.bad} {label.many} kept")
    figure.update_yaxes(title=f"share of {label.good} {label.many} kept")
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(range=[-0.02, 1.02], tickformat=".0%", dtick=0.25)
    return styled(figure, colors, height, legend=True)


def auc_intervals(
    found: ScoreComparison, paper: Mapping[str, float], *, dark: bool, height: int = 420
) -> go.Figure:
    """AUC of every score with its interval, and what a paper reports by quantity."""
    colors, rocs = palette(dark=dark), in_order(found)
    figure = go.Figure()
    figure.add_vline(x=0.5, line={"color": colors.faint, "dash": "dash", "width": 1})
    for roc in rocs:
        figure.add_scatter(
            x=[roc.auc.value], y=[f"−{SCORE_LABELS[roc.quantity]}"], mode="markers",
            error_x=_error([roc.auc]), showlegend=False, marker=_marker(colors, roc.quantity, 12),
            hovertemplate="AUC %{x:.3f}<extra></extra>",
        )
    reported = [roc.quantity for roc in rocs if roc.quantity in paper]
    figure.add_scatter(
        x=[paper[quantity] for quantity in reported],
        y=[f"−{SCORE_LABELS[quantity]}" for quantity in reported], mode="markers",
        hovertemplate="LU paper: %{x:.2f}<extra></extra>", **_paper_cross(colors),
    )
    what = f"{found.labels.good} {found.labels.many}"
    figure.update_xaxes(title=f"AUC for {what}<br>(above 0.5: lower is better)")
    figure.update_yaxes(autorange="reversed", type="category")
    return styled(figure, colors, height, legend=bool(reported))


def pooled_aucs(
    found: PooledRanking, paper: Mapping[str, float], *, dark: bool, height: int = 460
) -> go.Figure:
    """AUC of every score by model, and over the molecules of all models at the bottom.

    Args:
        found: the rankings.
        paper: what a paper reports by quantity, drawn at the pooled ranking.
        dark: colours for a dark page.
        height: pixels.
    """
    colors, names = palette(dark=dark), list(found.comparisons)
    last = len(names) - 1
    figure = go.Figure()
    figure.add_vline(x=0.5, line={"color": colors.faint, "dash": "dash", "width": 1})
    figure.add_hline(y=last - 0.5, line={"color": colors.muted, "width": 1})
    for score, label in SCORE_LABELS.items():
        aucs, shift = found.aucs(score), _ROW_SHARE * (_place(score) - 1.5)
        figure.add_scatter(
            x=[auc.value for auc in aucs.values()],
            y=[names.index(name) + shift for name in aucs], mode="markers", name=f"−{label}",
            error_x=_error(list(aucs.values())), marker=_marker(colors, score, 10),
            text=[f"{name}<br>{interval(auc.interval, 3)}" for name, auc in aucs.items()],
            hovertemplate=f"−{label}: AUC %{{x:.3f}}<br>%{{text}}<extra></extra>")
    reported = [score for score in SCORE_LABELS if score in paper]
    if reported:
        figure.add_scatter(
            x=[paper[score] for score in reported],
            y=[last + _ROW_SHARE * (_place(score) - 1.5) for score in reported], mode="markers",
            hovertemplate="LU paper: %{x:.2f}<extra></extra>", **_paper_cross(colors))
    figure.update_xaxes(title="AUC<br>(above 0.5: lower is better)")
    figure.update_yaxes(range=[last + 0.5, -0.5], tickvals=list(range(len(names))), showgrid=False,
                        ticktext=[f"<b>{name}</b>" if name == POOLED else name for name in names])
    return styled(figure, colors, height, legend=True)


def risk_coverage_curve(found: RiskCoverage, *, dark: bool, height: int = 420) -> go.Figure:
    """Share of good molecules among the kept, for growing coverage, with its band."""
    colors, label = palette(dark=dark), found.labels
    name, color = SCORE_LABELS[found.quantity], _color(colors, found.quantity)
    x = found.coverage.tolist()
    figure = go.Figure()
    figure.add_scatter(
        x=x + x[::-1], y=found.band_high.tolist() + found.band_low.tolist()[::-1], fill="toself",
        mode="lines", line={"width": 0}, fillcolor=translucent(color, 0.18), hoverinfo="skip",
        name="95% band",
    )
    figure.add_scatter(
        x=x, y=found.accuracy, mode="lines", line={"color": color, "width": 2.5},
        name=f"lowest {name} first", customdata=found.kept,
        hovertemplate=f"%{{customdata:,}} kept (%{{x:.1%}})<br>%{{y:.2%}} of them {label.good}"
                      "<extra></extra>",
    )
    figure.add_scatter(
        x=x, y=found.perfect, mode="lines", name="perfect ranking", hoverinfo="skip",
        line={"color": colors.muted, "dash": "dot", "width": 1.5},
    )
    base = found.base_rate.value
    figure.add_scatter(
        x=[0, 1], y=[base, base], mode="lines", name=f"all {label.many}, {base:.1%}",
        hoverinfo="skip", line={"color": colors.faint, "dash": "dash", "width": 1.5},
    )
    figure.update_xaxes(title=f"coverage: share of the {label.many} kept",
                        tickformat=".0%", range=[0, 1.01])
    # The band of the first few molecules reaches far down and would flatten everything else.
    lowest = float(np.min([found.accuracy, found.band_low], axis=0)[found.coverage > 0.02].min())
    figure.update_yaxes(title=f"share {label.good} among those kept", tickformat=".1~%",
                        range=[lowest - 0.05 * (1 - lowest), 1 + 0.05 * (1 - lowest)])
    return styled(figure, colors, height, legend=True)


def auc_along_training(
    milestones: Sequence[Milestone], *, dark: bool, height: int = 400
) -> go.Figure:
    """AUC of every score with its interval against the training step."""
    colors = palette(dark=dark)
    figure = go.Figure()
    figure.add_hline(y=0.5, line={"color": colors.faint, "dash": "dash", "width": 1})
    compared = [(milestone, {roc.quantity: roc for roc in milestone.comparison.rocs})
                for milestone in milestones if milestone.comparison is not None]
    for quantity, name in SCORE_LABELS.items():
        points = [(milestone, rocs[quantity]) for milestone, rocs in compared if quantity in rocs]
        figure.add_scatter(
            # Side by side, so that bars do not hide each other; exact on hover.
            x=[milestone.step * _DODGE ** (_place(quantity) - 1.5) for milestone, _ in points],
            y=[roc.auc.value for _, roc in points], mode="lines+markers", name=f"−{name}",
            error_y=_error([roc.auc for _, roc in points]), line=_line(colors, quantity),
            marker=_marker(colors, quantity, 8),
            text=[f"{_moment(milestone)}<br>{roc.positives:,} {milestone.label.good}, "
                  f"{roc.negatives:,} {milestone.label.bad}" for milestone, roc in points],
            hovertemplate=f"−{name}: AUC %{{y:.3f}}<br>%{{text}}<extra></extra>",
        )
    _steps_axis(figure, milestones)
    figure.update_yaxes(title=f"AUC for {milestones[0].label.good} {milestones[0].label.many}")
    return styled(figure, colors, height, legend=True)


def good_share_along_training(
    milestones: Sequence[Milestone], *, dark: bool, height: int = 400
) -> go.Figure:
    """Share of good molecules among all sequences against the training step."""
    colors, good = palette(dark=dark), milestones[0].label.good
    shares = [milestone.good_share for milestone in milestones]
    figure = go.Figure()
    figure.add_scatter(
        x=[milestone.step for milestone in milestones], y=[share.value for share in shares],
        mode="lines+markers", error_y=_error(shares), marker={"size": 8},
        line={"color": colors.series[4], "width": 2.5},
        text=[f"{_moment(milestone)}<br>{milestone.quality.number:,} sequences"
              for milestone in milestones],
        hovertemplate=f"%{{y:.1%}} {good}<br>%{{text}}<extra></extra>",
    )
    _steps_axis(figure, milestones)
    figure.update_yaxes(title=f"share {good}, of all sequences", tickformat=".0%")
    return styled(figure, colors, height)


def _steps_axis(figure: go.Figure, milestones: Sequence[Milestone]) -> None:
    steps = [milestone.step for milestone in milestones]
    figure.update_xaxes(title="training step", type="log" if min(steps) > 0 else "linear",
                        tickvals=steps, ticktext=[f"{step:,}" for step in steps])


def _moment(milestone: Milestone) -> str:
    seen = milestone.graphs_seen
    return f"step {milestone.step:,}" + ("" if seen is None else f", {seen:,} graphs seen")


def _place(quantity: str) -> int:
    return list(SCORE_LABELS).index(quantity)


def _color(colors: Palette, quantity: str) -> str:
    return colors.series[_place(quantity)]


def _line(colors: Palette, quantity: str) -> dict[str, object]:
    return {"color": _color(colors, quantity), "dash": _DASHES[_place(quantity)], "width": 2.5}


def _marker(colors: Palette, quantity: str, size: int) -> dict[str, object]:
    return {"color": _color(colors, quantity), "symbol": _SYMBOLS[_place(quantity)], "size": size}


def _paper_cross(colors: Palette) -> dict[str, object]:
    return {"name": "LU paper, a larger model",
            "marker": {"symbol": "x-thin", "size": 11, "color": colors.muted,
                       "line": {"width": 2, "color": colors.muted}}}


def _error(estimates: Sequence[Estimate]) -> dict[str, object]:
    """Error bars from intervals, none where there is none."""
    known = [(estimate.value, estimate.interval) for estimate in estimates]
    return {
        "type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
        "array": [interval.high - value if interval else 0.0 for value, interval in known],
        "arrayminus": [value - interval.low if interval else 0.0 for value, interval in known],
    }
