"""A `GraphSeed` gives a molecule the same sequences however it is spelt, in whatever company."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from core.chemistry import from_smiles
from core.chemistry.chemistry import MOSES
from core.graph import Graph
from core.sent import (
    QM9_VOCABULARY,
    RANDOM_ORDER,
    STRATEGIES,
    GraphBatch,
    GraphSeed,
    TieBreak,
    decode,
    enumerate_sequences,
    sample_trails,
)
from core.sent.randomness import RANDOM_BITS, draw_choices
from core.sent.vocabulary import MOSES_VOCABULARY
from tests.random_graphs import UNLABELLED, random_graph

SMILES = ["CO", "C", "CCCCCCCCC", "OC1CC1", "N#CC=O", "CO"]
DRUG_LIKE = ("CC(C)Cc1ccc(cc1)C(C)C(=O)O", "Cc1ccccc1C", "CN1CCN(CC1)c1ncc2ccccc2n1",
             "O=S(=O)(Nc1nccs1)c1ccc(Cl)cc1", "C1CC2CCC1C2", "FC(F)(F)c1ccccc1.CCO")
MOLECULES = [from_smiles(smiles).graph for smiles in SMILES]


def sample(graphs, permutations=8, seed=11, strategy=RANDOM_ORDER, **options):
    return sample_trails(graphs, QM9_VOCABULARY, strategy, permutations=permutations,
                         generator=GraphSeed(seed), **options)


def sequences(trails, graph=0, permutations=8):
    return [trails.sequence(graph, k) for k in range(permutations)]


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
def test_sequences_do_not_depend_on_the_batch(strategy):
    together = sample(MOLECULES, strategy=strategy)
    for g, graph in enumerate(MOLECULES):
        alone = sample([graph], strategy=strategy)
        assert sequences(together, g) == sequences(alone)
        assert together.order(g, 3) == alone.order(0, 3)
        assert together.log_q[g].tolist() == alone.log_q[0].tolist()


@pytest.mark.parametrize("chunk_size", [1, 8, 17, 10_000])
def test_sequences_do_not_depend_on_the_chunk_size(chunk_size):
    whole, chunked = sample(MOLECULES), sample(MOLECULES, chunk_size=chunk_size)
    assert torch.equal(whole.tokens, chunked.tokens)
    assert torch.equal(whole.orders, chunked.orders)
    assert torch.equal(whole.log_q, chunked.log_q)


def test_the_first_sequences_do_not_depend_on_how_many_follow():
    few, many = sample(MOLECULES, permutations=8), sample(MOLECULES, permutations=100)
    for g in range(len(MOLECULES)):
        assert sequences(few, g) == sequences(many, g)


def test_a_batch_padded_further_gives_the_same():
    padded = GraphBatch.from_graphs([*MOLECULES, from_smiles("C" * 9).graph],
                                    with_automorphisms=True)
    rows = padded[torch.tensor([1, 0])]  # padded for nonane, which is not among them
    trails = sample(rows)
    assert sequences(trails, 0) == sequences(sample([MOLECULES[1]]))
    assert sequences(trails, 1) == sequences(sample([MOLECULES[0]]))


@settings(max_examples=25)
@given(row=st.integers(0, 5), seed=st.integers(1, 2**31 - 1),
       strategy=st.sampled_from(list(STRATEGIES.values())))
def test_sequences_do_not_depend_on_the_spelling(row, seed, strategy):
    mol = Chem.MolFromSmiles(DRUG_LIKE[row])
    respelt = Chem.MolToRandomSmilesVect(mol, 1, randomSeed=seed)[0]
    graphs = [from_smiles(smiles, MOSES).graph for smiles in (DRUG_LIKE[row], respelt)]
    given_, other = (sample_trails([graph], MOSES_VOCABULARY, strategy, permutations=4,
                                   generator=GraphSeed(0)) for graph in graphs)
    assert torch.equal(given_.tokens, other.tokens)
    assert torch.equal(given_.log_q, other.log_q)
    # The orders are in the numbering given: each of them writes the sequence of its own graph.
    for graph, trails in zip(graphs, (given_, other), strict=True):
        relabelled = graph.relabel(trails.order(0, 2))
        assert relabelled == decode(trails.sequence(0, 2), MOSES_VOCABULARY)


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
def test_exact_sequences_do_not_depend_on_the_numbering(strategy):
    graph = from_smiles("CCO").graph
    found = enumerate_sequences(graph, QM9_VOCABULARY, strategy)
    for seed in range(3):
        other = graph.relabel(np.random.default_rng(seed).permutation(graph.num_nodes))
        again = enumerate_sequences(other, QM9_VOCABULARY, strategy)
        assert again.tokens == found.tokens
        assert again.probabilities.tolist() == found.probabilities.tolist()
        for tokens, order in zip(again.tokens[:20], again.orders, strict=False):
            assert other.relabel(order) == decode(tokens, QM9_VOCABULARY)


def test_ties_by_lowest_index_keep_the_numbering_given():
    graph = from_smiles("CCO").graph
    turned = graph.relabel(np.arange(graph.num_nodes)[::-1])
    first = [sample([of], strategy=STRATEGIES["max_degree_first"],
                    tie_break=TieBreak.LOWEST_INDEX).order(0, 0)[0] for of in (graph, turned)]
    assert first == [0, 7]  # of the two carbons, the one that comes first


def test_a_batch_without_canonical_numbering_is_refused():
    batch = GraphBatch.from_graphs(MOLECULES, with_automorphisms=False)
    with pytest.raises(ValueError, match="their canonical numbering is not known"):
        sample(batch)


def test_equal_graphs_get_equal_sequences_and_names_do_not_matter():
    trails = sample(MOLECULES)
    assert sequences(trails, 0) == sequences(trails, 5)
    renamed = from_smiles("CO", name="methanol").graph
    assert sequences(sample([renamed])) == sequences(trails, 0)


def test_seed_graph_and_permutation_all_matter():
    trails = sample(MOLECULES)
    assert sequences(sample(MOLECULES, seed=12)) != sequences(trails)
    assert len({tuple(tokens) for tokens in sequences(trails, 2)}) == 8
    amine = Graph.from_json({**MOLECULES[0].to_json(), "node_labels": [1, 2, 0, 0, 0, 0]})
    assert sample([amine]).orders.tolist() != sample(MOLECULES[:1]).orders.tolist()


def test_content_keys_tell_graphs_apart():
    graphs = [random_graph(6, 0.5, labelled=True, seed=seed) for seed in range(500)]
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=False)
    assert len(set(batch.content_keys().tolist())) == len(set(graphs))
    relabelled = [graph.relabel([1, 0, 2, 3, 4, 5]) for graph in graphs if graph.num_nodes == 6]
    other = GraphBatch.from_graphs(relabelled, with_automorphisms=False)
    changed = [a != b for a, b in zip(graphs, relabelled, strict=True)]
    assert (batch.content_keys() != other.content_keys()).tolist() == changed


def test_numbers_are_uniform_and_uncorrelated():
    graph = random_graph(10, 0.3, labelled=False, seed=0)
    batch = GraphBatch.from_graphs([graph], with_automorphisms=False)
    draws = GraphSeed(0).draw(batch, 20_000, 10)[0].double() / (1 << RANDOM_BITS)
    assert (draws >= 0).all()
    assert (draws < 1).all()
    sigma = 12**-0.5 / 20_000**0.5
    assert (draws.mean(0) - 0.5).abs().max() < 4 * sigma
    correlation = np.corrcoef(draws.numpy().T) - np.eye(10)
    assert np.abs(correlation).max() < 4.5 / 20_000**0.5


def test_a_seed_of_any_size_and_sign_is_taken():
    graphs = [random_graph(10, 0.3, labelled=False, seed=0)]
    for seed in (-1, 0, 2**63 - 1, 2**64 + 5):
        trails = sample_trails(graphs, UNLABELLED, RANDOM_ORDER, permutations=1,
                               generator=GraphSeed(seed))
        assert trails.seed == seed


def test_what_a_seed_means_does_not_change_between_versions():
    """Permalinks and result files name a seed: these orders are the promise."""
    methanol = sample([MOLECULES[0]], permutations=4, seed=0)
    assert methanol.orders[0].tolist() == [
        [2, 0, 1, 5, 4, 3], [5, 1, 0, 2, 4, 3], [3, 0, 4, 5, 1, 2], [4, 0, 2, 1, 5, 3],
    ]


def test_a_generator_draws_on_its_own_device():
    batch = GraphBatch.from_graphs(MOLECULES, with_automorphisms=False)
    choices = draw_choices(torch.Generator().manual_seed(0), batch, 3, 29)
    assert choices.shape == (6, 3, 29)
    assert int(choices.min()) >= 0
    assert int(choices.max()) < 1 << RANDOM_BITS
