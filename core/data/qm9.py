"""QM9: where it comes from, how it is split, and its molecules as graphs.

Ramakrishnan, Dral, Rupp, von Lilienfeld, "Quantum chemistry structures and properties of 134 kilo
molecules", Scientific Data 1, 140022, 2014 (CC0).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.chemistry.chemistry import QM9, Chemistry
from core.data.dataset import DataOptions, DataPart, Dataset
from core.data.download import download, download_bar
from core.data.molecule_file import load_molecules
from core.data.packing import PackedGraphs
from core.data.splits import DatasetError, Progress, SplitName, data_folder, split_rows
from core.graph.graph import Graph

QM9_SIZE = 133_885
"""Molecules of QM9; row i of a list in the data set's order, counted from 1, is `gdb_i`."""

QM9_URL = "https://deepchemdata.s3-us-west-1.amazonaws.com/datasets/qm9.csv"
"""DeepChem's table of QM9, 29,856,825 bytes, columns `mol_id`, `smiles` and 19 properties."""

QM9_SHA256 = "3e668f8c34e4bc392a90d417a50a5eed3b64b842a817a633024bdc054c68ccb4"
"""Digest of the file at `QM9_URL`. DeepChem publishes none: it is the one that several independent
public projects record for their downloads of that address (file of 10 July 2020)."""

_FILE = "qm9.csv"


@dataclass(frozen=True)
class Qm9(Dataset):
    """QM9 in the LU paper's split."""

    chemistry: Chemistry | None = QM9

    name = "qm9"
    title = "QM9"
    about = "molecules of up to nine heavy atoms"
    source = "CSV or SDF"
    max_heavy_atoms = 9

    def adapted(self, options: DataOptions) -> Qm9:
        """Under the chemistry of a model."""
        return replace(self, chemistry=options.chemistry or self.chemistry)

    def load(
        self, split: str, *, source: Path | None = None, progress: Progress | None = None
    ) -> DataPart:
        """See `Dataset.load`; the source is what `load_qm9` reads."""
        self.check_split(split)
        assert self.chemistry is not None
        packed = _load_packed(source, self.chemistry, progress)
        rows = split_rows(len(packed)).rows(split)  # type: ignore[arg-type]
        record = {"name": self.title, "split": split, "graphs": len(rows)}
        return DataPart(packed, rows, _name_of, record, self.chemistry, self.title)

    def is_at_hand(self) -> bool:
        """See `Dataset.is_at_hand`."""
        return (data_folder() / _FILE).is_file()


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
    return Qm9().load(split, source=source, progress=progress).graphs()


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
    packed = _load_packed(source, QM9, progress)
    return DataPart(packed, np.arange(len(packed)), _name_of, {}).graphs()


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
    with download_bar("QM9") as progress:
        return download(
            url, (folder or data_folder()) / _FILE, sha256=sha256,
            instead="Give QM9 as a local file instead: a CSV with a `smiles` column in the data "
                    "set's order, or its SDF.",
            progress=progress,
        )


def _load_packed(
    source: Path | None, chemistry: Chemistry, progress: Progress | None
) -> PackedGraphs:
    source = download_qm9() if source is None else source
    if not source.is_file():
        raise DatasetError(f"There is no file {source}; give QM9 as a CSV or SDF.")
    return load_molecules(source, chemistry, progress)


def _name_of(row: int) -> str:
    return f"gdb_{row + 1}"
