"""QM9: where it comes from, how it is split, and its molecules as graphs.

Ramakrishnan, Dral, Rupp, von Lilienfeld, "Quantum chemistry structures and properties of 134 kilo
molecules", Scientific Data 1, 140022, 2014 (CC0).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as ProgressBar

from core.errors import InputError
from core.graph.download import download
from core.graph.graph import Graph
from core.graph.inputs import count_rows, read_molecules
from core.graph.packing import FORMAT_VERSION, PackedGraphs
from core.records import sha256_of

QM9_SIZE = 133_885
"""Molecules of QM9; row i of a list in the data set's order, counted from 1, is `gdb_i`."""

QM9_URL = "https://deepchemdata.s3-us-west-1.amazonaws.com/datasets/qm9.csv"
"""DeepChem's table of QM9, 29,856,825 bytes, columns `mol_id`, `smiles` and 19 properties."""

QM9_SHA256 = "3e668f8c34e4bc392a90d417a50a5eed3b64b842a817a633024bdc054c68ccb4"
"""Digest of the file at `QM9_URL`. DeepChem publishes none: it is the one that several independent
public projects record for their downloads of that address (file of 10 July 2020)."""

_TRAIN_SIZE = 100_000
_SPLIT_SEED = 42

SplitName = Literal["train", "validation", "test"]
Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`, now and then and at the end."""


class DatasetError(InputError):
    """A data set that cannot be used as asked; the message says why and what would be right."""


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


def split_rows(
    num_rows: int,
    *,
    train_size: int | None = None,
    test_size: int | None = None,
    seed: int = _SPLIT_SEED,
) -> Split:
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
    """Molecules of one part of QM9 as graphs named `gdb_i`, in the split's order.

    Args:
        source: see `load_qm9`.
        split: `train`, `validation` or `test`, see `split_rows`.
        progress: see `load_qm9`.

    Raises:
        InputError: as `load_qm9`, or for another split.
    """
    packed = _load_packed(source, progress)
    return _unpack(packed, split_rows(len(packed)).rows(split))


def load_qm9(source: Path | None = None, progress: Progress | None = None) -> list[Graph]:
    """Molecules of QM9 as graphs named `gdb_i`, in the data set's order.

    The first call reads all molecules, in about half a minute; their arrays are then kept in the
    folder `graphs` of `data_folder()`, under a hash of the source.

    Args:
        source: the data set, or its first rows, as a file that `read_molecules` reads: a CSV with
            a `smiles` column, or the data set's SDF. By default DeepChem's CSV, see `download_qm9`.
        progress: told how many molecules have been read; not called where a cache is at hand.

    Raises:
        DownloadError: naming the local file to give instead.
        InputFileError: for a file that cannot be read.
        DatasetError: naming the first row that is no molecule.
    """
    packed = _load_packed(source, progress)
    return _unpack(packed, np.arange(len(packed)))


def download_qm9(folder: Path | None = None, *, url: str = QM9_URL,
                 sha256: str = QM9_SHA256) -> Path:
    """DeepChem's CSV of QM9, fetched once, with a progress bar on standard error.

    What is checked is that the file is, byte for byte, the one others have had from this address
    (`QM9_SHA256`); that its rows are QM9 rests on them.

    Args:
        folder: by default `data_folder()`.
        url: of the CSV.
        sha256: its digest.

    Raises:
        DownloadError: naming the local file to give instead.
    """
    columns = (TextColumn("Downloading QM9"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with ProgressBar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        return download(
            url, (folder or data_folder()) / "qm9.csv", sha256=sha256,
            instead="Give QM9 as a local file instead: a CSV with a `smiles` column in the data "
                    "set's order, or its SDF.",
            progress=lambda done, total: bar.update(task, completed=done, total=total or None),
        )


def _load_packed(source: Path | None, progress: Progress | None) -> PackedGraphs:
    source = download_qm9() if source is None else source
    if not source.is_file():
        raise DatasetError(f"There is no file {source}; give QM9 as a CSV or SDF.")
    cache = data_folder() / "graphs" / f"{sha256_of(source)[:32]}-v{FORMAT_VERSION}.npz"
    packed = PackedGraphs.load(cache)
    if packed is None:
        packed = PackedGraphs.from_graphs(_read_all(source, progress))
        packed.save(cache)
    return packed


def _read_all(source: Path, progress: Progress | None) -> list[Graph]:
    total = count_rows(source)
    graphs = []
    for done, row in enumerate(read_molecules(source)):
        if row.graph is None:
            raise DatasetError(f"{source}, molecule {done + 1}: {row.error}")
        graphs.append(row.graph)
        if progress is not None and done % 1000 == 0:
            progress(done, total)
    if progress is not None:
        progress(total, total)
    return graphs


def _unpack(packed: PackedGraphs, rows: np.ndarray) -> list[Graph]:
    return packed.to_graphs(rows, names=[f"gdb_{row + 1}" for row in rows.tolist()])
