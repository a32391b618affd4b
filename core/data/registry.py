"""Data sets by name, the only list of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data.dataset import Dataset
from core.data.moses import Moses
from core.data.own_file import OwnFile
from core.data.planar import Planar
from core.data.qm9 import Qm9
from core.data.splits import DatasetError
from core.sent.vocabulary import Vocabulary

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset for dataset in (
        Qm9(),
        Moses(),
        Planar(),
        OwnFile(),
    )
}


def find_dataset(name: str) -> Dataset:
    """The data set of a name, or of a title, as cards of models say it, in any case.

    Raises:
        DatasetError: listing the known names.
    """
    for dataset in DATASETS.values():
        if _is_called(dataset, name):
            return dataset
    raise DatasetError(f"There is no data set {name!r}; use {', '.join(DATASETS)}.")


def dataset_of_model(record: Mapping[str, Any], vocabulary: Vocabulary) -> Dataset:
    """The data set that a model was trained on, or one of what it writes if it does not say.

    Args:
        record: what the model's card says of its data.
        vocabulary: what the model writes.

    Raises:
        DatasetError: if it does not say, and no data set here is of such graphs.
    """
    name = record.get("name")
    named = [dataset for dataset in DATASETS.values() if _is_called(dataset, name)]
    fitting = [dataset for dataset in DATASETS.values() if dataset.writes(vocabulary)]
    if named:
        return named[0].of_model(record)
    if name is not None and not vocabulary.is_labelled:  # labels would say what graphs mean
        raise DatasetError(f"The model was trained on {name}, of which there are no graphs here; "
                           "give a file of graphs, or choose a data set with --dataset.")
    if fitting:
        return fitting[0].of_model(record)
    raise DatasetError("The model does not say what it was trained on; choose one of "
                       f"{', '.join(DATASETS)} with --dataset.")


def _is_called(dataset: Dataset, name: Any) -> bool:
    return str(name).lower() in (dataset.name, dataset.title.lower())
