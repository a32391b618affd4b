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

from core.chemistry.molecules import to_rdkit
from core.graph.graph import Graph
from dashboard.drawing.spacing import crossings, distance_to_segments, even_out, spread

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
    """Lay out a graph without chemistry, [n, 2] float64.

    By its distances (Kamada-Kawai); where edges cross so though they need not, by Tutte's drawing.
    """
    place = np.zeros((graph.num_nodes, 2))
    left = 0.0
    for nodes in _components(graph):
        place[nodes] = _plain_component(graph, nodes)
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
    if min(crossings(place, edges) for place in usable) > 0:
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
    """Tutte's drawing, scaled so that the shortest edge has length 1, [n, 2]."""
    place = _tutte_coordinates(count, edges)
    if place is None:
        return None
    shortest = _shortest(place, edges)
    return place / shortest if shortest > 0.05 else None  # the inner bonds need the room


def _plain_component(graph: Graph, nodes: list[int]) -> np.ndarray:
    place = _stress_coordinates(graph, nodes)
    number = {node: at for at, node in enumerate(nodes)}
    edges = np.array([[number[u], number[v]] for u, v in graph.edges.tolist() if u in number],
                     dtype=np.int64).reshape(-1, 2)
    if not crossings(place, edges):
        return place
    flat = _tutte_coordinates(len(nodes), edges)
    if flat is None or _shortest(flat, edges) < 1e-4:  # it lets loosely tied nodes coincide
        drawn = nx.Graph(edges.tolist())
        if not nx.check_planarity(drawn)[0]:
            return place
        spots = nx.planar_layout(drawn)
        flat = np.array([spots[node] for node in range(len(nodes))])
    return even_out(flat / np.ptp(flat, axis=0).max() * 1.5 * math.sqrt(len(nodes)), edges)


def _shortest(place: np.ndarray, edges: np.ndarray) -> float:
    ends = place[edges]
    return float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).min())


def _tutte_coordinates(count: int, edges: np.ndarray) -> np.ndarray | None:
    """The largest face as a circle, every other node amid its neighbours, [n, 2]; None if not so.

    A connected planar graph is drawn without crossings if it is also 3-connected.
    """
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
    return np.linalg.solve(system, target)


def _clutter(place: np.ndarray, edges: np.ndarray) -> float:
    """How hard a drawing is to read: crossings count 1, atoms closer than a bond up to 3."""
    gap = np.linalg.norm(place[:, None] - place[None], axis=2)
    close = gap[np.triu_indices(len(place), 1)]
    # Rounding keeps the choice the same where two depictions differ only by rounding errors.
    return round(crossings(place, edges) + float((3 * (1 - close).clip(min=0) ** 2).sum()), 6)


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
    near = graph.edges[np.isin(graph.edges, others).all(axis=1)]
    gap = distance_to_segments(spots, place[near[:, 0]], place[near[:, 1]])
    cost += ((gap.clip(min=0.05) / 0.45) ** -4).sum(axis=1)
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
        gap = distance_to_segments(spots, place[graph.edges[:, 0]], place[graph.edges[:, 1]])
        cost += (0.6 / gap.clip(min=0.06)).sum(axis=1)
        best[node] = angles[int(np.argmin(cost.round(9)))]
    return best
