"""`trailscope app`: what is started."""

import os
import sys


def test_app_serves_the_dashboard(trailscope, monkeypatch):
    calls = []
    monkeypatch.setattr(os, "execv", lambda program, words: calls.append((program, words)))
    monkeypatch.setattr(os, "chdir", lambda folder: calls.append(folder))
    assert trailscope("app", "--port", 9000, "--address", "0.0.0.0").status == 0
    [folder, (program, words)] = calls
    assert (folder / "dashboard" / "app.py").is_file()
    assert (folder / ".streamlit" / "config.toml").is_file()
    assert program == sys.executable
    assert words[1:] == ["-m", "streamlit", "run", str(folder / "dashboard" / "app.py"),
                         "--server.port", "9000", "--server.address", "0.0.0.0"]
