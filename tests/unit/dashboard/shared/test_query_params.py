"""No parameter of any page is dropped from an address in silence, nor made into anything first."""

from functools import partial

import pytest

from core.salience.criteria import CRITERIA
from dashboard.shared.query_params import Choice, Number, faults
from dashboard.views.calibration import query as calibration
from dashboard.views.explore import query as explore
from dashboard.views.finetune import query as finetune
from dashboard.views.models import query as models
from dashboard.views.salience import query as salience
from dashboard.views.triage import query as triage
from tests.unit.dashboard.shared.bound_widgets import bound_calls

FREE = {"path", "tokenfile", "one", "smiles", "smarts", "fragment", "open"}
"""Texts that can be anything; what is wrong with them is an error of the page."""

UNTOLD = {"explore": {"hydrogens", "exact", "compare"}, "calibration": {"more"},
          "triage": {"unique"}}
"""Switches and bars that nobody is told of; their page opens as if they were not there."""

HUGE = ("1000000000", "99999999999999999999999", "inf", "nan", "1e400", "-inf", "9" * 5000)


def faults_of_salience(query):
    return [*salience.address_faults(query, ["m"]),
            *salience.model_faults(query, matrices=["the densest"], examples=5)]


def faults_of_finetune(query):
    offered = finetune.Offered(makers=["m"])
    return finetune.address_faults(query, offered, [query.get("criteria", "")],
                                   [query.get("beside", "")])


def faults_of_planar_explore(query):
    return explore.address_faults({"model": "p", **query}, ["m", "p"], ["p"])


PAGES = {
    "explore": faults_of_planar_explore,
    "models": partial(models.address_faults, tables={}),
    "calibration": partial(calibration.address_faults, models=["m"], orders=["random_order"]),
    "triage": partial(triage.address_faults, models=["m"]),
    "salience": faults_of_salience, "finetune": faults_of_finetune,
}


def number_keys(page):
    return sorted({key for key, call in bound_calls(page)
                   if getattr(call.func, "attr", "") == "number_input"})


@pytest.mark.parametrize("page", PAGES)
def test_every_bound_parameter_is_told(page):
    keys = {key for key, _ in bound_calls(page)} - FREE - UNTOLD.get(page, set())
    assert len(keys) > 3
    for key in keys:
        (fault,) = PAGES[page]({key: "?" * 3000})
        assert fault.endswith(".")


def test_every_option_of_a_criterion_is_told():
    for criterion in CRITERIA.values():
        for name in criterion.options:
            assert len(faults_of_salience({f"option_{name}": "x"})) == 1


@pytest.mark.parametrize("value", HUGE)
@pytest.mark.parametrize(("page", "number"), [
    ("explore", 4), ("models", 0), ("calibration", 0), ("triage", 5), ("salience", 3),
    ("finetune", 7)])
def test_huge_numbers_are_refused_before_anything_is_made_of_them(page, number, value):
    """K = 1,000,000,000 beside a permutation once was a list of as many options."""
    keys = number_keys(page)
    assert len(keys) >= number
    beside = {"trail": "1", "a": "2", "b": "3"} if page == "explore" else {}
    for key in keys:
        found = PAGES[page]({**beside, key: value})
        if key in ("seed", "graph", "number", "runseed", "split", "draw", "draw2", "tuneseed",
                   "page", "keptpage") and value == "1000000000":
            assert found == []  # a seed or a page may be that large
        else:
            assert len(found) == 1
            assert "it must be a" in found[0]
            assert len(found[0]) < 200


@pytest.mark.parametrize(("number", "text", "read"), [
    (Number("seed", 0, 9), "07", 7), (Number("seed", 0, 9), "+7", 7),
    (Number("seed", 0, 9), "7.0", None), (Number("seed", 0, 9), "", None),
    (Number("t", 0.1, 5.0), "5", 5.0), (Number("t", 0.1, 5.0), "1e-400", None),
    (Number("t", 0.1, 5.0), "nan", None), (Number("t", 0.1, 5.0), "1e400", None),
])
def test_numbers_are_read_within_their_range(number, text, read):
    assert number.read(text) == read
    assert (number.fault(text) is None) is (read is not None)


def test_faults_stand_in_the_order_of_the_parameters():
    parameters = {"a": Choice("letter", ()), "b": Number("number", 1, 2),
                  "c": Choice("step", ("1", "2"), "the numbers to 2")}
    query = {"other": "x", "c": "3", "b": "0", "a": "z"}
    assert faults(query, parameters) == [
        "The address asks for the letter 'z', which does not exist; there are none.",
        "The address asks for the number '0'; it must be a whole number from 1 to 2.",
        "The address asks for the step '3', which does not exist; there are the numbers to 2.",
    ]
    assert faults({"c": "2", "b": "2"}, parameters) == []
