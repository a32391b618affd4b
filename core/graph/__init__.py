"""What is linearized: graphs, and random planar ones."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "Graph": "graph",
    "GraphError": "graph",
    "is_isomorphic": "graph",
    "PLANAR_NODES": "planar",
    "PlanarGraph": "planar",
    "PlanarName": "planar",
    "is_connected": "planar",
    "is_planar": "planar",
    "is_valid_planar": "planar",
    "planar_graph": "planar",
    "planar_stream": "planar",
})
