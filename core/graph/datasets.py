"""QM9: where it comes from, how it is split, and its molecules as graphs.

Ramakrishnan, Dral, Rupp, von Lilienfeld, "Quantum chemistry structures and properties of 134 kilo
molecules", Scientific Data 1, 140022, 2014 (CC0).
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from core.graph.graph import Graph
from core.graph.molecules import MoleculeError, from_smiles
from core.graph.packing import FORMAT_VERSION, PackedGraphs

QM9_SIZE = 133_885
"""Molecules of QM9; row i of a list in the data set's order, counted from 1, is `gdb_i`."""

_TRAIN_SIZE = 100_000
_SPLIT_SEED = 42

SplitName = Literal["train", "validation", "test"]
Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`, now and then and at the end."""


class DatasetError(ValueError):
    """A file or data set that cannot be read; the message says why and what would be right."""


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of the three parts of a data set, each int64, in shuffled order."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def rows(self, name: SplitName) -> np.ndarray:
        """Row numbers of the part with this name.

        Raises:
            DatasetError: for another name.
        """
        if name not in get_args(SplitName):
            raise DatasetError(f"Unknown split {name!r}; use {', '.join(get_args(SplitName))}.")
        return getattr(self, name)


def split_rows(num_rows: int, *, train_size: int | None = None, test_size: int | None = None,
               seed: int = _SPLIT_SEED) -> Split:
    """Shuffle the rows, take the first for training, the last for testing, the rest to validate.

    The shuffle is that of `pandas.Series(range(n)).sample(frac=1, random_state=seed)`, which is
    the LU paper's. On QM9 the sizes are 100,000, 20,497 and 13,388.

    Args:
        num_rows: n ≥ 0.
        train_size: by default the same share as on QM9.
        test_size: by default a tenth, rounded down.
        seed: of the shuffle.

    Raises:
        DatasetError: if the parts ask for more rows than there are.
    """
    train_size = round(num_rows * _TRAIN_SIZE / QM9_SIZE) if train_size is None else train_size
    test_size = num_rows // 10 if test_size is None else test_size
    if min(train_size, test_size) < 0 or train_size + test_size > num_rows:
        raise DatasetError(f"{num_rows:,} rows cannot give {train_size:,} to train and "
                           f"{test_size:,} to test; ask for at most {num_rows:,} in all.")
    shuffled = np.random.RandomState(seed).permutation(num_rows).astype(np.int64)
    end_of_validation = num_rows - test_size
    return Split(
        train=shuffled[:train_size],
        validation=shuffled[train_size:end_of_validation],
        test=shuffled[end_of_validation:],
    )


def data_folder() -> Path:
    """Where downloads and caches live: `TRAILSCOPE_DATA`, or `~/.cache/trailscope`."""
    return Path(os.environ.get("TRAILSCOPE_DATA") or Path.home() / ".cache" / "trailscope")


def load_qm9_graphs(
    source: Path | None, split: SplitName, progress: Progress | None = None
) -> list[Graph]:
    """Molecules of one part of QM9 as graphs, in the split's order.

    The first call reads 100,000 molecules in about 20 s; their arrays are then kept in the
    `graphs` folder of `data_folder()`, named after a hash of the molecules' text.

    Args:
        source: a CSV with a `smiles` column in the data set's order.
        split: `train`, `validation` or `test`, see `split_rows`.
        progress: told how many molecules are read.

    Raises:
        DatasetError: for a file that cannot be read, or naming the first row that is no molecule.
    """
    smiles = load_qm9(source)
    rows = split_rows(len(smiles)).rows(split).tolist()
    names = [f"gdb_{row + 1}" for row in rows]
    return _graphs_from_smiles([smiles[row] for row in rows], names, progress)


def load_qm9(source: Path | None = None) -> list[str]:
    """SMILES of QM9 in the data set's order.

    Args:
        source: a CSV with a `smiles` column.

    Raises:
        DatasetError: for a file that cannot be read.
    """
    if source is None:
        raise DatasetError("Give a CSV with a `smiles` column as the source of QM9.")
    try:
        with open(source, newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            if "smiles" not in header:
                raise DatasetError(f"{source} has no `smiles` column.")
            column = header.index("smiles")
            return [row[column] for row in rows if row]
    except FileNotFoundError:
        raise DatasetError(f"There is no file {source}.") from None


def _graphs_from_smiles(
    smiles: Sequence[str], names: Sequence[str], progress: Progress | None
) -> list[Graph]:
    text = "\n".join([f"graphs {FORMAT_VERSION}", *smiles])
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    cache = data_folder() / "graphs" / f"{key}.npz"
    packed = PackedGraphs.load(cache)
    if packed is not None:
        return packed.to_graphs(names)
    graphs = []
    for done, (text, name) in enumerate(zip(smiles, names, strict=True)):
        if progress is not None and done % 1000 == 0:
            progress(done, len(smiles))
        try:
            graphs.append(from_smiles(text, name=name).graph)
        except MoleculeError as error:
            raise DatasetError(f"{name} cannot be read. {error}") from None
    PackedGraphs.from_graphs(graphs).save(cache)
    if progress is not None:
        progress(len(smiles), len(smiles))
    return graphs
