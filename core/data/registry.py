"""Data sets by name, the only list of them."""

from __future__ import annotations

from core.chemistry.chemistry import Chemistry
from core.data.dataset import Dataset
from core.data.moses import Moses
from core.data.planar import Planar
from core.data.qm9 import Qm9
from core.data.splits import DatasetError

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (Qm9(), Moses(), Planar())}


def find_dataset(name: str) -> Dataset:
    """The data set of a name.

    Raises:
        DatasetError: listing the known names.
    """
    if name not in DATASETS:
        raise DatasetError(f"There is no data set {name!r}; use {', '.join(DATASETS)}.")
    return DATASETS[name]


def dataset_of_model(name: str, chemistry: Chemistry | None) -> Dataset:
    """The data set of a model's card: by name or title, else the first of the same chemistry.

    Args:
        name: what the card says of the data; it may be unknown.
        chemistry: what the model writes.

    Raises:
        DatasetError: if there is no such data set.
    """
    of_its_kind = [dataset for dataset in DATASETS.values()
                   if (dataset.chemistry is None) == (chemistry is None)]
    found = next((dataset for dataset in of_its_kind if dataset.name == name.lower()), None) or (
        next((dataset for dataset in of_its_kind if dataset.chemistry == chemistry), None))
    if found is None:
        raise DatasetError(f"No data set is known of the model's data, {name or 'unnamed'}; there "
                           f"are {', '.join(DATASETS)}.")
    return found
