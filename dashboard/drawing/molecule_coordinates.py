"""Where the atoms of a molecule stand on the page.

The unit is one bond between heavy atoms, y points down. Everything is deterministic.
"""

from __future__ import annotations

import math

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdCoordGen, rdDepictor

from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import to_rdkit
from core.graph.graph import Graph
from dashboard.drawing.graph_coordinates import (
    distance_coordinates,
    draw_side_by_side,
    shortest_edge,
    tutte_coordinates,
)
from dashboard.drawing.spacing import crossings, distance_to_segments, spread, unit_bonds

HYDROGEN_DISTANCES = (0.66, 0.5)
"""Lengths of a drawn bond to a hydrogen, in bonds; the short one is for crowded places."""

_ATOM_ROOM = 0.7  # least distance of heavy atoms
_DIRECTIONS = 48  # angles tried for a hydrogen
_PARTIAL = (Chem.SanitizeFlags.SANITIZE_SYMMRINGS | Chem.SanitizeFlags.SANITIZE_SETCONJUGATION
            | Chem.SanitizeFlags.SANITIZE_SETHYBRIDIZATION)


def molecule_coordinates(
    graph: Graph, chemistry: Chemistry, is_terminal_hydrogen: np.ndarray
) -> np.ndarray:
    """Depict a molecule: RDKit places the heavy skeleton, hydrogens fill the free directions.

    Args:
        graph: a molecule; it need not be chemically possible.
        chemistry: what its labels mean.
        is_terminal_hydrogen: [n] bool, hydrogens with exactly one neighbour, a heavy atom.

    Returns:
        [n, 2] float64; fragments stand side by side.
    """
    def draw(nodes: list[int], place: np.ndarray) -> None:
        skeleton = [node for node in nodes if not is_terminal_hydrogen[node]]
        place[skeleton] = _skeleton_coordinates(graph, chemistry, skeleton)
        _add_hydrogens(graph, place, skeleton, [n for n in nodes if is_terminal_hydrogen[n]])

    return draw_side_by_side(graph, draw)


def _skeleton_coordinates(
    graph: Graph, chemistry: Chemistry, skeleton: list[int]
) -> np.ndarray:
    """The clearest of several depictions, [len(skeleton), 2]."""
    index = {node: i for i, node in enumerate(skeleton)}
    edges = np.array([[index[u], index[v]] for u, v in graph.edges.tolist()
                      if u in index and v in index], dtype=np.int64).reshape(-1, 2)
    if len(skeleton) == 1:
        return np.zeros((1, 2))
    molecule = _rdkit_skeleton(graph, chemistry, skeleton)
    depicted = (_depict(molecule, coordgen=coordgen) for coordgen in (True, False))
    usable = [unit_bonds(place, edges) for place in depicted if place is not None]
    if not usable:
        usable = [distance_coordinates(len(skeleton), edges)]
    if min(crossings(place, edges) for place in usable) > 0:
        # A cage: a view into it from one face shows every bond of it uncrossed.
        flat = _flat_coordinates(len(skeleton), edges)
        usable += [] if flat is None else [flat]
    return spread(min(usable, key=lambda place: _clutter(place, edges)), _ATOM_ROOM)


def _rdkit_skeleton(graph: Graph, chemistry: Chemistry, skeleton: list[int]) -> Chem.Mol:
    whole = Chem.RWMol(to_rdkit(graph, chemistry))
    keep = set(skeleton)
    for node in range(graph.num_nodes - 1, -1, -1):
        if node not in keep:
            whole.RemoveAtom(node)
    molecule = whole.GetMol()
    with rdBase.BlockLogs():
        molecule.UpdatePropertyCache(strict=False)
        # Without this step a triple bond would be drawn bent; impossible molecules skip the rest.
        Chem.SanitizeMol(molecule, sanitizeOps=_PARTIAL, catchErrors=True)
    return molecule


def _depict(molecule: Chem.Mol, *, coordgen: bool) -> np.ndarray | None:
    copy = Chem.Mol(molecule)
    try:
        with rdBase.BlockLogs():
            if coordgen:
                rdCoordGen.AddCoords(copy)
            else:
                rdDepictor.Compute2DCoords(copy, useRingTemplates=True)
    except (RuntimeError, ValueError):
        return None
    place = copy.GetConformer().GetPositions()[:, :2] * [1.0, -1.0]
    return place if np.isfinite(place).all() else None


def _flat_coordinates(count: int, edges: np.ndarray) -> np.ndarray | None:
    """Tutte's drawing, scaled so that the shortest edge has length 1, [n, 2]."""
    place = tutte_coordinates(count, edges)
    if place is None:
        return None
    shortest = shortest_edge(place, edges)
    return place / shortest if shortest > 0.05 else None  # the inner bonds need the room


def _clutter(place: np.ndarray, edges: np.ndarray) -> float:
    """How hard a drawing is to read: crossings count 1, atoms closer than a bond up to 3."""
    gap = np.linalg.norm(place[:, None] - place[None], axis=2)
    close = gap[np.triu_indices(len(place), 1)]
    # Rounding keeps the choice the same where two depictions differ only by rounding errors.
    return round(crossings(place, edges) + float((3 * (1 - close).clip(min=0) ** 2).sum()), 6)


def _add_hydrogens(
    graph: Graph, place: np.ndarray, skeleton: list[int], hydrogens: list[int]
) -> None:
    """Turn each heavy atom's hydrogens to where the most room is, all atoms twice in turn."""
    owned: dict[int, list[int]] = {}
    for hydrogen in hydrogens:
        owned.setdefault(graph.neighbours[hydrogen][0], []).append(hydrogen)
    placed = list(skeleton)
    # Crowded atoms choose first; a second round lets them give way to the others.
    crowded_first = sorted(owned, key=lambda atom: (-len(graph.neighbours[atom]), atom))
    for atom in crowded_first * 2:
        for hydrogen in owned[atom]:
            others = [node for node in placed if node not in (atom, hydrogen)]
            place[hydrogen] = _freest_spot(graph, place, atom, others)
            if hydrogen not in placed:
                placed.append(hydrogen)


def _freest_spot(
    graph: Graph, place: np.ndarray, atom: int, others: list[int]
) -> np.ndarray:
    """Spot around an atom that is farthest from other atoms and from the atom's own bonds."""
    angles = np.arange(_DIRECTIONS) * (2 * math.pi / _DIRECTIONS)
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    directions = np.concatenate([directions] * len(HYDROGEN_DISTANCES))
    reach = np.repeat(HYDROGEN_DISTANCES, _DIRECTIONS)
    spots = place[atom] + reach[:, None] * directions
    cost = 30 * (HYDROGEN_DISTANCES[0] - reach)
    if others:
        gap = np.linalg.norm(spots[:, None] - place[others][None], axis=2).clip(min=0.05)
        cost += (gap ** -3).sum(axis=1)
    near = graph.edges[np.isin(graph.edges, others).all(axis=1)]
    gap = distance_to_segments(spots, place[near[:, 0]], place[near[:, 1]])
    cost += ((gap.clip(min=0.05) / 0.45) ** -4).sum(axis=1)
    for neighbour in graph.neighbours[atom]:
        if neighbour in others:
            bond = place[neighbour] - place[atom]
            cosine = directions @ (bond / max(float(np.linalg.norm(bond)), 1e-9))
            cost += 4 / (1.08 - cosine)
    return spots[int(np.argmin(cost.round(9)))]
