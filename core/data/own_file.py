"""A file of one's own molecules as a data set: any kind that `read_molecules` reads.

What its molecules may hold is a named chemistry, or read off the file: the elements found, their
valences from RDKit's periodic table, hydrogens implicit, bonds kekulized, as many nodes as the
largest molecule has.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from rdkit import Chem

from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import without_hydrogen_atoms
from core.data.dataset import DataOptions, DataPart, Dataset
from core.data.molecule_file import load_molecules, map_pieces, to_rdkit_molecule
from core.data.records import Record
from core.data.splits import DatasetError, Progress, split_rows
from core.records import sha256_of


@dataclass(frozen=True)
class OwnFile(Dataset):
    """Molecules of a file, split as QM9 is.

    Attributes:
        chemistry: that they are read under; None to infer it.
    """

    chemistry: Chemistry | None = None

    name = "file"
    title = "the file"
    about = "a file of your own molecules, given with --data"
    source = "any file of molecules: SMILES, CSV, SDF, Parquet or JSON Lines, also gzipped"

    def adapted(self, options: DataOptions) -> OwnFile:
        """Under the chemistry of a model, or a named one."""
        return replace(self, chemistry=options.chemistry)

    def writes(self, vocabulary: object) -> bool:
        """No file is at hand."""
        return False

    def load(
        self, split: str, *, source: Path | None = None, progress: Progress | None = None
    ) -> DataPart:
        """See `Dataset.load`; the source must be given."""
        self.check_split(split)
        if source is None:
            raise DatasetError("A data set of your own is a file of molecules; give it with "
                               "--data.")
        chemistry = self.chemistry or infer_chemistry(source, progress)
        packed = load_molecules(source, chemistry, progress)
        rows = split_rows(len(packed)).rows(split)  # type: ignore[arg-type]
        facts = {"file": source.name, "sha256": sha256_of(source)}
        record = {"name": self.name, "split": split, "graphs": len(rows), **facts}
        return DataPart(packed, rows, lambda row: f"row {row + 1}", record, chemistry,
                        source.name, facts)


def infer_chemistry(source: Path, progress: Progress | None = None) -> Chemistry:
    """What the molecules of a file hold, called as the file; rows that are none are left out.

    Args:
        source: a file of molecules.
        progress: told how many rows have been read.

    Raises:
        InputFileError: for a file that cannot be read.
        DatasetError: for a file without any molecule.
    """
    found: Counter[str] = Counter()
    largest = 0
    for counts, atoms in map_pieces(source, _count, progress):
        found.update(counts)
        largest = max(largest, atoms)
    if not found:
        raise DatasetError(f"{source} holds no molecule, so there is nothing to infer a chemistry "
                           "from; give a file of SMILES, CSV or SDF.")
    # The most frequent element comes first; of equally frequent ones, the lighter.
    table = Chem.GetPeriodicTable()
    elements = sorted(found, key=lambda symbol: (-found[symbol], table.GetAtomicNumber(symbol)))
    return Chemistry(
        name=source.name.split(".")[0] or "file", elements=tuple(elements),
        valences=tuple(map(_valences, elements)), hydrogens="implicit", bonds="kekulized",
        max_nodes=largest)


def _count(records: list[Record], before: int) -> tuple[Counter[str], int]:
    """Atoms of each element in a piece of a file, and the most atoms of a molecule."""
    found: Counter[str] = Counter()
    largest = 0
    for record in records:
        mol = to_rdkit_molecule(record)
        if mol is not None:
            mol = without_hydrogen_atoms(mol)
            found.update(atom.GetSymbol() for atom in mol.GetAtoms())
            largest = max(largest, mol.GetNumAtoms())
    return found, largest


def _valences(symbol: str) -> tuple[int, ...]:
    """Sums of bond orders of an element; any up to 8 where RDKit allows any, as for metals."""
    known = tuple(Chem.GetPeriodicTable().GetValenceList(symbol))
    return tuple(range(9)) if -1 in known else known
