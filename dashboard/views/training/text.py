"""Sentences and tables of the Training page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from core.sent.strategies import RANDOM_ORDER
from core.stats.estimates import Estimate
from core.study.run import Diversity
from core.study.training_record import TrainingRecord, with_unit_of
from dashboard.shared.format import estimate, percents, plain, short
from dashboard.views.training.charts import Panel, budget_of, label_of, lines_of
from dashboard.views.training.query import MEASURES, MOST_MOLECULES, SHARES, UNDER, ReadMolecules

_GAP = "gap_nll_per_token"

QUESTION = "Which order should a generator learn, and how much data does that take?"
"""What the page answers."""

EXAMPLE = """\
A model that learns **one** order sees a molecule the same way every time: quick to learn, quick to
memorize, and lost when molecules are written otherwise. Under **random order** every molecule comes
in thousands of forms: slower to learn, hard to memorize.

**Example.** Of 100 linearizations of a molecule of QM9, on average 99.8 differ under `random_order`
and 82.8 under `min_degree_first`. Where the NLL of held-out molecules rises again while a training
goes on, and fewer of its samples are novel, the model begins to copy what it learnt.

Generalization gap: NLL per token of molecules that were not learnt, minus that of molecules that
were. VUN: samples that are valid, unique and novel.
"""
"""How to read the page."""

PROMISE = "What is measured by then stays; Measure goes on from there."

WRITTEN_AS_HELP = ("Elements, hydrogens and bonds of the tokens. automatic: the first of the "
                   "others that can write most of your molecules.")

OWN_HELP = f"The first {MOST_MOLECULES} rows are measured: SMILES, CSV, SDF, Parquet or JSON."

STUDY = "trailscope study MODEL --output runs/results/training/NAME"

GAP_PANELS = (Panel("gap_nll_per_token", "generalization gap, nats per token"),
              Panel("novel", "novel, of the unique", is_share=True),
              Panel("lu", "LU of test graphs"))
MIX_PANELS = (Panel("lu_random", "LU under random order"),
              Panel("ece_random", "ECE under random order"),
              Panel("test_nll_per_token", "NLL under own order, nats per token"))


def bring_help(*, hosted: bool) -> str:
    """How trainings of one's own get into the pictures."""
    more = "" if hosted else (" Records in a folder of `runs/results/training` are shown as they "
                              "stand.")
    return (f"`record.json` of `{STUDY}`, or `trailscope.json` of a model that `trailscope train "
            f"--validate-at 50,100,200` made, which has no measurements of the finished "
            f"model.{more}")


def size(graphs: int) -> str:
    """A training set's size in words.

    >>> size(128), size(100_000), size(0)
    ('128', '100,000', 'not recorded')
    """
    return f"{graphs:,}" if graphs else "not recorded"


def diversity_finding(
    found: Diversity, curves: pd.DataFrame, measure: str, share: str
) -> str:
    """How the strategies differ at the largest number of samples; `curves` as they are shown."""
    column = MEASURES[measure]
    most = curves["samples"].max()
    last = curves[curves["samples"] == most].sort_values(column, ascending=False)
    said = [f"**{row.strategy}** {_measured(getattr(row, column), column)}"
            for row in last.itertuples()]
    what = {"unique_ratio": "Different sequences", "distinct_grams": "Distinct 3-grams",
            "gram_entropy_bits": "Entropy of 3-grams, in bits,",
            "compressed_bits_per_token": "Bits per token, compressed,"}[column]
    number = found.record["result"]["num_graphs"]
    graphs = "the graph" if number == 1 else f"a graph, mean of {number:,}"
    mixed = "" if SHARES[share] == 0 else f", {share} of them random"
    return f"{what} among {most:,} linearizations of {graphs}{mixed}: {', '.join(said)}."


def shown_curves(found: Diversity, share: str) -> pd.DataFrame:
    """Rows of one share of random orders; `random_order` itself stands beside every share."""
    curves = found.curves
    return curves[(curves["share"].astype(float) == SHARES[share])
                  | (curves["strategy"] == RANDOM_ORDER.name)]


def diversity_caption(found: Diversity) -> str:
    """Of what the curves are."""
    config = found.record["config"]
    of = config["dataset"] + (f", {config['split']} split" if config.get("split") else "")
    number = found.record["result"]["num_graphs"]
    counted = {point["strategy"]: int(point["enumerated"])
               for point in found.record["result"]["curves"] if point["share"] == 0}
    most = max(counted, key=lambda strategy: counted[strategy], default="")
    known = (f" Every possible sequence was counted where there are at most {config['limit']:,} of "
             f"them: under {plain(most)} of {counted[most]:,} graphs."
             if config.get("limit") and counted.get(most) else "")
    bands = " ".join(found.reasons) or "Bands are 95% intervals."
    return (f"{number:,} {'graph' if number == 1 else 'graphs'} of {of}. Lines are means over "
            f"graphs. {bands}{known}")


def molecules_note(found: ReadMolecules) -> str:
    """What was read of a visitor's molecules."""
    number = len(found.graphs)
    text = f"{number:,} {'molecule' if number == 1 else 'molecules'}, written as "
    text += f"`{found.chemistry.name}`: {found.chemistry.limits}"
    if found.skipped:
        text += f" {len(found.skipped):,} cannot be written so."
    if found.is_cut:
        text += f" There are more rows; the first {MOST_MOLECULES:,} are read."
    return text


def course_finding(records: Sequence[TrainingRecord], under: str) -> str:
    """Which training began to learn by heart, and whose samples are new at the end."""
    column, sentences, risen = UNDER[under], [], []
    for record in records:
        course = record.course(column)
        if len(course) < 2:
            continue
        (at, best), (end, last) = min(course, key=lambda one: one[1].value), course[-1]
        if last.value > best.value and (not _overlap(best, last) or _has_gap(record)):
            risen.append((last.value - best.value, record, at, best, end, last))
    if risen:
        _, record, at, best, end, last = max(risen, key=lambda one: one[0])
        sentence = (
            f"**{plain(label_of(record, records))}** runs into the memorization wall: the NLL of "
            f"held-out graphs is lowest at step {at:,} ({short(best.value)} nats per token) and "
            f"stands at {short(last.value)} at step {end:,}")
        if _has_gap(record):
            sentence += (f"; after it, graphs that it did not learn cost "
                         f"{estimate(record.measured[_GAP])} nats per token more than those that "
                         "it did")
        sentences += [f"{sentence}.", *_novelty_since(record, at)]
        if len(risen) > 1:
            sentences.append(f"{len(risen)} of {len(records)} trainings do.")
    else:
        sentences.append("No training shown here has run into the memorization wall: the NLL of "
                         "held-out graphs has not risen again beyond its interval.")
    return " ".join([*sentences, *_newest(records)])


def _has_gap(record: TrainingRecord) -> bool:
    """Whether its gap is above 0 with its whole interval."""
    gap = record.measured.get(_GAP)
    return gap is not None and gap.interval is not None and gap.interval.low > 0


def _newest(records: Sequence[TrainingRecord]) -> list[str]:
    """Whose samples are most often new molecules: of the finished models, where all were
    measured, as they have more samples. Who is not told apart is not called less."""
    finished = all("vun" in record.measured for record in records)
    new = [(record.measured["vun"] if finished else record.course("vun")[-1][1], record)
           for record in records if finished or record.course("vun")]
    if not new:
        return []
    most, record = max(new, key=lambda one: one[0].value)
    sentence = (f"Of the samples of {plain(label_of(record, records))} {_percent(most)} are valid, "
                "unique and novel at the end")
    alike = sum(_overlap(most, found) for found, _ in new) - 1
    if alike:
        others = "another training is" if alike == 1 else f"{alike} others are"
        return [f"{sentence}; {others} not told apart from it."]
    beside = {1: "", 2: ", more than of the other training"}
    return [sentence + beside.get(len(new), ", more than of all others") + "."]


def _novelty_since(record: TrainingRecord, step: int) -> list[str]:
    """How novel samples are at the end, where fewer are than at a step."""
    novel = dict(record.course("novel"))
    if step not in novel or (end := max(novel)) == step or novel[end].value >= novel[step].value:
        return []
    return [f"Of its different samples {_share(novel[step].value)} were novel at step {step:,}, "
            f"{_share(novel[end].value)} are at the end."]


def course_caption(records: Sequence[TrainingRecord]) -> str:
    """How the rows were measured."""
    held = sorted({int(row["held_out"]) for one in records for row in one.rows
                   if "held_out" in row})
    sampled = sorted({int(row["sampled"]) for one in records for row in one.rows
                      if "sampled" in row})
    return (f"{_numbers(held)} held-out graphs, one sequence each, and {_numbers(sampled)} samples "
            f"at every point. Bands are 95% intervals, over graphs and of shares of the samples. "
            f"{equal_steps(records)}")


def equal_steps(records: Sequence[TrainingRecord]) -> str:
    """Whether the trainings took equally many steps of equally many graphs."""
    budgets = sorted({(record.steps, record.batch_size) for record in records})
    if len(budgets) == 1:
        return f"All took {budgets[0][0]:,} steps of {budgets[0][1]:,} graphs."
    return ("They took different numbers of steps and graphs per step, see the table: compare with "
            "care.")


def size_finding(records: Sequence[TrainingRecord]) -> str:
    """What more data does to gap and LU, per order."""
    sentences, lines = [], lines_of(records, lambda record: record.order)
    for order, found in lines.items():
        by_size = sorted(found, key=lambda one: one.graphs or 0)
        few, most = by_size[0], by_size[-1].graphs
        if few.graphs == most:
            continue
        # One of another seed says less.
        many = min((one for one in found if one.graphs == most),
                   key=lambda one: one.seed != few.seed)
        sentences.append(
            f"**{plain(order)}**: from {few.graphs or 0:,} to {most or 0:,} graphs the gap goes "
            f"from {estimate(few.measured[_GAP])} to {estimate(many.measured[_GAP])} nats per "
            f"token, LU from {estimate(few.measured['lu'])} to {estimate(many.measured['lu'])}.")
    return " ".join([*(sentences or [_at_one_size(records)]),
                     *(one for order, found in lines.items()
                       for one in _seed_findings(order, found))])


def _seed_findings(order: str, records: Sequence[TrainingRecord]) -> Iterator[str]:
    """How far numbers of trainings of an order lie apart that differ in their seed alone."""
    for graphs in dict.fromkeys(record.graphs for record in records):
        found = [record for record in records if record.graphs == graphs]
        seeds = len({record.seed for record in found})
        if seeds < 2:
            continue
        apart = [f"{words} {ends[0]} to {ends[1]}" for words, ends in (
            ("the gap goes from", _ends(found, _GAP, short)),
            ("novelty from", _ends(found, "novel", _share)),
            ("LU from", _ends(found, "lu", short))) if ends]
        yield (f"Over {seeds} seeds of **{plain(order)}** at {graphs or 0:,} graphs "
               f"{', '.join(apart)}.")


def _ends(
    records: Sequence[TrainingRecord], measure: str, written: Callable[[float], str]
) -> tuple[str, str] | None:
    """Least and greatest of a measure, in words; None where no record has it."""
    values = [record.measured[measure].value for record in records if measure in record.measured]
    return (written(min(values)), written(max(values))) if values else None


def _at_one_size(records: Sequence[TrainingRecord]) -> str:
    """Where orders cannot be compared over sizes: how they stand at the one there is."""
    widest = max(records, key=lambda record: record.measured[_GAP].value)
    sentence = (f"All learnt {widest.graphs or 0:,} graphs, so what fewer do is not seen yet. The "
                f"widest gap is that of **{plain(label_of(widest, records))}**, "
                f"{estimate(widest.measured[_GAP])} nats per token")
    known = [record for record in records if "novel" in record.measured]
    if known:
        newest = max(known, key=lambda record: record.measured["novel"].value)
        sentence += (f"; most novel are samples of **{plain(label_of(newest, records))}**, "
                     f"{_percent(newest.measured['novel'])}")
    return f"{sentence}."


def mix_finding(records: Sequence[TrainingRecord]) -> str:
    """What each share of random orders buys and costs, beside a training that differs in that."""
    biased = [one for one in records if one.mix == 0 and not one.is_random]
    sentences: list[str] = []
    told: set[tuple[str, float]] = set()
    for after in sorted((one for one in records if one.mix > 0), key=lambda one: one.mix):
        alike = [one for one in biased if _but_mix(one) == _but_mix(after)]
        # One of another seed says less.
        before = min(alike, key=lambda one: one.seed != after.seed, default=None)
        if before is None or (after.strategy, after.mix) in told:
            continue
        told.add((after.strategy, after.mix))
        takes = "take LU under random order" if not sentences else "take it"
        changes = [f"from {estimate(before.measured[name])} to {estimate(after.measured[name])}"
                   for name in ("lu_random", "ece_random", "test_nll_per_token")]
        sentences.append(
            f"{100 * after.mix:g}% random orders in **{before.strategy}** {takes} {changes[0]} "
            f"and ECE {changes[1]}; the NLL per token under its own order goes {changes[2]}.")
    return " ".join(sentences) or (
        "No training with a share of random orders has been measured beside one without; "
        "models of random_order alone stand at 100%.")


def _but_mix(record: TrainingRecord) -> tuple[object, ...]:
    """All that a mixture shares with the training that it is compared with, but for the seed."""
    return (record.strategy, record.graphs, *budget_of(record))


def measured_caption(records: Sequence[TrainingRecord], panels: Sequence[Panel]) -> str:
    """How the records were measured."""
    novel = ("Novel is what is not among the graphs that a model was given, so of more graphs less "
             "is left to be novel. " if any(panel.measure == "novel" for panel in panels) else "")
    graphs = sorted({int(one.config.get("test_graphs", 0)) for one in records})
    samples = sorted({int(one.config.get("samples", 0)) for one in records})
    orders = sorted({int(one.config.get("permutations", 0)) for one in records})
    return (f"{_numbers(graphs)} test graphs, as many that were learnt where there are so many, K "
            f"= {_numbers(orders)}; {_numbers(samples)} samples. {novel}Bars are 95% intervals; "
            "they do not hold what another seed of the training would change. "
            f"{equal_steps(records)}")


def measured_table(
    records: Sequence[TrainingRecord], panels: Sequence[Panel]
) -> pd.DataFrame:
    """A row per training: how it was made, and the numbers of a picture with their intervals."""
    keep = ["name", "strategy", "mix", "data", "graphs", "steps", "batch_size", "seed", "preset"]
    rows = []
    for record in records:
        row = {name: record.summary[name] for name in keep}
        for panel in panels:
            if panel.measure in record.measured:
                row |= record.measured[panel.measure].columns(with_unit_of(panel.measure))
        rows.append(row)
    return pd.DataFrame(rows)


LABELS = {
    **{f"{which}_nll_per_token_nats": f"{words}, nats per token" for which, words in (
        ("train", "NLL, training graphs"), ("test", "NLL, test graphs"), ("gap", "gap"))},
    "test_nll_per_token_random_nats": "NLL, random order, nats per token",
    "lu_random": "LU, random order", "nll_std_random_nats": "std of NLL, random order, nats",
    "ece_random": "ECE, random order", "mix": "random orders", "graphs": "graphs learnt",
    "vun": "VUN",
}
"""What columns of the table are called on screen, where no other page has them."""


def all_table(records: Sequence[TrainingRecord]) -> pd.DataFrame:
    """A row per training with all that is known of it."""
    return pd.DataFrame([record.summary for record in records])


def course_table(records: Sequence[TrainingRecord]) -> pd.DataFrame:
    """A row per training and step."""
    return pd.concat([
        record.to_frame().assign(name=record.name, strategy=record.strategy, mix=record.mix,
                                 graphs=record.graphs, seed=record.seed)
        for record in records], ignore_index=True)


def course_alt(records: Sequence[TrainingRecord], under: str) -> str:
    """The two pictures in words."""
    said = []
    for record in records:
        course, new = record.course(UNDER[under]), record.course("vun")
        ends = (f"{short(course[0][1].value)} to {short(course[-1][1].value)} nats per token"
                if course else "no NLL")
        vun = f", VUN {_percent(new[0][1])} to {_percent(new[-1][1])}" if new else ""
        said.append(f"{label_of(record, records)}: {ends}{vun}")
    return (f"NLL of held-out graphs under {under} and share of valid, unique and novel samples, "
            f"from the first step to the last. {'; '.join(said)}.")


def measured_alt(records: Sequence[TrainingRecord], panels: Sequence[Panel]) -> str:
    """Points of a picture in words."""
    said = []
    for record in records:
        found = [f"{panel.title} {estimate(record.measured[panel.measure])}" for panel in panels
                 if panel.measure in record.measured]
        said.append(f"{label_of(record, records)}: {', '.join(found)}")
    return f"{'; '.join(said)}."


def no_records() -> str:
    """Where there are no trainings to show."""
    return ("There are no training records to show. Train with `trailscope train --validate-at "
            f"50,100,200 …`, then measure: `{STUDY}`")


def _measured(value: float, column: str) -> str:
    return f"{100 * value:.1f}%" if column == "unique_ratio" else short(value)


def _share(value: float) -> str:
    return f"{100 * value:.1f}%"


def _percent(found: Estimate) -> str:
    value = _share(found.value)
    return value if found.interval is None else f"{value} [{percents(found.interval)}]"


def _overlap(one: Estimate, other: Estimate) -> bool:
    """Whether two intervals meet; of numbers without nothing tells them apart."""
    if one.interval is None or other.interval is None:
        return True
    return one.interval.low <= other.interval.high and other.interval.low <= one.interval.high


def _numbers(found: Sequence[int]) -> str:
    return " or ".join(f"{number:,}" for number in found) or "0"
