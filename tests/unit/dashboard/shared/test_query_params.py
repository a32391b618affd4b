"""No parameter of the Salience and the Fine-tune page is dropped from an address in silence."""

import ast
from pathlib import Path

import pytest

from core.salience.criteria import CRITERIA
from dashboard.finetune.query import Offered, finetune_complaints
from dashboard.salience.query import model_complaints, salience_complaints

DASHBOARD = Path(__file__).parents[4] / "dashboard"
FREE = {"path", "tokenfile", "one"}
"""Texts that can be anything; what is wrong with them is an error of the page."""


def bound_keys(page):
    """Keys of the widgets of a page that stand in the address."""
    for path in (DASHBOARD / page).glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            given = {one.arg: one.value for one in getattr(call, "keywords", ())}
            if "bind" in given and isinstance(given["key"], ast.Constant):
                yield given["key"].value


def complaints_of_salience(query):
    return [*salience_complaints(query, ["m"]),
            *model_complaints(query, matrices=["the densest"], examples=5)]


def complaints_of_finetune(query):
    return finetune_complaints(query, Offered(), [query.get("criteria", "")])


@pytest.mark.parametrize(("page", "complaints"), [
    ("salience", complaints_of_salience), ("finetune", complaints_of_finetune)])
def test_every_bound_parameter_is_complained_about(page, complaints):
    keys = set(bound_keys(page)) - FREE
    assert len(keys) > 15
    for key in keys:
        (complaint,) = complaints({key: "?" * 3000})
        assert complaint.endswith(".")


def test_every_option_of_a_criterion_is_complained_about():
    for criterion in CRITERIA.values():
        for name in criterion.options:
            assert len(complaints_of_salience({f"option_{name}": "x"})) == 1
