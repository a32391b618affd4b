"""Sentences and tables of the Generate & triage page. No streamlit here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from core.chemistry.fragments import Fragment
from core.library.selection import Selection
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.stats.estimates import Estimate, interval_columns
from core.stats.proportions import wilson_interval
from core.stats.risk_coverage import RiskCoverage
from core.stats.roc import ScoreComparison
from core.triage.generation import Generation
from core.triage.keep_list import SplitKeepList
from core.triage.milestones import Milestone, overtaking
from core.triage.pooling import POOLED, PooledRanking
from core.triage.quality import Share
from core.triage.ranking import PAPER_AUC
from core.triage.samples import Samples
from core.triage.scores import SCORES
from dashboard.shared.format import (
    estimate,
    fixed,
    interval,
    percents,
    plain,
)
from dashboard.views.triage.query import SCORE_LABELS, in_order

QUESTION = "Which generated molecules can be trusted, and which score tells them?"
"""What the page answers."""

EXAMPLE = """\
The model wrote these molecules itself; then each was scored again in many orders.

**Example.** If LU has an AUC of 0.85, a good molecule has a lower LU than a bad one in 85 of 100
pairs of them. A keep-list at a false-discovery rate of 10% keeps molecules of which, on average,
at most one in ten is bad; the price is that it leaves out good ones, too.
"""
"""How to read the page."""

PAPER_NOTE = (
    f"For context: on QM9 the LU paper reports an AUC of {PAPER_AUC['lu']} for LU and "
    f"{PAPER_AUC['self_nll']} for self NLL; {PAPER_AUC['nll_mean']} for the mean resampled NLL is "
    "known second-hand only. Its model is larger, was trained for "
    "longer and generated other molecules, so the numbers need not agree.")

OTHERS = tuple(column for column in SCORE_LABELS if column != "lu")
"""Scores that LU is compared with."""


@dataclass(frozen=True)
class ShareCard:
    """A share of the sample as a card shows it; `value` is a dash where it is not known."""

    label: str
    value: str
    detail: str
    explanation: str
    count: str = ""


def share_cards(found: Generation) -> list[ShareCard]:
    """How good the sample is."""
    quality = found.quality
    cards = [
        _card("Valid", quality.valid, "all sequences",
              "RDKit sanitizes the molecule; implicit hydrogens and fragments are allowed."
              if found.is_molecular else "The graph is connected and planar."
              if found.card.is_planar else "The graph is connected; whether it is more than that "
              "like what the model learnt is not looked at."),
        _card("Unique", quality.unique, "the valid", "Repeats count once."),
    ]
    if quality.novel is not None:
        cards.append(_card("Novel", quality.novel, "the unique", "Not in the training set."))
    elif found.is_molecular:
        cards.append(ShareCard("Novel", "–", "not looked up",
                               "Needs the training data; run `trailscope triage --data "
                               f"{data_file(found)}`."))
    if quality.stable_molecules is not None:
        cards.append(_card("Stable", quality.stable_molecules, "all sequences",
                           "The molecule is valid and every atom has as many bonds as its "
                           "valence. Strain is not looked at; cards warn of it."))
    if found.is_molecular:
        cards.append(_card("Fragmented", quality.fragmented, "the valid",
                           "The molecule is in several pieces."))
    return cards


def _card(label: str, share: Share, of_what: str, explanation: str) -> ShareCard:
    if not share.whole:
        return ShareCard(label, "–", "of none", explanation)
    count = f"{share.part:,} of {share.whole:,}"
    assert share.estimate.interval is not None
    return ShareCard(label, f"{share.value:.1%}", f"95%: {percents(share.estimate.interval)}",
                     f"{explanation} {count}: the share of {of_what}, with Wilson's 95% interval.",
                     count)


def counts(found: Generation) -> str:
    """The counts behind the shares."""
    known = [f"{card.label.lower()}: {card.count}" for card in share_cards(found) if card.count]
    undecoded = int(found.table["num_nodes"].isna().sum())
    if found.has_set_metrics and undecoded:  # the label is told among the others
        known.append(f"no graph at all: {undecoded:,} of {len(found.table):,}")
    return "; ".join(known).capitalize() + "."


def data_file(found: Generation) -> str:
    """A likely name of the data set as a file or a folder, for commands."""
    record = found.card.data
    name = record.get("name") or (found.chemistry.name if found.chemistry else "data")
    of_parts = found.has_set_metrics  # a test set lies in a file of its own
    return record.get("file") or name.lower() + ("" if of_parts else ".csv")


def code_note(found: Generation) -> str:
    """What the command writes."""
    compared = " and compares them with the test set" if found.has_set_metrics else ""
    novel = (f" With `--data {data_file(found)}` it also says which molecules are novel{compared}."
             if found.is_molecular else "")
    return f"Writes samples.parquet and record.json.{novel}"


def provenance(samples: Samples) -> str:
    """How the graphs were made."""
    config = samples.config
    top = "no top-k" if config.top_k is None else f"top-k {config.top_k}"
    step = "" if samples.step is None else f" after {samples.step:,} training steps"
    grown = "" if config.fragment is None else f" grown from {plain(config.fragment)}"
    return (f"{config.number:,} sequences of {samples.model}{step}{grown}, temperature "
            f"{config.temperature:g}, {top}; K = {config.permutations} re-linearizations under "
            f"`{samples.trained_under}` scored in {config.precision}; seed {config.seed}.")


def fragment_caption(fragment: Fragment, card: ModelCard) -> str:
    """What stays open, and what to know of it."""
    atoms = ", ".join(map(str, fragment.open_atoms))
    notes = [plain(note) for note in fragment.notes]
    if card.strategy != RANDOM_ORDER:
        notes.append(f"The fragment is written in random order, while {card.name} was trained on "
                     f"{card.strategy.name}: fewer of its molecules will be valid.")
    return " ".join([f"Open: {atoms}. Click an atom to open or close it.", *notes])


def growth_finding(found: Generation) -> str | None:
    """Whether the graphs hold their fragment, and what writing it costs; None without one."""
    if found.samples.config.fragment is None:
        return None
    table = found.table
    holds = table["holds_fragment"].dropna()
    share = table["prefix_nll"].sum() / table["self_nll"].sum()
    what = ("Every" if holds.all() else f"Only {int(holds.sum()):,} of {len(holds):,}: a")
    return (f"{what} graph that was read holds the fragment unchanged{_not_grown(found)}. Writing "
            f"it takes {table['prefix_nll'].mean():.1f} nats on average, {share:.0%} of the self "
            "NLL.")


def _not_grown(found: Generation) -> str:
    """Of graphs in which the fragment is a molecule by itself."""
    number = found.num_not_grown
    return f"; in {number:,} of them nothing was bonded to it" if number else ""


def other_weights(found: Generation) -> str | None:
    """A warning if the samples come from other weights than the model that is here."""
    if found.samples.weights_sha256 == found.card.weights_sha256:
        return None
    return (f"These graphs were generated with other weights than {found.card.name} has here, so "
            "the Explore page shows other numbers for them.")


def guided(found: Generation, compared: ScoreComparison | None, lu: float | None) -> str:
    """What the strip of the guide says.

    Args:
        found: the generated graphs.
        compared: how well scores tell the good ones; None where they cannot be ranked.
        lu: of the molecule that the guide is about, None where it is not known.
    """
    label, said = found.label, []
    if compared is not None:
        ranked = in_order(compared)
        best = max(ranked, key=lambda roc: roc.auc.value)
        said.append(
            f"Of what this model wrote itself, {label.good} {label.many} have a lower LU than "
            f"{label.bad} ones in {ranked[0].auc.value:.0%} of pairs"
            + ("." if best is ranked[0] else
               f", a lower {SCORE_LABELS[best.quantity]} in {best.auc.value:.0%}: trust those "
               "with a low one first."))
    known = found.table["lu"].dropna()
    if lu is not None and len(known):
        said.append(f"The molecule of this guide has a higher LU, {lu:.3f}, than "
                    f"{float((known < lu).mean()):.0%} of them.")
    said.append("The *Keep-list* below chooses for you.")
    return " ".join(said)


def shown_rows(shown: int, total: int, selection: Selection, smarts: str) -> str:
    """How many rows pass the filters, and which those are."""
    with_pattern = f" with {plain(smarts)}" if smarts else ""
    condition = f" where {plain(selection.to_text())}" if selection.to_text() else ""
    return f"{shown:,} of {total:,} sequences{with_pattern}{condition} shown."


def auc_table(found: ScoreComparison, paper: Mapping[str, float]) -> pd.DataFrame:
    """One row per score with all that an AUC needs to be understood."""
    label = found.labels
    return pd.DataFrame([
        {
            "score": f"−{SCORE_LABELS[roc.quantity]}", "AUC": roc.auc.value,
            "95% interval": interval(roc.auc.interval, 3), label.good: roc.positives,
            label.bad: roc.negatives, "label": f"{label.one} {label.good}",
            "direction": f"{SCORES[roc.quantity].better} is better",
            "LU paper": f"{paper[roc.quantity]:.2f}" if roc.quantity in paper else "–",
        }
        for roc in in_order(found)
    ])


def auc_frame(found: ScoreComparison) -> pd.DataFrame:
    """`auc_table` for a file: all digits, and names as in every other file."""
    label = found.labels
    return pd.DataFrame([
        {"score": f"minus {SCORE_LABELS[roc.quantity]}", **roc.auc.columns("auc"),
         "label": label.good, "among": label.many,
         "direction": f"{SCORES[roc.quantity].better} is better",
         label.good: roc.positives, label.bad: roc.negatives}
        for roc in in_order(found)])


def pooled_finding(found: PooledRanking) -> str:
    """How the AUC of LU within models and over all of them differ, and what else the latter is."""
    def span(score: str) -> str:
        aucs = found.aucs(score)
        pooled = aucs.pop(POOLED)
        alone = sorted(auc.value for auc in aucs.values())
        within = "" if not alone else (
            f", within a single model {fixed(alone[0], 2)}" if alone[0] == alone[-1] else
            f", within a model {fixed(alone[0], 2)} to {fixed(alone[-1], 2)}")
        return f"{SCORE_LABELS[score]} {estimate(pooled, 2)}{within}"

    scores = [roc.quantity for roc in in_order(found.pooled)]
    return f"Pooled over {found.number} models: **{span(scores[0])}**; " + "; ".join(
        map(span, scores[1:])) + "."


def pooled_caption(found: PooledRanking, paper: Mapping[str, float]) -> str:
    """What a pooled AUC is, of which molecules, and what a paper's is likely to be."""
    pooled, label = found.pooled, found.label
    parts = [
        found.note,
        f"Label: {label.one} {label.good}, among {label.molecules} ({pooled.positives:,} "
        f"{label.good}, {pooled.negatives:,} {label.bad} in all); score: minus the quantity. "
        f"Intervals: 95%; pooled, {label.many} are resampled within each class and model.",
        f"The LU paper does not say whether its molecules are pooled; its {paper['lu']:.2f} for LU "
        "is likely to be." if "lu" in paper else "",
        *(f"{model}: {why}" for model, why in found.reasons.items())]
    return " ".join(filter(None, parts))


def pooled_alt(found: PooledRanking) -> str:
    """The figure in words."""
    return (f"AUC for the label “{found.label.good}”. "
            + " ".join(f"{name}: {_aucs(one)}." for name, one in found.comparisons.items()))


def pooled_table(found: PooledRanking) -> pd.DataFrame:
    """A row per model and one for all, a column per score."""
    return pd.DataFrame([
        {f"{found.label.many} of": name if name != POOLED else f"all {found.number}, pooled",
         **{f"−{SCORE_LABELS[roc.quantity]}": estimate(roc.auc, 3) for roc in in_order(one)},
         found.label.good: one.positives, found.label.bad: one.negatives}
        for name, one in found.comparisons.items()])


def difference_table(found: ScoreComparison) -> pd.DataFrame:
    """One row per pair of scores."""
    return pd.DataFrame([{
        "scores": f"{SCORE_LABELS[first]} and {SCORE_LABELS[second]}",
        "difference of AUC": difference.value,
        "95% interval, paired": interval(difference.interval, 3),
        "what it says": _verdict(difference, first, second),
    } for first, second, difference in _differences(found)])


def difference_frame(found: ScoreComparison) -> pd.DataFrame:
    """`difference_table` for a file: all digits, and names as in every other file."""
    return pd.DataFrame([{
        "first": f"minus {SCORE_LABELS[first]}", "second": f"minus {SCORE_LABELS[second]}",
        **difference.columns("auc_difference"),
    } for first, second, difference in _differences(found)])


def _differences(found: ScoreComparison) -> Iterator[tuple[str, str, Estimate]]:
    for first, second in combinations([roc.quantity for roc in in_order(found)], 2):
        yield first, second, found.difference(first, second)


def _verdict(found: Estimate, first: str, second: str) -> str:
    if found.interval is None:
        return found.reason or ""
    if found.interval.holds(0):
        return "does not show which is better"
    return f"{SCORE_LABELS[first if found.value > 0 else second]} ranks better"


def ranking_finding(found: ScoreComparison) -> str:
    """What the ROC curves show."""
    label = found.labels
    return (f"AUC of minus each score for the label “{label.good}” ({found.positives:,} "
            f"{label.good}, {found.negatives:,} {label.bad} {label.many}): {_aucs(found)}.")


def _aucs(found: ScoreComparison) -> str:
    return ", ".join(f"{SCORE_LABELS[roc.quantity]} {estimate(roc.auc, 2)}"
                     for roc in in_order(found))


def ranking_sentence(found: ScoreComparison) -> str:
    """What is compared, as a caption."""
    note, label = f" {found.note}" if found.note else "", found.labels
    return (f"Label: {label.one} {label.good}, among {label.molecules} ({found.positives:,} "
            f"{label.good}, {found.negatives:,} {label.bad}). Score: minus the quantity, so an AUC "
            f"above 0.5 means that {label.good} {label.many} tend to have the lower value. "
            f"Intervals: bootstrap of {found.resamples:,} resamples of {label.many}, the same for "
            f"all scores; seed {found.seed}.{note}")


def roc_table(found: ScoreComparison) -> pd.DataFrame:
    """The points of all ROC curves."""
    return pd.concat([
        pd.DataFrame({"score": f"minus {SCORE_LABELS[roc.quantity]}",
                      "false_positive_rate": roc.false_positive_rate,
                      "true_positive_rate": roc.true_positive_rate})
        for roc in in_order(found)
    ])


def coverage_finding(found: RiskCoverage) -> str:
    """What the risk–coverage curve shows."""
    at = int((found.coverage <= 0.5).sum()) - 1 if found.number > 1 else 0
    half = (f"; of the better-ranked half, {found.accuracy[at]:.1%} are"
            if found.coverage[at] <= 0.5 else "")
    return (f"{found.base_rate.value:.1%} of all are {found.labels.good}{half}. Area under the "
            f"risk–coverage curve: {estimate(found.aurc, 4)}; a random order has "
            f"{1 - found.base_rate.value:.4f}, the perfect one {found.perfect_aurc:.4f}.")


def coverage_table(found: RiskCoverage) -> pd.DataFrame:
    """The points of the curve."""
    return pd.DataFrame({
        "kept": found.kept, "coverage": found.coverage, "threshold": found.threshold,
        f"{found.labels.good}_share": found.accuracy, "band_low": found.band_low,
        "band_high": found.band_high, "perfect": found.perfect,
    })


def kept_finding(found: SplitKeepList) -> str:
    """What came out of a keep-list, with the interval of what can be checked."""
    kept, bad = len(found.kept_rows), len(found.kept_rows) - found.kept_good
    if not kept:
        return found.sentence
    return (f"{found.sentence} 95% interval of the share among the kept (Wilson): "
            f"{percents(wilson_interval(bad, kept))}.")


def keep_split(found: SplitKeepList) -> str:
    """What the list was compared with and chosen from."""
    repeats = f" {found.repeated:,} repeats are left out." if found.repeated else ""
    labels = found.keep_list.labels
    return (f"Candidates: a random half, {len(found.candidate_rows):,} {labels.many}. They are "
            f"compared with the other half, the reference set: {len(found.reference_rows):,}, of "
            f"which {found.keep_list.bad_reference:,} are {labels.bad}.{repeats}")


def keep_all_note(found: SplitKeepList) -> str | None:
    """That the promise asks for nothing, where it does not."""
    share = 1 - found.candidates_good / len(found.candidate_rows)
    if share > found.keep_list.fdr:
        return None
    return (f"Only {share:.1%} of the candidates are {found.keep_list.labels.bad}, so the promise "
            "would hold even if all of them were kept.")


def no_milestones(model: str) -> str:
    """What to do where nothing ships."""
    return (f"No samples along the training of {model} come with TrailScope; keep checkpoints with "
            "`trailscope train --milestones 400,800`, and sample from each with `trailscope triage "
            f"--output assets/results/milestones/{model}/step-00400`.")


def reading_aid(milestones: Sequence[Milestone]) -> str:
    """What the points are."""
    label = milestones[0].label
    reasons = " ".join(f"Step {milestone.step:,}: {milestone.reason}"
                       for milestone in milestones if milestone.reason)
    return (f"Label: {label.one} {label.good}, among the {label.molecules} of each step. Score: "
            f"minus the quantity; an AUC above 0.5 means that {label.good} {label.many} tend to "
            "have the lower value. Bars are 95% intervals; hover over a point for the class "
            f"counts. {reasons}").strip()


def good_share_finding(milestones: Sequence[Milestone]) -> str:
    """How the share of good molecules grows."""
    first, last = milestones[0], milestones[-1]
    return (f"Share of {first.label.good} {first.label.many} among all sequences: "
            f"{first.good_share.value:.1%} at step {first.step:,}, {last.good_share.value:.1%} at "
            f"step {last.step:,}.")


def overtaking_sentence(milestones: Sequence[Milestone], second: str) -> str:
    """From when on LU ranks better than another score, or that it does not."""
    since, name = overtaking(milestones, "lu", second), SCORE_LABELS[second]
    last = milestones[-1].step
    what = "the 95% interval of the paired difference of AUC"
    if since is not None:
        return (f":green[:material/check_circle:] From step {since:,} on, LU ranks better than "
                f"{name}: {what} stays above 0.")
    behind = overtaking(milestones, second, "lu")
    how = (f"at that step {what} includes 0 or does not exist" if behind is None else
           f"at that step LU ranks worse, {what} is below 0" if behind == last else
           f"from step {behind:,} on it ranks worse, {what} stays below 0")
    return (f":gray[:material/do_not_disturb_on:] Up to step {last:,} LU does not overtake {name}: "
            f"{how}.")


def training_finding(milestones: Sequence[Milestone]) -> str:
    """What the curves along training show."""
    last = milestones[-1]
    if last.comparison is None:
        return f"Step {last.step:,}: {last.reason}"
    return f"AUC at {len(milestones)} steps; at the last, {last.step:,}: {_aucs(last.comparison)}."


def training_table(milestones: Sequence[Milestone]) -> pd.DataFrame:
    """One row per step and score."""
    rows: list[dict[str, object]] = []
    for milestone in milestones:
        label, share = milestone.label, milestone.good_share
        common: dict[str, object] = {
            "step": milestone.step, "graphs_seen": milestone.graphs_seen,
            "sequences": milestone.quality.number, f"{label.good}_share": share.value,
            **interval_columns(label.good, share.interval),
        }
        for roc in in_order(milestone.comparison) if milestone.comparison else []:
            rows.append(common | {
                "score": f"minus {SCORE_LABELS[roc.quantity]}", **roc.auc.columns("auc"),
                label.good: roc.positives, label.bad: roc.negatives,
            })
        if milestone.comparison is None:
            rows.append(common)
    return pd.DataFrame(rows)
