"""What strangers read of this machine."""

from core.assets import assets_folder
from dashboard.shared.messages import without_folders


def test_where_files_lie_is_left_out(monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", "/srv/somewhere/assets")
    path = assets_folder() / "checkpoints" / "qm9-random_order" / "trailscope.json"
    assert without_folders(f"{path} is damaged (no name); get it again.") == (
        "trailscope.json is damaged (no name); get it again.")
    assert without_folders(f"There are none in {assets_folder() / 'checkpoints'}; make some.") == (
        "There are none in checkpoints; make some.")


def test_molecules_with_slashes_stay_whole():
    for text in ("'F/C=C/F' is no SMILES.", "'/F/C=C/F' is no SMILES.", "nats/token"):
        assert without_folders(text) == text
