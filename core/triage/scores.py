"""Which scores can rank generated graphs, and which label says that a graph is good.

The only list of scores: a page, a command or a chart that names one takes its name from here.
Definitions: docs/definitions.md, Generation and quality.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.chemistry.chemistry import Chemistry
from core.stats.labels import LabelNames, RankingError


@dataclass(frozen=True)
class Score:
    """A column of a table of samples that can rank its graphs.

    Attributes:
        column: its name in the table.
        name: in sentences and tables.
        label: on controls, in legends and in addresses, where there is little room.
        better: which direction is better.
        description: one sentence on what it is.
    """

    column: str
    name: str
    label: str
    better: Literal["lower", "higher"]
    description: str


SCORES: dict[str, Score] = {score.column: score for score in (
    Score("self_nll", "self NLL", "self NLL", "lower",
          "NLL of the sequence as it was generated, in nats."),
    Score("nll_mean", "mean resampled NLL", "mean NLL", "lower",
          "Mean NLL of K linearizations by the model's own order, in nats."),
    Score("lu", "LU", "LU", "lower",
          "Linearization uncertainty: standard deviation of the NLL over K linearizations, divided "
          "by its mean."),
    Score("nll_marginal", "order-marginal NLL", "order-marginal NLL", "lower",
          "Minus the log of the graph's probability, summed over its linearizations and estimated "
          "from K of them, in nats."),
)}
"""By column, in the order of tables and records."""

SCORE_NAMES = {column: score.name for column, score in SCORES.items()}
"""Names in sentences, by column."""


@dataclass(frozen=True)
class QualityLabel(LabelNames):
    """What makes a generated graph a good one.

    Attributes:
        column: of a table of samples: true for good graphs.
        of_valid: whether only valid graphs are compared, or all that were decoded.
    """

    column: str = "stable"
    of_valid: bool = True


STABILITY = QualityLabel("stable", "unstable", "valid generated molecules", column="stable",
                         of_valid=True)
"""Where every hydrogen is a node: do all atoms have their valence?"""

VALIDITY = QualityLabel("valid", "invalid", "decoded generated molecules", column="valid",
                        of_valid=False)
"""Where hydrogens are implicit they fill every valence, so RDKit's verdict is what there is."""


PLANARITY = QualityLabel("valid", "invalid", "decoded generated graphs", "graph", column="valid",
                         of_valid=False)
"""Of graphs that are no molecules: connected and planar."""


CONNECTEDNESS = QualityLabel("connected", "disconnected", "decoded generated graphs", "graph",
                             column="valid", of_valid=False)
"""Of graphs that need not be planar: what else would make a good one is not known."""


QUALITY_LABELS = (STABILITY, VALIDITY, PLANARITY, CONNECTEDNESS)
"""The only list of them."""


def quality_label(chemistry: Chemistry | None, *, is_planar: bool = True) -> QualityLabel:
    """The label of graphs under a chemistry, or of graphs that are no molecules.

    Args:
        chemistry: None for graphs without labels.
        is_planar: whether such are to be planar, see `core.model.card.ModelCard.is_planar`.
    """
    if chemistry is None:
        return PLANARITY if is_planar else CONNECTEDNESS
    return STABILITY if chemistry.has_hydrogen_nodes else VALIDITY


@dataclass(frozen=True, eq=False)
class ScoredMolecules:
    """The n molecules of a table that have a label and every score.

    Attributes:
        rows: their row numbers in the table, increasing, [n] int.
        good: the label, [n] bool.
        scores: column → [n] float64, finite.
        unscored: molecules left out because a score or the label is missing.
        absent: columns left out because no molecule has a value there.
    """

    rows: np.ndarray
    good: np.ndarray
    scores: Mapping[str, np.ndarray]
    unscored: int
    absent: tuple[str, ...]


def select_molecules(
    table: pd.DataFrame, columns: Collection[str] = tuple(SCORES), *,
    label: QualityLabel = STABILITY,
) -> ScoredMolecules:
    """The molecules of a table of samples that can be ranked, with their label and scores.

    Args:
        table: columns `valid`, the label's, and all of `columns`; missing values are allowed. Also
            `num_nodes`, by which decoded graphs are known, if the label asks for all of them.
        columns: that are scores.
        label: which molecules are good, and among which.

    Raises:
        RankingError: if no molecule is left, or none of the scores is known.
    """
    kind = "valid" if label.of_valid else "decoded"
    if label.of_valid:
        among = table["valid"].to_numpy(dtype=bool, na_value=False)
    else:
        among = table["num_nodes"].notna().to_numpy()
    if not among.any():
        what = {0: f"There are no {label.many}",
                1: f"The only {label.one} is not {kind}"}.get(
                    len(table), f"None of the {len(table):,} {label.many} is {kind}")
        raise RankingError(f"{what}, so there is nothing to rank; sample more {label.many} or use "
                           "another model.")
    scores = {name: table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in columns}
    absent = tuple(name for name, score in scores.items() if not np.isfinite(score[among]).any())
    scores = {name: score for name, score in scores.items() if name not in absent}
    if not scores:
        raise RankingError(f"None of the {among.sum():,} {kind} {label.many} has a score; score "
                           "them first.")
    is_complete = among & table[label.column].notna().to_numpy()
    if not is_complete.any():
        raise RankingError(f"Stability is known for none of the {among.sum():,} valid graphs; only "
                           "molecules have one.")
    for score in scores.values():
        is_complete &= np.isfinite(score)
    if not is_complete.any():
        raise RankingError(f"None of the {among.sum():,} {kind} {label.many} has all of the scores "
                           f"{', '.join(scores)}; compare fewer scores.")
    rows = np.flatnonzero(is_complete)
    return ScoredMolecules(
        rows=rows,
        good=table[label.column].to_numpy(dtype=bool, na_value=False)[rows],
        scores={name: score[rows] for name, score in scores.items()},
        unscored=int(among.sum() - len(rows)),
        absent=absent,
    )
