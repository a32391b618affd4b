"""Models are those of the assets folder that holds now, whatever was asked before."""

from dashboard.shared.checkpoints import shipped_cards
from tests.conftest import ROOT


def test_what_was_found_in_one_assets_folder_says_nothing_of_another(assets, monkeypatch):
    weights = []
    for folder in (ROOT / "assets", assets):
        monkeypatch.setenv("TRAILSCOPE_ASSETS", str(folder))
        weights.append(shipped_cards()["qm9-random_order"].weights_sha256)
    assert len(set(weights)) == 2
