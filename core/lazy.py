"""Public names of a package, imported on first use; `dir` and completion show these alone.

Half of the public names need torch, which takes longer to import than most commands take to run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from sys import modules
from typing import Any


def lazy_exports(
    package: str, module_of: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """`__all__`, `__getattr__`, `__dir__` of a package whose names live in the given submodules."""

    def load(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{module_of[name]}"), name)

    def names() -> list[str]:
        own = (name for name in vars(modules[package]) if name.startswith("__"))
        return sorted({*own, *module_of})

    return list(module_of), load, names
