"""Nodes and edges get room, and no edges come to cross."""

from itertools import combinations
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest

from core.graph import Graph, planar_graph
from dashboard.drawing.layouts import Layout, layout
from dashboard.drawing.spacing import (
    crossings,
    distance_to_segments,
    even_out,
    give_room,
    unit_bonds,
)
from dashboard.drawing.svg import attribution_svg


def drawn_planar(seed, index):
    made = planar_graph(index, seed=seed, split="test")
    return made, layout(made.graph, positions=made.positions)


def least_gap(place):
    return min(np.linalg.norm(a - b) for a, b in combinations(place, 2))


def least_clearance(drawn: Layout):
    """Distance of a node from the nearest edge that passes by, by a literal loop."""
    least = np.inf
    for u, v in drawn.bonds.tolist():
        for node in set(range(len(drawn))) - {u, v}:
            a, b, p = drawn.coordinates[[u, v, node]]
            share = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
            least = min(least, np.linalg.norm(a + share * (b - a) - p))
    return least


def slow_crossings(place, edges):
    def side(a, b, c):
        return np.sign((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])

    count = 0
    for (a, b), (c, d) in combinations(edges.tolist(), 2):
        if len({a, b, c, d}) == 4:
            p, q, r, s = place[[a, b, c, d]]
            count += side(p, q, r) * side(p, q, s) < 0 and side(r, s, p) * side(r, s, q) < 0
    return count


@pytest.mark.parametrize(("seed", "index"), [(0, 0), (0, 1), (3, 125), (4, 50)])
def test_a_triangulation_keeps_its_shape_and_gets_room(seed, index):
    made, drawn = drawn_planar(seed, index)
    assert slow_crossings(drawn.coordinates, drawn.bonds) == 0
    assert least_gap(drawn.coordinates) > 0.57
    assert least_clearance(drawn) > 0.28  # a node's disc has radius 0.2
    given = unit_bonds(made.positions * [1, -1], made.graph.edges)
    moved = np.linalg.norm((drawn.coordinates - drawn.coordinates.mean(0))
                           - (given - given.mean(0)), axis=1)
    assert np.median(moved) < 0.25
    assert moved.max() < 1.2
    np.testing.assert_array_equal(drawn_planar(seed, index)[1].coordinates, drawn.coordinates)


def test_a_planar_graph_without_places_is_drawn_without_crossings():
    graph = planar_graph(1, seed=0, split="test").graph
    drawn = layout(graph)
    assert slow_crossings(drawn.coordinates, drawn.bonds) == 0
    assert least_gap(drawn.coordinates) > 0.4


def test_loosely_tied_nodes_do_not_fall_together():
    graph = planar_graph(2, seed=0, split="test").graph
    thinned = Graph(64, graph.edges[::2])
    drawn = layout(thinned)
    assert slow_crossings(drawn.coordinates, drawn.bonds) == 0
    assert least_gap(drawn.coordinates) > 0.15


@pytest.mark.parametrize("graph", [nx.complete_graph(7), nx.complete_bipartite_graph(4, 4)])
def test_what_cannot_be_drawn_flat_is_drawn_all_the_same(graph):
    drawn = layout(Graph.from_networkx(graph))
    assert np.isfinite(drawn.coordinates).all()
    assert least_gap(drawn.coordinates) > 0.3


def test_crossings_are_counted_as_by_a_loop():
    generator = np.random.default_rng(0)
    edges = np.array(nx.gnp_random_graph(14, 0.3, seed=1).edges)
    for _ in range(5):
        place = generator.random((14, 2))
        assert crossings(place, edges) == slow_crossings(place, edges) > 0
    assert crossings(np.zeros((2, 2)), np.array([[0, 1]])) == 0


@pytest.mark.parametrize("move", [
    lambda place, edges: give_room(place, edges, node_room=0.6, edge_room=0.4), even_out,
])
def test_no_edges_come_to_cross(move):
    generator = np.random.default_rng(3)
    for index in range(3):
        made = planar_graph(index, seed=4, num_nodes=20)
        flat, edges = made.positions * 3, made.graph.edges
        assert crossings(move(flat, edges), edges) == 0
        tangled = generator.random((20, 2)) * 3
        assert crossings(move(tangled, edges), edges) <= crossings(tangled, edges)


def test_distances_to_segments():
    points = np.array([[0.0, 1.0], [3.0, 4.0], [-3.0, -4.0]])
    a, b = np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([[2.0, 0.0], [2.0, 2.0]])
    np.testing.assert_allclose(distance_to_segments(points, a, b), [
        [1, np.sqrt(5)], [np.sqrt(17), np.sqrt(5)], [5, np.sqrt(61)]])


def test_nodes_of_a_graph_carry_their_numbers_and_edges_only_colour():
    drawn = layout(Graph(3, np.array([[0, 1], [1, 2]])))
    svg = attribution_svg(
        drawn, np.array([0.0, 1.0, 2.0]), np.array([0.5, np.nan]), dark=False, title="Mean",
        unit="nats", show_hydrogens=True, scale=(0.0, 2.0),
    )
    assert [f">{node}</text>" in svg for node in range(3)] == [True] * 3
    lines = [line for line in ElementTree.fromstring(svg) if line.tag.endswith("line")]
    assert len(lines) == 2  # the coloured edge, and the plain one
