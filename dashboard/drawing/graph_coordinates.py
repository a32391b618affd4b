"""Where the nodes of a graph without chemistry stand on the page.

The unit is one edge, y points down. Everything is deterministic.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import igraph
import networkx as nx
import numpy as np

from core.graph.graph import Graph
from dashboard.drawing.spacing import crossings, even_out, unit_bonds

_FRAGMENT_GAP = 1.2


def graph_coordinates(graph: Graph) -> np.ndarray:
    """Lay out a graph for reading, [n, 2] float64; fragments stand side by side.

    By its distances; where edges cross so though they need not, by Tutte's drawing.
    """
    def draw(nodes: list[int], place: np.ndarray) -> None:
        number = {node: at for at, node in enumerate(nodes)}
        edges = np.array([[number[u], number[v]] for u, v in graph.edges.tolist() if u in number],
                         dtype=np.int64).reshape(-1, 2)
        place[nodes] = _component_coordinates(len(nodes), edges)

    return draw_side_by_side(graph, draw)


def distance_coordinates(num_nodes: int, edges: np.ndarray) -> np.ndarray:
    """Coordinates whose distances resemble those along edges (Kamada-Kawai), [n, 2] float64."""
    drawn = igraph.Graph(num_nodes, edges.tolist()).layout_kamada_kawai()
    return unit_bonds(np.array(drawn.coords, dtype=np.float64).reshape(-1, 2), edges)


def tutte_coordinates(num_nodes: int, edges: np.ndarray) -> np.ndarray | None:
    """The largest face as a circle, every other node amid its neighbours, [n, 2]; None if not so.

    A connected planar graph is drawn without crossings if it is also 3-connected.
    """
    graph = nx.Graph()
    graph.add_nodes_from(range(num_nodes))
    graph.add_edges_from(edges.tolist())
    is_planar, embedding = nx.check_planarity(graph)
    if not is_planar or num_nodes < 4:
        return None
    seen: set[tuple[int, int]] = set()
    faces = [embedding.traverse_face(*edge, mark_half_edges=seen)
             for edge in sorted(embedding.edges) if edge not in seen]
    outer = max(faces, key=len)
    if len(set(outer)) < len(outer):
        return None  # the walk around passes a node twice: no polygon
    system = np.diag([1.0 if v in outer else float(graph.degree[v]) for v in range(num_nodes)])
    target = np.zeros((num_nodes, 2))
    for node in range(num_nodes):
        if node in outer:
            angle = 2 * math.pi * outer.index(node) / len(outer)
            target[node] = math.cos(angle), math.sin(angle)
        else:
            system[node, list(graph[node])] = -1.0
    return np.linalg.solve(system, target)


def draw_side_by_side(
    graph: Graph, draw: Callable[[list[int], np.ndarray], None]
) -> np.ndarray:
    """Let `draw(nodes, place)` place each fragment, then move them apart, the largest first."""
    place = np.zeros((graph.num_nodes, 2))
    parts = [sorted(part) for part in nx.connected_components(graph.to_networkx())]
    left = 0.0
    for nodes in sorted(parts, key=lambda nodes: (-len(nodes), nodes)):
        draw(nodes, place)
        here = place[nodes]
        low, high = here.min(axis=0), here.max(axis=0)
        place[nodes] = here - [low[0] - left, (low[1] + high[1]) / 2]
        left += float(high[0] - low[0]) + _FRAGMENT_GAP
    return place


def shortest_edge(place: np.ndarray, edges: np.ndarray) -> float:
    """Length of the shortest edge."""
    ends = place[edges]
    return float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).min())


def _component_coordinates(num_nodes: int, edges: np.ndarray) -> np.ndarray:
    place = distance_coordinates(num_nodes, edges)
    if not crossings(place, edges):
        return place
    flat = tutte_coordinates(num_nodes, edges)
    if flat is None or shortest_edge(flat, edges) < 1e-4:  # it lets loosely tied nodes coincide
        drawn = nx.Graph(edges.tolist())
        if not nx.check_planarity(drawn)[0]:
            return place
        spots = nx.planar_layout(drawn)
        flat = np.array([spots[node] for node in range(num_nodes)])
    return even_out(flat / np.ptp(flat, axis=0).max() * 1.5 * math.sqrt(num_nodes), edges)
