"""Choices, their place in the address, and the code that repeats them."""

import shlex

import pytest

from dashboard.state import Choice, permutation_index, permutation_options, url_complaints

MODELS = ("qm9-random_order", "qm9-min_degree_first")


def test_a_good_address_has_no_complaints():
    query = {"smiles": "CO", "model": MODELS[1], "strategy": "own", "k": "256", "seed": "0",
             "trail": "256", "a": "lowest", "b": "7", "view": "Where", "utm_source": "mail"}
    assert url_complaints(query, MODELS) == []


@pytest.mark.parametrize(("query", "expected"), [
    ({"k": "1"}, "K is a whole number from 2 to 256."),
    ({"k": "257"}, "K is a whole number from 2 to 256."),
    ({"k": "3.5"}, "K is a whole number from 2 to 256."),
    ({"k": "9" * 5000}, "K is a whole number from 2 to 256."),
    ({"seed": "x"}, "a seed is a whole number from 0 to 2,147,483,647."),
    ({"k": "8", "trail": "9"}, "use lowest, median, highest or a number from 1 to K."),
    ({"strategy": "max_degree/random/min_degree"}, "min_degree_first, anchor_expansion."),
    ({"a": "0"}, "use lowest, median, highest or a number from 1 to K."),
])
def test_each_fault_is_one_sentence_that_says_what_would_be_right(query, expected):
    (complaint,) = url_complaints(query, MODELS)
    assert complaint.endswith(expected)
    assert len(complaint) < 200


def test_every_fault_is_said():
    assert len(url_complaints({"k": "0", "seed": "-1", "model": "x", "view": "y"}, MODELS)) == 4


def test_ranks_are_by_nll_with_ties_by_number():
    nll = [5.0, 3.0, 9.0, 3.0]
    assert permutation_index("lowest", nll) == 1
    assert permutation_index("median", nll) == 3
    assert permutation_index("highest", nll) == 2
    assert permutation_index("3", nll) == 2


def test_every_permutation_is_offered():
    assert permutation_options(2) == ["lowest", "median", "highest", "1", "2"]


def test_quotes_in_the_input_cannot_leave_the_command():
    nasty = "C'; rm -rf ~ #\""
    choice = Choice(nasty, MODELS[0], "0" * 64, "random_order", 8, 1)
    assert shlex.split(choice.command)[2] == nasty
    compile(choice.python, "snippet", "exec")
    assert repr(nasty) in choice.python
