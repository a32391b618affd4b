"""Streams: every graph once an epoch, a batch depends on its number alone."""

import pytest
import torch

from core.finetune.streams import SequenceStream
from core.graph.graph import is_isomorphic
from core.salience.examples import TokenSequences
from core.salience.matrices import SalienceError
from core.sent.decoder import decode
from core.sent.vocabulary import QM9_VOCABULARY
from tests.unit.core.finetune.finetuning import MOLECULES, stream_of


def sequences(batch):
    return [tuple(row[:length].tolist())
            for row, length in zip(batch.tokens, batch.lengths.tolist(), strict=True)]


def test_a_batch_depends_on_its_number_and_the_seed_alone():
    one, other = stream_of(), stream_of()
    later = one.batch(3, 4)
    assert [sequences(other.batch(n, 4)) for n in range(4)][3] == sequences(later)
    assert sequences(stream_of(seed=1).batch(3, 4)) != sequences(later)


def test_an_epoch_shows_every_graph_once_and_the_next_writes_it_anew():
    stream = stream_of()
    epochs = [sequences(stream.batch(n, len(MOLECULES))) for n in range(2)]
    for epoch in epochs:
        decoded = [decode(list(tokens), QM9_VOCABULARY) for tokens in epoch]
        assert all(any(is_isomorphic(graph, molecule) for graph in decoded)
                   for molecule in MOLECULES)
    assert set(epochs[0]) != set(epochs[1])


def test_examples_are_different_graphs():
    examples = stream_of().examples(6)
    assert len(examples) == 6
    assert len(stream_of().examples(99)) == len(MOLECULES)
    assert examples.digest == stream_of().examples(6).digest
    assert examples.source["strategy"] == "random_order"


def test_given_sequences_come_in_epochs():
    given = TokenSequences(torch.arange(12).view(4, 3), torch.tensor([3, 2, 3, 2]))
    stream = SequenceStream(given, seed=0)
    epoch = sequences(stream.batch(0, 2)) + sequences(stream.batch(1, 2))
    assert sorted(epoch) == [(0, 1, 2), (3, 4), (6, 7, 8), (9, 10)]
    assert len(stream.examples(3)) == 3


def test_no_sequences_are_refused():
    none = TokenSequences(torch.zeros(0, 2, dtype=torch.long), torch.zeros(0, dtype=torch.long))
    with pytest.raises(SalienceError, match="no token sequences to learn from"):
        SequenceStream(none, seed=0)
