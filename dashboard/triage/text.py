"""Sentences and tables of the Generate & triage page. No streamlit here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.stats.estimates import Estimate, Interval, interval_columns
from core.stats.proportions import wilson_interval
from core.stats.risk_coverage import RiskCoverage
from core.stats.roc import ScoreComparison
from core.triage.generated import Generated
from core.triage.ranking import SplitKeepList
from core.triage.samples import Samples
from dashboard.shared.format import planar_summary
from dashboard.triage.generation import Generation, Milestone, auc_difference, ordered_rocs
from dashboard.triage.query import SCORE_NAMES

PAPER_AUC = {"lu": 0.85, "self_nll": 0.43, "nll_mean": 0.55}
"""AUC for stability on QM9 that the LU paper reports, by column; the last at second hand."""

PAPER_NOTE = (
    "For context: on QM9 the LU paper reports an AUC of 0.85 for LU and 0.43 for self NLL; 0.55 "
    "for the mean resampled NLL is known at second hand. Its model is larger, was trained for "
    "longer and generated other molecules, so the figures need not agree.")

NO_STABILITY = ("Planar graphs have no valences, so no stability to rank them by; a score can be "
                "compared with stability for molecules only.")

SDF_NOTE = ("Valid molecules with two-dimensional coordinates; hydrogens are counted, not drawn. "
            "Properties: id, scores, stability.")

OTHER_KEKULE = ("Typed as SMILES, this molecule gets its other Kekulé structure, which is another "
                "graph, so Explore shows other numbers.")

_NARROW = 0.003

_CSV_NAMES = {"self_nll": "self_nll_nats", "nll_mean": "nll_mean_nats", "nll_std": "nll_std_nats",
              "nll_marginal": "nll_marginal_nats"}

OTHERS = tuple(column for column in SCORE_NAMES if column != "lu")
"""Scores that LU is compared with."""


@dataclass(frozen=True)
class Share:
    """A share of the sample as a card shows it; `value` is a dash where it is not known."""

    label: str
    value: str
    detail: str
    explanation: str
    count: str = ""


def shares(found: Generation) -> list[Share]:
    """How good the sample is."""
    table, is_molecular = found.table, found.is_molecular
    valid, number = table["valid"], len(table)
    unique = table["unique"].fillna(False).astype(bool)
    num_valid, num_unique = int(valid.sum()), int(unique.sum())
    cards = [
        _share("Valid", num_valid, number, "all sequences",
               "RDKit sanitizes the molecule; implicit hydrogens and fragments are allowed."
               if is_molecular else "The graph is connected and planar."),
        _share("Unique", num_unique, num_valid, "the valid", "Repeats count once."),
    ]
    if found.samples.quality.novel is not None:
        cards.append(_share("Novel", int(table["novel"][unique].sum()), num_unique, "the unique",
                            "The training set does not have it."))
    elif is_molecular:
        cards.append(Share("Novel", "–", "not looked up",
                           "Needs the training data; `trailscope triage --data qm9.csv` has them."))
    if is_molecular:
        cards += [
            _share("Stable", int(table["stable"].fillna(False).sum()), number, "all sequences",
                   "The molecule is valid and every atom has its valence."),
            _share("Fragmented", int((table["fragments"][valid] > 1).sum()), num_valid, "the valid",
                   "The molecule is in several pieces."),
        ]
    return cards


def _share(label: str, part: int, whole: int, of_what: str, explanation: str) -> Share:
    if not whole:
        return Share(label, "–", "of none", explanation)
    interval = wilson_interval(part, whole)
    return Share(label, f"{part / whole:.1%}", f"95%: {percents(interval)}",
                 f"{explanation} {part:,} of {whole:,}: the share of {of_what}, with Wilson's 95% "
                 "interval.", f"{part:,} of {whole:,}")


def counts(found: Generation) -> str:
    """The counts behind the shares."""
    known = [(share.label.lower(), share.count) for share in shares(found) if share.count]
    return "; ".join(f"{label}: {count}" for label, count in known).capitalize() + "."


def percents(interval: Interval) -> str:
    """An interval of shares, such as 94.9–98.1%; narrow ones with more digits."""
    digits = 1 if interval.high - interval.low > _NARROW else 2
    return f"{100 * interval.low:.{digits}f}–{100 * interval.high:.{digits}f}%"


def provenance(samples: Samples) -> str:
    """How the graphs were made."""
    config = samples.config
    top = "no top-k" if config.top_k is None else f"top-k {config.top_k}"
    step = "" if samples.step is None else f" after {samples.step:,} training steps"
    return (f"{config.number:,} sequences of {samples.model}{step}, temperature "
            f"{config.temperature:g}, {top}; K = {config.permutations} re-linearizations under "
            f"`{samples.trained_under}` scored in {config.precision}; seed {config.seed}.")


def other_weights(found: Generation) -> str | None:
    """A warning if the samples come from other weights than the model that is here."""
    if found.samples.weights_sha256 == found.card.weights_sha256:
        return None
    return (f"These graphs were generated by other weights than those of {found.card.name} that "
            "are here, so the Explore page shows other numbers for them.")


def shown_rows(shown: int, total: int, smarts: str) -> str:
    """How many rows pass the filters."""
    with_pattern = f" with {smarts}" if smarts else ""
    return f"{shown:,} of {total:,} sequences{with_pattern} shown."


def card_marks(found: Generation, row: int) -> str:
    """Icons and words on what a graph is, as markdown."""
    record = found.table.iloc[row]
    if not record["valid"]:
        return ":small[:red[:material/cancel:] invalid]"
    marks = []
    if not pd.isna(record["stable"]):
        marks.append(":green[:material/check_circle:] stable" if record["stable"] else
                     ":orange[:material/warning:] unstable")
    else:
        marks.append(":green[:material/check_circle:] valid")
    if record["fragments"] > 1:
        marks.append(f":material/scatter_plot: {record['fragments']}&nbsp;fragments")
    if record["unique"] is not pd.NA and not record["unique"]:
        marks.append(":material/content_copy: repeat")
    if record["novel"] is not pd.NA and record["novel"]:
        marks.append(":material/new_releases: novel")
    return f":small[{' &nbsp;'.join(marks)}]"


def card_name(found: Generation, row: int, read: Generated) -> str:
    """SMILES without hydrogens, or what else there is to say, as markdown."""
    if read.smiles is not None:
        return f"`{read.smiles}`"
    if read.graph is None:
        return ":gray[No graph: the sequence cannot be read or does not end.]"
    if found.is_molecular:
        return f":gray[No possible molecule of {read.graph.num_nodes} atoms.]"
    return f":gray[{planar_summary(read.graph)}]"


def card_scores(found: Generation, row: int) -> str:
    """LU with its interval and all NLLs, as markdown."""
    record = found.table.iloc[row]
    if pd.isna(record["lu"]):
        return f":small[NLL self {record['self_nll']:.2f} nats]"
    interval = "no interval" if pd.isna(record["lu_low"]) else (
        "exact" if record["lu_high"] == 0 else f"{record['lu_low']:.3f} – {record['lu_high']:.3f}")
    marginal = "–" if pd.isna(record["nll_marginal"]) else f"{record['nll_marginal']:.2f}"
    return (f"**LU {record['lu']:.3f}** :gray[{interval}]  \n"
            f":small[NLL self {record['self_nll']:.2f}, mean {record['nll_mean']:.2f},]  \n"
            f":small[order-marginal {marginal} nats]")


def csv(found: Generation, rows: Sequence[int]) -> str:
    """Rows as text, the sequences as token numbers."""
    table = found.table.iloc[list(rows)].rename(columns=_CSV_NAMES)
    return table.assign(tokens=[" ".join(map(str, tokens)) for tokens in table["tokens"]]).to_csv(
        index=False)


def number_with_interval(estimate: Estimate, digits: int = 3) -> str:
    """An estimate as people read it, such as 0.640 (0.609 – 0.669)."""
    value = f"{estimate.value:.{digits}f}".replace("-", "−")
    return f"{value} ({ends(estimate, digits)})"


def ends(estimate: Estimate, digits: int = 3) -> str:
    """The interval of an estimate, or that there is none."""
    if estimate.interval is None:
        return "no interval"
    low, high = (f"{end:.{digits}f}".replace("-", "−")
                 for end in (estimate.interval.low, estimate.interval.high))
    return f"{low} – {high}"


def auc_table(found: ScoreComparison) -> pd.DataFrame:
    """One row per score with all that an AUC needs to be understood."""
    return pd.DataFrame([
        {
            "score": f"−{SCORE_NAMES[roc.quantity]}", "AUC": roc.auc.value,
            "95% interval": ends(roc.auc), "stable": roc.positives, "unstable": roc.negatives,
            "label": "molecule stable", "direction": "lower is better",
            "LU paper": f"{PAPER_AUC[roc.quantity]:.2f}" if roc.quantity in PAPER_AUC else "–",
        }
        for roc in ordered_rocs(found)
    ])


def difference_table(found: ScoreComparison) -> pd.DataFrame:
    """One row per pair of scores."""
    rows = []
    columns = [roc.quantity for roc in ordered_rocs(found)]
    for place, first in enumerate(columns):
        for second in columns[place + 1:]:
            estimate = auc_difference(found, first, second)
            rows.append({
                "scores": f"{SCORE_NAMES[first]} and {SCORE_NAMES[second]}",
                "difference of AUC": estimate.value, "95% interval, paired": ends(estimate),
                "what it says": _verdict(estimate, first, second),
            })
    return pd.DataFrame(rows)


def _verdict(estimate: Estimate, first: str, second: str) -> str:
    if estimate.interval is None:
        return estimate.reason or ""
    if estimate.interval.low <= 0 <= estimate.interval.high:
        return "these molecules do not tell which is better"
    return f"{SCORE_NAMES[first if estimate.value > 0 else second]} ranks better"


def ranking_finding(found: ScoreComparison) -> str:
    """What the ROC curves show."""
    parts = ", ".join(f"{SCORE_NAMES[roc.quantity]} {number_with_interval(roc.auc, 2)}"
                      for roc in ordered_rocs(found))
    return (f"AUC of minus each score for the label molecule stable, {found.positives:,} stable "
            f"and {found.negatives:,} unstable ones: {parts}.")


def ranking_sentence(found: ScoreComparison) -> str:
    """What is compared, as a caption."""
    note = f" {found.note}" if found.note else ""
    return (f"Label: molecule stable, among valid generated molecules ({found.positives:,} stable, "
            f"{found.negatives:,} unstable). Score: minus the quantity, so an AUC above 0.5 means "
            "that stable molecules tend to have the lower one. Intervals: bootstrap of "
            f"{found.resamples:,} resamples of molecules, the same for all scores; seed "
            f"{found.seed}.{note}")


def roc_table(found: ScoreComparison) -> pd.DataFrame:
    """The points of all ROC curves."""
    return pd.concat([
        pd.DataFrame({"score": f"minus {SCORE_NAMES[roc.quantity]}",
                      "false_positive_rate": roc.false_positive_rate,
                      "true_positive_rate": roc.true_positive_rate})
        for roc in ordered_rocs(found)
    ])


def coverage_finding(found: RiskCoverage) -> str:
    """What the risk–coverage curve shows."""
    at = int((found.coverage <= 0.5).sum()) - 1 if found.number > 1 else 0
    half = (f"; of the better half {found.accuracy[at]:.1%}" if found.coverage[at] <= 0.5 else "")
    return (f"{found.base_rate.value:.1%} of all are stable{half}. Area under the risk–coverage "
            f"curve {number_with_interval(found.aurc, 4)}, {1 - found.base_rate.value:.4f} for a "
            f"random order, {found.perfect_aurc:.4f} for the perfect one.")


def coverage_table(found: RiskCoverage) -> pd.DataFrame:
    """The points of the curve."""
    return pd.DataFrame({
        "kept": found.kept, "coverage": found.coverage, "threshold": found.threshold,
        "stable_share": found.accuracy, "band_low": found.band_low, "band_high": found.band_high,
        "perfect": found.perfect,
    })


def kept_finding(found: SplitKeepList) -> str:
    """What came out of a keep-list, with the interval of what can be checked."""
    kept, unstable = len(found.kept_rows), len(found.kept_rows) - found.kept_good
    if not kept:
        return found.sentence
    return (f"{found.sentence} 95% interval of the unstable share among the kept (Wilson): "
            f"{percents(wilson_interval(unstable, kept))}.")


def keep_split(found: SplitKeepList) -> str:
    """What the list was calibrated on and chosen from."""
    repeats = f" {found.repeated:,} repeats are left out." if found.repeated else ""
    return (f"Calibrated on {len(found.calibration_rows):,} molecules, of which "
            f"{found.keep_list.bad_calibration:,} are unstable; chosen from "
            f"{len(found.candidate_rows):,} others.{repeats}")


def keep_all_note(found: SplitKeepList) -> str | None:
    """That the promise asks for nothing, where it does not."""
    share = 1 - found.candidates_good / len(found.candidate_rows)
    if share > found.keep_list.fdr:
        return None
    return (f"Only {share:.1%} of the candidates are unstable, so keeping all of them would hold "
            "the promise as well.")


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
            **interval_columns("stable", stable.interval),
        }
        for roc in ordered_rocs(milestone.comparison) if milestone.comparison else []:
            rows.append(common | {
                "score": f"minus {SCORE_NAMES[roc.quantity]}", **roc.auc.columns("auc"),
                "stable": roc.positives, "unstable": roc.negatives,
            })
        if milestone.comparison is None:
            rows.append(common)
    return pd.DataFrame(rows)
