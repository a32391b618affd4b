"""Our walks and tokens against sequences that other code wrote."""

import numpy as np
import pytest
import torch
from scipy.stats import chi2_contingency

from core.graph import Graph, is_isomorphic
from core.sent import (
    PLANAR_VOCABULARY,
    QM9_VOCABULARY,
    STRATEGIES,
    TieBreak,
    decode,
    decode_lenient,
    sample_trails,
)
from tests.golden.reader import golden_frequencies, golden_molecules, golden_planar
from tests.oracles.sent_walk import log_q_of_order
from tests.sequence_counts import counts_of

BIASED = [name for name in STRATEGIES if name != "random_order"]
DATA = {
    "molecules": (golden_molecules, QM9_VOCABULARY),
    "planar": (golden_planar, PLANAR_VOCABULARY),
}


@pytest.mark.parametrize("name", BIASED)
@pytest.mark.parametrize("data", DATA)
def test_lowest_index_ties_give_the_canonical_sequences(data, name):
    load_rows, vocabulary = DATA[data]
    rows = load_rows()
    trails = sample_trails(
        [Graph.from_json(row) for row in rows], vocabulary, STRATEGIES[name], permutations=2,
        tie_break=TieBreak.LOWEST_INDEX, generator=torch.Generator().manual_seed(0),
    )
    assert len(rows) == {"molecules": 200, "planar": 10}[data]
    for g, row in enumerate(rows):
        for k in range(2):
            assert trails.sequence(g, k) == row["canonical"][name]["tokens"], row["id"]
            assert trails.order(g, k) == row["canonical"][name]["order"], row["id"]
    assert (trails.log_q == 0).all()


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("data", DATA)
def test_sampled_sequences_decode_to_their_graph(data, name):
    load_rows, vocabulary = DATA[data]
    num_decoded = 0
    for row in load_rows():
        graph = Graph.from_json(row)
        for tokens in row["sampled"][name]:
            decoded = decode(tokens, vocabulary)
            assert is_isomorphic(decoded, graph), row["id"]
            assert decode_lenient(tokens, vocabulary) == decoded
            num_decoded += 1
    assert num_decoded == {"molecules": 400, "planar": 10}[data]


@pytest.mark.parametrize("name", STRATEGIES)
def test_sampled_sequences_are_walks_of_their_strategy(name):
    for row in golden_molecules()[:100]:
        for tokens in row["sampled"][name]:
            graph = decode(tokens, QM9_VOCABULARY)
            in_visit_order = list(range(graph.num_nodes))
            assert np.isfinite(log_q_of_order(graph, in_visit_order, STRATEGIES[name])), row["id"]


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("smiles", ["CO", "C=O"])
def test_samples_fit_the_golden_frequencies(smiles, name):
    row = golden_frequencies()[smiles]
    golden = {tuple(tokens): count for tokens, count in row["strategies"][name]}
    trails = sample_trails([Graph.from_json(row)], QM9_VOCABULARY, STRATEGIES[name],
                           permutations=20_000, generator=torch.Generator().manual_seed(3))
    ours = dict.fromkeys(golden, 0)
    for tokens, times in counts_of(trails).items():
        ours[tokens] += times  # a KeyError is a sequence no one else has seen
    if len(golden) > 1:
        table = [list(golden.values()), list(ours.values())]
        assert chi2_contingency(table).pvalue > 1e-3
