"""Models against orders: which model is best, and how far a foreign order raises a number."""

import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.evaluation.cross_evaluation import (
    Rise,
    Worst,
    cross_evaluations,
    low_lu_beside,
    rises,
    worst_cases,
)
from core.stats.estimates import Estimate, Interval

ANCHOR, RANDOM = "anchor_expansion", "random_order"


def evaluation(model, trained_under, strategy, dataset="QM9", has_molecules=True):
    return SimpleNamespace(model=model, trained_under=trained_under, strategy=strategy,
                           dataset=dataset, has_molecules=has_molecules)


FOUND = [evaluation("b", ANCHOR, RANDOM), evaluation("b", ANCHOR, ANCHOR),
         evaluation("a", RANDOM, ANCHOR), evaluation("a", RANDOM, RANDOM)]
ESTIMATES = {
    ("a", RANDOM): Estimate(0.2), ("a", ANCHOR): Estimate(0.3),
    ("b", RANDOM): Estimate(0.8), ("b", ANCHOR): Estimate(0.1, Interval(0.0, 0.2)),
}


@pytest.fixture
def cross():
    return cross_evaluations(FOUND)["QM9"]


def test_rows_and_columns_stand_in_the_order_of_the_strategies(cross):
    assert cross.models == ("a", "b")
    assert cross.strategies == (RANDOM, ANCHOR)
    assert cross.in_order == (("a", RANDOM), ("a", ANCHOR), ("b", RANDOM), ("b", ANCHOR))
    assert cross.is_native(("b", ANCHOR))
    assert cross.telling_cell == ("b", RANDOM)


def test_molecules_stand_before_planar_graphs():
    planar = evaluation("p", RANDOM, RANDOM, "a planar set", has_molecules=False)
    assert list(cross_evaluations([planar, *FOUND])) == ["QM9", "a planar set"]


def test_the_lowest_worst_case_comes_first(cross):
    assert worst_cases(cross, ESTIMATES) == [
        Worst("a", ANCHOR, ESTIMATES["a", ANCHOR]), Worst("b", RANDOM, ESTIMATES["b", RANDOM])]


def test_a_model_without_a_cell_has_no_worst_case(cross):
    known = {cell: found for cell, found in ESTIMATES.items() if cell != ("a", ANCHOR)}
    assert [worst.model for worst in worst_cases(cross, known)] == ["b"]


def test_a_rise_is_a_floor_where_the_own_order_may_show_nothing(cross):
    assert rises(cross, ESTIMATES, RANDOM) == [Rise("b", pytest.approx(8.0), True)]
    assert rises(cross, ESTIMATES, ANCHOR) == [Rise("a", pytest.approx(1.5), False)]


def test_the_table_has_a_row_per_cell_with_its_interval(cross):
    table = cross.to_table(ESTIMATES)
    assert list(table) == ["model", "trained_under", "evaluated_under", "value", "low", "high"]
    row = table.set_index(["model", "evaluated_under"]).loc["b", ANCHOR]
    assert (row["trained_under"], row["value"], row["low"], row["high"]) == (ANCHOR, 0.1, 0, 0.2)


def test_stored_results_are_read_without_what_makes_them():
    """Pages and commands that only show results start without torch and its kin."""
    code = ("import sys, core.evaluation.cross_evaluation, core.evaluation.result\n"
            "print({'torch', 'rdkit', 'scipy.stats'} & sys.modules.keys())")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


@dataclass(eq=False)
class Measured:
    """LU and mean NLL of 20 graphs, about so much."""

    lu: float
    nll: float
    dataset: str = "QM9"
    split: str = "test"

    @property
    def graphs(self):
        wave = 0.01 * np.cos(np.arange(20))
        return pd.DataFrame({"id": [str(at) for at in range(20)], "nll_mean": self.nll,
                             "lu": self.lu * (1 + wave * (1 + self.lu))})


def test_a_low_lu_from_a_high_nll_is_shown_by_others_of_the_same_part():
    steady, worse = Measured(0.10, 30), Measured(0.08, 60)
    assert {one: why.shown_by for one, why in low_lu_beside([worse], [steady]).items()} == {
        worse: steady}
    assert {one: why.shown_by for one, why in low_lu_beside([worse, steady], []).items()} == {
        worse: steady}
    assert low_lu_beside([steady], [worse]) == {}
    for other in (Measured(0.10, 30, dataset="MOSES"), Measured(0.10, 30, split="train")):
        assert low_lu_beside([worse], [other]) == {}
