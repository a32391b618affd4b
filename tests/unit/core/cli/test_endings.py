"""Commands end with what they wrote, where, and how to see it."""

from pathlib import Path

import pytest

from core.cli.endings import say_wrote, see_library, see_model


def test_what_lies_where_and_how_to_see_it(capsys):
    say_wrote(Path("my [b]file"), "two tables", see="Open it.")
    say_wrote(Path("mine.html"))
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.splitlines() == ["Wrote my [b]file: two tables.", "Open it.",
                                      "Wrote mine.html."]


def test_a_model_among_those_of_the_pages_is_called_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path))
    assert see_model(tmp_path / "mine") == (
        "All pages offer it as mine; commands take it by --model mine.")
    assert see_model(Path("else where")) == (
        "Commands take it by --model 'else where'; for all pages keep it by: trailscope models "
        "--add 'else where'")


def test_a_set_among_those_of_the_library_is_shown_there(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_LIBRARY", str(tmp_path))
    assert see_library(tmp_path / "mine").startswith("The Library page shows it; for a report: ")
    assert see_library(Path("mine")) == (
        f"For the Library page move it into {tmp_path}; for a report: trailscope report mine "
        "--output mine.html")


@pytest.mark.parametrize("words", [
    ("score", "CO,7", "--permutations", 4), ("triage", "--number", 2, "--permutations", 2)])
def test_folders_are_named_at_the_end(words, trailscope, write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if words[0] == "score":
        words = ("score", write("mine.csv", "smiles,n", words[1]), *words[2:])
    result = trailscope(*words, "--output", "out")
    assert result.status == 0
    *_, wrote, see = result.err.splitlines()
    assert "out" in wrote
    assert "trailscope report out --output out.html" in see
