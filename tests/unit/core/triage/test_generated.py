"""A row of a table gives back its graph and its SMILES."""

from itertools import islice

import pytest
import torch

from core.chemistry.chemistry import QM9
from core.chemistry.molecules import from_smiles, to_smiles
from core.graph.graph import Graph, is_isomorphic
from core.graph.planar import planar_graph
from core.likelihood.analysis import analyse
from core.model import generation
from core.model.card import find_shipped_models
from core.model.checkpoints import load_checkpoint
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY
from core.triage.generated import Generated, read_graph
from core.triage.samples import Samples
from tests.conftest import ROOT
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


def in_its_other_kekule_structure(graph):
    labels = graph.edge_labels.copy()
    ring = [row for row, (u, v) in enumerate(graph.edges.tolist())
            if graph.node_labels[u] == graph.node_labels[v] == 1]
    labels[ring] = 1 - labels[ring]
    return Graph(graph.num_nodes, graph.edges, graph.node_labels, labels)


def test_either_kekule_structure_is_read_as_the_one_of_the_smiles():
    typed = from_smiles("OC1=CC=CC(F)=C1").graph
    other = in_its_other_kekule_structure(typed)
    assert not is_isomorphic(typed, other)
    for graph in (typed, other):
        read = Generated.read(sequence(graph, QM9_VOCABULARY), QM9_VOCABULARY, QM9)
        assert read.is_typable
        assert is_isomorphic(read.graph, typed)


def test_generating_says_the_same_graph_as_reading(tiny, monkeypatch):
    """The sequence stays as it was written."""
    typed = from_smiles("OC1=CC=CC(F)=C1").graph
    tokens = sequence(in_its_other_kekule_structure(typed), QM9_VOCABULARY)
    nothing = torch.zeros(1, dtype=torch.float64)
    monkeypatch.setattr(generation, "sample_tokens", lambda *args, **settings: (
        torch.tensor([tokens]), nothing, nothing))
    [[sample]] = generation.generate(tiny, 1, generator=torch.Generator())
    assert sample.tokens == tuple(tokens)
    assert sample.graph.key == typed.key
    assert sample.graph == Generated.read(tokens, QM9_VOCABULARY, QM9).graph


def test_pentavalent_nitrogen_is_not_typable():
    written = Graph(3, [(0, 1), (1, 2)], [1, 2, 3], [2, 1])  # C#N=O
    read = Generated.read(sequence(written, QM9_VOCABULARY), QM9_VOCABULARY, QM9)
    assert read.graph is not None
    assert read.smiles is not None
    assert not read.is_typable


@pytest.mark.parametrize("model", [card.name for card in find_shipped_models().cards
                                   if card.chemistry is not None])
def test_shipped_samples_are_those_of_their_smiles(model):
    """Some of each: their graphs, and so what was scored, are what typing the SMILES gives."""
    [card] = [card for card in find_shipped_models().cards if card.name == model]
    table = Samples.load(ROOT / "assets" / "results" / "samples" / model).table
    valid = table[table["valid"]].sample(200, random_state=0)
    for row in valid.itertuples():
        read = Generated.read(row.tokens, card.vocabulary, card.chemistry)
        typed = from_smiles(row.smiles, card.chemistry).graph
        assert read.graph.key == typed.key == row.graph_key


@pytest.mark.parametrize(("model", "number"), [
    ("moses-random_order", 2), ("moses-min_degree_first", 2), ("qm9-max_degree_first", 2)])
def test_shipped_scores_are_those_of_their_smiles(model, number):
    """Of samples that were written in another Kekulé structure; scored in bf16, here in fp32."""
    checkpoint = load_checkpoint(ROOT / "assets" / "checkpoints" / model)
    chemistry = checkpoint.card.chemistry
    samples = Samples.load(ROOT / "assets" / "results" / "samples" / model)
    written = ((row, read_graph(row.tokens, checkpoint.vocabulary))
               for row in samples.table[samples.table["valid"]].itertuples())
    rows = list(islice((row for row, graph in written if graph.key != row.graph_key), number))
    assert len(rows) == number
    found = analyse(checkpoint, [from_smiles(row.smiles, chemistry).graph for row in rows],
                    checkpoint.card.strategy, permutations=samples.config.permutations,
                    seed=samples.config.seed).uncertainties
    for row, one in zip(rows, found, strict=True):
        assert row.nll_mean == pytest.approx(one.nll_mean, abs=0.1)
        assert row.lu == pytest.approx(one.lu, abs=0.003)


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
