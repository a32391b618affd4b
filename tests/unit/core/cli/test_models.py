"""`trailscope models`: what ships, and what is damaged."""

import json
from pathlib import Path

from core.model.checkpoints import load_checkpoint
from core.model.local_models import zip_checkpoint


def test_models_lists_what_is_shipped(trailscope, assets):
    [first, second] = json.loads(trailscope("models", "--format", "json").out)
    assert (first["name"], second["name"]) == ("qm9-random_order", "qm9-anchor_expansion")
    assert Path(first["path"]) == assets / "checkpoints" / "qm9-random_order"
    assert second["strategy"] == "anchor_expansion"
    assert {"vocabulary", "training", "data", "weights_sha256"} <= first.keys()
    table = trailscope("models")
    assert table.status == 0
    assert "qm9-random_order" in table.out
    assert "tiny" in table.out


def test_models_lists_the_healthy_and_names_the_damaged(trailscope, assets):
    card = assets / "checkpoints" / "qm9-anchor_expansion" / "trailscope.json"
    whole = card.read_text()
    card.write_text("{}")
    try:
        result = trailscope("models", "--format", "json")
    finally:
        card.write_text(whole)
    assert result.status == 1
    assert [row["name"] for row in json.loads(result.out)] == ["qm9-random_order"]
    assert result.err.startswith(f"error: {card} is damaged")
    assert result.err.count("\n") == 1


def test_a_folder_is_added_under_its_name_and_removed(trailscope, tiny):
    added = trailscope("models", "--add", tiny.card.path)
    assert added.status == 0
    assert added.err.startswith("Added tiny: ")
    assert "All pages offer it as tiny; commands take it by --model tiny." in added.err
    there = trailscope("models", "--format", "json")
    assert json.loads(there.out)[-1]["name"] == "tiny"
    assert json.loads(there.out)[-1]["weights_sha256"] == tiny.card.weights_sha256
    asked = ("CCO", "--permutations", 2)
    assert trailscope("score", *asked, "--model", "tiny").out == trailscope(
        "score", *asked, "--model", tiny.card.path).out
    again = trailscope("models", "--add", tiny.card.path)
    assert (again.status, again.err) == (
        1, "error: There is a model called tiny already; remove it first, or give this one "
           "another name.\n")
    removed = trailscope("models", "--remove", "tiny")
    assert (removed.status, removed.err) == (0, "Removed tiny.\n")
    assert trailscope("score", "CCO", "--model", "tiny").err.startswith(
        "error: There is no model 'tiny'; give a checkpoint folder or one of: qm9-")


def test_a_zip_is_added_under_another_name(trailscope, tiny, tmp_path):
    (tmp_path / "given.zip").write_bytes(zip_checkpoint(tiny.card.path))
    added = trailscope("models", "--add", tmp_path / "given.zip", "--name", "other")
    assert added.err.startswith("Added other: ")
    [row] = trailscope("score", "CO", "--model", "other", "--permutations", 2).rows
    assert row["error"] is None
    assert load_checkpoint("other").card.name == "other"


def test_what_cannot_be_added_or_removed(trailscope, assets, tmp_path):
    shipped = assets / "checkpoints" / "qm9-random_order"
    for words, sentence in (
        (("--add", shipped), "qm9-random_order is the name of a shipped model; give this one"),
        (("--add", shipped, "--name", "a/b"), "'a/b' cannot be a model's name; use letters"),
        (("--add", tmp_path / "none"), "none cannot be read (No such file or directory)"),
        (("--add", tmp_path), "is not a TrailScope checkpoint: it has no trailscope.json"),
        (("--add", shipped, "--remove", "tiny"), "give one of them at a time"),
        (("--name", "tiny"), "--name is of a model that is added"),
        (("--remove", "qm9-random_order"), "no model 'qm9-random_order' to remove in"),
        (("--remove", ".."), "no model '..' to remove in"),
    ):
        result = trailscope("models", *words)
        assert result.status == 1
        assert result.err.startswith("error: ")
        assert sentence in result.err
        assert result.err.count("\n") == 1
