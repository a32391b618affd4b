"""`trailscope linearize`: the golden sequences, and what the sampler draws."""


import pytest

from core.chemistry.molecules import from_smiles
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import STRATEGIES, Strategy
from core.sent.vocabulary import QM9_VOCABULARY
from tests.golden.reader import golden_molecules

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
        {"id": "row 1", "smiles": "CCO", "strategy": strategy, "notes": None,
         "permutation": k,
         "tokens": trails.sequence(0, k), "order": trails.order(0, k),
         "log_q": pytest.approx(float(trails.log_q[0, k]))}
        for k in range(3)
    ]
    assert list(result.rows[0]) == ["id", "smiles", "strategy", "notes", "permutation", "tokens",
                                    "order", "log_q"]


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
        {"id": "bad", "smiles": "CCl", "strategy": "random_order", "notes": None,
         "permutation": None, "tokens": None, "order": None, "log_q": None,
         "error": "Element Cl is outside the vocabulary, which has H, C, N, O, F. No model that is "
                 "here knows Cl."},
        {"id": "row 4", "smiles": None, "strategy": "random_order", "notes": None,
         "permutation": None, "tokens": None, "order": None, "log_q": None,
         "error": "Line 4 is not JSON: Expecting value in column 1."},
    ]


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
    (("decode", "none.jsonl"), "There is no file none.jsonl"),
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


def test_columns_of_other_names(trailscope, write):
    path = write("in.csv", "tag,can", "a,CO", "b,CN")
    result = trailscope("linearize", path, "--smiles-column", "can", "--id-column", "TAG")
    assert [row["id"] for row in result.rows] == ["a", "b"]
    missing = trailscope("linearize", path, "--smiles-column", "smi")
    assert missing.status == 1
    assert "has no column `smi`, only tag, can; name one of these with --smiles-col" in missing.err
