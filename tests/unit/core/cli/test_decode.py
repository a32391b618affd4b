"""`trailscope decode`: the inverse of `linearize`."""


import pytest

from core.chemistry.molecules import from_smiles, to_smiles
from core.graph.graph import Graph, is_isomorphic
from core.graph.planar import planar_graph
from core.sent.strategies import STRATEGIES
from core.sent.vocabulary import PLANAR_VOCABULARY


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_decode_inverts_linearize(strategy, trailscope, write):
    smiles = ["CO", "C1CC1C#N", "CC(=O)N", "O.F", "c1ccoc1"]
    rows = trailscope("linearize", write("in.smi", *smiles), "--strategy", strategy,
                      "--permutations", 3).rows
    result = trailscope("decode", write("sequences.jsonl", *rows))
    assert result.status == 0
    assert len(result.rows) == 15
    for row, decoded in zip(rows, result.rows, strict=True):
        assert list(decoded) == ["id", "node_labels", "edges", "smiles"]
        graph = from_smiles(row["smiles"]).graph
        assert Graph.from_json(decoded) == graph.relabel(row["order"])
        assert is_isomorphic(Graph.from_json(decoded), graph)
        assert decoded["smiles"] == to_smiles(graph)
        assert decoded["id"] == row["id"]


def test_unlabelled_graphs_come_back_too(trailscope, write):
    graph = planar_graph(0, seed=1).graph
    rows = trailscope("linearize", write("in.jsonl", graph.to_json()), "--permutations", 2).rows
    result = trailscope("decode", write("out.jsonl", *rows), "--vocabulary", "planar")
    assert result.status == 0
    for row, decoded in zip(rows, result.rows, strict=True):
        assert decoded["smiles"] is None
        assert decoded["node_labels"] is None
        found = Graph.from_json(decoded | {"num_nodes": 64})
        assert found == graph.relabel(row["order"])
        assert row["smiles"] is None
    assert len(rows[0]["tokens"]) > PLANAR_VOCABULARY.max_nodes


@pytest.mark.parametrize("line", ["[" * 100_000, f'{{"tokens": [{"9" * 5_000}]}}',
                                  '{"tokens": [true]}', '{"tokens": [9999999999]}'])
def test_a_byte_order_mark_is_read_and_json_that_python_chokes_on_is_a_bad_row(
    line, trailscope, tmp_path
):
    path = tmp_path / "sequences.jsonl"
    path.write_text(f'\ufeff{{"id": "a", "tokens": [0, 6, 36, 4]}}\n\n{line}\n', encoding="utf-8")
    result = trailscope("decode", path)
    assert result.status == 1
    good, bad = result.rows
    assert good == {"id": "a", "node_labels": [1], "edges": [], "smiles": "[C]"}
    assert bad["id"] == "row 2"
    assert len(bad["error"]) <= 300


def test_decode_says_where_a_sequence_goes_wrong_and_goes_on(trailscope, write):
    path = write(
        "sequences.jsonl", {"id": "a", "tokens": [0, 6, 36, 40, 7, 35, 4]},
        {"id": "b", "tokens": [0, 7, 36, 4]}, "{", {"id": "c", "tokens": "0 6 4"}, [1], "",
        {"id": "d", "tokens": [0, 6.0, 36, 4]}, {"tokens": [0, 6, 36, 4]},
    )
    result = trailscope("decode", path)
    assert result.status == 1
    assert result.rows == [
        {"id": "a", "node_labels": [1, 0], "edges": [[0, 1, 0]], "smiles": "[H][C]"},
        {"id": "b", "error": "Position 1: expected visit index 0, found token 7 (node index 1)."},
        {"id": "row 3", "error": "Line 3 is not JSON: Expecting property name enclosed in double "
                                 "quotes in column 2."},
        {"id": "c", "error": 'A line needs "tokens", a list of whole numbers.'},
        {"id": "row 5",
         "error": "Position 0: expected sos, found token 1 (special reset)."},
        {"id": "d", "error": 'A line needs "tokens", a list of whole numbers.'},
        {"id": "row 7", "node_labels": [1], "edges": [], "smiles": "[C]"},
    ]


def test_lenient_decoding_reads_what_strict_decoding_refuses(trailscope, write):
    path = write("sequences.jsonl", {"id": "b", "tokens": [0, 7, 36, 4]})
    assert trailscope("decode", path).status == 1
    result = trailscope("decode", path, "--lenient")
    assert result.status == 0
    assert result.rows[0]["node_labels"] == [0, 1]
