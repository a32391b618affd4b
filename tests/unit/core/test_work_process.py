"""Work in another process: its result, its reports, its faults and its end."""

import os
import pickle
import time
from multiprocessing import Pipe

import pytest
import torch

from core import work_process
from core.errors import InputError
from core.work_process import WorkEndedError, WorkProcess, _send
from tests.unit.core.work_to_do import fail, niceness, vanish, wait


@pytest.fixture(scope="module")
def process():
    made = WorkProcess()
    yield made
    made.close()


def silent(*content):
    pass


def test_it_returns_what_the_function_does_at_low_priority(process):
    heard = []
    here, before = os.getpid(), os.getpriority(os.PRIO_PROCESS, 0)
    there, nice, given = process.call(
        niceness, "text", 3, progress=lambda *content: heard.append(content))
    assert there != here
    assert (nice, given) == (min(19, before + 10), ("text", 3))
    assert heard == [("begun", 1)]
    assert process.spent_s > 0
    assert process.call(niceness, progress=silent)[0] == there  # kept


def test_tensors_travel_whole():
    """Torch would send a name, by which a process of another family cannot find them."""
    one, other = Pipe()
    _send(one, torch.ones(1000))
    assert pickle.loads(other.recv_bytes())[0].sum() == 1000
    _send(one, torch.ones(1000))
    assert len(other.recv_bytes()) > 4000


def test_faults_of_the_input_are_raised_here(process):
    with pytest.raises(InputError, match="give another one"):
        process.call(fail, progress=silent)
    assert process.call(niceness, progress=silent)


def test_work_ends_when_progress_raises(process):
    there, *_ = process.call(niceness, progress=silent)
    calls = []

    def leave(*content):
        calls.append(content)
        if len(calls) == 2:  # the second is a repetition: the work itself reports once
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        process.call(wait, 60, progress=leave)
    assert time.monotonic() - start < 20
    with pytest.raises(ProcessLookupError):
        os.kill(there, 0)
    assert process.call(niceness, progress=silent)[0] != there


def test_a_process_that_is_not_used_is_replaced(process, monkeypatch):
    there, *_ = process.call(niceness, progress=silent)
    monkeypatch.setattr(work_process, "_IDLE_S", 0.0)
    assert process.call(niceness, progress=silent)[0] != there


def test_a_process_that_was_killed_is_said_and_replaced(process):
    with pytest.raises(WorkEndedError, match="lack of memory; try"):
        process.call(vanish, progress=silent)
    assert process.call(niceness, progress=silent)
