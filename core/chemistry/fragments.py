"""A fragment that molecules are to grow from: its graph, and which atoms may get new bonds.

An atom is *open* if a substituent may take the place of its hydrogens; every other atom is closed
and keeps exactly the bonds that it has. Where hydrogens are nodes, the fragment is written without
those of its open atoms, as the model is to fill them in, and with those of its closed ones. Atoms
are numbered from 0 as the SMILES names them, hydrogens left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rdkit import Chem, rdBase

from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import (
    from_smiles,
    implicit_hydrogens,
    to_graph,
    without_hydrogen_atoms,
)
from core.chemistry.notation import GROWN_FROM
from core.errors import InputError
from core.graph.graph import Graph

_LARGEST_READ = 500
"""Atoms of a fragment that is read at all, hydrogens included: more than any model writes."""


class FragmentError(InputError):
    """A fragment that molecules cannot grow from; the message says why and what would be right."""


@dataclass(frozen=True, eq=False)
class Fragment:
    """A part of a molecule with its open atoms.

    Attributes:
        graph: heavy atoms first, numbered as in the SMILES; behind them the hydrogens of closed
            atoms, where hydrogens are nodes.
        smiles: as given.
        open_atoms: atoms that may get new bonds, ascending, at least one.
        free_valences: hydrogens of each atom that the SMILES names, whose place a substituent may
            take.
        notes: one sentence for each property of the input that the graph does not encode.
    """

    graph: Graph
    smiles: str
    open_atoms: tuple[int, ...]
    free_valences: tuple[int, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_open(self) -> np.ndarray:
        """Which nodes may get new bonds, [n] bool."""
        found = np.zeros(self.graph.num_nodes, dtype=bool)
        found[list(self.open_atoms)] = True
        return found

    @classmethod
    def from_smiles(
        cls, smiles: str, chemistry: Chemistry, *, open_atoms: Sequence[int] | None = None
    ) -> Fragment:
        """Read a fragment as a model of a chemistry writes it.

        Args:
            smiles: the fragment as a molecule of its own, hydrogens filled in.
            chemistry: the model's.
            open_atoms: atoms that may get new bonds, counted from 0 in the order of the SMILES; by
                default all with a hydrogen to give away.

        Raises:
            FragmentError: for no atom to grow from, an atom that does not exist or has no free
                valence, or more atoms than the chemistry holds.
            MoleculeError: for text that is no molecule of the chemistry's elements.
        """
        molecule = from_smiles(smiles, chemistry, max_atoms=_LARGEST_READ, purpose=GROWN_FROM)
        with rdBase.BlockLogs():
            written = without_hydrogen_atoms(Chem.MolFromSmiles(molecule.smiles))
        graph = to_graph(written, chemistry, max_atoms=_LARGEST_READ)
        free = _hydrogens(graph, written.GetNumAtoms(), chemistry)
        chosen = _check_open(open_atoms, free, written)
        graph = _without_hydrogens_of(graph, chosen, written.GetNumAtoms())
        if graph.num_nodes > chemistry.max_nodes:
            raise FragmentError(f"The fragment has {graph.num_nodes} {_counted(chemistry)}; the "
                                f"model writes at most {chemistry.max_nodes} in all.")
        return cls(graph, molecule.smiles, chosen, tuple(free.tolist()), molecule.notes)


def read_atoms(text: str) -> tuple[int, ...]:
    """Numbers of atoms such as `2,4`.

    Raises:
        FragmentError: for anything else.
    """
    try:
        return tuple(int(number) for number in text.replace(" ", "").split(","))
    except ValueError:
        raise FragmentError(f"{text[:40]!r} does not name atoms; give their numbers, counted from "
                            "0 in the order of the SMILES, such as 2,4.") from None


def _counted(chemistry: Chemistry) -> str:
    return ("atoms, hydrogens of closed ones included" if chemistry.has_hydrogen_nodes
            else chemistry.counted)


def _hydrogens(graph: Graph, named: int, chemistry: Chemistry) -> np.ndarray:
    """Of each atom that the SMILES names, [named] int64."""
    if not chemistry.has_hydrogen_nodes:
        return implicit_hydrogens(graph, chemistry)[:named]
    # What stands behind the named atoms was added as their hydrogens.
    return np.array([sum(other >= named for other in graph.neighbours[atom])
                     for atom in range(named)], dtype=np.int64)


def _check_open(
    asked: Sequence[int] | None, free: np.ndarray, written: Chem.Mol
) -> tuple[int, ...]:
    possible = tuple(np.flatnonzero(free).tolist())
    if not possible:
        raise FragmentError("No atom of the fragment has a hydrogen to give away, so nothing can "
                            "grow from it; leave out the group that closes it.")
    if asked is None:
        return possible
    if not asked:
        raise FragmentError("No atom of the fragment is left open, so nothing can grow from it; "
                            f"leave open one or more of {listed(possible)}.")
    for atom in asked:
        if not 0 <= atom < len(free):
            raise FragmentError(f"The fragment has no atom {atom}; its {len(free)} atoms are "
                                f"counted from 0 to {len(free) - 1} in the order of the SMILES.")
        if not free[atom]:
            symbol = written.GetAtomWithIdx(atom).GetSymbol()
            raise FragmentError(f"Atom {atom} ({symbol}) of the fragment has no free valence; "
                                f"those that can stay open are {listed(possible)}.")
    return tuple(sorted(set(asked)))


def listed(atoms: Sequence[int]) -> str:
    """Numbers in a sentence: `2, 4 and 5`."""
    *others, last = map(str, atoms)
    return f"{', '.join(others)} and {last}" if others else last


def _without_hydrogens_of(graph: Graph, atoms: tuple[int, ...], named: int) -> Graph:
    """The graph without the nodes behind the `named` ones that are bonded to some atoms."""
    gone = {node for atom in atoms for node in graph.neighbours[atom] if node >= named}
    return graph.induced([node for node in range(graph.num_nodes) if node not in gone])

