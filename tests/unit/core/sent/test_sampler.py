"""Sampled walks against literal walks and exact distributions."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.chemistry import from_smiles
from core.graph import Graph
from core.sent import (
    PLANAR_VOCABULARY,
    QM9_VOCABULARY,
    RANDOM_ORDER,
    STRATEGIES,
    Bias,
    GraphBatch,
    GraphSeed,
    Strategy,
    TieBreak,
    VocabularyError,
    enumerate_sequences,
    sample_trails,
)
from tests.golden.reader import golden_molecules
from tests.oracles.sent_walk import automorphisms, best_candidates, log_q_of_order
from tests.random_graphs import (
    ALL_STRATEGIES,
    CUSTOM_STRATEGIES,
    UNLABELLED,
    graphs,
    random_graph,
    vocabulary_of,
)
from tests.sequence_counts import counts_of

SMALL = {
    "methanol": (from_smiles("CO").graph, QM9_VOCABULARY),
    "acetaldehyde": (from_smiles("CC=O").graph, QM9_VOCABULARY),
    "cyclopropene": (from_smiles("C1=CC1").graph, QM9_VOCABULARY),
    "two fragments": (from_smiles("O.N").graph, QM9_VOCABULARY),
    "house": (Graph(5, np.array([(0, 1), (1, 2), (2, 3), (0, 3), (0, 4), (1, 4)])), UNLABELLED),
    "no edges": (Graph(4, np.zeros((0, 2), dtype=int)), UNLABELLED),
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("tie_break", TieBreak)
@pytest.mark.parametrize("strategy", ALL_STRATEGIES, ids=lambda strategy: strategy.name)
@pytest.mark.parametrize("name", SMALL)
def test_frequencies_fit_the_exact_distribution(name, strategy, tie_break):
    graph, vocabulary = SMALL[name]
    exact = enumerate_sequences(graph, vocabulary, strategy, tie_break=tie_break)
    permutations = 12_000
    for generator in (seeded(), GraphSeed(5)):
        trails = sample_trails([graph], vocabulary, strategy, permutations=permutations,
                               generator=generator, tie_break=tie_break)
        counts = counts_of(trails)
        assert counts.keys() <= set(exact.tokens)
        if len(exact) == 1:
            continue
        expected = exact.probabilities * permutations
        observed = np.array([counts[tokens] for tokens in exact.tokens])
        frequent = expected >= 5  # χ² holds for these; the rest is pooled into one cell
        pooled = [observed[~frequent].sum()], [expected[~frequent].sum()]
        if pooled[1][0] > 0:
            observed = np.append(observed[frequent], pooled[0])
            expected = np.append(expected[frequent], pooled[1])
        # 72 tests share the risk of a false alarm.
        assert len(expected) == 1 or chisquare(observed, expected).pvalue > 1e-4


@settings(max_examples=60)
@given(graph=graphs(max_nodes=12), strategy=st.sampled_from(ALL_STRATEGIES),
       tie_break=st.sampled_from(TieBreak))
def test_every_step_takes_a_best_candidate(graph, strategy, tie_break):
    trails = sample_trails([graph], vocabulary_of(graph), strategy, permutations=4,
                           generator=seeded(), tie_break=tie_break)
    for k in range(4):
        order = trails.order(0, k)
        assert len(order) == graph.num_nodes
        for step, node in enumerate(order):
            assert node in best_candidates(graph, order[:step], strategy, tie_break)


@pytest.mark.parametrize("num_nodes", [1, 31, 32, 33, 63, 64, 65, 100])
@pytest.mark.parametrize("strategy", [*STRATEGIES.values(), CUSTOM_STRATEGIES[0]],
                         ids=lambda strategy: strategy.name)
def test_large_graphs_are_walked_legally(num_nodes, strategy):
    graph = random_graph(num_nodes, 3 / num_nodes, labelled=False, seed=num_nodes)
    trails = sample_trails([graph], UNLABELLED, strategy, permutations=2, generator=seeded())
    for k in range(2):
        expected = log_q_of_order(graph, trails.order(0, k), strategy)
        assert math.isfinite(expected)
        assert trails.log_q[0, k].item() == pytest.approx(expected + graph.log_automorphisms)


@settings(max_examples=40)
@given(graph=graphs(max_nodes=6), strategy=st.sampled_from(ALL_STRATEGIES))
def test_log_q_is_that_of_the_order_times_the_symmetries(graph, strategy):
    trails = sample_trails([graph], vocabulary_of(graph), strategy, permutations=3,
                           generator=seeded())
    log_symmetries = math.log(sum(1 for _ in automorphisms(graph)))
    for k in range(3):
        of_order = log_q_of_order(graph, trails.order(0, k), strategy)
        assert trails.log_q[0, k].item() == pytest.approx(of_order + log_symmetries, abs=1e-9)
        assert trails.log_q[0, k] <= 0


def test_every_node_of_a_large_graph_is_an_equally_likely_start():
    graph = random_graph(70, 0.05, labelled=False, seed=1)
    trails = sample_trails([graph], UNLABELLED, RANDOM_ORDER, permutations=14_000,
                           generator=seeded())
    starts = np.bincount(trails.orders[0, :, 0].numpy(), minlength=70)
    assert chisquare(starts).pvalue > 1e-3


def test_log_q_is_unknown_where_lowest_index_ties_leave_random_choices():
    graph = from_smiles("CCO").graph
    half_random = Strategy(Bias.RANDOM, Bias.MAX_DEGREE, Bias.MAX_DEGREE)
    batch = GraphBatch.from_graphs([graph], with_automorphisms=False)
    for graphs_, strategy, tie_break, known in (
        ([graph], half_random, TieBreak.LOWEST_INDEX, False),
        ([graph], half_random, TieBreak.RANDOM, True),
        ([graph], RANDOM_ORDER, TieBreak.LOWEST_INDEX, True),
        (batch, RANDOM_ORDER, TieBreak.RANDOM, False),
        (batch, STRATEGIES["max_degree_first"], TieBreak.LOWEST_INDEX, True),
    ):
        trails = sample_trails(graphs_, QM9_VOCABULARY, strategy, permutations=2,
                               generator=seeded(), tie_break=tie_break)
        assert trails.log_q.isnan().any().item() is not known


def test_a_strategy_with_one_sequence_has_log_q_exactly_zero():
    methane = from_smiles("C").graph
    trails = sample_trails([methane], QM9_VOCABULARY, STRATEGIES["max_degree_first"],
                           permutations=3, generator=seeded())
    assert trails.log_q.tolist() == [[0.0, 0.0, 0.0]]


def test_a_single_node_is_one_short_sequence():
    lonely = Graph(1, np.zeros((0, 2), dtype=int))
    trails = sample_trails([lonely], PLANAR_VOCABULARY, RANDOM_ORDER, permutations=1,
                           generator=seeded())
    assert trails.sequence(0, 0) == [0, 6, 4]
    assert trails.order(0, 0) == [0]
    assert trails.log_q.item() == 0


def test_a_generator_repeats_itself_and_moves_on():
    graph = from_smiles("CCCO").graph
    generator = seeded(1)
    first, second = (
        sample_trails([graph], QM9_VOCABULARY, RANDOM_ORDER, permutations=5, generator=generator)
        for _ in range(2)
    )
    again = sample_trails([graph], QM9_VOCABULARY, RANDOM_ORDER, permutations=5,
                          generator=seeded(1))
    assert torch.equal(first.tokens, again.tokens)
    assert first.orders.tolist() != second.orders.tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"permutations": 0}, "permutations must be at least 1, got 0."),
        ({"vocabulary": PLANAR_VOCABULARY},
         "The model reads unlabelled graphs, the input is labelled."),
        ({"graphs": []}, "A batch needs at least one graph."),
        ({"graphs": [from_smiles("C" * 9, max_atoms=40).graph,
                     from_smiles("C" * 12, max_atoms=40).graph]},
         "The graph has 38 nodes; the model knows at most 29."),
    ],
)
def test_refusals_say_what_would_be_right(changes, message):
    arguments = {"graphs": [from_smiles("CO").graph], "vocabulary": QM9_VOCABULARY,
                 "strategy": RANDOM_ORDER, "permutations": 1, **changes}
    error = VocabularyError if "model" in message else ValueError
    with pytest.raises(error) as raised:
        sample_trails(arguments.pop("graphs"), arguments.pop("vocabulary"),
                      arguments.pop("strategy"), generator=seeded(), **arguments)
    assert str(raised.value) == message


def test_part_of_a_batch_may_be_padded_wider_than_it_needs():
    graphs = [Graph.from_json(row) for row in golden_molecules()]
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=True)
    small = (batch.num_nodes < 15).nonzero().flatten()[:5]
    alone = [graphs[row] for row in small.tolist()]
    of_batch, of_graphs = (
        sample_trails(part, QM9_VOCABULARY, RANDOM_ORDER, permutations=4, generator=GraphSeed(0))
        for part in (batch[small], alone)
    )
    assert torch.equal(of_batch.tokens, of_graphs.tokens)
