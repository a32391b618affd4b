"""Where scored sets lie that a visitor can open: of this machine at home, of the visitor alone
where strangers visit."""

from __future__ import annotations

from pathlib import Path

from core.assets import library_folder
from core.library.store import Library, find_libraries
from core.model.card import ModelCard
from core.quotas import is_hosted
from dashboard.shared.file_age import age
from dashboard.shared.visitors import visitor


def library_root() -> Path:
    """The folder whose subfolders are scored sets; it need not exist."""
    return visitor().folder / "library" if is_hosted() else library_folder()


def scored_sets() -> dict[str, Path]:
    """Scored sets by name, finished or not."""
    return find_libraries(library_root())


def open_folder(folder: Path, card: ModelCard | None = None) -> Library:
    """A library, kept until its files change; arguments and errors as of `Library.open`."""
    return visitor().cache("libraries", 8).get(
        (str(folder), age(folder)), lambda: Library.open(folder, card=card))
