"""The value that gets linearized: a small undirected graph with integer labels, or none.

Everything downstream (samplers, decoders, drawings) reads this one type. It is kept in one
normal form, `u < v` and edges sorted, so that two graphs with the same numbering compare equal
byte for byte, whatever they were built from.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import InputError

if TYPE_CHECKING:  # both take longer to import than most commands take to run
    import igraph
    import networkx as nx

_KEY_DIGITS = 32


class GraphError(InputError):
    """The data given do not describe a simple undirected graph."""


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected simple graph on nodes `0 … num_nodes - 1`.

    Attributes:
        num_nodes: n ≥ 1; the empty graph is refused, as it has no linearization.
        edges: integers [e, 2], each row `u < v`, rows in lexicographic order, read-only.
        node_labels: small non-negative integers [n], or None for an unlabelled graph.
        edge_labels: small non-negative integers [e]; present exactly if `node_labels` is.
        name: where the graph came from, for messages and output rows. Not part of equality.

    Raises:
        GraphError: for self-loops, repeated edges, ends out of range or labels of a wrong length.
    """

    num_nodes: int
    edges: np.ndarray
    node_labels: np.ndarray | None = None
    edge_labels: np.ndarray | None = None
    name: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.num_nodes < 1:
            raise GraphError("The graph has no nodes; at least one is needed.")
        if (self.node_labels is None) != (self.edge_labels is None):
            raise GraphError("Label both nodes and edges, or neither.")
        edges = _integers(self.edges, "edges").reshape(-1, 2)
        _check_ends(edges, self.num_nodes)
        edges = np.sort(edges, axis=1)
        by_ends = np.lexsort((edges[:, 1], edges[:, 0]))
        edges = edges[by_ends]
        repeated = (np.diff(edges, axis=0) == 0).all(axis=1)
        if repeated.any():
            u, v = edges[int(np.argmax(repeated))]
            raise GraphError(f"Edge {u}-{v} is given twice; the graph must be simple.")
        self._freeze("edges", edges)
        if self.node_labels is not None:
            self._freeze("node_labels", _labels(self.node_labels, self.num_nodes, "node"))
            self._freeze("edge_labels", _labels(self.edge_labels, len(edges), "edge")[by_ends])

    def _freeze(self, attribute: str, array: np.ndarray) -> None:
        array = np.ascontiguousarray(array)
        array.setflags(write=False)
        object.__setattr__(self, attribute, array)

    def __eq__(self, other: object) -> bool:
        """Identical numbering, edges and labels; see `is_isomorphic` for equality up to order."""
        return isinstance(other, Graph) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @cached_property
    def _content(self) -> tuple[int, bytes, bytes | None, bytes | None]:
        node_labels = None if self.node_labels is None else self.node_labels.tobytes()
        edge_labels = None if self.edge_labels is None else self.edge_labels.tobytes()
        return self.num_nodes, self.edges.tobytes(), node_labels, edge_labels

    @property
    def is_labelled(self) -> bool:
        """Whether nodes and edges carry labels (molecules do, planar graphs do not)."""
        return self.node_labels is not None

    @cached_property
    def degrees(self) -> np.ndarray:
        """Number of neighbours of every node, [n]."""
        return np.bincount(self.edges.ravel(), minlength=self.num_nodes)

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """Neighbours of every node in increasing order."""
        lists: list[list[int]] = [[] for _ in range(self.num_nodes)]
        for u, v in self.edges.tolist():
            lists[u].append(v)
            lists[v].append(u)
        return tuple(tuple(sorted(nodes)) for nodes in lists)

    @cached_property
    def num_components(self) -> int:
        """Number of connected pieces."""
        import igraph

        return len(igraph.Graph(self.num_nodes, self.edges.tolist()).connected_components())

    @cached_property
    def edge_label_of(self) -> Mapping[tuple[int, int], int]:
        """Label of the edge between two nodes, under both orders of its ends."""
        if self.edge_labels is None:
            return {}
        pairs = zip(self.edges.tolist(), self.edge_labels.tolist(), strict=True)
        return {ends: label for (u, v), label in pairs for ends in ((u, v), (v, u))}

    @cached_property
    def num_automorphisms(self) -> int:
        """Number of symmetries |Aut(G)| that keep exactly the labels that are written."""
        coloured, colours = self._coloured
        return int(coloured.count_automorphisms(color=colours))

    @property
    def log_automorphisms(self) -> float:
        """log |Aut(G)|, the gap between log q of an order and of its sequence.

        See docs/definitions.md, Linearizations.
        """
        return math.log(self.num_automorphisms)

    @cached_property
    def canonical_order(self) -> np.ndarray:
        """The node at every place of the canonical numbering, [n] int64, read-only; by BLISS.

        Graphs that are equal up to their numbering, labels included, have equal `canonical` graphs;
        which of several symmetric nodes comes first is left to the numbering given.
        """
        coloured, colours = self._coloured
        vertex_at = np.array(coloured.canonical_permutation(color=colours), dtype=np.int64)
        order = vertex_at[vertex_at < self.num_nodes]  # the others stand for edges
        order.setflags(write=False)
        return order

    @cached_property
    def canonical(self) -> Graph:
        """The same graph in its canonical numbering."""
        return self.relabel(self.canonical_order)

    @cached_property
    def canonical_form(self) -> str:
        """A text that isomorphic graphs share, labels included, and no others."""
        graph = self.canonical
        labels = (None if x is None else x.tolist() for x in (graph.node_labels, graph.edge_labels))
        return f"{graph.num_nodes};{graph.edges.tolist()};{';'.join(map(str, labels))}"

    @cached_property
    def key(self) -> str:
        """Equal for equal `canonical_form`s: 32 hexadecimal digits, so that ten million differ."""
        return hashlib.sha256(self.canonical_form.encode()).hexdigest()[:_KEY_DIGITS]

    @cached_property
    def _coloured(self) -> tuple[igraph.Graph, list[int] | None]:
        """The graph as BLISS wants it: it colours vertices only, so edges become vertices."""
        import igraph

        n = self.num_nodes
        if self.node_labels is None or self.edge_labels is None:
            return igraph.Graph(n, self.edges.tolist()), None
        first_edge_colour = int(self.node_labels.max()) + 1
        middles = range(n, n + len(self.edges))
        ends = self.edges.tolist()
        halves = [(u, m) for (u, _), m in zip(ends, middles, strict=True)]
        halves += [(v, m) for (_, v), m in zip(ends, middles, strict=True)]
        colours = [*self.node_labels.tolist(), *(self.edge_labels + first_edge_colour).tolist()]
        return igraph.Graph(n + len(ends), halves), colours

    def relabel(self, order: Sequence[int] | np.ndarray) -> Graph:
        """Renumber the nodes so that node `order[t]` becomes node `t`.

        Raises:
            GraphError: if `order` is not a permutation of all nodes.
        """
        order = _integers(order, "order").ravel()
        if not np.array_equal(np.sort(order), np.arange(self.num_nodes)):
            raise GraphError(f"The order must name each of the {self.num_nodes} nodes once.")
        rank = np.empty_like(order)
        rank[order] = np.arange(self.num_nodes)
        labels = None if self.node_labels is None else self.node_labels[order]
        return Graph(self.num_nodes, rank[self.edges], labels, self.edge_labels, self.name)

    def induced(self, nodes: Sequence[int] | np.ndarray) -> Graph:
        """The subgraph on some nodes with all edges between them; `nodes[t]` becomes node `t`.

        Raises:
            GraphError: for a node that does not exist or is named twice, or for none.
        """
        chosen = _integers(nodes, "nodes").ravel()
        if len(np.unique(chosen)) < len(chosen) or not np.isin(chosen, range(self.num_nodes)).all():
            raise GraphError(f"The nodes must be different ones of the {self.num_nodes}.")
        rank = np.full(self.num_nodes, -1)
        rank[chosen] = np.arange(len(chosen))
        ends = rank[self.edges]
        inside = (ends >= 0).all(axis=1)
        labelled = self.node_labels is not None and self.edge_labels is not None
        return Graph(len(chosen), ends[inside],
                     self.node_labels[chosen] if labelled else None,  # type: ignore[index]
                     self.edge_labels[inside] if labelled else None)  # type: ignore[index]

    def to_networkx(self) -> nx.Graph:
        """A networkx graph with `label` attributes where the graph is labelled."""
        import networkx as nx

        result = nx.Graph(name=self.name or "")
        for node in range(self.num_nodes):
            result.add_node(node)
            if self.node_labels is not None:
                result.nodes[node]["label"] = int(self.node_labels[node])
        for row, (u, v) in enumerate(self.edges.tolist()):
            result.add_edge(u, v)
            if self.edge_labels is not None:
                result.edges[u, v]["label"] = int(self.edge_labels[row])
        return result

    @classmethod
    def from_networkx(cls, source: nx.Graph) -> Graph:
        """Read an undirected networkx graph; nodes are numbered in its own node order.

        Labels are read from the `label` attribute, which all nodes and edges have or none has.
        """
        if source.is_directed() or source.is_multigraph():
            raise GraphError("The networkx graph must be undirected, without parallel edges.")
        number = {node: i for i, node in enumerate(source.nodes)}
        edges = np.array([[number[u], number[v]] for u, v in source.edges], dtype=np.int64)
        node_labels = [label for _, label in source.nodes(data="label") if label is not None]
        edge_labels = [x for _, _, x in source.edges(data="label") if x is not None]
        if len(node_labels) not in (0, len(number)) or len(edge_labels) not in (0, len(edges)):
            raise GraphError("Either all nodes and edges of the networkx graph have a `label`, "
                             "or none has.")
        labelled = bool(node_labels)
        return cls(
            num_nodes=len(number),
            edges=edges.reshape(-1, 2),
            node_labels=np.array(node_labels) if labelled else None,
            edge_labels=np.array(edge_labels, dtype=np.int64) if labelled else None,
            name=source.graph.get("name") or None,
        )

    def to_json(self) -> dict[str, Any]:
        """The row of a `.jsonl` file of graphs; `from_json` reads it back."""
        labelled = self.node_labels is not None and self.edge_labels is not None
        edges = self.edges.tolist()
        if self.node_labels is not None and self.edge_labels is not None:
            edges = [[*ends, x] for ends, x in zip(edges, self.edge_labels.tolist(), strict=True)]
        return {
            "id": self.name,
            "num_nodes": self.num_nodes,
            "node_labels": self.node_labels.tolist() if labelled else None,  # type: ignore[union-attr]
            "edges": edges,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Graph:
        """Read `{"id", "node_labels": [..] | null, "num_nodes"?, "edges": [[u, v, label?], ..]}`.

        Raises:
            GraphError: naming the field that is missing or does not fit.
        """
        if not isinstance(row, Mapping) or not isinstance(row.get("edges"), Sequence):
            raise GraphError('The graph has no "edges" field (a list of [u, v] or [u, v, label]).')
        labels = row.get("node_labels")
        labels = None if labels is None else _integers(_whole(labels, "node_labels"), "node_labels")
        num_nodes = row.get("num_nodes")
        num_nodes = labels.size if num_nodes is None and labels is not None else num_nodes
        if type(num_nodes) is not int:  # true and false are ints, too
            raise GraphError('A graph without "node_labels" must say "num_nodes", a whole number.')
        width = 2 if labels is None else 3
        if any(not isinstance(e, list | tuple) or len(e) != width for e in row["edges"]):
            form = "[u, v]" if labels is None else "[u, v, label]"
            raise GraphError(f'Every entry of "edges" must be {form}.')
        for edge in row["edges"]:
            _whole(edge, "edges")
        edges = _integers(row["edges"], "edges").reshape(-1, width)
        name = row.get("id")
        return cls(
            num_nodes=num_nodes,
            edges=edges[:, :2],
            node_labels=labels,
            edge_labels=None if labels is None else edges[:, 2],
            name=None if name is None else str(name),
        )


def is_isomorphic(a: Graph, b: Graph) -> bool:
    """Whether the graphs are equal up to the numbering of their nodes, labels included."""
    if a.num_nodes != b.num_nodes or len(a.edges) != len(b.edges) or a.is_labelled != b.is_labelled:
        return False
    if a.is_labelled and (_sorted(a.node_labels) != _sorted(b.node_labels)
                          or _sorted(a.edge_labels) != _sorted(b.edge_labels)):
        return False  # also makes the two colourings comparable
    (left, left_colours), (right, right_colours) = a._coloured, b._coloured
    if left_colours is None or right_colours is None:
        return bool(left.isomorphic_bliss(right))
    return bool(left.isomorphic_bliss(right, color1=left_colours, color2=right_colours))


def _sorted(labels: np.ndarray | None) -> list[int]:
    return [] if labels is None else np.sort(labels).tolist()


def _whole(values: Any, what: str) -> Any:
    """A list of JSON, if it holds whole numbers alone: NumPy takes true and false for some."""
    if not isinstance(values, list | tuple) or not all(type(value) is int for value in values):
        raise GraphError(f"{what} must hold whole numbers.")
    return values


def _integers(values: Any, what: str) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        raise GraphError(f"{what} must hold whole numbers, in rows of one length.") from None
    if array.size == 0:
        return np.zeros(array.shape, dtype=np.int64)
    if array.dtype.kind not in "iu" or array.max() > np.iinfo(np.int64).max:
        raise GraphError(f"{what} must hold whole numbers.")
    return array.astype(np.int64)


def _labels(values: Any, count: int, what: str) -> np.ndarray:
    labels = _integers(values, f"{what} labels").ravel()
    if len(labels) != count:
        raise GraphError(f"Expected {count} {what} labels, got {len(labels)}.")
    if count and labels.min() < 0:
        raise GraphError(f"{what.capitalize()} labels must not be negative.")
    return labels


def _check_ends(edges: np.ndarray, num_nodes: int) -> None:
    if not len(edges):
        return
    if edges.min() < 0 or edges.max() >= num_nodes:
        raise GraphError(f"Edge ends must lie between 0 and {num_nodes - 1}, "
                         f"got {edges.min()} to {edges.max()}.")
    loops = edges[:, 0] == edges[:, 1]
    if loops.any():
        raise GraphError(f"Node {edges[int(np.argmax(loops)), 0]} is joined to itself.")
