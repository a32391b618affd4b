"""Where scored sets lie that a visitor can open: of this machine at home, of the visitor alone
where strangers visit."""

from __future__ import annotations

from pathlib import Path

from core.assets import library_folder
from core.library.store import find_libraries
from core.quotas import is_hosted
from dashboard.shared.visitors import visitor


def library_root() -> Path:
    """The folder whose subfolders are scored sets; it need not exist."""
    return visitor().folder / "library" if is_hosted() else library_folder()


def scored_sets() -> dict[str, Path]:
    """Scored sets by name, finished or not."""
    return find_libraries(library_root())
