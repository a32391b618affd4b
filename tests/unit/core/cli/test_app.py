"""`trailscope app`: what is started, and where it is refused."""

import os
import socket
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture
def started(monkeypatch):
    """Programs that took the place of this process, with their words."""
    calls = []
    monkeypatch.setattr(os, "execv", lambda program, words: calls.append((program, words)))
    return calls


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_app_serves_the_dashboard_from_any_folder(trailscope, started, free_port, tmp_path,
                                                  monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRAILSCOPE_MODELS", raising=False)  # tests of commands have one
    result = trailscope("app", "--port", free_port, "--address", "127.0.0.1")
    assert result.status == 0
    [(program, words)] = started
    assert program == sys.executable
    assert words[1:] == ["-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py"),
                         "--server.port", str(free_port), "--server.address", "127.0.0.1"]
    assert Path.cwd() == tmp_path
    assert str(tmp_path / "runs" / "models") in result.err
    assert os.environ["TRAILSCOPE_DATA"] in result.err


def test_the_settings_lie_beside_the_page():
    """Streamlit reads them there, whatever the working folder."""
    beside = ROOT / "dashboard" / ".streamlit" / "config.toml"
    assert beside.read_bytes() == (ROOT / ".streamlit" / "config.toml").read_bytes()


def test_a_taken_port_is_one_sentence(trailscope, started):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = trailscope("app", "--port", port, "--address", "127.0.0.1")
    assert result.status == 1
    assert result.err.startswith(f"error: Port {port} is taken; give another one, such as --port ")
    assert not started


@pytest.mark.parametrize(("address", "said"), [
    ("no such address", "There is no address 'no such address'"),
    ("192.0.2.1", "192.0.2.1 is no address of this machine"),
])
def test_an_address_of_nowhere_is_refused(trailscope, started, free_port, address, said):
    result = trailscope("app", "--port", free_port, "--address", address)
    assert result.status == 1
    assert said in result.err
    assert not started
