"""Counts of a small sample, in hand counts and as a loop makes them."""

import pytest
import torch

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.molecules import from_smiles, is_stable, to_smiles
from core.graph.graph import Graph
from core.model.card import ModelCard
from core.model.generation import GeneratedGraph, generate
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import MOSES_VOCABULARY, PLANAR_VOCABULARY, QM9_VOCABULARY, SOS
from core.stats.proportions import wilson_interval
from core.study.sampled import Sampled, judge_samples
from tests.generated_molecules import without_last_hydrogen

CARD = ModelCard("m", QM9_VOCABULARY, RANDOM_ORDER, "tiny", chemistry=QM9)
NOTHING = GeneratedGraph((SOS,), None, 1.0)


def sampled(graph, vocabulary=QM9_VOCABULARY, *, seed=0):
    """A graph as if a model had written it."""
    trails = sample_trails([graph], vocabulary, RANDOM_ORDER, permutations=1,
                           generator=GraphSeed(seed))
    return GeneratedGraph(tuple(trails.sequence(0, 0)), graph, 1.0)


def molecule(smiles, chemistry=QM9):
    return from_smiles(smiles, chemistry).graph


def test_hand_counts_of_molecules():
    """Of six sequences one says nothing, four are different molecules, one misses a hydrogen."""
    graphs = [molecule("CO"), molecule("OC"), molecule("CC"), molecule("C#N"),
              without_last_hydrogen(molecule("N"))]
    samples = [*(sampled(graph, seed=number) for number, graph in enumerate(graphs)), NOTHING]
    known = {to_smiles(molecule("CC")), to_smiles(molecule("CCO"))}
    found = judge_samples(samples, CARD, known)
    assert found == Sampled(number=6, valid=5, unique=4, novel=3, stable=4)
    assert found.values == {"valid": 5 / 6, "unique": 4 / 5, "novel": 3 / 4, "stable": 4 / 6,
                            "vun": 3 / 6}
    assert {name: one.interval for name, one in found.estimates.items()} == {
        "valid": wilson_interval(5, 6), "unique": wilson_interval(4, 5),
        "novel": wilson_interval(3, 4), "stable": wilson_interval(4, 6),
        "vun": wilson_interval(3, 6)}


def test_a_sample_is_counted_as_a_loop_does(make_checkpoint):
    checkpoint = make_checkpoint("sampled", seed=4)
    [samples] = generate(checkpoint, 60, generator=torch.Generator().manual_seed(1))
    seen, known, valid, novel, stable = set(), set(), 0, 0, 0
    for number, one in enumerate(samples):
        smiles = None if one.graph is None else to_smiles(one.graph, QM9)
        if smiles is None:
            continue
        valid += 1
        stable += is_stable(one.graph, QM9)
        if smiles not in seen and number % 2:
            known.add(smiles)
        elif smiles not in seen:
            novel += 1
        seen.add(smiles)
    assert 0 < novel < len(seen) < valid < 60
    assert judge_samples(samples, checkpoint.card, known) == Sampled(
        60, valid, len(seen), novel, stable)


def test_of_planar_graphs_none_is_novel_or_stable():
    card = ModelCard("p", PLANAR_VOCABULARY, RANDOM_ORDER, "tiny", data={"name": "planar"})
    cycle = Graph(4, [[0, 1], [1, 2], [2, 3], [0, 3]])
    k5 = Graph(5, [[a, b] for a in range(5) for b in range(a)])
    samples = [sampled(graph, PLANAR_VOCABULARY, seed=number)
               for number, graph in enumerate((cycle, cycle, k5))]
    found = judge_samples(samples, card, None)
    assert found == Sampled(3, 2, 1)
    assert found.values == {"valid": 2 / 3, "unique": 1 / 2, "novel": None, "stable": None,
                            "vun": None}
    assert set(found.estimates) == {"valid", "unique"}


def test_where_hydrogens_are_implicit_nothing_is_stable():
    card = ModelCard("d", MOSES_VOCABULARY, RANDOM_ORDER, "tiny", chemistry=MOSES)
    found = judge_samples([sampled(molecule("CCO", MOSES), MOSES_VOCABULARY)], card, {"CC"})
    assert found == Sampled(1, 1, 1, novel=1, stable=None)


@pytest.mark.parametrize(("counts", "missing"), [
    (Sampled(3, 0, 0, 0, 0), {"unique", "novel"}),
    (Sampled(3, 0, 0), {"unique", "novel", "stable", "vun"}),
])
def test_a_share_of_nothing_has_no_value_and_no_estimate(counts, missing):
    assert {name for name, value in counts.values.items() if value is None} == missing
    assert set(counts.estimates) == set(counts.values) - missing
    assert counts.estimates["valid"].value == 0


def test_a_sample_without_a_valid_graph_is_counted():
    assert judge_samples([NOTHING] * 2, CARD, set()) == Sampled(2, 0, 0, 0, 0)
