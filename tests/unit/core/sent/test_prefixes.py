"""Prefixes against a literal enumeration: which orders they take, and how often."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.graph.graph import Graph
from core.sent import prefixes
from core.sent.decoder import decode
from core.sent.prefixes import PrefixError, draw_prefixes, largest_open
from core.sent.vocabulary import EOS, PAD
from tests.random_graphs import UNLABELLED, graphs, vocabulary_of


@pytest.fixture(scope="module", autouse=True)
def _fewer_walks():
    """Graphs of this size need no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefixes, "_WALKS", 1000)
        yield


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def walks(graph):
    """Every order of a graph with its probability under `random_order`, and who is left."""
    todo = [((), 1.0, frozenset())]
    while todo:
        order, probability, left = todo.pop()
        unvisited = [node for node in range(graph.num_nodes) if node not in order]
        if not unvisited:
            yield order, probability, left
            continue
        near = [v for v in unvisited if order and v in graph.neighbours[order[-1]]]
        if order and not near:
            left = left | {order[-1]}
        for node in near or unvisited:
            todo.append(((*order, node), probability / len(near or unvisited), left))


def flags(graph, nodes):
    return np.isin(np.arange(graph.num_nodes), list(nodes))


def star(tips):
    return Graph(tips + 1, np.array([[0, tip] for tip in range(1, tips + 1)]))


@pytest.mark.parametrize(("graph", "is_open"), [
    (Graph(4, np.array([[0, 1], [1, 2], [2, 3]])), {0, 1, 2, 3}),
    (star(3), {0, 1}),
    (star(3), {2, 3}),
    (Graph(5, np.array([[0, 1], [1, 2], [2, 0], [3, 4]])), {0, 3}),
], ids=["path", "star, one tip", "star, two tips", "two pieces"])
def test_orders_are_the_walks_that_leave_nothing_open(graph, is_open):
    """All of them, as often as `random_order` takes them given that."""
    exact = {order: probability for order, probability, left in walks(graph) if not left & is_open}
    total = sum(exact.values())
    number = 4_000
    found = draw_prefixes(graph, flags(graph, is_open), UNLABELLED, number, generator=seeded())
    counts = Counter(map(tuple, found.orders.tolist()))
    assert counts.keys() == exact.keys()
    observed = [counts[order] for order in exact]
    expected = [probability / total * number for probability in exact.values()]
    assert len(exact) == 1 or chisquare(observed, expected).pvalue > 1e-3


@settings(max_examples=15)
@given(graph=graphs(max_nodes=6), data=st.data())
def test_prefixes_write_the_fragment_and_close_the_rest(graph, data):
    asked = data.draw(st.sets(st.integers(0, graph.num_nodes - 1)))
    left_open = [asked - left for _, _, left in walks(graph)]
    vocabulary = vocabulary_of(graph)
    best = set(np.flatnonzero(largest_open(graph, flags(graph, asked), vocabulary)).tolist())
    assert best in left_open
    assert len(best) == max(map(len, left_open))
    if asked not in left_open:
        with pytest.raises(PrefixError, match="cannot all stay open"):
            draw_prefixes(graph, flags(graph, asked), vocabulary, 3, generator=seeded())
    found = draw_prefixes(graph, flags(graph, best), vocabulary, 3, generator=seeded())
    for row in range(3):
        order = found.orders[row].tolist()
        length = int(found.lengths[row])
        tokens = found.tokens[row].tolist()
        assert set(tokens[length:]) <= {PAD}
        assert decode([*tokens[:length], EOS], vocabulary) == graph.relabel(order)
        assert found.is_closed[row].tolist() == [node not in best for node in order]


def test_of_equally_large_sets_the_highest_numbers_are_closed():
    assert np.flatnonzero(largest_open(star(4), flags(star(4), range(5)), UNLABELLED)).tolist() == [
        0, 1, 2]


def test_few_walks_that_fit_are_repeated(monkeypatch):
    monkeypatch.setattr(prefixes, "_WALKS", 2)
    found = draw_prefixes(star(2), flags(star(2), {0, 1, 2}), UNLABELLED, 50, generator=seeded(1))
    assert len(found) == 50
    assert len(set(map(tuple, found.orders.tolist()))) == 2


def test_the_generator_fixes_them():
    first, same, other = (
        draw_prefixes(star(3), flags(star(3), {0}), UNLABELLED, 9, generator=seeded(seed))
        for seed in (1, 1, 2))
    assert torch.equal(first.tokens, same.tokens)
    assert not torch.equal(first.orders, other.orders)


def test_arguments_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="at least one prefix, got 0"):
        draw_prefixes(star(2), flags(star(2), {0}), UNLABELLED, 0, generator=seeded())
    with pytest.raises(ValueError, match="Give 3 flags of open nodes, got 2"):
        draw_prefixes(star(2), np.array([True, True]), UNLABELLED, 1, generator=seeded())
