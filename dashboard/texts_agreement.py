"""Sentences and tables of how far masks agree, on the Salience page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from core.salience.agreement import Agreement, Stability
from core.salience.criteria import CRITERIA
from core.salience.masks import Mask
from dashboard.numbers import short
from dashboard.salience_cells import percent, times
from dashboard.state_salience import (
    DEFAULT_CRITERION,
    MOVED,
    SLOW,
    Setting,
    stability_seeds,
    stability_sizes,
)
from dashboard.texts_salience import NO_DATA, source

_SAME_ORDER = {"snip", "taylor"}
_NEAR_CHANCE = 1.25
"""Multiples of chance up to which agreement is called no more than chance."""

NO_MOLECULES = ("This model does not read molecules; choose one that was trained on QM9 to see "
                "what a single molecule asks for.")
SAME_SETTINGS = ("Both settings are the same; choose another criterion, order, scope or seed for "
                 "the second.")
NAME_A_MOLECULE = "Type a molecule as SMILES, such as CCO."


def agreement_finding(found: Mapping[tuple[str, str], Agreement]) -> str:
    """Which criteria agree most, but for those that always do, and which not at all."""
    real = {pair: one for pair, one in found.items()
            if set(pair) != _SAME_ORDER and not math.isnan(one.ratio)}
    if not real:
        return ""
    best = max(real, key=lambda pair: real[pair].jaccard)
    control = [pair for pair in real if "random" in pair]
    near = [pair for pair, one in real.items()
            if one.ratio <= _NEAR_CHANCE and pair not in control]
    text = f"**{best[0]}** and **{best[1]}** agree most: Jaccard {short(real[best].jaccard)}, " \
           f"{times(real[best].ratio)} chance."
    if any(set(pair) == _SAME_ORDER for pair in found):
        text = f"Besides `snip` and `taylor`, which always select the same, {text}"
    if near:
        names = ", ".join(f"{first} and {second}" for first, second in near[:4])
        text += f" No more than chance (at most {_NEAR_CHANCE:g}×): {names}"
        text += f" and {len(near) - 4} more pairs." if len(near) > 4 else "."
    return text


def comparable_criteria(setting: Setting, *, slow: bool) -> list[str]:
    """Criteria whose masks are compared; those that need data only where there is some."""
    return [name for name, criterion in CRITERIA.items()
            if (slow or name not in SLOW or name == setting.criterion)
            and (setting.has_examples or not criterion.needs_examples)]


def agreement_alt(found: Mapping[tuple[str, str], Agreement]) -> str:
    """The table in words."""
    pairs = "; ".join(f"{first} and {second}: {short(one.jaccard)} (chance {short(one.chance)})"
                      for (first, second), one in found.items())
    return f"Jaccard index of the masks of every two criteria. {pairs}."


def agreement_note(mask: Mask, names: Sequence[str]) -> str:
    """What the table rests on."""
    text = (f"{len(names)} criteria on {mask.model}, masks of {percent(mask.density)} "
            f"({mask.scope}). Chance is what independent masks of the same densities share, "
            "d₁d₂ / (d₁ + d₂ − d₁d₂).")
    if not any(CRITERIA[name].needs_examples for name in names):
        return text
    examples = (source(mask.origin) if mask.origin.get("examples")
                else "the examples chosen in the sidebar")
    return f"{text} Criteria with data: {examples}."


def two_sources(first: Mask, second: Mask) -> str:
    """What two masks were cut from."""
    return "  \n".join(f"{name}: {mask.criterion}, {mask.scope}, {source(mask.origin)}"
                       for name, mask in (("First", first), ("Second", second)))


def difference_note(shown: str | None) -> str:
    """How to read the heatmap of two settings."""
    if shown == MOVED:
        return "Density of the second mask less that of the first. The hover says how they agree."
    return ("Agreement inside every matrix, in multiples of what chance gives at its own two "
            "densities.")


def instead(criterion: str) -> str:
    """Why another criterion is shown for a single molecule."""
    return (f"{criterion} does not depend on molecules; this section shows {DEFAULT_CRITERION} "
            "instead.")


def why_stable(setting: Setting) -> str:
    """Why drawing again would say nothing; empty if it says something."""
    if setting.criterion == "random":
        return "random is drawn anew with every seed: its masks agree by chance alone."
    if not setting.needs_examples:
        return f"{setting.criterion} {NO_DATA}: its mask is the same whatever is drawn."
    if setting.tokens:
        return "A file of tokens is read from its first line on, so there is no other draw."
    return ""


def stability_question(setting: Setting) -> str:
    """What the button does."""
    sizes, seeds = stability_sizes(setting.number), stability_seeds(setting.seed)
    return (f"How much of this mask is due to the draw of examples? {len(seeds)} draws (seeds "
            f"{', '.join(map(str, seeds))}) each of {', '.join(map(str, sizes))} examples, "
            f"`{setting.strategy}`, are scored and their masks compared.")


def stability_note(mask: Mask, found: Stability) -> str:
    """What the numbers rest on."""
    return (f"{mask.criterion} on {mask.model}, masks of {percent(found.density)} ({found.scope}), "
            f"{len(found.seeds)} seeds: {', '.join(map(str, found.seeds))}. With the same seed, "
            "more examples hold the molecules of fewer.")


def agreement_frame(found: Mapping[tuple[str, str], Agreement]) -> pd.DataFrame:
    """A row per pair of masks."""
    return pd.DataFrame([{"first": first, "second": second, **_numbers(one)}
                         for (first, second), one in found.items()])


def pair_sentence(found: Agreement, both: str) -> str:
    """Agreement of two masks beside chance."""
    verdict = "no more than chance" if found.ratio <= _NEAR_CHANCE else (
        f"{times(found.ratio)} chance")
    return (f"{both} agree to a Jaccard index of **{short(found.jaccard)}**; "
            f"independent masks of these densities would agree to {short(found.chance)} "
            f"({verdict}). They share {found.both:,} entries; {found.only_first:,} are only in the "
            f"first and {found.only_second:,} only in the second.")


def reference_sentence(found: Agreement, seed: int) -> str:
    """How much a comparison of settings owes to the draw of examples alone."""
    return (f"For scale: the first setting on examples drawn with seed {seed} agrees with itself "
            f"to {short(found.jaccard)} ({times(found.ratio)} chance).")


def layer_frame(found: Mapping[int, Agreement]) -> pd.DataFrame:
    """A row per layer, each with its own densities."""
    return pd.DataFrame([{"layer": layer, **_numbers(one)} for layer, one in found.items()])


def stability_finding(found: Stability) -> str:
    """How much of the mask is due to the draw."""
    size = found.sizes[-1]
    chance = found.across_seeds[size][0].chance
    return (f"Two draws of {size:,} examples agree to a Jaccard index of "
            f"**{short(found.mean_jaccard(size))}** on average over "
            f"{len(found.across_seeds[size])} pairs of seeds (chance {short(chance)}), two of "
            f"{found.sizes[0]:,} to {short(found.mean_jaccard(found.sizes[0]))}.")


def stability_frame(found: Stability) -> pd.DataFrame:
    """A row per pair of draws."""
    rows = [{"examples": size, "against": "another seed", **_numbers(one)}
            for size in found.sizes for one in found.across_seeds[size]]
    rows += [{"examples": size, "against": f"{found.sizes[-1]} examples, same seed",
              **_numbers(one)} for size, all_ in found.to_largest.items() for one in all_]
    return pd.DataFrame(rows)


def _numbers(one: Agreement) -> dict[str, float]:
    return {"Jaccard": one.jaccard, "chance": one.chance, "× chance": one.ratio,
            "both": one.both, "only first": one.only_first, "only second": one.only_second,
            "entries": one.entries}
