"""Copies of the project with the examples of docs/extending.md in them, each run by itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "extending.md"
COPIED = ("core", "dashboard", "pyproject.toml")

_SECTION = re.compile(r"^## (.+)$", flags=re.MULTILINE)
_BLOCK = re.compile(r"^```\w+ file=(\S+)(?: (\w+)=(\"[^\n]*\"))?\n(.*?)^```$",
                    flags=re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One block of code and where it goes.

    Attributes:
        file: from the project's root.
        how: `before` or `after` a line, or `replaces` a piece of text; None: at the file's end.
        place: the line's or piece's text, found once in the file.
        code: the block.
    """

    file: str
    how: str | None
    place: str
    code: str

    def write_into(self, folder: Path) -> None:
        path = folder / self.file
        if self.how is None:
            path.parent.mkdir(exist_ok=True)
            known = path.read_text(encoding="utf-8") + "\n\n" if path.exists() else ""
            path.write_text(known + self.code, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        assert text.count(self.place) == 1, f"{self.file} does not have {self.place!r} once"
        at = text.index(self.place)
        line = text.rindex("\n", 0, at) + 1
        if self.how == "after":
            line = text.index("\n", at) + 1
        if self.how == "replaces":
            changed = text.replace(self.place, self.code.removesuffix("\n"))
        else:
            gap = "\n\n" if self.code.startswith("def ") else ""
            changed = text[:line] + self.code + gap + text[line:]
        path.write_text(changed, encoding="utf-8")


def examples() -> dict[str, list[Example]]:
    """Section of the page → its blocks."""
    _, *parts = _SECTION.split(PAGE.read_text(encoding="utf-8"))
    return {title: [Example(file, how or None, json.loads(place or '""'), code)
                    for file, how, place, code in _BLOCK.findall(body)]
            for title, body in zip(parts[::2], parts[1::2], strict=True)}


def copy_with(sections: list[str], folder: Path) -> Path:
    """A copy of the project with the examples of some sections."""
    for name in COPIED:
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, folder / name)
        else:
            shutil.copytree(ROOT / name, folder / name,
                            ignore=shutil.ignore_patterns("__pycache__"))
    for section in sections:
        for example in examples()[section]:
            example.write_into(folder)
    return folder


def changed_files(folder: Path) -> set[str]:
    """Files of a copy that are new or differ from the project's."""
    there = {str(path.relative_to(folder)) for name in COPIED for path in (
        [folder / name] if (folder / name).is_file() else (folder / name).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts}
    return {name for name in there if not (ROOT / name).is_file()
            or (ROOT / name).read_bytes() != (folder / name).read_bytes()}


def answers(folder: Path, script: str) -> Any:
    """What a script prints as its last line, as JSON; it runs on the code of the copy."""
    environment = os.environ | {"TRAILSCOPE_ASSETS": str(ROOT / "assets"), "OMP_NUM_THREADS": "1",
                                "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
