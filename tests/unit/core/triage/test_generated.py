"""A row of a table gives back its graph and its SMILES."""

import pytest

from core.chemistry.chemistry import QM9
from core.chemistry.molecules import from_smiles, to_smiles
from core.graph.graph import is_isomorphic
from core.graph.planar import planar_graph
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY
from core.triage.generated import Generated, read_graph
from tests.generated_molecules import made_up_samples, without_last_hydrogen


@pytest.fixture(scope="module")
def samples():
    return made_up_samples(number=40)


def sequence(graph, vocabulary):
    trails = sample_trails([graph], vocabulary, RANDOM_ORDER, permutations=1,
                           generator=GraphSeed(0))
    return trails.sequence(0, 0)


def test_rows_are_read_back(samples):
    for row in samples.table.itertuples():
        read = Generated.read(row.tokens, QM9_VOCABULARY, QM9)
        if not row.valid:
            assert read.graph is None
            assert read.link_smiles is None
            continue
        assert to_smiles(read.graph) == row.smiles
        assert is_isomorphic(from_smiles(read.link_smiles).graph, read.graph)
        assert is_isomorphic(from_smiles(read.smiles).graph, read.graph)
        assert read.is_typable
        assert "[H]" not in read.smiles + read.link_smiles


def test_an_under_valent_atom_stays_so_in_both_smiles():
    graph = without_last_hydrogen(from_smiles("CCO").graph)
    read = Generated.read(sequence(graph, QM9_VOCABULARY), QM9_VOCABULARY, QM9)
    assert read.smiles == "CC[O]"
    assert is_isomorphic(from_smiles(read.smiles).graph, graph)


def test_the_other_kekule_structure_is_not_typable():
    typed = from_smiles("OC1=CC=CC(F)=C1").graph
    labels = typed.edge_labels.copy()
    ring = [row for row, (u, v) in enumerate(typed.edges.tolist())
            if typed.node_labels[u] == typed.node_labels[v] == 1]
    labels[ring] = 1 - labels[ring]
    other = type(typed)(typed.num_nodes, typed.edges, typed.node_labels, labels)
    assert Generated.read(sequence(typed, QM9_VOCABULARY), QM9_VOCABULARY, QM9).is_typable
    assert not Generated.read(sequence(other, QM9_VOCABULARY), QM9_VOCABULARY, QM9).is_typable


def test_planar_graphs_have_no_smiles():
    graph = planar_graph(0, seed=0).graph
    read = Generated.read(sequence(graph, PLANAR_VOCABULARY), PLANAR_VOCABULARY, None)
    assert is_isomorphic(read.graph, graph)
    assert read.smiles is None
    assert not read.is_typable


def test_a_sequence_without_end_says_no_graph():
    tokens = sequence(from_smiles("C").graph, QM9_VOCABULARY)
    assert read_graph(tokens, QM9_VOCABULARY) is not None
    assert read_graph(tokens[:-1], QM9_VOCABULARY) is None
    assert read_graph(tokens[:3] + tokens[-1:], QM9_VOCABULARY, "kinds") is not None
    assert read_graph((0, 1, 4), QM9_VOCABULARY) is None
