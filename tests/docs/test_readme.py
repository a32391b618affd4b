"""The README's tree is the project's, and what is said to have moved is there."""

import re
from importlib import import_module

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
_NAME = re.compile(r"`(\w[\w.]*)`")


def tree():
    """Folder → what the tree lists in it."""
    [block] = [block for block in README.split("```")[1::2] if block.startswith("\ncore/")]
    found: dict[str, list[str]] = {}
    for line in block.strip().splitlines():
        if not line.startswith(" "):
            folder = line.split("/")[0]
            found[folder] = []
        elif line.startswith("  ") and line[2] != " ":
            names = line[2:] if line.endswith("/") else line[2:].split("  ")[0]
            found[folder] += [name.rstrip("/") for name in names.split()]
    return found


def test_the_tree_has_a_line_for_everything():
    """Python's own folders and files that say nothing by themselves are left out."""
    for folder in ("core", "dashboard"):
        there = {path.name for path in (ROOT / folder).iterdir()
                 if path.name not in ("__init__.py", "__main__.py", "__pycache__")
                 and (path.is_file() or any(path.glob("*.py")))}
        assert set(tree()[folder]) == there
    assert all((ROOT / folder).is_dir() for folder in tree())


def test_what_moved_is_there():
    rows = [line for line in COMMANDS.splitlines()
            if re.match(r"\| `\w+`.*\| `core\.\w+` \|$", line)]
    assert len(rows) > 5
    for row in rows:
        *names, before, package = _NAME.findall(row)
        assert all(hasattr(import_module(package), name) for name in names), row
        assert not any(hasattr(import_module(before), name) for name in names), row


def test_it_stays_short():
    """Three minutes at 250 words a minute; tables and the tree are looked at, not read."""
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    words = [word for line in prose.splitlines() if not line.startswith("|")
             for word in line.split()]
    assert len(words) <= 750
