"""Examples: sliced within a budget, read from files, drawn from graphs at hand."""

import json
from dataclasses import replace

import pandas as pd
import pytest
import torch

from core.chemistry.chemistry import AUTOGRAPH_GUACAMOL, MOSES
from core.chemistry.molecules import from_smiles
from core.data.records import InputFileError
from core.data.splits import DatasetError
from core.evaluation.graph_set import GraphSet
from core.graph.planar import planar_graph
from core.model.card import ModelCard
from core.salience import SalienceError, TokenSequences, read_token_file
from core.salience.examples import MADE_GRAPHS, draw_examples, from_graphs, shipped_graphs
from core.sent.decoder import decode
from core.sent.strategies import MAX_DEGREE_FIRST, MIN_DEGREE_FIRST, RANDOM_ORDER
from core.sent.vocabulary import (
    EOS,
    MOSES_VOCABULARY,
    PLANAR_VOCABULARY,
    QM9_VOCABULARY,
    SOS,
    vocabulary_of,
)

SMILES = ("C", "CC", "CCO", "C#N", "CO", "CCC", "O=C=O", "CN")
CARD = ModelCard("tiny", QM9_VOCABULARY, RANDOM_ORDER, "tiny", data={"name": "QM9"})
GRAPHS = GraphSet("made-up", None, tuple(from_smiles(smiles).graph for smiles in SMILES))


def rows_of(examples):
    return [row[:length].tolist()
            for row, length in zip(examples.tokens, examples.lengths.tolist(), strict=True)]


@pytest.mark.parametrize("budget", [1, 13, 40, 10_000])
def test_slices_hold_every_sequence_once_within_the_budget(make_examples, budget):
    examples = make_examples(20)
    parts = list(examples.slices(budget))
    for part in parts:
        assert part.tokens.numel() <= budget or len(part) == 1
        assert part.tokens.shape[1] == int(part.lengths.max())
        assert part.source == examples.source
    found = [row for part in parts for row in rows_of(part)]
    assert sorted(found) == sorted(rows_of(examples))
    assert [len(row) for row in found] == sorted(map(len, found))


def test_targets_are_what_follows_the_first_token_up_to_the_end():
    examples = TokenSequences(torch.zeros(2, 4).long(), torch.tensor([2, 4]))
    assert examples.is_real.tolist() == [[True, True, False, False], [True] * 4]
    assert examples.is_target.tolist() == [[True, False, False], [True, True, True]]


def test_the_digest_is_that_of_the_sequences_not_of_their_padding():
    narrow = TokenSequences(torch.tensor([[1, 2, 0]]), torch.tensor([2]))
    wide = TokenSequences(torch.tensor([[1, 2, 9, 9, 9]]), torch.tensor([2]))
    assert narrow.digest == wide.digest
    others = (TokenSequences(torch.tensor([[1, 3, 0]]), torch.tensor([2])),
              TokenSequences(torch.tensor([[1, 2, 0]]), torch.tensor([3])),
              TokenSequences(torch.tensor([[1, 2], [1, 2]]), torch.tensor([2, 2])))
    assert len({narrow.digest, *(other.digest for other in others)}) == 4
    split = [TokenSequences(torch.tensor(rows), torch.tensor(lengths)) for rows, lengths in (
        ([[1, 2, 3], [4, 5, 0]], [3, 2]), ([[1, 2, 0], [3, 4, 5]], [2, 3]))]
    assert split[0].digest != split[1].digest


def test_molecules_are_written_by_the_strategy():
    graphs = [from_smiles(smiles).graph for smiles in ("OCC1CC1C#N", "CC(C)O")]
    first, again, other = (from_graphs(graphs, QM9_VOCABULARY, MIN_DEGREE_FIRST, seed=seed,
                                       source={"data": "made up"}) for seed in (0, 0, 5))
    assert rows_of(first) == rows_of(again) != rows_of(other)
    assert first.source == {"kind": "graphs", "strategy": "min_degree_first", "seed": 0,
                            "number": 2, "data": "made up"}
    for row in rows_of(first):
        assert (row[0], row[-1]) == (SOS, EOS)
    with pytest.raises(SalienceError, match="no examples; give at least one graph"):
        from_graphs([], QM9_VOCABULARY, MIN_DEGREE_FIRST, seed=0)


def test_a_token_file_is_read_line_by_line(tiny_llama, tmp_path):
    path = tmp_path / "tokens.jsonl"
    rows = [[1, 2, 3], [4, 5], [6, 7, 8, 9]]
    path.write_text("\n\n".join(map(json.dumps, rows)) + "\n")
    assert rows_of(read_token_file(path, tiny_llama)) == rows
    two = read_token_file(path, tiny_llama, number=2)
    assert rows_of(two) == rows[:2]
    assert two.source == {"kind": "tokens", "file": "tokens.jsonl", "number": 2}


@pytest.mark.parametrize(("content", "message"), [
    ("", "holds no token sequence"),
    ("[1, 2]\n[3]", "line 2 is not a list of at least two token ids"),
    ("[1, 2.5]", "line 1 is not a list"), ("[true, 1]", "line 1 is not a list"),
    ('{"a": 1}', "line 1 is not a list"), ("1 2 3", "line 1 is not a list"),
    ("[1, 23]", "line 1 has a token outside 0 … 22, the vocabulary of llama"),
    ("[1, -1]", "line 1 has a token outside"),
    (json.dumps([1] * 33), "line 1 has 33 tokens; llama attends over at most 32")])
def test_a_bad_line_is_named(tiny_llama, tmp_path, content, message):
    path = tmp_path / "tokens.jsonl"
    path.write_text(content)
    with pytest.raises(SalienceError, match=message):
        read_token_file(path, tiny_llama)


def test_a_file_that_is_no_text_is_refused(tiny_llama, tmp_path):
    path = tmp_path / "tokens.jsonl"
    with pytest.raises(InputFileError, match="There is no file"):
        read_token_file(path, tiny_llama)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputFileError, match="is text in UTF-16; save it as UTF-8"):
        read_token_file(path, tiny_llama)
    path.write_bytes(b"[0, 1]\n[0, \xe4]")
    with pytest.raises(InputFileError, match="Line 2, column 5: byte 0xE4 is not UTF-8"):
        read_token_file(path, tiny_llama)


def test_a_byte_order_mark_is_no_token(tiny_llama, tmp_path):
    path = tmp_path / "tokens.jsonl"
    path.write_bytes(b"\xef\xbb\xbf[0, 6, 4]\n")
    assert read_token_file(path, tiny_llama).tokens.tolist() == [[0, 6, 4]]


@pytest.mark.parametrize("content", ["[" * 100_000, f"[0, {'9' * 5_000}]", "[true, 1]", "[0, 1.0]"])
def test_json_that_python_chokes_on_is_a_bad_line(tiny_llama, tmp_path, content):
    path = tmp_path / "tokens.jsonl"
    path.write_text(content)
    with pytest.raises(SalienceError, match="line 1 is not a list of at least two token ids"):
        read_token_file(path, tiny_llama)


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
    rows = [("a-broken", None, ["x"], ["C"]), ("b-planar", "planar", ["a"], [None]),
            ("c-moses", "MOSES", ["m"], ["c1ccsc1"]),
            ("d-qm9", "QM9", ["gdb_1", "gdb_2"], ["CCO", "C#N"])]
    for model, dataset, ids, smiles in rows:
        folder = tmp_path / "results" / "evaluations" / model / "random_order"
        folder.mkdir(parents=True)
        record = {} if dataset is None else {"config": {"dataset": dataset, "split": "test"}}
        (folder / "record.json").write_text(json.dumps(record))
        pd.DataFrame({"id": ids, "smiles": smiles}).to_parquet(folder / "graphs.parquet")
    found = shipped_graphs(CARD)
    assert [graph.name for graph in found.graphs] == ["gdb_1", "gdb_2"]
    assert [graph.num_nodes for graph in found.graphs] == [9, 3]
    assert (found.name, found.split) == ("QM9", "test")
    (thiophene,) = shipped_graphs(replace(
        CARD, vocabulary=MOSES_VOCABULARY, chemistry=MOSES, data={"name": "MOSES"})).graphs
    assert (thiophene.name, thiophene.num_nodes) == ("m", 5)  # hydrogens are not written


def test_without_evaluations_no_molecules_ship(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    with pytest.raises(SalienceError, match="No molecules of QM9 ship"):
        shipped_graphs(CARD)


def test_a_chemistry_of_no_data_set_has_no_examples():
    card = replace(CARD, vocabulary=vocabulary_of(AUTOGRAPH_GUACAMOL),
                   chemistry=AUTOGRAPH_GUACAMOL, data={"name": "unknown"})
    with pytest.raises(DatasetError, match="does not say what it was trained on"):
        shipped_graphs(card)


def test_a_model_of_other_graphs_without_labels_has_no_planar_examples():
    card = ModelCard("x", PLANAR_VOCABULARY, RANDOM_ORDER, "imported", data={"name": "sbm"})
    with pytest.raises(DatasetError, match=r"^The model was trained on sbm, of which there are no "
                                           r"graphs here; give a file of graphs, or"):
        shipped_graphs(card)


def test_an_imported_model_has_the_molecules_that_it_writes(evaluated_assets, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(evaluated_assets))
    known, unknown = (shipped_graphs(replace(CARD, data=data))
                      for data in ({"name": "QM9"}, {"name": "unknown"}))
    assert known.digest == unknown.digest


def test_planar_graphs_are_made(monkeypatch):
    monkeypatch.setattr("core.salience.examples.MADE_GRAPHS", 3)
    found = shipped_graphs(replace(CARD, vocabulary=PLANAR_VOCABULARY, chemistry=None,
                                   data={}))
    assert MADE_GRAPHS > len(found.graphs) == 3
    assert not any(graph.is_labelled for graph in found.graphs)
    assert [graph.edges.tolist() for graph in found.graphs] == [
        planar_graph(index, seed=0, split="validation").graph.edges.tolist() for index in range(3)]
    assert torch.is_tensor(draw_examples(found, PLANAR_VOCABULARY, RANDOM_ORDER, number=2,
                                         seed=0).tokens)
