"""Small pictures of generated graphs, quick to draw. No streamlit here."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from core.chemistry.molecules import stable_atoms
from core.graph.graph import Graph
from dashboard.drawing.coordinates import unit_bonds
from dashboard.drawing.layouts import Layout, layout
from dashboard.drawing.picture import Picture
from dashboard.drawing.spacing import spread
from dashboard.shared.palette import palette

WIDTH, HEIGHT = 220, 150
"""Pixels."""

_STRESS_STEPS = 40
_NODE_ROOM = 0.5  # least distance of nodes, in edges


def thumbnail_svg(graph: Graph, *, dark: bool, title: str) -> str:
    """A structure without hydrogens, a disc behind every unstable atom; or an unlabelled graph.

    Args:
        graph: as generated; a molecule need not be possible.
        dark: colours for a dark page.
        title: the picture's accessible name.
    """
    colors = palette(dark=dark)
    place = layout(graph) if graph.is_labelled else _mesh_layout(graph)
    picture = Picture(place, colors, WIDTH, HEIGHT, show_hydrogens=False)
    if graph.is_labelled:
        unstable = np.flatnonzero(~stable_atoms(graph)).tolist()
        # A hidden hydrogen is marked on the atom that stands for it.
        for atom in sorted({place.owners[atom] for atom in unstable}):
            picture.atom_halo(atom, colors.series[1], "unstable")
    picture.skeleton()
    return picture.svg(title)


def _mesh_layout(graph: Graph) -> Layout:
    """An unlabelled graph drawn by its distances."""
    n, e = graph.num_nodes, len(graph.edges)
    place = spread(unit_bonds(distance_coordinates(graph), graph.edges), _NODE_ROOM)
    return Layout(place, ("",) * n, (0,) * n, np.zeros(n, dtype=bool), graph.edges, np.zeros(e),
                  np.zeros(e, dtype=np.int64), np.zeros(n))


def distance_coordinates(graph: Graph) -> np.ndarray:
    """Coordinates whose distances resemble those along edges, [n, 2] float64.

    Classical scaling, then steps of stress majorization (Gansner, Koren, North, GD 2004): some
    hundred times faster than a general minimizer of the same stress.
    """
    n, (u, v) = graph.num_nodes, graph.edges.T
    steps = shortest_path(csr_array((np.ones(len(u)), (u, v)), shape=(n, n)), directed=False)
    steps[np.isinf(steps)] = steps[np.isfinite(steps)].max() + 1  # fragments side by side
    centring = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(centring @ (-0.5 * steps**2) @ centring)
    place = np.zeros((n, 2))
    place[:, : min(n, 2)] = vectors[:, -2:] * np.sqrt(values[-2:].clip(min=1e-9))
    weights = np.divide(1, steps**2, out=np.zeros((n, n)), where=steps > 0)
    inverse = np.linalg.pinv(np.diag(weights.sum(axis=1)) - weights)
    for _ in range(_STRESS_STEPS):
        gap = np.linalg.norm(place[:, None] - place[None], axis=2)
        pull = weights * steps / gap.clip(min=1e-6)
        place = inverse @ (np.diag(pull.sum(axis=1)) - pull) @ place
    return place
