"""Write requirements.txt, for hosts that read it before pyproject.toml.

    python -m deploy.requirements

What TrailScope needs to run, with what that needs in turn, in the versions of constraints.txt. What
only some platforms need, such as PyTorch's CUDA libraries, is left to the installer, as there.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HEADER = "# Written by `python -m deploy.requirements`.\n"


def requirements() -> str:
    """The file's text, read off pyproject.toml, constraints.txt and what is installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(line.split("==")[0]): line for line in lines if "==" in line}
    found: set[tuple[str, str]] = set()
    for text in project["dependencies"]:
        _collect(Requirement(text), found)
    names = {name for name, _ in found}
    return HEADER + "".join(f"{line}\n" for name, line in pinned.items() if name in names)


def _collect(needed: Requirement, found: set[tuple[str, str]]) -> None:
    """Add (package, extra) of a requirement and all below; an empty extra for the package."""
    name = canonicalize_name(needed.name)
    for extra in ("", *needed.extras):
        if (name, extra) in found:
            continue
        found.add((name, extra))
        try:
            below = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:  # for another platform
            continue
        for requirement in below:
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                _collect(requirement, found)


if __name__ == "__main__":
    (ROOT / "requirements.txt").write_text(requirements(), encoding="utf-8")
