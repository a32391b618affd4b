"""Data sets by name, the only list of them."""

from __future__ import annotations

from core.data.dataset import Dataset
from core.data.moses import Moses
from core.data.planar import Planar
from core.data.qm9 import Qm9
from core.data.splits import DatasetError

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (
    Qm9(),
    Moses(),
    Planar(),
)}


def find_dataset(name: str) -> Dataset:
    """The data set of a name.

    Raises:
        DatasetError: listing the known names.
    """
    if name not in DATASETS:
        raise DatasetError(f"There is no data set {name!r}; use {', '.join(DATASETS)}.")
    return DATASETS[name]
