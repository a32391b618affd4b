"""`trailscope diversity`."""

import pytest


def test_measures_a_molecule(trailscope, tmp_path):
    words = ("diversity", "CO", "--samples", "1,4", "--mix", "0,0.1", "--limit", 50, "--output",
             tmp_path / "out")
    result = trailscope(*words)
    assert result.status == 0, result.err
    assert len(result.rows) == (1 + 3 * 2) * 2  # random_order needs no share of itself
    assert result.err.count("note: ") == 1
    assert "1 is too few" in " ".join(result.err.split())
    assert (tmp_path / "out" / "diversity.parquet").exists()
    assert trailscope(*words).out == result.out


@pytest.mark.parametrize(("words", "error"), [
    (("CO", "--mix", "1.5"), "lies in [0, 1], got 1.5"),
    (("CO", "--samples", "0"), "increasing numbers in [1, 1000]"),
    (("CO", "--mix", "much"), "are numbers"),
    ((), "Give either INPUT or --dataset"),
    (("CO", "--number", "5"), "holds 1 of the 5 graphs"),
])
def test_says_what_is_wrong(trailscope, tmp_path, words, error):
    result = trailscope("diversity", *words, "--output", tmp_path / "out")
    assert result.status == 1
    assert error in " ".join(result.err.split())
