"""`trailscope enumerate`: the golden frequencies."""

import math

import pytest

from core.sent.strategies import STRATEGIES
from tests.golden.reader import golden_frequencies


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
        assert list(row) == ["id", "smiles", "notes", "tokens", "probability", "log_q"]


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
