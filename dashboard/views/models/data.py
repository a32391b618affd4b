"""Tables of the Models page, kept between reruns."""

from __future__ import annotations

from functools import partial

import pandas as pd

from core.evaluation.cross_evaluation import CrossEvaluation, evaluation_row
from core.evaluation.result import Evaluation
from core.units import with_unit
from dashboard.reliability import text as reliability_text
from dashboard.reliability.evaluations import remember


def scores_by_type(evaluation: Evaluation) -> pd.DataFrame:
    """Scores of every type at temperature 1."""
    return remember(evaluation, "scores", lambda: reliability_text.score_table(
        [[evaluation.reliability(token_type)] for token_type in evaluation.token_types],
        [evaluation.strategy],
    ))


def number_table(cross: CrossEvaluation) -> pd.DataFrame:
    """Every number of every cell, with intervals, at temperature 1, and which LU is marked."""
    cells = [cross.cells[cell] for cell in cross.in_order]
    table = pd.DataFrame([
        remember(cell, "numbers", partial(evaluation_row, cell))
        for cell in cells
    ])
    table.insert(table.columns.get_loc(with_unit("nll_std")), "low_lu_from_high_nll",
                 [cell in cross.low_lu for cell in cross.in_order])
    return table
