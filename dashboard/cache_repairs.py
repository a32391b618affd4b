"""The repairs that ship, read once and kept between reruns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import InputError
from core.records import RECORD
from core.repair.result import RepairResult, shipped_repairs


@dataclass(frozen=True, eq=False)
class ShippedRepairs:
    """What the assets folder holds.

    Attributes:
        found: model → arm's name → result, the model as it was (`none`) first.
        complaints: one sentence for every result that cannot be read.
    """

    found: dict[str, dict[str, RepairResult]]
    complaints: tuple[str, ...]

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of all arms that trained something."""
        return tuple(dict.fromkeys(name for of_model in self.found.values()
                                   for name in of_model if name != "none"))


def shipped() -> ShippedRepairs:
    """All results in the assets folder; a folder that was made anew is read anew."""
    found: dict[str, dict[str, RepairResult]] = {}
    complaints = []
    for model, folders in shipped_repairs().items():
        for name, folder in sorted(folders.items(), key=lambda item: item[0] != "none"):
            try:
                age = (folder / RECORD).stat().st_mtime_ns
                found.setdefault(model, {})[name] = _repair(str(folder), age)
            except (InputError, OSError) as error:
                complaints.append(str(error))
    return ShippedRepairs(found, tuple(complaints))


@st.cache_resource(max_entries=256, show_spinner="Reading the results")
def _repair(folder: str, age: int) -> RepairResult:
    return RepairResult.load(Path(folder))
