"""Padding, slicing and checking of graph batches and trail batches."""

import numpy as np
import pytest
import torch

from core.chemistry import from_smiles
from core.graph import Graph
from core.sent import (
    PLANAR_VOCABULARY,
    QM9_VOCABULARY,
    RANDOM_ORDER,
    GraphBatch,
    TieBreak,
    TrailBatch,
    Vocabulary,
    VocabularyError,
    sample_trails,
)

WATER, METHANE = from_smiles("O").graph, from_smiles("C").graph
PATH = Graph(3, np.array([(0, 1), (1, 2)]))


def test_contents_and_padding():
    batch = GraphBatch.from_graphs([WATER, METHANE], with_automorphisms=True)
    assert len(batch) == 2
    assert batch.num_nodes.tolist() == [3, 5]
    assert batch.num_edges.tolist() == [2, 4]
    assert batch.node_labels.tolist() == [[3, 0, 0, 0, 0], [1, 0, 0, 0, 0]]
    assert batch.edges[0].tolist() == [[0, 1], [0, 2], [0, 0], [0, 0]]
    assert batch.edge_labels.shape == (2, 4)
    assert batch.log_automorphisms.exp().tolist() == pytest.approx([2, 24])
    assert batch.max_nodes == 5
    assert batch.device == torch.device("cpu")


def test_unlabelled_graphs_have_no_label_tensors():
    batch = GraphBatch.from_graphs([PATH], with_automorphisms=False)
    assert not batch.is_labelled
    assert batch.node_labels is batch.edge_labels is batch.log_automorphisms is None


def test_graphs_without_edges():
    lonely = Graph(2, np.zeros((0, 2), dtype=int))
    batch = GraphBatch.from_graphs([lonely], with_automorphisms=True)
    assert batch.edges.shape == (1, 0, 2)
    assert batch.log_automorphisms.exp().item() == pytest.approx(2)


def test_rows_keep_their_order():
    batch = GraphBatch.from_graphs([WATER, METHANE], with_automorphisms=True)
    swapped = batch[torch.tensor([1, 0, 1])]
    assert swapped.num_nodes.tolist() == [5, 3, 5]
    assert swapped.log_automorphisms.exp().tolist() == pytest.approx([24, 2, 24])
    assert batch[1:].num_nodes.tolist() == [5]


@pytest.mark.parametrize(
    ("graphs", "message"),
    [
        ([], "A batch needs at least one graph."),
        ([WATER, PATH], "A batch holds labelled or unlabelled graphs, not both."),
    ],
)
def test_what_cannot_be_collated(graphs, message):
    with pytest.raises(ValueError, match=message):
        GraphBatch.from_graphs(graphs, with_automorphisms=False)


@pytest.mark.parametrize(
    ("graph", "vocabulary", "message"),
    [
        (WATER, PLANAR_VOCABULARY, "The model reads unlabelled graphs, the input is labelled."),
        (PATH, QM9_VOCABULARY, "The model reads labelled graphs, the input is unlabelled."),
        (PATH, Vocabulary(2), "The graph has 3 nodes; the model knows at most 2."),
        (WATER, Vocabulary(9, ("H", "C"), ("single",)),
         "Node label 3 is outside the vocabulary, which has 2 (H, C)."),
        (from_smiles("C=O").graph, Vocabulary(9, ("H", "C", "N", "O"), ("single",)),
         "Edge label 1 is outside the vocabulary, which has 1 (single)."),
    ],
)
def test_what_a_vocabulary_cannot_write(graph, vocabulary, message):
    batch = GraphBatch.from_graphs([graph], with_automorphisms=False)
    with pytest.raises(VocabularyError) as raised:
        batch.check_fits(vocabulary)
    assert str(raised.value) == message


def test_trails_without_padding():
    trails = sample_trails([WATER, METHANE], QM9_VOCABULARY, RANDOM_ORDER, permutations=3,
                           generator=torch.Generator().manual_seed(0))
    assert len(trails) == 2
    assert trails.permutations == 3
    for g, num_nodes in enumerate((3, 5)):
        sequence = trails.sequence(g, 1)
        assert sequence[0] == 0
        assert sequence[-1] == 4
        assert len(sequence) == int(trails.lengths[g, 1])
        assert sorted(trails.order(g, 1)) == list(range(num_nodes))
    assert torch.equal(trails.to("cpu").tokens, trails.tokens)


def test_joined_trails_are_padded_alike():
    generator = torch.Generator().manual_seed(0)
    parts = [sample_trails([graph], QM9_VOCABULARY, RANDOM_ORDER, permutations=2,
                           generator=generator) for graph in (WATER, METHANE)]
    joined = TrailBatch.concatenate(parts, strategy=RANDOM_ORDER, tie_break=TieBreak.RANDOM,
                                    seed=None)
    for g, part in enumerate(parts):
        for k in range(2):
            assert joined.sequence(g, k) == part.sequence(0, k)
            assert joined.order(g, k) == part.order(0, k)
        assert torch.equal(joined.log_q[g], part.log_q[0])
