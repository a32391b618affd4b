"""A stored token drawn on its graph: what was written before it, and what it speaks of."""

from __future__ import annotations

import igraph
import numpy as np

from core.calibration.stored_tokens import StoredToken
from core.chemistry.chemistry import Chemistry
from core.graph.graph import Graph
from core.graph.planar import PlanarName
from core.sent.vocabulary import TokenKind, Vocabulary
from dashboard.drawing.graph_coordinates import graph_coordinates
from dashboard.drawing.layouts import Layout, layout
from dashboard.drawing.picture import Picture
from dashboard.drawing.spacing import unit_bonds
from dashboard.shared.palette import palette

WIDTH, HEIGHT = 250, 190
"""Pixels of a picture."""


def token_svg(
    token: StoredToken, vocabulary: Vocabulary, chemistry: Chemistry | None, *, dark: bool,
    title: str,
) -> str:
    """Draw the graph, of atoms if their chemistry is known.

    What stands behind the token in the sequence is faint.
    A disc or a thick bond marks what the token speaks of, blue if the model's prediction was right
    and orange if not; a broken circle marks another visited node that it predicted instead. Both
    have their visit index beside them where the token is one.
    """
    colors = palette(dark=dark)
    mark = colors.series[0] if token.correct else colors.series[1]
    picture = Picture(token_layout(token, chemistry), colors, WIDTH, HEIGHT, show_hydrogens=True)
    picture.fade(~token.is_written_node, ~token.is_written_edge)
    if token.edge >= 0:
        picture.bond_halo(token.edge, mark, "what the token refers to")
    if token.node >= 0:
        picture.atom_halo(token.node, mark, "what the token refers to")
    picture.skeleton()
    if token.rival >= 0:
        picture.ring(token.rival, mark, "what the model predicted")
        picture.badge(token.rival, str(token.rival), colors.muted)
    if vocabulary.kind(token.target) is TokenKind.NODE_INDEX:
        index = token.target - vocabulary.index_offset
        picture.badge(index, str(index), mark)
    return picture.svg(title)


def token_layout(token: StoredToken, chemistry: Chemistry | None) -> Layout:
    """Where the graph is drawn; a named triangulation stands as its points do."""
    graph = token.graph
    if graph.is_labelled and chemistry is not None:
        return layout(graph, chemistry)
    place = _known_positions(token)
    place = graph_coordinates(graph) if place is None else place
    # Small pictures need no more room around nodes, which takes long to find.
    return Layout.of_nodes(unit_bonds(place, graph.edges), graph.edges)


def _known_positions(token: StoredToken) -> np.ndarray | None:
    """Where a named triangulation has the nodes of a sequence, [n, 2] with y down."""
    name = PlanarName.from_id(token.id)
    if name is None:
        return None
    named = name.triangulate(token.graph.num_nodes)
    is_same, row, _ = _igraph(token.graph).isomorphic_vf2(_igraph(named.graph),
                                                          return_mapping_12=True)
    return named.positions[row] * [1.0, -1.0] if is_same else None


def _igraph(graph: Graph) -> igraph.Graph:
    return igraph.Graph(graph.num_nodes, graph.edges.tolist())
