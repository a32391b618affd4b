"""Public names of a package, imported on first use.

Half of the public names need torch, which takes longer to import than most commands take to run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_exports(
    package: str, module_of: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any]]:
    """`__all__` and `__getattr__` for a package whose names live in the given submodules."""

    def load(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{module_of[name]}"), name)

    return list(module_of), load
