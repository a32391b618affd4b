"""Calibration examples without a download: which graphs, drawn how."""

import pandas as pd
import pytest
import torch

from core.chemistry import from_smiles
from core.evaluation.graph_set import GraphSet
from core.salience import SalienceError
from core.salience.example_graphs import PLANAR_GRAPHS, draw_examples, shipped_graphs
from core.sent.decoder import decode
from core.sent.strategies import MAX_DEGREE_FIRST, RANDOM_ORDER
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY

SMILES = ("C", "CC", "CCO", "C#N", "CO", "CCC", "O=C=O", "CN")
GRAPHS = GraphSet("made-up", None, tuple(from_smiles(smiles).graph for smiles in SMILES))


def draw(number, seed=0, permutations=1, strategy=RANDOM_ORDER):
    return draw_examples(GRAPHS, QM9_VOCABULARY, strategy, number=number, seed=seed,
                         permutations=permutations)


def sizes(examples):
    """Atoms of the graph that every sequence writes."""
    return [decode(tokens[:length].tolist(), QM9_VOCABULARY).num_nodes
            for tokens, length in zip(examples.tokens, examples.lengths, strict=True)]


def test_more_graphs_hold_those_of_fewer():
    few, many = sizes(draw(3, seed=5)), sizes(draw(8, seed=5))
    assert many[:3] == few
    assert sorted(many) == sorted(graph.num_nodes for graph in GRAPHS.graphs)
    assert sizes(draw(8, seed=6)) != many


def test_the_same_seed_draws_the_same():
    assert draw(5, seed=3).digest == draw(5, seed=3).digest
    assert draw(5, seed=3).digest != draw(5, seed=4).digest
    assert draw(5, strategy=MAX_DEGREE_FIRST).digest != draw(5).digest


def test_permutations_are_different_linearizations():
    one = GraphSet("one", None, (from_smiles("CC(N)C(=O)O").graph,))
    found = draw_examples(one, QM9_VOCABULARY, RANDOM_ORDER, number=1, seed=0, permutations=6)
    assert len(found) == 6
    assert len({tuple(tokens.tolist()) for tokens in found.tokens}) > 3
    assert found.source == {"kind": "graphs", "strategy": "random_order", "seed": 0, "number": 1,
                            "permutations": 6, "data": "one", "split": None, "drawn_from": 1}


@pytest.mark.parametrize("number", [0, 9])
def test_more_than_there_are_is_refused(number):
    with pytest.raises(SalienceError, match=r"There are 8 graphs .* between 1 and 8"):
        draw(number)


def test_shipped_molecules_are_those_of_an_evaluation(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    rows = [("planar", ["a"], [None]), ("qm9", ["gdb_1", "gdb_2"], ["CCO", "C#N"])]
    for model, ids, smiles in rows:
        folder = tmp_path / "results" / "evaluations" / model / "random_order"
        folder.mkdir(parents=True)
        (folder / "record.json").write_text("{}")
        pd.DataFrame({"id": ids, "smiles": smiles}).to_parquet(folder / "graphs.parquet")
    found = shipped_graphs(QM9_VOCABULARY)
    assert [graph.name for graph in found.graphs] == ["gdb_1", "gdb_2"]
    assert [graph.num_nodes for graph in found.graphs] == [9, 3]
    assert (found.name, found.split) == ("QM9", "test")


def test_without_evaluations_no_molecules_ship(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    with pytest.raises(SalienceError, match="No molecules ship"):
        shipped_graphs(QM9_VOCABULARY)


def test_planar_graphs_are_made(monkeypatch):
    monkeypatch.setattr("core.salience.example_graphs.PLANAR_GRAPHS", 3)
    found = shipped_graphs(PLANAR_VOCABULARY)
    assert PLANAR_GRAPHS > len(found.graphs) == 3
    assert not any(graph.is_labelled for graph in found.graphs)
    assert torch.is_tensor(draw_examples(found, PLANAR_VOCABULARY, RANDOM_ORDER, number=2,
                                         seed=0).tokens)
