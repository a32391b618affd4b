"""Numbers of a generated set as a whole, as the MOSES benchmark defines them.

Polykovskiy et al., Frontiers in Pharmacology 11, 565644, 2020, and its package `molsets`, where the
two differ as docs/definitions.md, Set metrics says. They are for drug-like molecules, whose
hydrogens are implicit; what other samples are worth is in `core.triage.quality`.

All but the first four are over the valid molecules with their repeats. Shares have Wilson's
interval, the rest those of `core.stats.influence`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from rdkit import Chem, rdBase

from core.stats.estimates import Estimate
from core.stats.influence import influence_estimate
from core.triage.molecule_set import MoleculeSet, Progress
from core.triage.quality import Share, sample_quality
from core.triage.similarity import mean_similarities, nearest_similarities

Split = Literal["test", "scaffolds"]


@dataclass(frozen=True)
class SetMetric:
    """A number of a set.

    Attributes:
        key: in records.
        name: in tables.
        better: which direction is better.
        description: one sentence on what it is.
        split: the part of the data set that it compares with, None for those that need none.
    """

    key: str
    name: str
    better: Literal["higher", "lower"]
    description: str
    split: Split | None = None


REFERENCE_SETS: dict[Split, str] = {"test": "test set", "scaffolds": "scaffold test set"}
"""Names of the parts of a data set that samples are compared with; MOSES has both. Scaffolds of the
second are not in the training set."""

_SHORT = {"test": "test", "scaffolds": "test scaffolds"}

SET_METRICS: dict[str, SetMetric] = {metric.key: metric for metric in (
    SetMetric("valid", "Valid", "higher",
              "Sequences whose molecule RDKit sanitizes, of all sampled ones."),
    SetMetric("unique_1k", "Unique@1k", "higher",
              "Different molecules among the first 1,000 valid ones."),
    SetMetric("unique_10k", "Unique@10k", "higher",
              "Different molecules among the first 10,000 valid ones."),
    SetMetric("novel", "Novel", "higher",
              "Molecules that are not in the training set, of the different valid ones."),
    SetMetric("internal_diversity_1", "IntDiv₁", "higher",
              "1 minus the mean Tanimoto similarity of all pairs of molecules."),
    SetMetric("internal_diversity_2", "IntDiv₂", "higher",
              "1 minus the root of the mean squared Tanimoto similarity of all pairs."),
    *(SetMetric(f"snn_{split}", f"SNN, {_SHORT[split]}", "higher",
                f"Mean Tanimoto similarity of a molecule to its nearest one of the {name}.", split)
      for split, name in REFERENCE_SETS.items()),
    *(SetMetric(f"scaffold_similarity_{split}", f"Scaf, {_SHORT[split]}", "higher",
                f"Cosine of the counts of scaffolds with those of the {name}.", split)
      for split, name in REFERENCE_SETS.items()),
    *(SetMetric(f"fcd_{split}", f"FCD, {_SHORT[split]}", "lower",
                f"Fréchet ChemNet distance to the {name}.", split)
      for split, name in REFERENCE_SETS.items()),
)}
"""By key, in the order of tables and records."""

NOT_LOOKED_UP = "The training set was not at hand; `trailscope triage --data` looks it up."
NO_REFERENCE = "There was no set to compare with; `trailscope triage --data` takes one."
NO_SCAFFOLD = "No molecule of one of the two sets has a scaffold of two rings or more."
NO_FCD = "It was not asked for; `trailscope triage --fcd` computes it."
NO_FCD_INTERVAL = ("It falls as a sample grows, so it has no interval; compare it at equal "
                   "numbers.")
NO_COMMON_SCAFFOLD = "Without a common scaffold there is no interval."
NO_MOLECULE = "No molecule is valid."
TOO_FEW_FOR_FCD = "It needs at least two molecules in both sets."


@dataclass(frozen=True)
class SetValue:
    """A set metric of one sample.

    Attributes:
        metric: which.
        number: molecules, or sequences, that it is over.
        estimate: None where `reason` says why there is none.
        reason: one sentence, or None.
    """

    metric: SetMetric
    number: int
    estimate: Estimate | None
    reason: str | None = None


@dataclass(frozen=True)
class SetMetrics:
    """All set metrics of a sample.

    Attributes:
        values: in the order of `SET_METRICS`.
        undecoded: sequences that say no graph, invalid all of them.
        references: what the sample was compared with, number of molecules by name.
    """

    values: tuple[SetValue, ...]
    undecoded: int
    references: Mapping[str, int] = field(default_factory=dict)

    def __getitem__(self, key: str) -> SetValue:
        return {value.metric.key: value for value in self.values}[key]

    def to_frame(self) -> pd.DataFrame:
        """A row per metric: `metric`, by its key, `value`, `value_low`, `value_high`, and `of`, the
        molecules or sequences that it is over."""
        return pd.DataFrame([
            {"metric": value.metric.key,
             **(value.estimate or Estimate(float("nan"))).columns("value"), "of": value.number}
            for value in self.values])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` reads it back."""
        return {
            "undecoded": self.undecoded, "references": dict(self.references),
            "values": {value.metric.key: {
                "number": value.number, "reason": value.reason,
                "estimate": None if value.estimate is None else value.estimate.to_json(),
            } for value in self.values},
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> SetMetrics:
        """Read what `to_json` wrote.

        Raises:
            KeyError: for a missing field.
        """
        return cls(
            tuple(SetValue(
                SET_METRICS[key], value["number"],
                None if value["estimate"] is None else Estimate.from_json(value["estimate"]),
                value["reason"],
            ) for key, value in row["values"].items()),
            row["undecoded"], row["references"],
        )


Measure = Callable[["MoleculeSet", "MoleculeSet"], float]
"""A distance of the first set to the second, such as `core.triage.frechet.ChemNet.distance`."""


def set_metrics(
    table: pd.DataFrame, references: Mapping[Split, MoleculeSet] | None = None, *,
    fcd: Measure | None = None, progress: Progress | None = None,
) -> SetMetrics:
    """All set metrics of a table of samples.

    Args:
        table: columns `core.triage.samples.SAMPLE_TYPES`, `unique` marked, of molecules whose
            hydrogens are implicit; `novel` may be missing.
        references: parts of the data set to compare with, by name of the split.
        fcd: the Fréchet ChemNet distance; None leaves it out, as it takes a package of its own.
        progress: hears of the long steps.

    Raises:
        InputError: for an empty table.
    """
    quality, references = sample_quality(table, has_stability=False), references or {}
    valid = table.loc[table["valid"], "smiles"]
    found = MoleculeSet.of("generated molecules", _read(valid), total=len(valid),
                           progress=progress)
    values: dict[str, _Value] = {"valid": _share(quality.valid)}
    for key, first in (("unique_1k", 1_000), ("unique_10k", 10_000)):
        among = valid[:first]
        values[key] = _share(Share(among.nunique(), len(among)))
    values["novel"] = (_share(quality.novel) if quality.novel is not None else
                       (None, quality.unique.part,
                        NOT_LOOKED_UP if quality.unique.part else NO_MOLECULE))
    for power in (1, 2):
        values[f"internal_diversity_{power}"] = (
            internal_diversity(found, power) if len(found) else None, len(found), NO_MOLECULE)
    for split in REFERENCE_SETS:
        values |= _compared(found, split, references.get(split), fcd, progress)
    return SetMetrics(
        tuple(SetValue(metric, number, estimate, None if estimate else reason)
              for key, metric in SET_METRICS.items()
              for estimate, number, reason in [values[key]]),
        undecoded=int(table["num_nodes"].isna().sum()),
        references={reference.name: len(reference) for reference in references.values()},
    )


_Value = tuple[Estimate | None, int, str | None]


def _read(smiles: Iterable[str]) -> Iterator[Chem.Mol | None]:
    with rdBase.BlockLogs():
        yield from map(Chem.MolFromSmiles, smiles)


def _share(share: Share) -> _Value:
    return (share.estimate if share.whole else None), share.whole, NO_MOLECULE


def _compared(
    found: MoleculeSet, split: Split, reference: MoleculeSet | None, fcd: Measure | None,
    progress: Progress | None,
) -> dict[str, _Value]:
    """The metrics that compare with one part of the data set."""
    keys = snn, scaffolds, frechet = (
        f"snn_{split}", f"scaffold_similarity_{split}", f"fcd_{split}")
    if reference is None or not len(found):
        reason = NO_REFERENCE if reference is None else NO_MOLECULE
        return {key: (None, len(found), reason) for key in keys}
    distance, reason = None, NO_FCD
    if fcd is not None:
        reason = TOO_FEW_FOR_FCD
        if min(len(found), len(reference)) > 1:
            distance = Estimate(fcd(found, reference), None, NO_FCD_INTERVAL)
    return {
        snn: (nearest_similarity(found, reference, progress=progress), len(found), None),
        scaffolds: (scaffold_similarity(found, reference), len(found), NO_SCAFFOLD),
        frechet: (distance, len(found), reason),
    }


def internal_diversity(found: MoleculeSet, power: int = 1) -> Estimate:
    """IntDiv_p: 1 − (mean of T(a, b)^p over all n² pairs, a = b among them)^(1/p).

    Args:
        found: at least one molecule.
        power: p.
    """
    means = mean_similarities(found.fingerprints, power)
    mean = float(means.mean())
    # A molecule is in the pairs of its row and of its column.
    return influence_estimate(1 - mean ** (1 / power),
                              -2 * means * mean ** (1 / power - 1) / power, low=0.0, high=1.0)


def nearest_similarity(
    found: MoleculeSet, reference: MoleculeSet, *, progress: Progress | None = None
) -> Estimate:
    """SNN: mean over molecules of the largest Tanimoto similarity to one of the reference."""
    nearest = nearest_similarities(
        found.fingerprints, reference.fingerprints,
        progress=None if progress is None else lambda done, total: progress(
            f"Comparing with {reference.name}", done, total))
    return influence_estimate(float(nearest.mean()), nearest, low=0.0, high=1.0)


def scaffold_similarity(found: MoleculeSet, reference: MoleculeSet) -> Estimate | None:
    """Scaf: cosine of the counts of scaffolds of two sets; None if one set has no scaffold."""
    counts = Counter(scaffold for scaffold in found.scaffolds if scaffold is not None)
    others = Counter(scaffold for scaffold in reference.scaffolds if scaffold is not None)
    if not counts or not others:
        return None
    length = np.sqrt(sum(count**2 for count in counts.values()))
    other = np.sqrt(sum(count**2 for count in others.values()))
    cosine = sum(count * others[name] for name, count in counts.items()) / (length * other)
    if not cosine:
        return Estimate(0.0, None, NO_COMMON_SCAFFOLD)
    # How the cosine changes with one more molecule of a scaffold; none changes nothing.
    slopes = {name: others[name] / (length * other) - cosine * count / length**2
              for name, count in counts.items()}
    influences = len(found) * np.array([0.0 if name is None else slopes[name]
                                        for name in found.scaffolds])
    return influence_estimate(float(cosine), influences, low=0.0, high=1.0)
