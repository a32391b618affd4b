"""Molecules as generated ones are compared with them: their SMILES, fingerprints and scaffolds.

Those of a data set are described by all cores. What the other processes import is here and below,
so that each of them does without torch and pandas, and takes about 200 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from rdkit import Chem

from core.chemistry.chemistry import Chemistry
from core.chemistry.fingerprints import FINGERPRINT_BITS, packed_fingerprints, ring_scaffold
from core.chemistry.molecules import to_smiles, to_valid_rdkit

if TYPE_CHECKING:
    from core.data import splits
    from core.data.dataset import DataPart
    from core.data.packing import PackedGraphs

Progress = Callable[[str, int, int], None]
"""Called as `progress(what, done, total)`; may raise to cancel."""

_PIECE = 1024  # molecules between two reports of progress


@dataclass(frozen=True, eq=False)
class MoleculeSet:
    """Molecules as they are compared.

    Attributes:
        name: of the set, for people.
        smiles: canonical, [n].
        fingerprints: packed bits, [n, 128] uint8.
        scaffolds: of each molecule, None where it has none, [n].
    """

    name: str
    smiles: tuple[str, ...]
    fingerprints: np.ndarray
    scaffolds: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.smiles)

    @classmethod
    def of(
        cls, name: str, molecules: Iterable[Chem.Mol | None], *, total: int = 0,
        progress: Progress | None = None,
    ) -> MoleculeSet:
        """Describe sanitized molecules; None is left out.

        Args:
            name: of the set.
            molecules: are not kept.
            total: how many there are, for `progress`.
            progress: hears of each thousand.
        """
        def pieces() -> Iterator[MoleculeSet]:
            remaining, done = iter(molecules), 0
            while piece := list(islice(remaining, _PIECE)):
                known = [molecule for molecule in piece if molecule is not None]
                yield cls(name, tuple(map(Chem.MolToSmiles, known)), packed_fingerprints(known),
                          tuple(map(ring_scaffold, known)))
                done += len(piece)
                if progress is not None:
                    progress(_describing(name), done, total)

        return cls._joined(name, pieces())

    @classmethod
    def of_part(
        cls, name: str, part: DataPart, chemistry: Chemistry, *, progress: Progress | None = None
    ) -> MoleculeSet:
        """Describe the valid molecules of a part of a data set; a large one by all cores.

        Args:
            name: of the set.
            part: graphs of molecules.
            chemistry: what their labels mean.
            progress: hears of each piece.
        """
        return cls._joined(name, part.map_pieces(
            partial(_described, chemistry=chemistry),
            None if progress is None else partial(progress, _describing(name))))

    @classmethod
    def _joined(cls, name: str, pieces: Iterable[MoleculeSet]) -> MoleculeSet:
        smiles: list[str] = []
        scaffolds: list[str | None] = []
        fingerprints = [np.empty((0, FINGERPRINT_BITS // 8), dtype=np.uint8)]
        for piece in pieces:
            smiles += piece.smiles
            scaffolds += piece.scaffolds
            fingerprints.append(piece.fingerprints)
        return cls(name, tuple(smiles), np.concatenate(fingerprints), tuple(scaffolds))


def part_smiles(
    part: DataPart, chemistry: Chemistry, *, progress: splits.Progress | None = None
) -> set[str]:
    """The different SMILES that `to_smiles` writes of a part of a data set; a large one by all
    cores.

    Args:
        part: graphs of molecules.
        chemistry: what their labels mean.
        progress: told how many of all graphs are done.
    """
    found: set[str] = set()
    for smiles in part.map_pieces(partial(_written, chemistry=chemistry), progress):
        found.update(smiles)
    return found


def _describing(name: str) -> str:
    return f"Describing {name}"


def _described(graphs: PackedGraphs, chemistry: Chemistry) -> MoleculeSet:
    return MoleculeSet.of("", (to_valid_rdkit(graph, chemistry) for graph in graphs.to_graphs()))


def _written(graphs: PackedGraphs, chemistry: Chemistry) -> Sequence[str]:
    return [smiles for graph in graphs.to_graphs()
            if (smiles := to_smiles(graph, chemistry)) is not None]
