"""A large CSV of SMILES as packed graphs: read in pieces by all cores, never all at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed
from rdkit import Chem, rdBase

from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import MoleculeError, from_smiles, to_graph
from core.data.packing import PackedGraphs
from core.data.splits import DatasetError, Progress
from core.errors import one_line

PIECE_ROWS = 5_000
"""Molecules that one process reads at a time."""

SMALL_ROWS = 20_000
"""A file with fewer rows is read by this process alone: starting others takes seconds."""


def pack_smiles_file(
    source: Path, chemistry: Chemistry, progress: Progress | None = None
) -> PackedGraphs:
    """Read the SMILES column of a CSV, plain or gzipped.

    Memory holds the packed graphs (about 150 bytes for a drug-like molecule) and a few pieces.

    Args:
        source: a CSV with a column `smiles`, in any case.
        chemistry: what the graphs may hold.
        progress: told how many of all rows have been read.

    Raises:
        DatasetError: for a file that cannot be read, or naming the first row that is no molecule.
    """
    total = sum(len(piece) for piece in _pieces(source))
    if total == 0:
        raise DatasetError(f"{source} has no rows; give at least one molecule.")
    packed: list[PackedGraphs] = []
    done = 0
    for part in _pack_pieces(source, chemistry, parallel=total > SMALL_ROWS):
        packed.append(part)
        done += len(part)
        if progress is not None:
            progress(done, total)
    return PackedGraphs.concatenate(packed)


def _pack_pieces(source: Path, chemistry: Chemistry, *, parallel: bool) -> Iterator[PackedGraphs]:
    jobs = (delayed(_pack_piece)(piece, chemistry, str(source), place * PIECE_ROWS)
            for place, piece in enumerate(_pieces(source)))
    # Pieces are read while others are packed; joblib asks for few more than it has workers.
    pool = Parallel(n_jobs=-1 if parallel else 1, return_as="generator", pre_dispatch="2*n_jobs")
    yield from pool(jobs)


def _pack_piece(
    smiles: list[str], chemistry: Chemistry, source: str, first_row: int
) -> PackedGraphs:
    graphs = []
    with rdBase.BlockLogs():
        for row, text in enumerate(smiles, start=first_row + 1):
            mol = Chem.MolFromSmiles(text)
            try:
                if mol is None or not mol.GetNumAtoms():
                    from_smiles(text, chemistry)  # says what is wrong
                graphs.append(to_graph(mol, chemistry))
            except MoleculeError as error:
                raise DatasetError(f"{source}, molecule {row}: {error}") from None
    return PackedGraphs.from_graphs(graphs)


def _pieces(source: Path) -> Iterator[list[str]]:
    """The SMILES of the file, `PIECE_ROWS` at a time."""
    try:
        header = pd.read_csv(source, nrows=0).columns
        columns = [column for column in header if column.strip().lower() == "smiles"]
        if not columns:
            raise DatasetError(f"{source} has no `smiles` column, its first line names "
                               f"{', '.join(map(str, header[:5]))}; call the column of molecules "
                               "`smiles`.")
        with pd.read_csv(source, usecols=columns[:1], dtype=str, keep_default_na=False,
                         chunksize=PIECE_ROWS) as reader:
            for piece in reader:
                yield piece[columns[0]].tolist()
    except FileNotFoundError:
        raise DatasetError(f"There is no file {source}; check the path.") from None
    except (OSError, EOFError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{source} is not a CSV of molecules, plain or gzipped: "
                           f"{one_line(error)}.") from None
