"""What tells a file from one that replaces it, so that caches read the new one."""

from __future__ import annotations

from pathlib import Path


def age(path: Path | str) -> str:
    """Times and sizes of a file, or of a folder's files; empty where there is none."""
    if not str(path):
        return ""
    place = Path(path)
    try:
        files = [file.stat() for file in place.iterdir()] if place.is_dir() else [place.stat()]
    except (OSError, ValueError):  # there is none, or none can be called so
        return ""
    return "-".join(f"{file.st_mtime_ns}.{file.st_size}" for file in files)
