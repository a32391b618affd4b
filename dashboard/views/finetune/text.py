"""Sentences and tables of the Fine-tune page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from core.chemistry.chemistry import Chemistry
from core.evaluation import measures
from core.finetune.learning_set import LearningSet
from core.finetune.methods import METHOD_TITLES
from core.likelihood.low_lu import LowLu
from core.model.card import ModelCard
from core.model.local_models import MAX_KEPT
from core.repair.comparison import Change, EqualSize, changes, largest_reduction
from core.repair.result import RepairResult
from core.repair.session import FinetuneProgress, FinetuneSession
from core.repair.spurious import spurious_repairs
from core.stats.estimates import Estimate
from core.units import with_unit
from dashboard.shared.format import duration, estimate, interval, short, signed
from dashboard.views.finetune.charts import Histograms
from dashboard.views.finetune.points import RepairPoint, ScaledArm
from dashboard.views.finetune.query import (
    COST,
    MEASURES,
    PAIRED,
    PERMUTATIONS,
    FinetuneQuery,
    Source,
)

EXAMPLE = """\
A model that learnt one order is trained on a little more data in random orders, with all weights,
with few of them (a mask) or with LoRA, and measured before and after.

**Example.** A marker far to the left and far down trained few weights and took back much of the LU
under random order. If its marker is hollow, the LU fell only because the NLL rose: the model
became worse at everything, which is no repair.
"""
"""How to read the page."""

INTRO = ("Teach a model another order by training a few of its weights, and see what this "
         "repairs and what it costs under the order that the model was trained under.")
SIDEBAR_NOTE = "Settings for your own run, which you start in the section “Your run”."
SIDEBAR_ELSEWHERE = ("Nothing to set here: these runs are finished. Settings of a run of your own "
                     "stand here in the sections “Your run” and “Code”.")
NO_REPAIRS = ("No repairs ship with this installation; make them with the command below, which can "
              "be resumed. Your own runs work without them.")
NO_KEEPING = ("On this public page models are not kept for Explore, since one visitor's would "
              "displace another's: `Checkpoint` holds the whole model, for TrailScope elsewhere.")
DETAILS = "Its size, its interval, and methods of the same size"
"""On the panel below the finding."""

LIVE_ONLY = ("Your finished runs that start from the same model and learn the same order as the "
             "latest one; the dashed line is the model before.")
FIRST_MASK_HELP = ("A dynamic run chooses its mask anew along the way; this is the first one. The "
                   "adapter holds all entries that were changed.")
READING_AID = ("Lower is better, for repair and cost. "
               "The dashed line is the model before. Circles are static global masks, squares "
               "local ones, triangles dynamic ones; arms that train equally many parameters stand "
               "side by side. Hollow arms have a low LU only because their NLL is high; the "
               "Pareto front leaves them out.")
CLICK_AID = "Click a shipped point to see the model before and after."
NOTES_TITLE = "What is not learnt from the molecules as you gave them"
CODE_NOTE = ("Molecules that were generated, typed or uploaded come from a file of SMILES: "
             "`Molecules learnt from` among the downloads of a finished run saves it under this "
             "name, without the rows that are left out. The adapter, the mask, the merged "
             "checkpoint and the record are what the page offers. Evaluation takes the test split "
             "of the model's data set, which begins with the graphs that the page measures on.")
KEEP_HELP = ("Keeps the merged model in the folder that the environment variable "
             "TRAILSCOPE_MODELS names, or runs/models; all pages then offer it by its name. "
             f"The {MAX_KEPT} most recently kept models stay.")
HINDSIGHT_NOTE = ("`hindsight` trains the weights that the run of all weights changed most. That "
                  "is known only afterwards, so it is a reference for the criteria, not one of "
                  "them.")
SCALING_AID = ("Every point is the model W + α ΔW, where ΔW is all that fine-tuning changed: α = 0 "
               "is the model before, α = 1 the fine-tuned one. Nothing is trained in between.")
ALPHA_HELP = "Above 1, the change is taken further than the run went."
SCALED_CODE = ("Writes the model at this α from the checkpoint of the run: that of the command "
               "line in the section “Code”, or the download `Checkpoint`.")
EXAMPLES = "examples"
_PHASES = {EXAMPLES: "Examples", "score": "Mask", "train": "Steps",
           "before": "Measuring the model as it was", "after": "Measuring the new model"}
"""Of a run, in their order; a method without a mask leaves that out."""

_UNITS = {"score": "examples", "train": "steps", "before": "linearized graphs",
          "after": "linearized graphs", "scale": "linearized graphs", "done": ""}


def data_note(chemistry: Chemistry) -> str:
    """Which generated molecules are learnt from."""
    good = "valid, stable and distinct" if chemistry.has_hydrogen_nodes else "valid and distinct"
    return (f"Generated molecules ship with TrailScope: the {good} ones, without the molecules "
            "that are measured on.")


def provenance(result: RepairResult) -> str:
    """How a result was measured."""
    test, settings = result.settings.get("test", {}), result.settings
    steps = settings.get("steps")
    return (f"**{result.model}** learns `{result.orders[-1]}` in {steps:,} steps of "
            f"{settings.get('batch_size')} sequences; measured on {test.get('graphs'):,} graphs of "
            f"{test.get('name')}'s {test.get('split')} split, K = {settings.get('permutations')}, "
            f"seed {settings.get('seed')}. Intervals: 95%, resampling graphs.")


def panel_titles(measure: str, result: RepairResult) -> tuple[str, str]:
    """What the two panels of the plot show."""
    known = measures.MEASURES
    return (f"Repair: {known[MEASURES[measure]].name_and_unit}<br>under {result.orders[-1]}",
            f"Cost: {known[COST].name_and_unit}<br>under {result.orders[0]}")


def comparison_finding(
    points: Sequence[RepairPoint], before: RepairResult | None, measure: str
) -> str:
    """Which arm repairs most, and what it costs, in one sentence."""
    if not points:
        return "No method passes the filters."
    key, best = MEASURES[measure], _best(points, measure)
    own, new = best.orders[0], best.orders[-1]
    if before is None:
        return (f"Largest reduction: **{best.arm.label}**, with {measure} "
                f"{short(_new(best, key))} under {new}.")
    return (f"Largest reduction: **{best.arm.label}** takes {measure} under {new} from "
            f"{short(_new(before, key))} to **{short(_new(best, key))}**; the NLL per token under "
            f"the model's own order, {own}, goes from {short(before.estimates[own][COST].value)} "
            f"to {short(best.estimates[own][COST].value)} nats.")


def comparison_details(
    points: Sequence[RepairPoint], before: RepairResult | None, measure: str
) -> str:
    """The size and the interval of the arm that repairs most, and which lower LU is no repair."""
    if not points:
        return ""
    key, best = MEASURES[measure], _best(points, measure)
    beside = _in_nats(before, best) if key == "lu" else ""
    text = (f"**{best.arm.label}** trains {best.num_parameters:,} parameters, {best.share:.2%} of "
            f"the model: {measure} {estimate(best.estimates[best.orders[-1]][key])}{beside}.")
    return f"{text} {spurious_sentences([point.result for point in points], best, key)}".rstrip()


def _best(points: Sequence[RepairPoint], measure: str) -> RepairResult:
    return largest_reduction([point.result for point in points], MEASURES[measure])


def _in_nats(before: RepairResult | None, result: RepairResult) -> str:
    """What stands behind a LU under the new order: the standard deviation in nats."""
    new = result.orders[-1]
    was = "" if before is None else f", from {short(before.estimates[new]['nll_std'].value)}"
    return f" (standard deviation {estimate(result.estimates[new]['nll_std'])} nats{was})"


def spurious_sentences(
    results: Sequence[RepairResult], best: RepairResult, measure: str
) -> str:
    """Why arms with a lower LU than the best do not count, and how many more are spurious."""
    found = spurious_repairs(results, measure)
    lower = [result for result in found if _new(result, measure) < _new(best, measure)]
    more = len(found) - len(lower)
    rest = ("The same is true of one other hollow arm." if more == 1 else
            f"The same is true of {more} other hollow arms.") if lower else (
            "The LU of one arm is low only because its NLL is high; its marker is hollow."
            if more == 1 else
            f"The LU of {more} arms is low only because their NLL is high; their markers are "
            "hollow.")
    return " ".join([*(spurious_sentence(result, found[result]) for result in lower),
                     *([rest] if more else [])])


def spurious_sentence(result: RepairResult, found: LowLu[RepairResult]) -> str:
    """Why the low LU of an arm is no repair."""
    other = found.shown_by
    return (f"The LU of **{result.arm.label}** is lower ({short(_new(result, 'lu'))}) only because "
            f"its NLL is high, {short(_new(result, 'nll_per_token'))} nats per token: between "
            f"orders of a graph its NLL varies by {short(found.spread_nats)} nats, that of "
            f"**{other.arm.label}** (LU {short(_new(other, 'lu'))}) by "
            f"{short(found.its_spread_nats)}.")


def _new(result: RepairResult, measure: str) -> float:
    return result.estimates[result.orders[-1]][measure].value


def equal_size_finding(found: EqualSize | None, measure: str) -> str:
    """Whether a simple gradient mask holds up against what trains equally many parameters."""
    if found is None:
        return ""
    what = "mean NLL of a graph" if PAIRED[measure] == "nll_mean" else measure
    parts = []
    for other, difference in zip(found.others, found.differences, strict=True):
        ends = difference.interval
        if ends is None or ends.holds(0):
            verdict = "not distinguishable from that of"
        else:
            verdict = f"{'higher' if difference.value > 0 else 'lower'} than that of"
        parts.append(f"{verdict} **{other.arm.label}** ({signed(difference)})")
    *first, last = parts
    verdicts = f"{', '.join(first)} and {last}" if first else last
    return (f"At {found.mask.num_parameters:,} parameters, the {what} of the static gradient mask "
            f"is {verdicts}. Differences are paired by graph, with 95% intervals.")


def plot_alt(points: Sequence[RepairPoint], before: RepairResult | None, measure: str) -> str:
    """What the plot shows, for those who cannot see it."""
    rows = "; ".join(
        f"{point.key}: {point.parameters:,} parameters, {measure} "
        f"{short(point.estimate(MEASURES[measure], native=False).value)}"
        f"{_nats_beside(point.result, MEASURES[measure])}, cost "
        f"{short(point.estimate(COST, native=True).value)}" for point in points)
    finding = " ".join(say(points, before, measure) for say in (
        comparison_finding, comparison_details)).replace("*", "")
    return (f"Trained parameters against {measure} under the new order and against the NLL per "
            f"token under the model's own. {finding} "
            f"{rows}.")


def _nats_beside(result: RepairResult, measure: str) -> str:
    """The standard deviation in nats, where the measure is LU."""
    return f" ({short(_new(result, 'nll_std'))} nats)" if measure == "lu" else ""


def change_sentence(change: Change) -> str:
    """A measure before and after, with the paired change if graphs have one."""
    name = measures.MEASURES[change.measure].name_and_unit
    text = f"{name} under `{change.order}`: {short(change.before.value)} → "
    text += f"**{short(change.after.value)}**"
    if change.paired is not None:
        text += f"; paired change {signed(change.paired)}"
    return f"{text}."


def lu_sentences(before: RepairResult, after: RepairResult) -> list[str]:
    """Paired changes of LU and of its nats, an order each, and where LU must not be believed."""
    found = [change_sentence(change) for change in changes(before, after)
             if change.measure in ("lu", "nll_std")]
    return [*found, *low_lu_notes(before, after)]


def low_lu_notes(before: RepairResult, after: RepairResult) -> list[str]:
    """A sentence for every order under which LU is lower only because the NLL is higher."""
    marked = {order: spurious_repairs((before, after), order=order).get(after)
              for order in after.orders}
    return [f"Under `{order}` the lower LU comes from a higher NLL, not from orders being more "
            f"alike: between orders the NLL varies by {short(found.spread_nats)} nats, before by "
            f"{short(found.its_spread_nats)}."
            for order, found in marked.items() if found is not None]


def headline_table(before: RepairResult, after: RepairResult) -> pd.DataFrame:
    """A row per order and measure."""
    return pd.DataFrame([{
        "order": change.order + (" (own)" if change.order == after.orders[0] else ""),
        "measure": measures.MEASURES[change.measure].name_and_unit,
        "before": estimate(change.before), "after": estimate(change.after),
        "change, graph by graph": "" if change.paired is None else signed(change.paired),
    } for change in changes(before, after)])


def result_table(results: Mapping[str, RepairResult]) -> pd.DataFrame:
    """A row per arm and order: what was trained, and every measure with its interval."""
    orders = dict.fromkeys(order for result in results.values() for order in result.orders)
    marked = {order: spurious_repairs([
        result for result in results.values() if order in result.orders], order=order)
        for order in orders}
    return pd.DataFrame([_row(name, result, order, is_marked=result in marked[order])
                         for name, result in results.items() for order in result.orders])


def _row(name: str, result: RepairResult, order: str, *, is_marked: bool) -> dict[str, object]:
    arm = result.arm
    row: dict[str, object] = {
        "arm": name, "method": arm.method, "criterion": arm.criterion, "scope": arm.scope,
        "selection": None if arm.method != "sparse" else (
            "dynamic" if arm.is_dynamic else "static"),
        "parameters": result.num_parameters, "share": result.share,
        "learning_rate": result.settings.get("learning_rate"), "evaluated_under": order,
    }
    for measure, found in result.estimates[order].items():
        row |= found.columns(with_unit(measure))
    return row | {"low_lu_from_high_nll": is_marked,
                  "graphs": result.settings.get("test", {}).get("graphs"),
                  "wall_s": result.wall_s}


def no_scaled(result: RepairResult, measured: Sequence[str]) -> str:
    """Why an arm has no slider over its change, and how it gets one.

    Args:
        result: of the arm.
        measured: models of which some arm has one.
    """
    others = [model for model in measured if model != result.model]
    there = f"; those of {' and '.join(others)} do" if others else ""
    return (f"The shipped result of **{result.arm.label}** for {result.model} is older than the "
            f"measuring of scaled changes and holds none{there}. This command measures them for "
            "all arms:")


def scaled_axes(measure: str, result: RepairResult) -> tuple[str, str]:
    """Titles of the axes: what is given up, and what is repaired."""
    known = measures.MEASURES
    return (f"{known[COST].name_and_unit}<br>under {result.orders[0]}",
            f"{known[MEASURES[measure]].name_and_unit}<br>under {result.orders[-1]}")


def scaled_sentence(arm: ScaledArm, alpha: float, measure: str) -> str:
    """What the change of an arm does at one scale, beside both ends."""
    at, key = arm.scaled.nearest(alpha), MEASURES[measure]
    own, new = arm.orders[0], arm.orders[-1]

    def ends(name: str, *, native: bool) -> str:
        before, after = (short(arm.at(end, name, native=native).value) for end in (0, 1))
        return f"{before} at α = 0, {after} at α = 1"

    beside = [f"{measures.MEASURES[other].name_and_unit}: "
              f"{short(arm.at(at, other, native=False).value)}"
              for other in _BESIDE if other != key]
    return (f"**{arm.label}** at α = {at:g}: {measure} "
            f"**{estimate(arm.at(at, key, native=False))}** under {new} "
            f"({ends(key, native=False)}; {'; '.join(beside)}) and NLL per token "
            f"**{estimate(arm.at(at, COST, native=True))}** nats under {own} "
            f"({ends(COST, native=True)}).{_low_lu_note(arm, at)}")


def _low_lu_note(arm: ScaledArm, alpha: float) -> str:
    """Where LU at an α must not be believed."""
    found = arm.low_lu.get(alpha)
    return "" if found is None else (
        " The low LU comes from a high NLL, not from orders being more alike: between orders the "
        f"NLL varies by {short(found.spread_nats)} nats, at α = {found.shown_by:g} by "
        f"{short(found.its_spread_nats)}.")


_BESIDE = ("lu", "nll_std", "ece")
"""What a sentence on a scaled change names besides what it is judged by, all under the new order:
LU is never alone."""


def scaled_note(arms: Sequence[ScaledArm]) -> str:
    """On how many graphs scaled changes were measured."""
    numbers = sorted({arm.scaled.graphs for arm in arms})
    return ("The square is α = 0, the filled circle α = 1, the large one the chosen α. "
            f"Measured at α = {', '.join(f'{alpha:g}' for alpha in arms[0].scaled.alphas)} on the "
            f"first {' or '.join(f'{number:,}' for number in numbers)} test graphs. Intervals: "
            "95%, resampling graphs.")


def scaled_alt(arms: Sequence[ScaledArm], alpha: float, measure: str) -> str:
    """What the curves show, for those who cannot see them."""
    key = MEASURES[measure]
    rows = []
    for arm in arms:
        points = zip(arm.scaled.alphas, arm.curve(COST, native=True),
                     arm.curve(key, native=False), strict=True)
        rows.append(f"{arm.label}: " + ", ".join(
            f"α {at:g}: {short(cost.value)} and {short(value.value)}"
            for at, cost, value in points))
    return (f"NLL per token under the model's own order against {measure} under the new one, as "
            f"the change of weights is scaled; α = {arms[0].scaled.nearest(alpha):g} is marked. "
            f"{'; '.join(rows)}.")


def scaled_table(arms: Sequence[ScaledArm]) -> pd.DataFrame:
    """A row per arm, α, order and measure; under the new order LU that comes from a high NLL."""
    return pd.concat([_scaled_rows(arm) for arm in arms], ignore_index=True)


def _scaled_rows(arm: ScaledArm) -> pd.DataFrame:
    table = arm.scaled.to_table().drop(columns="reason").assign(arm=arm.label)
    return table.assign(low_lu_from_high_nll=[
        row.measure == "lu" and row.order == arm.orders[-1] and row.alpha in arm.low_lu
        for row in table.itertuples()])


def scaling_estimate(query: FinetuneQuery) -> str:
    """About how long measuring scaled changes takes."""
    return (f"About {duration(query.scaling_s)} on two idle cores: the new model's change is taken "
            f"at other scales and measured on the same {query.test} graphs. Nothing is trained.")


def histogram_alt(found: Sequence[Histograms], orders: Sequence[str]) -> str:
    """What the distributions show."""
    parts = [f"under {order} the mean of {int(one.before.sum()):,} graphs goes from "
             f"{short(one.means[0])} to {short(one.means[1])}"
             for one, order in zip(found, orders, strict=True)]
    return f"LU of every graph before and after: {', '.join(parts)}."


def histogram_table(found: Sequence[Histograms], orders: Sequence[str]) -> pd.DataFrame:
    """A row per order and bin."""
    return pd.concat([pd.DataFrame({
        "order": order, "low": one.edges[:-1], "high": one.edges[1:], "before": one.before,
        "after": one.after}) for one, order in zip(found, orders, strict=True)],
        ignore_index=True)


def ece_alt(before: RepairResult, after: RepairResult) -> str:
    """What the reliability diagrams show."""
    parts = [f"under {order} ECE {estimate(before.estimates[order]['ece'])} before and "
             f"{estimate(after.estimates[order]['ece'])} after" for order in after.orders]
    return f"Reliability before and after: {', '.join(parts)}."


def loss_alt(history: Sequence[tuple[int, float]]) -> str:
    """What the loss did."""
    if not history:
        return "No step is done yet."
    return (f"Loss from {history[0][1]:.3f} nats per token at step {history[0][0]} to "
            f"{history[-1][1]:.3f} at step {history[-1][0]}.")


def loss_table(history: Sequence[tuple[int, float]]) -> pd.DataFrame:
    """A row per step."""
    return pd.DataFrame(history, columns=["step", "loss_nats_per_token"])


def run_summary(query: FinetuneQuery, count: int | None, entries: int) -> str:
    """What a run will do.

    Args:
        query: the run.
        count: parameters that it trains; None for all weights.
        entries: of the model's matrices.
    """
    config = query.config
    size = "" if count is None else (
        f" ({count:,} parameters, {count / entries:.2%} of the {entries:,} matrix entries)")
    what = (f"the weights that `{config.criterion}` selects" if config.method == "sparse" else
            METHOD_TITLES[config.method])
    steps = "step" if config.steps == 1 else "steps"
    return (f"**{query.model}** learns `{query.order}` from {source_text(query.source)} by "
            f"training {what}{size}, in {config.steps:,} {steps} of {config.batch_size} "
            f"sequences at a learning rate of {config.learning_rate:g}.")


def source_text(source: Source) -> str:
    """Where the graphs come from, in a sentence."""
    if source.dataset is not None:
        return (f"{source.dataset.title}'s training split" if source.has_molecules
                else f"{source.dataset.title} graphs")
    return f"molecules generated by {source.detail}" if source.detail else "your molecules"


def data_help(card: ModelCard) -> str:
    """What can be learnt from."""
    if card.chemistry is None:
        return "Planar graphs are made by seed."
    return ("Nothing is downloaded: generated molecules ship with TrailScope. "
            f"{card.data.get('name', 'The data set')}'s training split can be chosen where it "
            "has been downloaded.")


def molecules_help(card: ModelCard) -> str:
    """What molecules may hold."""
    return "" if card.chemistry is None else card.chemistry.limits


def time_estimate(query: FinetuneQuery) -> str:
    """About how long a run takes."""
    return (f"About {duration(query.estimated_s)} on two idle cores for a model of the shipped "
            f"size, most of it for {query.config.steps:,} steps and for measuring {query.test} "
            f"graphs before and after at K = {PERMUTATIONS}; a busy machine takes longer.")


def phase(stage: str, method: str) -> str:
    """The name of a stage of work and which one it is.

    >>> phase("train", "sparse"), phase("train", "lora"), phase("scale", "lora")
    ('**Steps** (phase 3 of 5)', '**Steps** (phase 2 of 4)', '**Measuring scaled changes**')
    """
    if stage not in _PHASES:
        return "**Measuring scaled changes**"
    phases = _phases(method)
    return f"**{_PHASES[stage]}** (phase {phases.index(stage) + 1} of {len(phases)})"


def beginning(method: str, *, has_begun: bool, is_trained: bool) -> str:
    """What a run that goes on does first, before it tells of it.

    >>> beginning("sparse", has_begun=False, is_trained=False)
    '**Mask** (phase 2 of 5) begins'
    >>> beginning("lora", has_begun=False, is_trained=False)
    '**Steps** (phase 2 of 4) begins'
    >>> beginning("lora", has_begun=True, is_trained=True)
    '**Measuring**'
    """
    if is_trained:
        return "**Measuring**"  # of which model, it tells
    stage = "train" if has_begun or method != "sparse" else "score"
    return f"{phase(stage, method)} begins"


def phases_note(method: str) -> str:
    """What a run goes through.

    >>> phases_note("full")
    'Phases: examples, steps, measuring the model as it was, measuring the new model.'
    """
    return f"Phases: {', '.join(_PHASES[name].lower() for name in _phases(method))}."


def _phases(method: str) -> list[str]:
    return [name for name in _PHASES if name != "score" or method == "sparse"]


def progress_text(state: FinetuneProgress, method: str, pace: str) -> str:
    """What is being done; `pace` as of `Pace.heard`."""
    text = (f"{phase(state.stage, method)}: {state.done:,} of {state.total:,} "
            f"{_UNITS[state.stage]}{pace}")
    return text if state.loss is None else f"{text}, loss {state.loss:.3f} nats per token"


def left_to_do(session: FinetuneSession) -> str:
    """How far a stopped run has come."""
    done = session.history[-1][0] if session.history else 0
    if session.is_trained:
        return "All steps are done; measuring is left."
    return f"{done:,} of {session.config.steps:,} steps are done; the run continues from there."


def result_sentence(before: RepairResult, after: RepairResult) -> str:
    """What a run repaired and what it cost."""
    own, new = after.orders[0], after.orders[-1]
    lu, was = after.estimates[new]["lu"], before.estimates[new]["lu"]
    cost, native = after.estimates[own][COST], before.estimates[own][COST]
    return " ".join([
        f"Training {after.num_parameters:,} parameters ({after.share:.2%}) changed the LU "
        f"under {new} from {short(was.value)} to {estimate(lu)}{_in_nats(before, after)}, and the "
        f"NLL per token under {own} from {short(native.value)} to {estimate(cost)} nats.",
        *low_lu_notes(before, after)])


def kept_note(name: str) -> str:
    """Where a kept model can be opened."""
    return (f"Kept as **{name}**: the Explore page and the others offer it among their models, and "
            "links to it work for as long as it is kept.")


def learning_summary(found: LearningSet) -> str:
    """How many molecules there are to learn from."""
    number = len(found.graphs)
    return f"{number:,} {'molecule' if number == 1 else 'molecules'} to learn from."


def bad_row_table(found: LearningSet) -> pd.DataFrame:
    """A row per row that is left out."""
    return pd.DataFrame([{"row": row.id, "SMILES": row.smiles, "what is wrong": row.error}
                         for row in found.bad])


def note_table(found: LearningSet) -> pd.DataFrame:
    """A row per property that the graphs do not encode."""
    return pd.DataFrame({"note": found.notes})


def bad_rows(found: LearningSet) -> str:
    """How many rows are no molecules."""
    one = len(found.bad) == 1
    return f"{len(found.bad):,} {'row is' if one else 'rows are'} left out; the table says why."


def live_note(result: RepairResult) -> str:
    """That a live result is measured on other graphs than those that ship."""
    test = result.settings["test"]
    return (f"Your runs are measured on the first {test['graphs']:,} test graphs, the shipped ones "
            "on more: compare them only as far as the 95% intervals allow.")


def band(found: Estimate) -> str:
    """An interval as a metric's second line."""
    return f"95%: {interval(found.interval)}"
