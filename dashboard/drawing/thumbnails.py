"""Small pictures of generated graphs, quick to draw. No streamlit here."""

from __future__ import annotations

import numpy as np

from core.chemistry.chemistry import QM9, Chemistry
from core.chemistry.molecules import stable_atoms
from core.graph.graph import Graph
from dashboard.drawing.graph_coordinates import distance_coordinates
from dashboard.drawing.layouts import Layout, layout
from dashboard.drawing.picture import Picture
from dashboard.drawing.spacing import spread
from dashboard.shared.palette import palette, scale_color

WIDTH, HEIGHT = 220, 150
"""Pixels."""

_MARK = 0.15  # where on the colour scale a fragment's colour is taken
_NODE_ROOM = 0.5  # least distance of nodes, in edges


def thumbnail_svg(
    graph: Graph, chemistry: Chemistry | None = QM9, *, dark: bool, title: str, marked: int = 0
) -> str:
    """A structure without hydrogens, a disc behind every unstable atom; or an unlabelled graph.

    Args:
        graph: as generated; a molecule need not be possible.
        chemistry: what its labels mean; None for a graph without. Where hydrogens are implicit, no
            atom is unstable.
        dark: colours for a dark page.
        title: the picture's accessible name.
        marked: so many of the first nodes, and the bonds between them, are a fragment to show.
    """
    colors = palette(dark=dark)
    if chemistry is None:
        place = distance_coordinates(graph.num_nodes, graph.edges)
        # Small pictures need no more room around nodes, which takes long to find.
        drawn = Layout.of_nodes(spread(place, _NODE_ROOM), graph.edges)
    else:
        drawn = layout(graph, chemistry)
    picture = Picture(drawn, colors, WIDTH, HEIGHT, show_hydrogens=False)
    color = scale_color(colors.sequential, _MARK)
    for row in np.flatnonzero((graph.edges < marked).all(axis=1)).tolist():
        picture.bond_halo(row, color, "fragment")
    if chemistry is not None and chemistry.has_hydrogen_nodes:
        unstable = np.flatnonzero(~stable_atoms(graph, chemistry)).tolist()
        # A hidden hydrogen is marked on the atom that stands for it.
        for atom in sorted({drawn.owners[atom] for atom in unstable}):
            picture.atom_halo(atom, colors.series[1], "unstable")
    picture.skeleton()
    return picture.svg(title)
