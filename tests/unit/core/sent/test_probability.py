"""Exact enumeration against literal recursion, golden frequencies and the sampler's log q."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.chemistry.molecules import from_smiles
from core.graph.graph import Graph
from core.sent import probability
from core.sent.probability import TooManySequencesError, enumerate_sequences
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER, STRATEGIES, Bias, Strategy, TieBreak
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY, Vocabulary
from tests.oracles.sequence_enumeration import every_sequence

GOLDEN = Path(__file__).parents[3] / "golden" / "sequence_frequencies.json"
SMALL_VOCABULARY = Vocabulary(6, node_names=("a", "b"), edge_names=("x", "y"))
CUSTOM = Strategy(Bias.RANDOM, Bias.MIN_DEGREE, Bias.MAX_DEGREE)
ALL_STRATEGIES = [*STRATEGIES.values(), CUSTOM]


@st.composite
def small_graphs(draw, max_nodes=6):
    """Labelled graphs with few labels, so that symmetries are common; often disconnected."""
    n = draw(st.integers(1, max_nodes))
    pairs = [(u, v) for u in range(n) for v in range(u + 1, n)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return Graph(
        num_nodes=n,
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        node_labels=np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))),
        edge_labels=np.array([draw(st.integers(0, 1)) for _ in edges], dtype=np.int64),
    )


def as_dict(distribution):
    return dict(zip(distribution.tokens, distribution.probabilities.tolist(), strict=True))


def test_methanol_has_18_sequences_under_random_order():
    methanol = enumerate_sequences(from_smiles("CO").graph, QM9_VOCABULARY, RANDOM_ORDER)
    assert len(methanol) == 18
    assert methanol.probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert methanol.probabilities[:4] == pytest.approx([1 / 6, 1 / 6, 1 / 9, 1 / 9])
    assert not methanol.probabilities.flags.writeable


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("smiles", ["CO", "C=O"])
def test_probabilities_fit_independent_frequencies(smiles, name):
    row = json.loads(GOLDEN.read_text())[smiles]
    graph = Graph.from_json(row)
    exact = as_dict(enumerate_sequences(graph, QM9_VOCABULARY, STRATEGIES[name]))
    counts = {tuple(tokens): count for tokens, count in row["strategies"][name]}
    assert counts.keys() <= exact.keys()
    expected = [probability * row["samples"] for probability in exact.values()]
    observed = [counts.get(sequence, 0) for sequence in exact]
    assert len(exact) == 1 or chisquare(observed, expected).pvalue > 1e-4


@settings(max_examples=60)
@given(graph=small_graphs(), strategy=st.sampled_from(ALL_STRATEGIES),
       tie_break=st.sampled_from(list(TieBreak)))
def test_agrees_with_literal_recursion(graph, strategy, tie_break):
    exact = as_dict(enumerate_sequences(graph, SMALL_VOCABULARY, strategy, tie_break=tie_break))
    assert exact == pytest.approx(every_sequence(graph, SMALL_VOCABULARY, strategy, tie_break))


@settings(max_examples=30)
@given(graph=small_graphs(), strategy=st.sampled_from(ALL_STRATEGIES))
def test_log_q_agrees_with_the_sampler(graph, strategy):
    exact = enumerate_sequences(graph, SMALL_VOCABULARY, strategy)
    log_q = dict(zip(exact.tokens, exact.log_q.tolist(), strict=True))
    trails = sample_trails([graph], SMALL_VOCABULARY, strategy, permutations=20,
                           generator=torch.Generator().manual_seed(0))
    for k in range(20):
        assert float(trails.log_q[0, k]) == pytest.approx(log_q[tuple(trails.sequence(0, k))])


@pytest.mark.parametrize("strategy", ALL_STRATEGIES, ids=lambda strategy: strategy.name)
def test_acetone_log_q_agrees_with_the_sampler(strategy):
    acetone = from_smiles("CC(C)=O").graph  # 144 automorphisms, 72 of them exchanges of twins
    exact = enumerate_sequences(acetone, QM9_VOCABULARY, strategy)
    log_q = dict(zip(exact.tokens, exact.log_q.tolist(), strict=True))
    trails = sample_trails([acetone], QM9_VOCABULARY, strategy, permutations=100,
                           generator=torch.Generator().manual_seed(1))
    for k in range(100):
        assert float(trails.log_q[0, k]) == pytest.approx(log_q[tuple(trails.sequence(0, k))])


def test_only_biased_choices_are_deterministic_with_lowest_index_ties():
    ethanol = from_smiles("CCO").graph
    lowest = TieBreak.LOWEST_INDEX
    for strategy in STRATEGIES.values():
        exact = enumerate_sequences(ethanol, QM9_VOCABULARY, strategy, tie_break=lowest)
        assert len(exact) == (536 if strategy == RANDOM_ORDER else 1)
        trails = sample_trails([ethanol], QM9_VOCABULARY, strategy, permutations=4,
                               tie_break=lowest, generator=torch.Generator().manual_seed(0))
        assert all(tuple(trails.sequence(0, k)) in exact.tokens for k in range(4))
    random_start = enumerate_sequences(ethanol, QM9_VOCABULARY, CUSTOM, tie_break=lowest)
    assert 1 < len(random_start) <= ethanol.num_nodes


def test_an_only_sequence_has_log_q_exactly_zero():
    methane = enumerate_sequences(from_smiles("C").graph, QM9_VOCABULARY,
                                  STRATEGIES["max_degree_first"])
    assert methane.log_q.tolist() == [0.0]


def test_most_probable_first_whatever_the_numbering():
    graph = from_smiles("CC=O").graph
    shuffled = graph.relabel(np.random.default_rng(0).permutation(graph.num_nodes))
    first = enumerate_sequences(graph, QM9_VOCABULARY, RANDOM_ORDER)
    second = enumerate_sequences(shuffled, QM9_VOCABULARY, RANDOM_ORDER)
    assert first.tokens == second.tokens
    assert (np.diff(first.probabilities) <= 1e-12).all()


def test_complete_and_edgeless_graphs_have_one_sequence():
    every_pair = np.array([(u, v) for u in range(12) for v in range(u + 1, 12)])
    for edges in (every_pair, every_pair[:0]):
        exact = enumerate_sequences(Graph(12, edges), PLANAR_VOCABULARY, RANDOM_ORDER)
        assert exact.log_q.tolist() == [0.0]


def test_trails_of_an_enumeration_hold_its_sequences():
    exact = enumerate_sequences(from_smiles("CC").graph, QM9_VOCABULARY, RANDOM_ORDER)
    trails = exact.to_trails()
    assert trails.tokens.shape[:2] == (1, len(exact))
    assert all(tuple(trails.sequence(0, k)) == exact.tokens[k] for k in range(len(exact)))
    assert trails.log_q[0].tolist() == exact.log_q.tolist()
    assert sorted(trails.order(0, 3)) == list(range(8))


def test_limit_counts_sequences_not_walks():
    ethane = from_smiles("CC").graph  # two walks write each sequence, as its halves are alike
    assert len(enumerate_sequences(ethane, QM9_VOCABULARY, RANDOM_ORDER, limit=39)) == 39
    for tie_break in TieBreak:
        with pytest.raises(TooManySequencesError, match="more sequences under random_order"):
            enumerate_sequences(ethane, QM9_VOCABULARY, RANDOM_ORDER, limit=38,
                                tie_break=tie_break)
    with pytest.raises(ValueError, match="limit must be at least 1"):
        enumerate_sequences(ethane, QM9_VOCABULARY, RANDOM_ORDER, limit=0)


def test_limit_counts_sequences_where_ties_are_not_symmetric():
    methanol = from_smiles("CO").graph
    count = len(enumerate_sequences(methanol, QM9_VOCABULARY, CUSTOM,
                                    tie_break=TieBreak.LOWEST_INDEX))
    with pytest.raises(TooManySequencesError, match="than the limit"):
        enumerate_sequences(methanol, QM9_VOCABULARY, CUSTOM, limit=count - 1,
                            tie_break=TieBreak.LOWEST_INDEX)


def test_refuses_large_and_very_symmetric_graphs_at_once(monkeypatch):
    with pytest.raises(TooManySequencesError, match="29 nodes"):
        enumerate_sequences(from_smiles("CCCCCCCCC").graph, QM9_VOCABULARY, RANDOM_ORDER)
    monkeypatch.setattr(probability, "MAX_WALKS", 1000)
    with pytest.raises(TooManySequencesError, match="more than 1,000 walks"):
        enumerate_sequences(from_smiles("CC(C)(C)C").graph, QM9_VOCABULARY, RANDOM_ORDER)


def test_log_q_is_the_log_of_the_probabilities():
    exact = enumerate_sequences(from_smiles("CO").graph, QM9_VOCABULARY, RANDOM_ORDER)
    assert exact.log_q[0] == pytest.approx(-math.log(6))


def test_lowest_index_ties_tell_twins_apart():
    """Leaves 0 and 3 are twins, but only a start at 3 leaves the lowest index to a twin."""
    star = Graph(4, np.array([(0, 1), (1, 2), (1, 3)]), node_labels=np.array([0, 1, 1, 0]),
                 edge_labels=np.zeros(3, dtype=np.int64))
    strategy = Strategy(Bias.RANDOM, Bias.MAX_DEGREE, Bias.MAX_DEGREE)
    lowest = enumerate_sequences(star, SMALL_VOCABULARY, strategy, tie_break=TieBreak.LOWEST_INDEX)
    assert lowest.probabilities.tolist() == [0.25] * 4
    assert as_dict(lowest) == every_sequence(star, SMALL_VOCABULARY, strategy,
                                             TieBreak.LOWEST_INDEX)
