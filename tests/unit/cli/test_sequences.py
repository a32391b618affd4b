"""`linearize`, `decode` and `enumerate`: the golden results, and each other's inverse."""

import math

import pytest

from core.chemistry.molecules import from_smiles, to_smiles
from core.graph.graph import Graph, is_isomorphic
from core.graph.planar import planar_graph
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import STRATEGIES, Strategy
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY
from tests.golden.reader import golden_frequencies, golden_molecules

TRIANGLE = {"id": "triangle", "num_nodes": 3, "node_labels": None,
            "edges": [[0, 1], [1, 2], [0, 2]]}


@pytest.mark.parametrize("strategy", [*STRATEGIES, "max_degree/random/random"])
def test_linearize_prints_what_the_sampler_draws(strategy, trailscope):
    result = trailscope("linearize", "CCO", "--strategy", strategy, "--permutations", 3,
                        "--seed", 5)
    assert result.status == 0
    graph = from_smiles("CCO").graph
    trails = sample_trails([graph], QM9_VOCABULARY, Strategy.from_name(strategy), permutations=3,
                           generator=GraphSeed(5))
    assert result.rows == [
        {"id": "row 1", "smiles": "CCO", "strategy": strategy, "permutation": k,
         "tokens": trails.sequence(0, k), "order": trails.order(0, k),
         "log_q": pytest.approx(float(trails.log_q[0, k]))}
        for k in range(3)
    ]
    assert list(result.rows[0]) == ["id", "smiles", "strategy", "permutation", "tokens", "order",
                                    "log_q"]


def test_linearize_draws_one_random_order_by_default(trailscope):
    [row] = trailscope("linearize", "CO").rows
    assert row == trailscope("linearize", "CO", "--strategy", "random_order", "--permutations", 1,
                             "--seed", 0, "--tie-break", "random", "--format", "json").rows[0]


@pytest.mark.parametrize("strategy", ["max_degree_first", "min_degree_first", "anchor_expansion"])
def test_lowest_index_ties_give_the_golden_sequences(strategy, trailscope, write):
    molecules = golden_molecules()[:20]
    graphs = [{"id": f"g{at}", "node_labels": row["node_labels"], "edges": row["edges"]}
              for at, row in enumerate(molecules)]
    result = trailscope("linearize", write("graphs.jsonl", *graphs), "--strategy", strategy,
                        "--tie-break", "lowest-index", "--permutations", 2)
    assert result.status == 0
    expected = [row["canonical"][strategy] for row in molecules for _ in range(2)]
    assert [row["tokens"] for row in result.rows] == [row["tokens"] for row in expected]
    assert [row["order"] for row in result.rows] == [row["order"] for row in expected]
    assert {row["log_q"] for row in result.rows} == {0.0}


def test_an_unknown_probability_is_null(trailscope):
    [row] = trailscope("linearize", "CCO", "--strategy", "random/max_degree/max_degree",
                       "--tie-break", "lowest-index").rows
    assert row["log_q"] is None


def test_rows_come_in_the_input_order_whatever_they_are(trailscope, write):
    path = write("mixed.jsonl", TRIANGLE, {"id": "bad", "smiles": "CCl"},
                 {"id": "methane", "smiles": "C"}, "no json", TRIANGLE | {"id": "again"})
    result = trailscope("linearize", path, "--permutations", 2)
    assert result.status == 1
    assert [(row["id"], row["permutation"]) for row in result.rows] == [
        ("triangle", 0), ("triangle", 1), ("bad", None), ("methane", 0), ("methane", 1),
        ("row 4", None), ("again", 0), ("again", 1),
    ]
    assert result.rows[0]["tokens"] == result.rows[6]["tokens"]
    assert [row for row in result.rows if "error" in row] == [
        {"id": "bad", "smiles": "CCl", "strategy": "random_order", "permutation": None,
         "tokens": None, "order": None, "log_q": None,
         "error": "Element Cl is outside the vocabulary; the models know H, C, N, O, F."},
        {"id": "row 4", "smiles": None, "strategy": "random_order", "permutation": None,
         "tokens": None, "order": None, "log_q": None,
         "error": "The line is not JSON: Expecting value: line 1 column 1 (char 0)."},
    ]


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


def test_decode_says_where_a_sequence_goes_wrong_and_goes_on(trailscope, write):
    path = write(
        "sequences.jsonl", {"id": "a", "tokens": [0, 6, 36, 40, 7, 35, 4]},
        {"id": "b", "tokens": [0, 7, 36, 4]}, "{", {"id": "c", "tokens": "0 6 4"}, [1], "",
        {"id": "d", "tokens": [0, 6.0, 36, 4]}, {"tokens": [0, 6, 36, 4]},
    )
    result = trailscope("decode", path)
    assert result.status == 1
    assert result.rows == [
        {"id": "a", "node_labels": [1, 0], "edges": [[0, 1, 0]], "smiles": "[H]C"},
        {"id": "b", "error": "Position 1: expected visit index 0, found token 7 (node index 1)."},
        {"id": "row 3", "error": "The line is not JSON: Expecting property name enclosed in double "
                                 "quotes: line 2 column 1 (char 2)."},
        {"id": "c", "error": 'A line needs "tokens", a list of whole numbers.'},
        {"id": "row 5", "error": 'A line needs "tokens", a list of whole numbers.'},
        {"id": "d", "error": 'A line needs "tokens", a list of whole numbers.'},
        {"id": "row 7", "node_labels": [1], "edges": [], "smiles": "C"},
    ]


def test_lenient_decoding_reads_what_strict_decoding_refuses(trailscope, write):
    path = write("sequences.jsonl", {"id": "b", "tokens": [0, 7, 36, 4]})
    assert trailscope("decode", path).status == 1
    result = trailscope("decode", path, "--lenient")
    assert result.status == 0
    assert result.rows[0]["node_labels"] == [0, 1]


@pytest.mark.parametrize("smiles", ["CO", "C=O"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_enumerate_lists_the_golden_sequences(strategy, smiles, trailscope):
    result = trailscope("enumerate", smiles, "--strategy", strategy)
    assert result.status == 0
    counts = {tuple(tokens): count
              for tokens, count in golden_frequencies()[smiles]["strategies"][strategy]}
    assert {tuple(row["tokens"]) for row in result.rows} == counts.keys()
    assert sum(row["probability"] for row in result.rows) == pytest.approx(1)
    for row in result.rows:
        share = counts[tuple(row["tokens"])] / 100_000
        assert row["probability"] == pytest.approx(share, abs=6e-3)
        assert row["log_q"] == pytest.approx(math.log(row["probability"]))
        assert list(row) == ["id", "smiles", "tokens", "probability", "log_q"]


def test_methanol_has_18_sequences(trailscope):
    assert len(trailscope("enumerate", "CO").rows) == 18
    for tie_break, number in (("random", 3), ("lowest-index", 1)):
        assert len(trailscope("enumerate", "CO", "--strategy", "min_degree_first",
                              "--tie-break", tie_break).rows) == number


def test_too_many_sequences_are_an_error_of_their_row(trailscope, write):
    result = trailscope("enumerate", write("in.smi", "CO", "C1CC1C#N big", "O"), "--limit", 20)
    assert result.status == 1
    assert [row["id"] for row in result.rows if "error" in row] == ["big"]
    assert "more sequences under random_order than the limit allows" in next(
        row["error"] for row in result.rows if "error" in row)
    assert {row["id"] for row in result.rows} == {"row 1", "big", "row 3"}


@pytest.mark.parametrize(("words", "message"), [
    (("linearize", "CO", "--strategy", "sideways"),
     "Unknown strategy 'sideways'. Use one of random_order, max_degree_first, min_degree_first, "
     "anchor_expansion, or three biases start/jump/neighbour out of random, max_degree, "
     "min_degree."),
    (("enumerate", "CO", "--strategy", "sideways"), "Unknown strategy 'sideways'."),
    (("linearize", "CO", "--tie-break", "highest"),
     "Unknown tie break 'highest'; use random or lowest-index."),
    (("enumerate", "CO", "--tie-break", "highest"), "Unknown tie break 'highest'"),
    (("linearize", "CO", "--format", "csv"),
     "linearize prints lists of tokens; use --format json."),
    (("linearize", "none.csv"), "There is no file none.csv; check the path."),
    (("decode", "none.jsonl"), "none.jsonl cannot be read"),
    (("decode", "none.jsonl", "--vocabulary", "zinc"),
     "Unknown vocabulary 'zinc'; use qm9, moses, planar."),
])
def test_what_cannot_start_is_one_sentence_on_stderr(words, message, trailscope):
    result = trailscope(*words)
    assert result.status == 1
    assert result.out == ""
    assert result.err.startswith(f"error: {message}")
    assert result.err.count("\n") == 1


def test_square_brackets_in_an_error_are_shown(trailscope):
    result = trailscope("linearize", "CO", "--strategy", "[bold]random[/bold]")
    assert "Unknown strategy '[bold]random[/bold]'." in result.err
    [row] = trailscope("linearize", "c1cccn1").rows
    assert row["error"].endswith("check for a missing [nH].")
