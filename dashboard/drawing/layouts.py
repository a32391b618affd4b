"""A graph on the page: coordinates and drawing data, computed once and shared by all drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rdkit import Chem

from core.chemistry.chemistry import BONDS, QM9, Chemistry
from core.chemistry.molecules import implicit_hydrogens, to_rdkit
from core.graph.graph import Graph
from dashboard.drawing.graph_coordinates import graph_coordinates
from dashboard.drawing.molecule_coordinates import molecule_coordinates
from dashboard.drawing.spacing import free_directions, give_room, unit_bonds

_ORDERS = {"single": 1.0, "double": 2.0, "triple": 3.0, "aromatic": 1.5}
_NODE_ROOM = 0.6  # least distance of nodes, so that their numbers can be read
_EDGE_ROOM = 0.32  # least distance of a node from an edge that passes by


@dataclass(frozen=True, eq=False)
class Layout:
    """A graph on the page. One unit is one bond; y points down.

    Attributes:
        coordinates: [n, 2] float64.
        symbols: element per atom, empty strings for an unlabelled graph.
        charges: formal charge per atom, as the drawing shows it.
        is_hydrogen: [n] bool, hydrogens with one heavy neighbour, which a drawing may hide.
        implicit_hydrogens: how many each atom has that are no nodes.
        bonds: [e, 2], the graph's edges in its order.
        orders: [e] float64, 1 to 3 (aromatic 1.5), 0 for an edge without a label.
        sides: [e] int, where a double bond's second line goes seen from its first to its second
            atom: +1 right of it on the page, -1 left, 0 both lines centred.
    """

    coordinates: np.ndarray
    symbols: tuple[str, ...]
    charges: tuple[int, ...]
    is_hydrogen: np.ndarray
    implicit_hydrogens: tuple[int, ...]
    bonds: np.ndarray
    orders: np.ndarray
    sides: np.ndarray

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def is_molecule(self) -> bool:
        """Whether atoms have symbols."""
        return any(self.symbols)

    @classmethod
    def of_nodes(cls, place: np.ndarray, edges: np.ndarray) -> Layout:
        """A graph without labels, its nodes [n, 2] where they are given."""
        n, e = len(place), len(edges)
        return cls(place, ("",) * n, (0,) * n, np.zeros(n, dtype=bool), (0,) * n, edges,
                   np.zeros(e), np.zeros(e, dtype=np.int64))

    @cached_property
    def free_angles(self) -> np.ndarray:
        """The emptiest direction around each atom, for a badge, [n] radians (y down)."""
        return free_directions(self.coordinates, self.bonds)

    @cached_property
    def owners(self) -> tuple[int, ...]:
        """The heavy atom that each hideable hydrogen belongs to, every other atom itself."""
        owner = list(range(len(self)))
        for u, v in self.bonds.tolist():
            if self.is_hydrogen[u]:
                owner[u] = v
            elif self.is_hydrogen[v]:
                owner[v] = u
        return tuple(owner)


def layout(
    graph: Graph, chemistry: Chemistry = QM9, *, positions: np.ndarray | None = None
) -> Layout:
    """Coordinates and drawing data of a graph, to be reused for all of its trails.

    Isomorphic graphs are drawn alike, however their nodes are numbered, unless `positions` say
    where these stand.

    Args:
        graph: a molecule, possible or not, or an unlabelled graph.
        chemistry: what a molecule's labels mean.
        positions: [n, 2] for graphs that have a natural place per node (y up, as in a plot);
            ignored for molecules.

    Raises:
        ValueError: if `positions` does not have one row per node.
    """
    if graph.node_labels is None or graph.edge_labels is None:
        return Layout.of_nodes(_plain_place(graph, positions), graph.edges)
    symbols = tuple(chemistry.elements[label] for label in graph.node_labels.tolist())
    hideable = np.array([_is_terminal_hydrogen(graph, symbols, node)
                         for node in range(graph.num_nodes)])
    place = _of_canonical(graph, molecule_coordinates(
        graph.canonical, chemistry, hideable[graph.canonical_order]))
    molecule = to_rdkit(graph, chemistry)
    return Layout(
        place, symbols, tuple(atom.GetFormalCharge() for atom in molecule.GetAtoms()), hideable,
        tuple(implicit_hydrogens(graph, chemistry).tolist()), graph.edges,
        np.array([_ORDERS[BONDS[label]] for label in graph.edge_labels.tolist()]),
        _double_bond_sides(graph, place, molecule),
    )


def _plain_place(graph: Graph, positions: np.ndarray | None) -> np.ndarray:
    if positions is None:
        return _of_canonical(graph, _room(graph_coordinates(graph.canonical), graph.canonical))
    place = np.asarray(positions, dtype=np.float64) * [1.0, -1.0]
    if place.shape != (graph.num_nodes, 2):
        raise ValueError(f"positions must be [{graph.num_nodes}, 2], got {list(place.shape)}.")
    return _room(place, graph)


def _room(place: np.ndarray, graph: Graph) -> np.ndarray:
    return give_room(unit_bonds(place, graph.edges), graph.edges, node_room=_NODE_ROOM,
                     edge_room=_EDGE_ROOM)


def _of_canonical(graph: Graph, coordinates: np.ndarray) -> np.ndarray:
    """Coordinates of the canonical graph's nodes, by the graph's own numbers, [n, 2]."""
    place = np.empty_like(coordinates)
    place[graph.canonical_order] = coordinates
    return place


def _is_terminal_hydrogen(graph: Graph, symbols: Sequence[str], node: int) -> bool:
    neighbours = graph.neighbours[node]
    return symbols[node] == "H" and len(neighbours) == 1 and symbols[neighbours[0]] != "H"


def _double_bond_sides(graph: Graph, place: np.ndarray, molecule: Chem.Mol) -> np.ndarray:
    """Second lines lie inside the smallest ring, else on the side with more substituents."""
    Chem.FastFindRings(molecule)
    rings = [set(ring) for ring in molecule.GetRingInfo().AtomRings()]
    sides = np.zeros(len(graph.edges), dtype=np.int64)
    for row, (u, v) in enumerate(graph.edges.tolist()):
        around = [ring for ring in rings if u in ring and v in ring]
        inside = min(around, key=len) if around else {*graph.neighbours[u], *graph.neighbours[v]}
        along = place[v] - place[u]
        to = place[sorted(inside - {u, v})] - place[u]
        turn = np.sign((along[0] * to[:, 1] - along[1] * to[:, 0]).round(6)).sum()
        terminal = min(len(graph.neighbours[u]), len(graph.neighbours[v])) == 1
        sides[row] = 0 if terminal and not around else int(np.sign(turn))
    return sides
