"""What is linearized: graphs, and random planar ones."""

from core.graph.graph import Graph, GraphError, is_isomorphic
from core.graph.planar import (
    PLANAR_NODES,
    PlanarGraph,
    PlanarName,
    is_connected,
    is_planar,
    is_valid_planar,
    planar_graph,
    planar_stream,
)

__all__ = [
    "PLANAR_NODES",
    "Graph",
    "GraphError",
    "PlanarGraph",
    "PlanarName",
    "is_connected",
    "is_isomorphic",
    "is_planar",
    "is_valid_planar",
    "planar_graph",
    "planar_stream",
]
