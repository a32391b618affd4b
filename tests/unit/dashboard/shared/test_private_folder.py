"""Files that nobody else may see: the folder, its end, and what others left behind."""

import os
import stat
import tempfile
import time

import pytest

from dashboard.shared.private_folder import PrivateFolder, remove_leftovers


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_open_to_its_user_alone_and_goes_with_its_maker(place):
    made = PrivateFolder()
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
    (made.path / "file").write_text("x")
    hour_ago = time.time() - 3600
    os.utime(made.path, (hour_ago, hour_ago))
    remove_leftovers()  # of another server: this one's is locked
    assert (made.path / "file").exists()
    del made
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_removed(place):
    left, new, old = (place / f"trailscope-pages-{name}" for name in ("left", "new", "old"))
    for folder in (left, new, old):
        (folder / "visitor-1").mkdir(parents=True)
        (folder / "visitor-1" / "own.csv").write_text("CCO")
    (left / "lock").touch()
    other = place / "somebody's"
    other.mkdir()
    (place / "trailscope-pages-link").symlink_to(other)
    hour_ago = time.time() - 3600
    os.utime(old, (hour_ago, hour_ago))
    made = PrivateFolder()
    assert {path.name for path in place.iterdir()} == {
        made.path.name, "trailscope-pages-new", "somebody's", "trailscope-pages-link"}
