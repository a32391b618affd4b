"""Tokens as an evaluation stores them, of a few small graphs."""

import numpy as np

from core.calibration.stored_tokens import read_stored_token
from core.chemistry import from_smiles
from core.sent import RANDOM_ORDER
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.vocabulary import QM9_VOCABULARY
from tests.random_graphs import random_graph, vocabulary_of

GRAPHS = [
    from_smiles("C1CC1O").graph,
    from_smiles("C.O").graph,
    random_graph(9, 0.4, labelled=True, seed=1),
    random_graph(9, 0.4, labelled=False, seed=2),
]


def write(graph, vocabulary, strategy=RANDOM_ORDER, seed=0):
    batch = GraphBatch.from_graphs([graph], with_automorphisms=True)
    return sample_trails(batch, vocabulary, strategy, permutations=1,
                         generator=GraphSeed(seed)).sequence(0, 0)


def stored(tokens, position, vocabulary, *, predicted=None, id="row 1", smiles=None):
    target = tokens[position]
    row = {"id": id, "smiles": smiles, "confidence": 0.75, "position": position,
           "target": target, "predicted": target if predicted is None else predicted,
           "tokens": np.array(tokens)}
    return read_stored_token(row, vocabulary)


def vocabulary_for(graph):
    is_molecule = graph is GRAPHS[0] or graph is GRAPHS[1]
    return QM9_VOCABULARY if is_molecule else vocabulary_of(graph)
