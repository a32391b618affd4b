"""Where atoms stand on the page: coordinates computed once per graph and shared by all drawings.

The unit is one bond between heavy atoms, y points down. Everything is deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import networkx as nx
import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdCoordGen, rdDepictor

from core.graph.graph import Graph
from core.graph.molecules import to_rdkit

HYDROGEN_DISTANCES = (0.66, 0.5)
"""Lengths of a drawn bond to a hydrogen, in bonds; the short one is for crowded places."""

_FRAGMENT_GAP = 1.2
_ATOM_ROOM = 0.7  # least distance of heavy atoms
_DIRECTIONS = 48  # angles tried for a hydrogen
_PARTIAL = (Chem.SanitizeFlags.SANITIZE_SYMMRINGS | Chem.SanitizeFlags.SANITIZE_SETCONJUGATION
            | Chem.SanitizeFlags.SANITIZE_SETHYBRIDIZATION)


def molecule_coordinates(graph: Graph, is_terminal_hydrogen: np.ndarray) -> np.ndarray:
    """Depict a molecule: RDKit places the heavy skeleton, hydrogens fill the free directions.

    Args:
        graph: a molecule; it need not be chemically possible.
        is_terminal_hydrogen: [n] bool, hydrogens with exactly one neighbour, a heavy atom.

    Returns:
        [n, 2] float64.
    """
    place = np.zeros((graph.num_nodes, 2))
    left = 0.0
    for nodes in _components(graph):
        skeleton = [node for node in nodes if not is_terminal_hydrogen[node]]
        place[skeleton] = _skeleton_coordinates(graph, skeleton)
        _add_hydrogens(graph, place, skeleton, [n for n in nodes if is_terminal_hydrogen[n]])
        left = _move_to(place, nodes, left)
    return place


def plain_coordinates(graph: Graph) -> np.ndarray:
    """Lay out a graph without chemistry by its distances (Kamada-Kawai), [n, 2] float64."""
    place = np.zeros((graph.num_nodes, 2))
    left = 0.0
    for nodes in _components(graph):
        place[nodes] = _stress_coordinates(graph, nodes)
        left = _move_to(place, nodes, left)
    return place


def unit_bonds(coordinates: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The same picture, scaled so that the median edge has length 1, [n, 2]."""
    if not len(edges):
        return coordinates
    ends = coordinates[edges]
    lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    median = float(np.median(lengths))
    return coordinates / median if median > 0 else coordinates


def _components(graph: Graph) -> list[list[int]]:
    """Nodes of each fragment, the largest first."""
    parts = [sorted(part) for part in nx.connected_components(graph.to_networkx())]
    return sorted(parts, key=lambda nodes: (-len(nodes), nodes))


def _move_to(place: np.ndarray, nodes: Sequence[int], left: float) -> float:
    """Put a fragment to the right of the ones before it; returns where the next may begin."""
    here = place[nodes]
    low, high = here.min(axis=0), here.max(axis=0)
    place[nodes] = here - [low[0] - left, (low[1] + high[1]) / 2]
    return left + float(high[0] - low[0]) + _FRAGMENT_GAP


def _skeleton_coordinates(graph: Graph, skeleton: list[int]) -> np.ndarray:
    """The clearest of several depictions, [len(skeleton), 2]."""
    index = {node: i for i, node in enumerate(skeleton)}
    edges = np.array([[index[u], index[v]] for u, v in graph.edges.tolist()
                      if u in index and v in index], dtype=np.int64).reshape(-1, 2)
    if len(skeleton) == 1:
        return np.zeros((1, 2))
    molecule = _rdkit_skeleton(graph, skeleton)
    depicted = (_depict(molecule, coordgen=coordgen) for coordgen in (True, False))
    usable = [unit_bonds(place, edges) for place in depicted if place is not None]
    if not usable:
        usable = [unit_bonds(_stress_coordinates(graph, skeleton), edges)]
    if min(_crossings(place, edges) for place in usable) > 0:
        # A cage: a view into it from one face shows every bond of it uncrossed.
        flat = _flat_coordinates(len(skeleton), edges)
        usable += [] if flat is None else [flat]
    return spread(min(usable, key=lambda place: _clutter(place, edges)), _ATOM_ROOM)


def _rdkit_skeleton(graph: Graph, skeleton: list[int]) -> Chem.Mol:
    whole = Chem.RWMol(to_rdkit(graph))
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
    """Tutte's drawing: the largest face outside, every other node amid its neighbours, [n, 2]."""
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(edges.tolist())
    is_planar, embedding = nx.check_planarity(graph)
    if not is_planar or count < 4:
        return None
    seen: set[tuple[int, int]] = set()
    faces = [embedding.traverse_face(*edge, mark_half_edges=seen)
             for edge in sorted(embedding.edges) if edge not in seen]
    outer = max(faces, key=len)
    if len(set(outer)) < len(outer):
        return None  # the walk around passes a node twice: no polygon
    system = np.diag([1.0 if v in outer else float(graph.degree[v]) for v in range(count)])
    target = np.zeros((count, 2))
    for node in range(count):
        if node in outer:
            angle = 2 * math.pi * outer.index(node) / len(outer)
            target[node] = math.cos(angle), math.sin(angle)
        else:
            system[node, list(graph[node])] = -1.0
    place = np.linalg.solve(system, target)
    ends = place[edges]
    shortest = float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).min())
    return place / shortest if shortest > 0.05 else None  # the inner bonds need the room


def _clutter(place: np.ndarray, edges: np.ndarray) -> float:
    """How hard a drawing is to read: crossings count 1, atoms closer than a bond up to 3."""
    gap = np.linalg.norm(place[:, None] - place[None], axis=2)
    close = gap[np.triu_indices(len(place), 1)]
    # Rounding keeps the choice the same where two depictions differ only by rounding errors.
    return round(_crossings(place, edges) + float((3 * (1 - close).clip(min=0) ** 2).sum()), 6)


def _crossings(place: np.ndarray, edges: np.ndarray) -> int:
    """Number of pairs of edges that cross."""
    if len(edges) < 2:
        return 0
    a, b = np.triu_indices(len(edges), 1)
    shared = (edges[a][:, :, None] == edges[b][:, None, :]).any(axis=(1, 2))
    p, q = place[edges[a, 0]], place[edges[a, 1]]
    r, s = place[edges[b, 0]], place[edges[b, 1]]
    split = (_side(p, q, r) * _side(p, q, s) < 0) & (_side(r, s, p) * _side(r, s, q) < 0)
    return int((split & ~shared).sum())


def _side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
    along, to = q - p, r - p
    return along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]


def _stress_coordinates(graph: Graph, nodes: list[int]) -> np.ndarray:
    if len(nodes) == 1:
        return np.zeros((1, 2))
    part = graph.to_networkx().subgraph(nodes)
    ordered = nx.Graph()
    ordered.add_nodes_from(nodes)
    ordered.add_edges_from(sorted(part.edges))
    spots = nx.kamada_kawai_layout(ordered, scale=math.sqrt(len(nodes)))
    return np.array([spots[node] for node in nodes])


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
    for u, v in graph.edges.tolist():
        if u in others and v in others:
            cost += (_distance_to_segment(spots, place[u], place[v]).clip(min=0.05) / 0.45) ** -4
    for neighbour in graph.neighbours[atom]:
        if neighbour in others:
            bond = place[neighbour] - place[atom]
            cosine = directions @ (bond / max(float(np.linalg.norm(bond)), 1e-9))
            cost += 4 / (1.08 - cosine)
    return spots[int(np.argmin(cost.round(9)))]


def free_directions(graph: Graph, place: np.ndarray) -> np.ndarray:
    """Angle of the emptiest direction around every node, [n] radians with y down."""
    angles = np.arange(_DIRECTIONS) * (2 * math.pi / _DIRECTIONS)
    ring = 0.4 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    best = np.zeros(graph.num_nodes)
    for node in range(graph.num_nodes):
        spots = place[node] + ring
        cost = 0.02 * (np.cos(angles - math.pi * 1.75) < 0)  # a tie goes up and right
        gap = np.linalg.norm(spots[:, None] - place[None], axis=2).clip(min=0.05)
        gap[:, node] = np.inf
        cost = cost + (gap ** -2).sum(axis=1)
        for u, v in graph.edges.tolist():
            cost += 0.6 / _distance_to_segment(spots, place[u], place[v]).clip(min=0.06)
        best[node] = angles[int(np.argmin(cost.round(9)))]
    return best


def _distance_to_segment(points: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    along = b - a
    share = ((points - a) @ along / max(float(along @ along), 1e-9)).clip(0, 1)
    return np.linalg.norm(points - (a + share[:, None] * along), axis=1)


def spread(place: np.ndarray, least: float) -> np.ndarray:
    """Push apart nodes closer than `least`, the others stay where they are, [n, 2]."""
    place = place.copy()
    first, second = np.triu_indices(len(place), 1)
    for _ in range(60):
        between = place[second] - place[first]
        gap = np.linalg.norm(between, axis=1)
        lack = (least - gap).clip(min=0)
        if not (lack > 1e-3).any():
            break
        along = np.where(gap[:, None] > 1e-6, between / gap.clip(min=1e-6)[:, None], [[1.0, 0.0]])
        push = along * lack[:, None] / 2
        np.add.at(place, first, -push)
        np.add.at(place, second, push)
    return place
