"""`trailscope models`: what ships, and what is damaged."""

import json
from pathlib import Path


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
