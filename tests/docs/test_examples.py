"""The Python of the documents runs, and they name every command."""

import re

import pytest
import typer

from core.cli import build_app
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(r"^```python\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
_SHOWN = re.compile(r"^```python\n([^`]*?)^```\n\n```text\n(.*?)\n```$",
                    flags=re.MULTILINE | re.DOTALL)


def examples(page):
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)],
                         ids=lambda page: page.name)
def test_python_of_a_page_runs(page, monkeypatch, capsys):
    """Block after block, as a reader would type them; with the models that ship."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(ROOT / "assets"))
    names: dict[str, object] = {}
    shown = dict(_SHOWN.findall(page.read_text(encoding="utf-8")))
    for example in examples(page):
        exec(compile(example, page.name, "exec"), names)
        printed = capsys.readouterr().out.rstrip()
        assert printed.strip()  # every example shows something
        assert printed == shown.get(example, printed)  # and what the page says, if it says it


def test_the_notebook_shows_what_every_block_prints():
    page = ROOT / "docs" / "python.md"
    assert len(_SHOWN.findall(page.read_text(encoding="utf-8"))) == len(examples(page)) >= 4


def test_there_are_examples():
    assert any(map(examples, PAGES))


def test_every_command_is_shown():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    commands = typer.main.get_command(build_app()).commands
    assert set(re.findall(r"^trailscope ([a-z-]+)", page, flags=re.MULTILINE)) == set(commands)
