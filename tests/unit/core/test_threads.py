"""Small passes run on one thread, large ones on all, and the process gets its threads back."""

import os
import subprocess
import sys
from contextlib import suppress

import pytest
import torch

from core import threads
from core.model.generation import SamplingConfig, sample_tokens
from core.threads import WORTH_A_THREAD, threads_for, worthwhile_threads


@pytest.fixture
def four_threads(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    monkeypatch.setattr(threads, "_available", lambda: 4)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("multiplications", "available", "expected"), [
    (0, 8, 1), (WORTH_A_THREAD, 8, 1), (2 * WORTH_A_THREAD - 1, 8, 1), (2 * WORTH_A_THREAD, 8, 2),
    (100 * WORTH_A_THREAD, 8, 8), (100 * WORTH_A_THREAD, 1, 1),
])
def test_threads_grow_with_the_work(multiplications, available, expected):
    assert worthwhile_threads(multiplications, available) == expected


def test_the_process_gets_its_threads_back(four_threads):
    model = torch.nn.Linear(1 << 10, 1 << 10, bias=False)  # 2^20 parameters
    two = 2 * WORTH_A_THREAD >> 20
    for tokens, expected in ((1, 1), (two, 2), (1 << 20, 4)):
        with threads_for(model, tokens):
            assert torch.get_num_threads() == expected
        assert torch.get_num_threads() == 4
    with suppress(KeyError), threads_for(model, 1):
        raise KeyError
    assert torch.get_num_threads() == 4


def test_sampling_a_few_takes_one_thread(tiny, four_threads, monkeypatch):
    seen = []
    forward = tiny.network.forward
    monkeypatch.setattr(tiny.network, "forward", lambda *args, **kwargs: (
        seen.append(torch.get_num_threads()), forward(*args, **kwargs))[1])
    sample_tokens(tiny, 2, generator=torch.Generator().manual_seed(0),
                  config=SamplingConfig(max_tokens=4))
    assert set(seen) == {1}


def test_waiting_threads_sleep():
    """OpenMP reads the variables when torch is imported, so they are set before."""
    script = ("import os, sys; from core.cli import settle; assert 'torch' not in sys.modules; "
              "settle(); print(os.environ['OMP_WAIT_POLICY'], "
              "os.environ.get('GOMP_SPINCOUNT'))")
    found = {}
    for given in (None, "ACTIVE"):
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
        environment |= {"OMP_WAIT_POLICY": given} if given else {}
        found[given] = subprocess.run([sys.executable, "-c", script], env=environment, check=True,
                                      capture_output=True, text=True).stdout.strip()
    assert found == {None: "PASSIVE 2000", "ACTIVE": "ACTIVE None"}
