"""Folders that a command writes to, checked before any work is done."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import InputError


def check_folders(*folders: Path | None) -> None:
    """Refuse folders that cannot be; None, for a default, passes.

    Raises:
        InputError: if something else is in the place of one, or nothing can be written there.
    """
    for folder in filter(None, folders):
        place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not place.is_dir():
            raise InputError(f"{place} is a file, so {folder} cannot be a folder; give another "
                             "name.")
        try:
            with TemporaryDirectory(dir=place, prefix=".trailscope-"):
                pass
        except OSError as error:
            raise InputError(f"{place} cannot be written ({error.strerror}), so {folder} cannot "
                             "be made; give another folder.") from None
