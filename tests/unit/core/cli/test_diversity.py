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


def test_what_is_named_twice_is_measured_once(trailscope, write, tmp_path):
    data = write("many.smi", *("C" * length for length in range(1, 9)),
                 *("C" * length + "O" for length in range(1, 9)), "CC=O")
    result = trailscope("diversity", data, "--samples", "2", "--mix", "0.1,0.1", "--strategy",
                        "min_degree_first, min_degree/min_degree/min_degree", "--output",
                        tmp_path / "out")
    assert result.status == 0, result.err
    assert [(row["strategy"], row["share"]) for row in result.rows] == [("min_degree_first", 0.1)]


def test_more_graphs_than_are_measured_are_told_of(trailscope, write, tmp_path, monkeypatch):
    monkeypatch.setattr("core.cli.diversity.DEFAULT_NUMBER", 2)
    words = ("diversity", write("some.smi", "CO", "CC", "CCO"), "--samples", "1", "--output")
    result = trailscope(*words, tmp_path / "out")
    assert "note: measured are the first 2 graphs of " in " ".join(result.err.split())
    assert "the first" not in trailscope(*words, tmp_path / "asked", "--number", 2).err
    assert "the first" not in trailscope(*words, tmp_path / "all", "--number", 3).err


def test_a_row_behind_those_asked_for_is_not_looked_at(trailscope, write, tmp_path):
    result = trailscope("diversity", write("some.smi", "CO", "CC", "no molecule"), "--number", 2,
                        "--samples", "1", "--output", tmp_path / "out")
    assert result.status == 0, result.err
    assert "skipped" not in result.err
