"""SMILES of the molecules that a model learnt, which say whether a sample is novel.

Writing those of MOSES takes a quarter of an hour, so they are kept in the folder `smiles` of
`data_folder()`, under a hash of the graphs, of what their labels mean and of the RDKit that wrote
them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING

import rdkit

from core.chemistry.chemistry import Chemistry
from core.data.splits import Progress, data_folder
from core.runs import RunFolderError, replacing
from core.triage.molecule_set import part_smiles

if TYPE_CHECKING:
    from core.data.dataset import DataPart

WORTH_KEEPING = 20_000
"""Molecules of a part; fewer are written within seconds."""

_FORMAT_VERSION = 1


def training_smiles(
    part: DataPart, chemistry: Chemistry, *, progress: Progress | None = None
) -> set[str]:
    """As `part_smiles`; those of a large part are written once and then read.

    Args:
        part: graphs of molecules.
        chemistry: what their labels mean.
        progress: told how many of all graphs are done, where they are written.
    """
    if len(part) < WORTH_KEEPING:
        return part_smiles(part, chemistry, progress=progress)
    path = data_folder() / "smiles" / f"{_digest(part, chemistry)}.txt.gz"
    with suppress(OSError, EOFError, UnicodeDecodeError):  # none there, or a damaged one
        if (kept := gzip.decompress(path.read_bytes()).decode()):
            return set(kept.split("\n"))
    found = part_smiles(part, chemistry, progress=progress)
    if found:
        with suppress(RunFolderError), replacing(path) as partial:  # next time they are written
            partial.write_bytes(gzip.compress("\n".join(sorted(found)).encode(), compresslevel=3))
    return found


def _digest(part: DataPart, chemistry: Chemistry) -> str:
    digest = hashlib.sha256(json.dumps(
        [_FORMAT_VERSION, rdkit.__version__, chemistry.to_json()], sort_keys=True).encode())
    arrays = (part.rows, *(getattr(part.packed, name) for name in part.packed.__dataclass_fields__))
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:32]
