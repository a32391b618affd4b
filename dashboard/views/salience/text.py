"""Sentences and tables of the Salience page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from core.data.registry import DATASETS
from core.evaluation.graph_set import GraphSet
from core.salience.agreement import NEAR_CHANCE, Agreement, Stability
from core.salience.criteria import CRITERIA, DEFAULT_CRITERION, always_agree, names_where
from core.salience.masks import Mask
from core.salience.matrices import WeightMatrix
from core.salience.matrix_views import DensityMap, ScoreHistogram, half_lies_in
from core.salience.salience import Salience
from dashboard.shared.format import plain, short
from dashboard.views.salience.cells import Cells, Grid, label, percent, scientific, times
from dashboard.views.salience.query import (
    DENSITY,
    MOVED,
    SalienceQuery,
    stability_seeds,
    stability_sizes,
)

QUESTION = "Which weights matter most for the examples, by eleven criteria?"
"""What the page answers."""

EXAMPLE = """\
A criterion gives every weight of the model a number, from some examples; the mask keeps the
weights with the largest ones. Each cell is one matrix of one layer.

**Example.** A cell that reads 2% at a density of 0.5% has four times its share of the selected
weights: fine-tuning would mostly change this matrix. Click it to see which rows.
"""
"""How to read the page."""

NAME_A_MODEL = ("Name a model in the sidebar: a folder with config.json and safetensors weights, "
                "or a name on the hub.")
NO_DATA = "needs no data"

NO_MOLECULES = ("This model does not read molecules; choose one that was trained on molecules to "
                "see which weights a single molecule selects.")
SAME_SETTINGS = ("Both settings are the same; choose another criterion, order, scope or seed for "
                 "the second.")
NAME_A_MOLECULE = "Type a molecule as SMILES, such as CCO."


def criterion_note(criterion: str) -> str:
    """What a criterion measures, and who introduced it."""
    chosen = CRITERIA[criterion]
    note = f"{chosen.measures} Score: {chosen.formula} ({chosen.source})."
    return note if chosen.needs_examples else f"{note} It {NO_DATA}."


def name_a_token_file() -> str:
    """What is missing for a criterion with data, and which do without."""
    free = names_where(lambda criterion: not criterion.needs_examples)
    return ("Name a file of token sequences, or choose a criterion that needs no data "
            f"({', '.join(free)}).")


def slow_criteria() -> str:
    """What the switch for slow criteria says."""
    names = names_where(lambda criterion: criterion.is_slow)
    return f"Include {' and '.join(names)}, which take longer"


def provenance(mask: Mask) -> str:
    """What a mask was cut from, with n, order and seed."""
    criterion = CRITERIA[mask.criterion]
    options = "".join(f", {name} {value:g}" for name, value in
                      mask.origin["options"].items() if value != criterion.options[name].default)
    return (f"**{mask.criterion}** ({criterion.formula}; {criterion.source}{options}) on "
            f"**{plain(mask.model)}** · {source(mask.origin)}")


def source(origin: Mapping[str, object]) -> str:
    """What scores were averaged over."""
    examples = origin.get("examples")
    if not isinstance(examples, Mapping):
        drawn = CRITERIA[str(origin["criterion"])].needs_seed
        return f"{NO_DATA}, seed {origin['seed']}" if drawn else NO_DATA
    if examples["kind"] == "tokens":
        return f"{examples['number']:,} token sequences of {plain(examples['file'])}"
    return f"{graphs(examples)}, `{examples['strategy']}`, seed {examples['seed']}"


def graphs(examples: Mapping[str, object]) -> str:
    """Which graphs, and how often each was linearized."""
    if examples.get("data") == "typed":
        return f"{examples['permutations']:,} linearizations of the molecule"
    data = str(examples.get("data"))
    what = f"{data} graphs" if _is_made(data) else f"{data} {examples.get('split')} molecules"
    return f"{examples['number']:,} of {examples['drawn_from']:,} {what}"


def selected(mask: Mask) -> str:
    """How many entries a mask holds."""
    return (f"{mask.nnz:,} of {mask.num_entries:,} entries selected, "
            + ("ranked over all matrices together" if mask.scope == "global"
               else "ranked within each matrix"))


def reading_aid(quantity: str) -> str:
    """How to read the heatmap."""
    colour = ("Colour: how much denser a matrix is than the mask as a whole." if
              quantity == DENSITY else "The mean score does not depend on the mask.")
    return f"{colour} Click a cell to look inside."


def examples_note(graphs: GraphSet | None) -> str:
    """Where examples are drawn from, None for a file of token sequences."""
    if graphs is None:
        return "Examples are the first lines of the file."
    if _is_made(graphs.name):
        return (f"Examples are drawn from {graphs.name} graphs that are made here, as in "
                f"{graphs.split}.")
    return ("Examples are drawn from the molecules that ship with the evaluations, "
            f"{graphs.name}'s {graphs.split} split, so nothing is downloaded. The command line can "
            f"take {graphs.name}'s training split (`--dataset {graphs.name.lower()}`).")


def _is_made(title: str) -> bool:
    known = DATASETS.get(title.lower())
    return known is not None and known.is_made


def mask_title(mask: Mask) -> str:
    """What the file of a mask is called."""
    return f"mask {mask.model} {mask.criterion} {mask.scope} {mask.density:.4g}"


def finding(mask: Mask) -> str:
    """Where the mask is densest, read off the heatmap."""
    if mask.scope == "local":
        return (f"Local scope selects the same share, **{percent(mask.density)}**, of every "
                "matrix; look inside one to see where.")
    place, by_module = mask.densest, mask.by_module()
    most = max(by_module, key=lambda name: by_module[name][0] / by_module[name][1])
    chosen, entries = by_module[most]
    share, size = chosen / mask.nnz, entries / mask.num_entries
    density = mask.densities()[place.name]
    return (f"The densest matrix is **{label(place)}** at {percent(density)}, "
            f"{times(density / mask.density)} the density of the mask. The `{most}` matrices have "
            f"{percent(size)} of the entries and hold **{percent(share)}** of the mask.")


def heatmap_alt(grid: Grid, cells: Cells, what: str) -> str:
    """The table in words, for those who cannot see it."""
    values = "; ".join(f"{label(matrix)}: {cells.labels[matrix.name]}" for matrix in grid.matrices)
    return f"{what}, matrix by matrix: a row per layer and a column per module. {values}."


def matrix_sentence(mask: Mask, matrix: WeightMatrix, histogram: ScoreHistogram) -> str:
    """What is selected of one matrix."""
    chosen = int(mask.entries[matrix.name].sum())
    text = (f"{matrix.shape[0]} × {matrix.shape[1]}: **{chosen:,}** of {matrix.numel:,} entries "
            f"selected ({percent(chosen / matrix.numel)})")
    if histogram.cut is None:
        return f"{text}."
    return f"{text}, with scores of {scientific(histogram.cut)} and above."


def concentration(mask: Mask, matrix: WeightMatrix) -> str:
    """How few rows and columns hold half of what is selected."""
    entries = mask.entries[matrix.name]
    if not bool(entries.any()):
        return "Nothing is selected here."
    rows, columns = half_lies_in(entries)
    return (f"Half of the selected entries lie in {rows} of {matrix.shape[0]} rows; half of them "
            f"lie in {columns} of {matrix.shape[1]} columns.")


def map_axes(matrix: WeightMatrix) -> tuple[str, str]:
    """What rows and columns of a matrix are."""
    names = ("output", "input")
    row, column = reversed(names) if matrix.is_transposed else names
    return f"row ({row})", f"column ({column})"


def cell_frame(grid: Grid, cells: Cells) -> pd.DataFrame:
    """A row per cell, with its number as it was before it was labelled; NaN for none."""
    return pd.DataFrame([{"layer": matrix.layer, "module": matrix.module,
                          "value": cells.values[matrix.name]} for matrix in grid.matrices])


def map_frame(found: DensityMap) -> pd.DataFrame:
    """A row per block of rows and columns."""
    return pd.DataFrame([
        {"row": int(found.row_edges[r]), "column": int(found.column_edges[c]), "density": share}
        for r, line in enumerate(found.shares.tolist()) for c, share in enumerate(line)])


def histogram_frame(found: ScoreHistogram) -> pd.DataFrame:
    """A row per bin."""
    return pd.DataFrame({
        "low": [found.score_at(edge) for edge in found.edges[:-1]],
        "high": [found.score_at(edge) for edge in found.edges[1:]],
        "selected": found.selected, "not_selected": found.rest})


def matrix_frame(mask: Mask, means: Mapping[str, float]) -> pd.DataFrame:
    """A row per matrix."""
    return pd.DataFrame([{
        "layer": matrix.layer, "module": matrix.module, "rows": matrix.shape[0],
        "columns": matrix.shape[1], "entries": matrix.numel,
        "selected": int(mask.entries[matrix.name].sum()),
        "density": float(mask.entries[matrix.name].float().mean()),
        "mean_score": means[matrix.name],
    } for matrix in mask.matrices])


def map_alt(matrix: WeightMatrix, shares: Sequence[float]) -> str:
    """What the density map shows."""
    return (f"Density inside {label(matrix)}, in blocks of rows and columns: from "
            f"{percent(min(shares))} to {percent(max(shares))}.")


def histogram_alt(matrix: WeightMatrix, found: ScoreHistogram) -> str:
    """What the histogram shows."""
    total = int(found.rest.sum() + found.selected.sum())
    cut = "none is selected" if found.cut is None else (
        f"the {int(found.selected.sum()):,} highest, {scientific(found.cut)} and above, are "
        "selected")
    return f"Histogram of the {total:,} scores of {label(matrix)}; {cut}."


def score_axis(salience: Salience) -> str:
    """What the axis of a histogram is called."""
    return f"{salience.criterion} score, {CRITERIA[salience.criterion].formula}"


def agreement_finding(found: Mapping[tuple[str, str], Agreement]) -> str:
    """Which criteria agree most, but for those that always do, and which not at all."""
    same = [pair for pair in found if always_agree(*pair)]
    real = {pair: one for pair, one in found.items()
            if pair not in same and not math.isnan(one.ratio)}
    if not real:
        return ""
    best = max(real, key=lambda pair: real[pair].jaccard)
    control = [pair for pair in real if any(CRITERIA[name].is_control for name in pair)]
    near = [pair for pair, one in real.items() if one.is_near_chance and pair not in control]
    text = f"**{best[0]}** and **{best[1]}** agree most: Jaccard {short(real[best].jaccard)}, " \
           f"{times(real[best].ratio)} chance."
    if same:
        pairs = ", ".join(f"`{first}` and `{second}`" for first, second in same)
        text = f"Apart from {pairs}, which always select the same entries, {text}"
    if near:
        names = "; ".join(f"{first} and {second}" for first, second in near[:4])
        text += f" These agree no more than by chance (at most {NEAR_CHANCE:g}×): {names}"
        text += f"; and {len(near) - 4} more pairs." if len(near) > 4 else "."
    return text


def agreement_alt(found: Mapping[tuple[str, str], Agreement]) -> str:
    """The table in words."""
    pairs = "; ".join(f"{first} and {second}: {short(one.jaccard)} (chance {short(one.chance)})"
                      for (first, second), one in found.items())
    return f"Jaccard index of the masks of every two criteria. {pairs}."


def agreement_note(mask: Mask, names: Sequence[str]) -> str:
    """What the table rests on."""
    text = (f"{len(names)} criteria on {plain(mask.model)}, masks of {percent(mask.density)} "
            f"({mask.scope}). Chance is the Jaccard index of independent masks of the same "
            "densities, d₁d₂ / (d₁ + d₂ − d₁d₂).")
    if not any(CRITERIA[name].needs_examples for name in names):
        return text
    examples = (source(mask.origin) if mask.origin.get("examples")
                else "the examples chosen in the sidebar")
    return f"{text} Criteria that need data use {examples}."


def two_sources(first: Mask, second: Mask) -> str:
    """What two masks were cut from."""
    return "  \n".join(f"{name}: {mask.criterion}, {mask.scope}, {source(mask.origin)}"
                       for name, mask in (("First", first), ("Second", second)))


def difference_note(shown: str | None) -> str:
    """How to read the heatmap of two settings."""
    if shown == MOVED:
        return ("Density of the second mask minus that of the first. Hover over a cell to see how "
                "far the two agree.")
    return ("Agreement within each matrix, in multiples of chance at the matrix's own two "
            "densities.")


def instead(criterion: str) -> str:
    """Why another criterion is shown for a single molecule."""
    return (f"{criterion} does not depend on molecules; this section shows {DEFAULT_CRITERION} "
            "instead.")


def why_stable(query: SalienceQuery) -> str:
    """Why drawing again would say nothing; empty if it says something."""
    if CRITERIA[query.criterion].needs_seed:
        return (f"{query.criterion} is drawn anew with every seed: its masks agree by chance "
                "alone.")
    if not query.needs_examples:
        return f"{query.criterion} {NO_DATA}: its mask is the same whatever is drawn."
    if query.tokens:
        return "A token file is always read from its first line, so there is no other draw."
    return ""


def stability_question(query: SalienceQuery) -> str:
    """What the button does."""
    sizes, seeds = stability_sizes(query.number), stability_seeds(query.seed)
    return ("How much of this mask depends on which examples were drawn? "
            f"Sets of {', '.join(map(str, sizes))}, each drawn with {len(seeds)} seeds "
            f"({', '.join(map(str, seeds))}; `{query.strategy}`), are scored and their masks "
            "compared.")


def stability_note(mask: Mask, found: Stability) -> str:
    """What the numbers rest on."""
    return (f"{mask.criterion} on {plain(mask.model)}, masks of {percent(found.density)} "
            f"({found.scope}), {len(found.seeds)} seeds: {', '.join(map(str, found.seeds))}. "
            "With the same seed, a larger draw contains the smaller ones.")


def agreement_frame(found: Mapping[tuple[str, str], Agreement]) -> pd.DataFrame:
    """A row per pair of masks."""
    return pd.DataFrame([{"first": first, "second": second, **_numbers(one)}
                         for (first, second), one in found.items()])


def pair_sentence(found: Agreement, both: str) -> str:
    """Agreement of two masks beside chance."""
    verdict = "no more than chance" if found.is_near_chance else f"{times(found.ratio)} chance"
    return (f"{both} have a Jaccard index of **{short(found.jaccard)}** ({verdict}: independent "
            f"masks of these densities would have {short(found.chance)}). They share "
            f"{found.both:,} entries; {found.only_first:,} are only in the first and "
            f"{found.only_second:,} only in the second.")


def reference_sentence(found: Agreement, seed: int) -> str:
    """How much a comparison of settings owes to the draw of examples alone."""
    return (f"For scale: the first setting, on examples drawn with seed {seed} instead, has a "
            f"Jaccard index of {short(found.jaccard)} with itself ({times(found.ratio)} chance).")


def layer_frame(found: Mapping[int, Agreement]) -> pd.DataFrame:
    """A row per layer, each with its own densities."""
    return pd.DataFrame([{"layer": layer, **_numbers(one)} for layer, one in found.items()])


def stability_finding(found: Stability) -> str:
    """How much of the mask is due to the draw."""
    size = found.sizes[-1]
    return (f"The masks of two draws of {size:,} examples have a Jaccard index of "
            f"**{short(found.mean_jaccard(size))}** on average over "
            f"{len(found.across_seeds[size])} pairs of seeds (chance {short(found.chance)}); those "
            f"of {found.sizes[0]:,} examples, {short(found.mean_jaccard(found.sizes[0]))}.")


def stability_frame(found: Stability) -> pd.DataFrame:
    """A row per pair of draws."""
    rows = [{"examples": size, "against": "another seed", **_numbers(one)}
            for size in found.sizes for one in found.across_seeds[size]]
    rows += [{"examples": size, "against": f"{found.sizes[-1]} examples, same seed",
              **_numbers(one)} for size, all_ in found.to_largest.items() for one in all_]
    return pd.DataFrame(rows)


def _numbers(one: Agreement) -> dict[str, float]:
    return {"jaccard": one.jaccard, "chance": one.chance, "times_chance": one.ratio,
            "both": one.both, "only_first": one.only_first, "only_second": one.only_second,
            "entries": one.entries}
