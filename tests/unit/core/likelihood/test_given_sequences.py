"""Sequences of tokens that a user brings."""

import pytest

from core.chemistry.molecules import from_smiles
from core.data.records import InputFileError
from core.data.token_lines import TokenLine, read_token_lines
from core.likelihood.given_sequences import score_lines
from core.likelihood.scoring import score_trails
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER


@pytest.fixture(scope="module")
def model(make_checkpoint):
    return make_checkpoint("reader")


def test_a_sequence_has_the_nll_of_its_linearization(model):
    graphs = [from_smiles(smiles).graph for smiles in ("CO", "CC=O", "C1CN1")]
    trails = sample_trails(graphs, model.vocabulary, RANDOM_ORDER, permutations=2,
                           generator=GraphSeed(0))
    expected = score_trails(model, trails)
    lines = [TokenLine(f"{g}/{k}", tuple(trails.sequence(g, k))) for g in range(3)
             for k in range(2)]
    rows = list(score_lines(model, lines))
    assert [row["id"] for row in rows] == [line.id for line in lines]
    for row, (g, k) in zip(rows, [(g, k) for g in range(3) for k in range(2)], strict=True):
        assert row["nll"] == pytest.approx(float(expected.nll[g, k]), rel=1e-5)
        assert row["num_tokens"] == len(row["token_nll"]) == int(expected.num_tokens[g, k])
        assert row["nll_per_token"] == pytest.approx(row["nll"] / row["num_tokens"])
        assert row["error"] is None


def test_bad_lines_say_why_and_the_others_are_scored(model):
    size = len(model.vocabulary)
    lines = [TokenLine("a", (0, 6, 36, 4)), TokenLine("b", (6, 36, 4)), TokenLine("c", (0,)),
             TokenLine("d", (0, size, 4)), TokenLine("e", (0, 6, 5)), TokenLine("f", None, "Bad."),
             TokenLine("g", (0, 6, 36, 4)), TokenLine("h", (0, *[6] * 100_000))]
    rows = {row["id"]: row for row in score_lines(model, lines)}
    assert rows["a"]["nll"] == rows["g"]["nll"] > 0
    assert rows["b"]["error"] == rows["c"]["error"] == (
        "A sequence begins with sos, token 0, and has at least one token behind it.")
    assert rows["d"]["error"] == (f"Token {size} at position 1 is outside the vocabulary; reader "
                                  f"has tokens 0 to {size - 1}, of which 5 is padding.")
    assert rows["e"]["error"].startswith("Token 5 at position 2 is the padding")
    assert rows["f"]["error"] == "Bad."
    assert "100,001 tokens; reader reads at most" in rows["h"]["error"]


def test_lines_are_lists_or_objects(tmp_path):
    path = tmp_path / "tokens.jsonl"
    path.write_text('[0, 6, 4]\n\n{"id": "x", "tokens": [0, 4]}\n{"tokens": [0.5]}\n{\n"no"\n')
    first, second, third, fourth, fifth = read_token_lines(path)
    assert (first.id, first.tokens, first.error) == ("row 1", (0, 6, 4), None)
    assert (second.id, second.tokens) == ("x", (0, 4))
    assert third.error == fifth.error == 'A line needs "tokens", a list of whole numbers.'
    assert fourth.error is not None
    assert fourth.error.startswith("Line 5 is not JSON")
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    with pytest.raises(InputFileError, match="holds no token sequence"):
        list(read_token_lines(empty))
