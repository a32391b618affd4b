"""Sentences and tables on scores along a model's training. No streamlit here."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.generation import Milestone, auc_difference, ordered_rocs
from dashboard.state_triage import SCORE_NAMES
from dashboard.texts_triage import number_with_interval

OTHERS = tuple(column for column in SCORE_NAMES if column != "lu")
"""Scores that LU is compared with."""


def no_milestones(model: str) -> str:
    """What to do where nothing ships."""
    return (f"No samples along the training of {model} ship; keep checkpoints with `trailscope "
            "train --milestones 400,800`, and sample from each with `trailscope triage --output "
            f"assets/results/milestones/{model}/step-00400`.")


def reading_aid(milestones: Sequence[Milestone]) -> str:
    """What the points are."""
    reasons = " ".join(f"Step {milestone.step:,}: {milestone.reason}"
                       for milestone in milestones if milestone.reason)
    return ("Label: molecule stable, among the valid generated molecules of each step. Score: "
            "minus the quantity; AUC above 0.5 means that stable molecules tend to have the lower "
            f"one. Bars are 95% intervals; class counts show on hover. {reasons}").strip()


def stability_finding(milestones: Sequence[Milestone]) -> str:
    """How the share of stable molecules grows."""
    first, last = milestones[0], milestones[-1]
    return (f"Share of stable molecules among all sequences: {first.stable_share.value:.1%} at "
            f"step {first.step:,}, {last.stable_share.value:.1%} at step {last.step:,}.")


def overtaking(milestones: Sequence[Milestone], first: str, second: str) -> int | None:
    """The step from which on the AUC of one score is above another's, whole interval.

    The interval is that of the paired difference. None if the last step does not have it so.
    """
    since = None
    for milestone in milestones:
        try:
            found = milestone.comparison
            interval = None if found is None else auc_difference(found, first, second).interval
        except KeyError:
            interval = None
        if interval is None or interval.low <= 0:
            since = None
        elif since is None:
            since = milestone.step
    return since


def overtaking_sentence(milestones: Sequence[Milestone], second: str) -> str:
    """From when on LU ranks better than another score, or that it does not."""
    since, name = overtaking(milestones, "lu", second), SCORE_NAMES[second]
    last = milestones[-1].step
    what = "the 95% interval of the paired difference of AUC"
    if since is not None:
        return (f":green[:material/check_circle:] From step {since:,} on LU ranks better than "
                f"{name}: {what} is above 0 throughout.")
    behind = overtaking(milestones, second, "lu")
    how = (f"there {what} holds 0, or does not exist" if behind is None else
           f"there it ranks worse, {what} is below 0" if behind == last else
           f"from step {behind:,} on it ranks worse, {what} is below 0 throughout")
    return (f":gray[:material/do_not_disturb_on:] Up to step {last:,} LU does not overtake {name}: "
            f"{how}.")


def training_finding(milestones: Sequence[Milestone]) -> str:
    """What the curves along training show."""
    last = milestones[-1]
    if last.comparison is None:
        return f"Step {last.step:,}: {last.reason}"
    parts = ", ".join(f"{SCORE_NAMES[roc.quantity]} {number_with_interval(roc.auc, 2)}"
                      for roc in ordered_rocs(last.comparison))
    return f"AUC at {len(milestones)} steps; at the last, {last.step:,}: {parts}."


def training_table(milestones: Sequence[Milestone]) -> pd.DataFrame:
    """One row per step and score."""
    rows: list[dict[str, object]] = []
    for milestone in milestones:
        stable = milestone.stable_share
        common: dict[str, object] = {
            "step": milestone.step, "graphs_seen": milestone.graphs_seen,
            "sequences": milestone.quality.number, "stable_share": stable.value,
            "stable_low": stable.interval.low if stable.interval else None,
            "stable_high": stable.interval.high if stable.interval else None,
        }
        for roc in ordered_rocs(milestone.comparison) if milestone.comparison else []:
            interval = roc.auc.interval
            rows.append(common | {
                "score": f"minus {SCORE_NAMES[roc.quantity]}", "auc": roc.auc.value,
                "auc_low": interval.low if interval else None,
                "auc_high": interval.high if interval else None,
                "stable": roc.positives, "unstable": roc.negatives,
            })
        if milestone.comparison is None:
            rows.append(common)
    return pd.DataFrame(rows)
