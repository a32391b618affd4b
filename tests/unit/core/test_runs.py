"""Run folders: claimed by one run and one process, written whole or not at all."""

import json
import os
import resource
import subprocess
import sys
from contextlib import closing, contextmanager

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from core.chemistry.molecules import from_smiles
from core.errors import InputError
from core.evaluation.graph_set import GraphSet
from core.evaluation.run import EvaluationConfig, EvaluationRun
from core.finetune.config import FinetuneConfig
from core.finetune.run import FinetuneRun
from core.finetune.streams import GraphStream
from core.model.training import TrainingConfig, train
from core.runs import (
    RunFolderError,
    check_settings,
    claim,
    hold,
    holds_state,
    load_state,
    read_progress,
    refuse_if_held,
    replacing,
    save_state,
    staging,
    write_json,
)
from core.salience.language_model import LanguageModel
from core.sent.batch import GraphBatch
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY
from core.triage.run import sample_and_score_in
from core.triage.samples import SamplesConfig
from tests.conftest import ROOT


class OtherError(InputError):
    """What the caller wants to raise."""


def names(folder):
    return sorted(path.name for path in folder.rglob("*"))


def begin_and_fail(path):
    path.write_text("two")
    raise ZeroDivisionError


@contextmanager
def no_room():
    """Writing beyond 4 kB of a file fails as the system fails it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def full_disk():
    """No room during the test."""
    with no_room():
        yield


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with replacing(path) as partial:
        partial.write_text("one")
        assert partial.parent == path.parent
        assert not path.exists()
    assert path.read_text() == "one"
    with pytest.raises(ZeroDivisionError), replacing(path) as partial:
        begin_and_fail(partial)
    assert path.read_text() == "one"
    assert names(path.parent) == ["file.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    for content in ("one", "two"):
        with replacing(tmp_path / "folder") as partial:
            partial.mkdir()
            (partial / content).touch()
    assert names(tmp_path) == ["folder", "two"]


def test_staged_files_come_together_and_leave_others_alone(tmp_path):
    (tmp_path / "notes.txt").touch()
    with staging(tmp_path) as partial:
        (partial / "a").touch()
        assert not (tmp_path / "a").exists()
    with pytest.raises(ZeroDivisionError), staging(tmp_path) as partial:
        begin_and_fail(partial / "b")
    assert names(tmp_path) == ["a", "notes.txt"]


WRITERS = {
    "json": lambda path: path.write_text(json.dumps(list(range(5000)))),
    "arrays": lambda path: np.savez(path.open("wb"), a=np.arange(5000)),
    "table": lambda path: pd.DataFrame({"a": np.random.default_rng(0).random(5000)}).to_parquet(
        path),
    "tensors": lambda path: save_file({"a": torch.rand(5000)}, path),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(kind, tmp_path, full_disk):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RunFolderError) as caught, replacing(path) as partial:
        WRITERS[kind](partial)
    message = str(caught.value)
    assert message.startswith(f"{path} cannot be written: ")
    assert "too large" in message.lower()
    assert message.endswith("run the same command again; what is finished stays.")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_state_on_a_full_disk_is_the_one_before(tmp_path, full_disk):
    save_state(tmp_path, {"a": torch.zeros(3)}, {"step": 1})
    with pytest.raises(RunFolderError):
        save_state(tmp_path, {"a": torch.zeros(5000)}, {"step": 2})
    tensors, step = load_state(tmp_path)
    assert (step, len(tensors["a"]), read_progress(tmp_path)) == (1, 3, {"step": 1})


def test_a_folder_belongs_to_the_settings_that_claimed_it(tmp_path):
    settings = {"steps": 8, "seed": 0, "stream": {"strategy": "random_order"}, "sizes": (1, 2)}
    claim(tmp_path / "run", settings, what="a run", error=OtherError)
    claim(tmp_path / "run", settings, what="a run", error=OtherError)
    other = settings | {"steps": 9, "stream": {"strategy": "bfs"}}
    with pytest.raises(OtherError) as caught:
        claim(tmp_path / "run", other, what="a run", error=OtherError)
    assert str(caught.value) == (
        f"{tmp_path / 'run'} holds a run of other settings: steps is 8 there, 9 here, "
        "stream.strategy is random_order there, bfs here; use another run folder or the settings "
        "in its settings.json.")


def test_what_differs_is_told_in_few_words(tmp_path):
    known = {"digest": "0123456789abcdef" * 4, **dict.fromkeys("abcde", 0)}
    with pytest.raises(OtherError, match="digest is 01234567… there, not set here, a is 0 there, "
                                         "not set here, b is 0 there, not set here, and 3 more;"):
        check_settings(tmp_path / "settings.json", known, {}, what="a run", error=OtherError)


def test_some_settings_may_change_between_sittings(tmp_path):
    known = {"steps": 8, "compile": False}
    asked = {"steps": 8, "compile": True}
    check_settings(tmp_path, known, asked, what="a run", error=OtherError, free=("compile",))
    with pytest.raises(OtherError, match="compile is False there, True here"):
        check_settings(tmp_path, known, asked, what="a run", error=OtherError)


def test_damaged_settings_are_told(tmp_path):
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(OtherError, match=r"settings\.json is damaged"):
        claim(tmp_path, {}, what="a run", error=OtherError)


HOLD = """
import sys, time
from pathlib import Path
from core.runs import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_process(tmp_path):
    """Another process that works in the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, text=True,
                               stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_process_is_told_who_works_there(tmp_path, other_process):
    for use in (lambda: hold(tmp_path).__enter__(), lambda: refuse_if_held(tmp_path),
                lambda: claim(tmp_path, {}, what="a run", error=OtherError)):
        with pytest.raises(RunFolderError) as caught:
            use()
        message = str(caught.value)
        assert message.startswith(f"{tmp_path} is in use by process {other_process.pid} on ")
        assert f" on {os.uname().nodename} since 20" in message


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path, other_process):
    (tmp_path / ".chunk.npz.12345678.partial").touch()
    other_process.kill()
    other_process.wait()
    assert (tmp_path / ".holder.json").is_file()
    with hold(tmp_path):
        held_by = json.loads((tmp_path / ".holder.json").read_text())
        assert held_by["process"] == os.getpid()
        assert not list(tmp_path.glob("*.partial"))
    assert not (tmp_path / ".holder.json").exists()


def test_a_generator_lets_go_when_it_is_closed(tmp_path):
    def work():
        with hold(tmp_path):
            yield 1

    with closing(work()) as first:
        next(first)
        with pytest.raises(RunFolderError, match=f"in use by process {os.getpid()}"):
            next(work())
    assert next(work()) == 1


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match="cannot be used as a run folder"), hold(
            tmp_path / "file"):
        pass


def test_state_and_progress_come_back(tmp_path):
    assert not holds_state(tmp_path)
    save_state(tmp_path, {"a": torch.arange(3)}, {"step": 7, "seed": 0})
    assert holds_state(tmp_path)
    tensors, step = load_state(tmp_path)
    assert torch.equal(tensors["a"], torch.arange(3))
    assert step == 7
    assert read_progress(tmp_path) == {"step": 7, "seed": 0}
    (tmp_path / "state.safetensors").write_bytes(b"no")
    write_json(tmp_path / "progress.json", [])
    (tmp_path / "progress.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"state\.safetensors cannot be read"):
        load_state(tmp_path)
    with pytest.raises(RunFolderError, match="holds no readable run"):
        read_progress(tmp_path)


GRAPHS = tuple(from_smiles(smiles, name=smiles).graph for smiles in (
    "CCO", "CC(=O)N", "C1CC1", "C#N", "CCCC", "COC", "CC=O", "FC(F)F"))


def training(tiny, folder):
    config = TrainingConfig("random_order", preset="tiny", steps=2, batch_size=4, warmup_steps=1,
                            precision="fp32")
    graphs = GraphBatch.from_graphs(GRAPHS, with_automorphisms=False)
    return train(config, graphs, QM9_VOCABULARY, run_folder=folder)


def evaluating(tiny, folder):
    return EvaluationRun(tiny, GraphSet("mine", None, GRAPHS),
                         EvaluationConfig("random_order", 2), run_folder=folder).steps()


def sampling(tiny, folder):
    return sample_and_score_in(folder, tiny, SamplesConfig(40, permutations=2, chunk=20))


def tuning(tiny, folder):
    graphs = GraphBatch.from_graphs(GRAPHS, with_automorphisms=False)
    stream = GraphStream(graphs, QM9_VOCABULARY, RANDOM_ORDER, seed=0)
    config = FinetuneConfig(method="full", steps=2, batch_size=4, learning_rate=1e-3)
    return FinetuneRun(LanguageModel.from_checkpoint(tiny), stream, config,
                       run_folder=folder).steps()


@pytest.mark.parametrize("work", [training, evaluating, sampling, tuning])
def test_long_work_goes_on_once_there_is_room_again(work, tiny, tmp_path):
    folder = tmp_path / "disturbed"
    with no_room(), pytest.raises(RunFolderError, match=r"cannot be written: .*too large"):
        list(work(tiny, folder))
    assert not list(folder.rglob("*.partial"))
    list(work(tiny, folder))
    list(work(tiny, tmp_path / "whole"))
    assert names(folder) == names(tmp_path / "whole")
    for path in folder.iterdir():
        if path.suffix in (".npz", ".parquet"):
            assert path.read_bytes() == (tmp_path / "whole" / path.name).read_bytes()
    if holds_state(folder):
        for disturbed, whole in zip(*(load_state(place)[0].values() for place in (
                folder, tmp_path / "whole")), strict=True):
            assert torch.equal(disturbed, whole)


@pytest.mark.parametrize("work", [training, evaluating, sampling, tuning])
def test_two_cannot_do_the_same_work_at_the_same_time(work, tiny, tmp_path):
    with closing(work(tiny, tmp_path)) as first:
        next(first)
        with pytest.raises(RunFolderError, match=f"in use by process {os.getpid()}"):
            next(work(tiny, tmp_path))
    assert next(iter(work(tiny, tmp_path))) is not None
