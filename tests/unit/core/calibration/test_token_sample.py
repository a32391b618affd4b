"""The sample of tokens: of every cell, uniform, and the same however a run is cut."""

import numpy as np
import pytest
import torch

from core.calibration.token_events import TokenEvents, bin_of, token_types
from core.calibration.token_sample import TOKENS_PER_CELL, DrawnSequences, TokenSample
from core.calibration.token_types import DISJOINT_TYPES, NUM_BINS
from core.chemistry.molecules import from_smiles
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY


def drawn_sequences(num_molecules=4, permutations=6):
    graphs = [from_smiles(smiles).graph
              for smiles in ("C1CC1C#N", "CC(=O)N", "CCO", "c1ccccc1")[:num_molecules]]
    trails = sample_trails(graphs, QM9_VOCABULARY, RANDOM_ORDER, permutations=permutations,
                           generator=GraphSeed(0))
    tokens = trails.tokens.flatten(0, 1).long()
    number = torch.arange(len(tokens))
    return DrawnSequences(tokens, number // permutations, number, torch.ones_like(number))


def logits_of(drawn, seed=0):
    """Random, but the same for the same sequence number."""
    shape = (drawn.tokens.shape[1] - 1, len(QM9_VOCABULARY))
    rows = [torch.randn(shape, generator=torch.Generator().manual_seed(seed + int(n)))
            for n in drawn.number]
    return torch.stack(rows) * 3


def sample(drawn, seed=0, logits=None):
    logits = logits_of(drawn) if logits is None else logits
    events = TokenEvents.from_logits(logits, drawn.tokens, QM9_VOCABULARY)
    return events, TokenSample.draw(events, drawn, seed=seed)


def test_references_point_at_their_events():
    drawn = drawn_sequences()
    logits = logits_of(drawn)
    _, found = sample(drawn)
    types = token_types(drawn.tokens, QM9_VOCABULARY)
    assert len(found.cell) > 50
    for e in range(len(found.cell)):
        tokens = found.sequence(e)
        row = next(r for r in range(len(drawn.tokens))
                   if drawn.tokens[r, : len(tokens)].tolist() == tokens)
        position = int(found.position[e])
        p = logits[row, position - 1].softmax(-1)
        assert found.graph[e] == drawn.graph[row]
        assert found.target[e] == tokens[position]
        assert found.predicted[e] == int(p.argmax())
        assert found.confidence[e] == pytest.approx(float(p.max()), rel=1e-5)
        kind, b = divmod(int(found.cell[e]), NUM_BINS)
        assert kind == types[row, position]
        assert b == int(bin_of(torch.tensor([found.confidence[e]])))


def test_every_cell_is_filled_as_far_as_it_goes():
    drawn = drawn_sequences()
    events, found = sample(drawn)
    cells = (events.type * NUM_BINS + bin_of(events.at(1.0)[0])).numpy()
    there = np.bincount(cells, minlength=len(DISJOINT_TYPES) * NUM_BINS)
    kept = np.bincount(found.cell, minlength=len(there))
    assert kept.tolist() == np.minimum(there, TOKENS_PER_CELL).tolist()
    assert (there > TOKENS_PER_CELL).any()


@pytest.mark.parametrize("size", [1, 5, 24])
def test_parts_join_to_the_sample_of_the_whole(size):
    drawn = drawn_sequences()
    _, whole = sample(drawn)
    parts = [drawn[torch.arange(first, min(first + size, 24))] for first in range(0, 24, size)]
    joined = TokenSample.join([sample(part)[1] for part in reversed(parts)])
    for name in ("cell", "graph", "position", "predicted", "sequences"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


def test_the_seed_draws_others():
    drawn = drawn_sequences()
    one, same, other = (sample(drawn, seed)[1] for seed in (1, 1, 2))
    assert one.priority.tolist() == same.priority.tolist()
    assert one.position.tolist() != other.position.tolist()


def test_draws_are_uniform_and_as_frequent_as_their_sequence():
    """One cell of 100 events, a tenth of them drawn three times: they come up three times as often,
    30 / 120 of the first places."""
    events = TokenEvents(*(torch.zeros(100, dtype=torch.int64) for _ in range(5)),
                         margins=torch.zeros(100, 2))
    number = torch.arange(100)
    object.__setattr__(events, "row", number)
    firsts = []
    for seed in range(600):
        drawn = DrawnSequences(torch.zeros((100, 2), dtype=torch.int64), number, number,
                               torch.where(number < 10, 3, 1))
        firsts.append(int(TokenSample.draw(events, drawn, seed=seed).graph[0]))
    assert np.mean(np.array(firsts) < 10) == pytest.approx(0.25, abs=0.06)
    assert len(set(firsts)) > 80
