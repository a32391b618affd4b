"""Two workers of Ray on this machine make the set that one process makes, though one is killed."""

import os
import signal
from pathlib import Path

import pytest

from core.errors import InputError
from core.library.engine import LocalEngine
from core.library.manifest import Manifest
from core.library.ray_engine import RayEngine
from core.library.run import Reading, score_files
from core.library.settings import ScoringSettings

NAME = b"ray::MapWorker"


def workers() -> list[int]:
    """Processes of workers whose ancestor this process is."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(NAME) and _is_below(int(path.parent.name)):
                found.append(int(path.parent.name))
        except OSError:  # it has ended
            continue
    return found


def _is_below(process: int) -> bool:
    while process > 1:
        if process == os.getpid():
            return True
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return False


def test_two_workers_one_of_which_is_killed_make_the_same_set(make_checkpoint, tmp_path):
    model = make_checkpoint("scorer")
    source = tmp_path / "mine.smi"
    source.write_text("".join(f"{'C' * (row % 7)}O\n" for row in range(24)))
    settings = ScoringSettings.of(model.card, model.card.strategy, permutations=4)
    killed = []

    def kill_one(state):
        if state.done >= 4 and not killed:
            killed.extend(workers()[:1])
            os.kill(killed[0], signal.SIGKILL)

    engines = {"local": lambda: LocalEngine(model, settings),
               "ray": lambda: RayEngine(model.card.path, settings, workers=2)}
    parts = {}
    for name, engine in engines.items():
        found = score_files([source], tmp_path / name, model.card, settings, engine,
                            reading=Reading(part_rows=2),
                            progress=kill_one if name == "ray" else None)
        assert found.is_finished
        parts[name] = found.parts
    assert killed
    assert Manifest.read(tmp_path / "ray").device == "2 × cpu (Ray)"
    assert parts["ray"] == parts["local"]


def test_a_cluster_that_is_not_there_is_named(make_checkpoint):
    model = make_checkpoint("scorer")
    settings = ScoringSettings.of(model.card, model.card.strategy)
    with pytest.raises(InputError, match=r"There is no Ray cluster at nowhere:1"):
        RayEngine(model.card.path, settings, address="nowhere:1")
