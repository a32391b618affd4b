"""A file of molecules as packed graphs: read in pieces by all cores, never all at once, and kept.

Memory holds the packed graphs (about 150 bytes for a drug-like molecule) and a few pieces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from rdkit import Chem

from core.chemistry.chemistry import CHEMISTRIES, Chemistry
from core.chemistry.mol_block import from_mol_block
from core.chemistry.molecules import from_smiles, to_graph
from core.chemistry.notation import MoleculeError, check_characters, refusing
from core.data.packing import FORMAT_VERSION, PackedGraphs
from core.data.pieces import in_pieces, on_all_cores
from core.data.records import Record, count_rows, open_records
from core.data.splits import DatasetError, Progress, data_folder
from core.graph.graph import Graph
from core.records import sha256_of

T = TypeVar("T")


def load_molecules(
    source: Path, chemistry: Chemistry, progress: Progress | None = None
) -> PackedGraphs:
    """The molecules of a file under a chemistry, in the file's order.

    They are kept in the folder `graphs` of `data_folder()` under a hash of file and chemistry, so
    that a second call reads no molecule.

    Args:
        source: a file of any kind that `read_molecules` reads.
        chemistry: what the graphs may hold.
        progress: told how many of all rows have been read.

    Raises:
        InputFileError: for a file that cannot be read or has no rows.
        DatasetError: naming the first row that is no molecule of the chemistry.
    """
    kept = data_folder() / "graphs" / f"{_digest(source, chemistry)}-v{FORMAT_VERSION}.npz"
    packed = PackedGraphs.load(kept)
    if packed is None:
        packed = pack_molecules(source, chemistry, progress)
        packed.save(kept)
    return packed


def pack_molecules(
    source: Path, chemistry: Chemistry, progress: Progress | None = None
) -> PackedGraphs:
    """As `load_molecules`, without looking for what was kept, nor keeping it."""
    parts = list(map_pieces(
        source, lambda records, first: _pack(records, chemistry, str(source), first), progress))
    if not parts:
        raise DatasetError(f"{source} has no rows; give at least one molecule.")
    return PackedGraphs.concatenate(parts)


def map_pieces(
    source: Path, function: Callable[[list[Record], int], T], progress: Progress | None = None
) -> Iterator[T]:
    """What a function says of every piece of a file, in order; a large file is read by all cores.

    Args:
        source: a file of any kind that `read_molecules` reads.
        function: of a piece's rows and the number of rows before them.
        progress: told how many of all rows are done, before the first piece and after each.

    Raises:
        InputFileError: for a file that cannot be read.
    """
    return on_all_cores(lambda piece: function(*piece), _pieces(source), total=count_rows(source),
                        progress=progress)


def to_rdkit_molecule(record: Record) -> Chem.Mol | None:
    """The sanitized molecule of a row that has a SMILES or a MOL block; None if it is none."""
    if record.error is not None:
        return None
    try:
        with refusing("No molecule."):
            if record.mol_block is not None:
                return Chem.MolFromMolBlock(record.mol_block)
            text = (record.smiles or "").strip()
            check_characters(text, "SMILES")  # RDKit reads what stands before another character
            return Chem.MolFromSmiles(text)
    except MoleculeError:
        return None


def _pieces(source: Path) -> Iterator[tuple[list[Record], int]]:
    """Pieces of a file, each with the number of rows before it."""
    before = 0
    bare = (replace(record, columns={}) if record.columns else record  # slow to send
            for record in open_records(source))
    for records in in_pieces(bare):
        yield records, before
        before += len(records)


def _pack(records: list[Record], chemistry: Chemistry, source: str, before: int) -> PackedGraphs:
    graphs = []
    for row, record in enumerate(records, start=before + 1):
        try:
            graphs.append(_to_graph(record, chemistry))
        except MoleculeError as error:
            raise DatasetError(f"{source}, molecule {row}: {error}") from None
    return PackedGraphs.from_graphs(graphs)


def _to_graph(record: Record, chemistry: Chemistry) -> Graph:
    """The graph of a row, without a word on what it loses: notes take longer than reading."""
    if record.error is not None:
        raise MoleculeError(record.error)
    if record.graph is not None:
        raise MoleculeError('The row is a graph; a data set of molecules needs their "smiles".')
    if record.mol_block is not None:  # may be drawn without its charges
        return from_mol_block(record.mol_block, chemistry).graph
    mol = to_rdkit_molecule(record)
    if mol is None or not mol.GetNumAtoms():
        return from_smiles(record.smiles or "", chemistry).graph  # says what is wrong
    return to_graph(mol, chemistry)


def _digest(source: Path, chemistry: Chemistry) -> str:
    """Of a file's bytes and a chemistry, which has a name where it is one of `CHEMISTRIES`."""
    name = chemistry.name
    if CHEMISTRIES.get(name) != chemistry:
        content = json.dumps(chemistry.to_json(), sort_keys=True)
        name = hashlib.sha256(content.encode()).hexdigest()[:16]
    return f"{sha256_of(source)[:32]}-{name}"
