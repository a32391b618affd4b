"""Choices, their place in the address, and the code that repeats them."""

import shlex

import pytest

from core.data.files import read_input
from core.graph.planar import PlanarName
from dashboard.views.explore.query import (
    ExploreQuery,
    address_faults,
    permutation_index,
    permutation_options,
)

MODELS = ("qm9-random_order", "qm9-min_degree_first")
PLANAR = ("planar-max_degree_first", "planar-random_order")


def test_a_good_address_has_no_faults():
    query = {"smiles": "CO", "model": MODELS[1], "strategy": "own", "k": "256", "seed": "0",
             "trail": "256", "a": "lowest", "b": "7", "view": "Where", "utm_source": "mail"}
    assert address_faults(query, MODELS) == []


@pytest.mark.parametrize(("query", "expected"), [
    ({"k": "1"}, "it must be a whole number from 2 to 1,024."),
    ({"k": "1025"}, "it must be a whole number from 2 to 1,024."),
    ({"k": "3.5"}, "it must be a whole number from 2 to 1,024."),
    ({"k": "9" * 5000}, "it must be a whole number from 2 to 1,024."),
    ({"seed": "x"}, "the seed 'x'; it must be a whole number from 0 to 2,147,483,647."),
    ({"k": "8", "trail": "9"}, "lowest, median, highest and the numbers from 1 to 8."),
    ({"strategy": "max_degree/random/min_degree"}, "min_degree_first, anchor_expansion."),
    ({"a": "0"}, "there are lowest, median, highest and the numbers from 1 to 32."),
])
def test_each_fault_is_one_sentence_that_says_what_would_be_right(query, expected):
    (fault,) = address_faults(query, MODELS)
    assert fault.endswith(expected)
    assert len(fault) < 200


@pytest.mark.parametrize("model", PLANAR)
def test_a_good_address_of_a_planar_graph_has_no_faults(model):
    query = {"model": model, "graph": "0", "number": "2147483647", "k": "16", "view": "Compare"}
    assert address_faults(query, (*MODELS, *PLANAR), PLANAR) == []


@pytest.mark.parametrize(("query", "expected"), [
    ({"model": PLANAR[0], "graph": "-1"}, "the graph seed '-1'; it must be a whole number from 0 "
                                          "to 2,147,483,647."),
    ({"model": PLANAR[0], "graph": "first"}, "'first'; it must be a whole number from 0 to "
                                             "2,147,483,647."),
    ({"model": PLANAR[1], "number": "2147483648"},
     "the graph number '2147483648'; it must be a whole number from 0 to 2,147,483,647."),
    ({"model": PLANAR[1], "smiles": "CCO"}, "the molecule 'CCO' under planar-random_order, which "
                                            "reads planar graphs; leave out one of the two."),
    ({"model": PLANAR[1], "smiles": "CCO", "graph": "x"}, "leave out one of the two."),
    ({"graph": "3"}, "under a model of molecules; add model=planar-max_degree_first."),
    ({"model": MODELS[0], "number": "x"}, "add model=planar-max_degree_first."),
])
def test_each_fault_of_a_planar_address_is_one_sentence(query, expected):
    (fault,) = address_faults(query, (*MODELS, *PLANAR), PLANAR)
    assert fault.endswith(expected)
    assert len(fault) < 200


def test_without_planar_models_a_graph_in_the_address_is_nothing():
    assert address_faults({"graph": "3", "number": "x"}, MODELS) == []


def test_every_fault_is_said():
    assert len(address_faults({"k": "0", "seed": "-1", "model": "x", "view": "y"}, MODELS)) == 4


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
    choice = ExploreQuery(nasty, MODELS[0], "0" * 64, "random_order", 8, 1)
    assert shlex.split(choice.command)[2] == nasty
    compile(choice.python, "snippet", "exec")
    assert repr(nasty) in choice.python


def test_a_planar_graph_stands_in_command_and_python():
    choice = ExploreQuery("", PLANAR[1], "0" * 64, "random_order", 8, 1,
                          PlanarName(seed=5, index=2))
    assert choice.command == ("trailscope score planar:5:2 --model planar-random_order "
                              "--strategy random_order --permutations 8 --seed 1")
    compile(choice.python, "snippet", "exec")
    maker, line = choice.python.splitlines()[0], choice.python.splitlines()[7].strip()
    (row,) = read_input(choice.input, max_atoms=64)
    names: dict = {}
    exec(f"{maker}\nfound = {line}", names)  # `[planar_graph(…).graph],`
    assert names["found"][0][0] == row.graph


def test_python_says_how_many_nodes_a_smaller_planar_graph_has():
    choice = ExploreQuery("", PLANAR[1], "0" * 64, "random_order", 8, 1,
                          PlanarName(seed=5, index=2), None, planar_nodes=16)
    assert 'planar_graph(2, seed=5, split="test", num_nodes=16).graph' in choice.python


def test_choices_of_different_graphs_are_different_keys():
    def choice(planar):
        return ExploreQuery("", PLANAR[0], "0" * 64, "random_order", 8, 1, planar)

    assert len({choice(None), choice(PlanarName(0, 1)), choice(PlanarName(1, 0))}) == 3
    assert choice(PlanarName(0, 1)) == choice(PlanarName(0, 1))
