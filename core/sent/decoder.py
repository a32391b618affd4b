"""From tokens back to a graph: strictly, or as leniently as LU's published code.

The strict decoder accepts exactly what `random_order` can write (docs/definitions.md,
Linearizations), so a sequence that it accepts is the linearization of the graph that it returns.
The lenient decoder never judges; it is for sequences of foreign models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import InputError
from core.graph.graph import Graph
from core.sent.vocabulary import EOS, LADJ, PAD, RADJ, RESET, SOS, TokenKind, Vocabulary


class DecodeError(InputError):
    """A sequence that no walk can write.

    Attributes:
        position: index of the first token that does not fit; the length if tokens are missing.
        expected: what could have stood there.
    """

    def __init__(self, position: int, expected: str, found: str) -> None:
        super().__init__(f"Position {position}: expected {expected}, found {found}.")
        self.position = position
        self.expected = expected


def decode(tokens: Sequence[int], vocabulary: Vocabulary) -> Graph:
    """Read one sequence `sos … eos`; padding may follow.

    Returns:
        The graph, its nodes numbered in visit order.

    Raises:
        DecodeError: naming the position and what was expected there.
    """
    return _StrictReader(list(tokens), vocabulary).read()


@dataclass
class _StrictReader:
    """A recursive-descent reader of `sos node (lead node)* eos`."""

    tokens: list[int]
    vocabulary: Vocabulary
    at: int = 0
    node_labels: list[int] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    edge_labels: list[int] = field(default_factory=list)
    left: set[int] = field(default_factory=set)  # jumped away from: no unvisited neighbour remains
    num_visited: int = 0

    def read(self) -> Graph:
        self._expect_token(SOS, "sos")
        self._read_node(walked_edge_label=None, walked=False)
        while self._peek() != EOS:
            self._read_step()
        self.at += 1
        while self.at < len(self.tokens):
            self._expect_token(PAD, "nothing or pad after eos")
        labelled = self.vocabulary.is_labelled
        return Graph(
            num_nodes=self.num_visited,
            edges=np.array(self.edges, dtype=np.int64).reshape(-1, 2),
            node_labels=np.array(self.node_labels) if labelled else None,
            edge_labels=np.array(self.edge_labels, dtype=np.int64) if labelled else None,
        )

    def _read_step(self) -> None:
        if self.num_visited == self.vocabulary.max_nodes:
            self._fail(self._after_node(["eos"]))
        if self._peek() == RESET:
            self.at += 1
            self.left.add(self.num_visited - 1)
            self._read_node(walked_edge_label=None, walked=False)
        elif self.vocabulary.is_labelled:
            label = self._take(TokenKind.EDGE_LABEL, self._after_node(["an edge label", "reset",
                                                                       "eos"]))
            self._read_node(walked_edge_label=label, walked=True)
        else:
            self._read_node(walked_edge_label=None, walked=True)

    def _read_node(self, walked_edge_label: int | None, *, walked: bool) -> None:
        node = self.num_visited
        expected = f"visit index {node}"
        if walked and not self.vocabulary.is_labelled:
            expected = self._after_node([expected, "reset", "eos"])
        if self._peek() != self.vocabulary.index_offset + node:
            self._fail(expected)
        self.at += 1
        self.num_visited += 1
        if self.vocabulary.is_labelled:
            self.node_labels.append(self._take(TokenKind.NODE_LABEL, "a node label"))
        if walked:
            self._add_edge(node - 1, node, walked_edge_label)
        if self._peek() == LADJ and self._listable(node, walked):
            self.at += 1
            self._read_bracket(node, self._listable(node, walked))

    def _read_bracket(self, node: int, listable: list[int]) -> None:
        is_first = True
        while is_first or self._peek() != RADJ:
            label = None
            if self.vocabulary.is_labelled:
                closing = "" if is_first else ", or radj"
                if not listable:
                    self._fail("radj")
                label = self._take(TokenKind.EDGE_LABEL, f"an edge label{closing}")
            expected = f"visit index {_either(listable)}" if listable else "radj"
            if not is_first and not self.vocabulary.is_labelled and listable:
                expected += ", or radj"
            listed = self._peek() - self.vocabulary.index_offset
            if listed not in listable:
                self._fail(expected)
            self.at += 1
            self._add_edge(listed, node, label)
            listable = [index for index in listable if index > listed]
            is_first = False
        self.at += 1

    def _listable(self, node: int, walked: bool) -> list[int]:
        """Visited nodes that may be neighbours: not the one walked from, none jumped away from."""
        last = node - 1 if walked else node
        return [index for index in range(last) if index not in self.left]

    def _after_node(self, options: list[str]) -> str:
        """What may follow a complete node; a bracket too, if none has been read."""
        node = self.num_visited - 1
        walked = bool(self.edges) and self.edges[-1] == (node - 1, node)
        if self.tokens[self.at - 1] != RADJ and self._listable(node, walked):
            options = [*options[:-1], "ladj", options[-1]]
        return _either(options)

    def _add_edge(self, u: int, v: int, label: int | None) -> None:
        self.edges.append((u, v))
        if label is not None:
            self.edge_labels.append(label)

    def _peek(self) -> int:
        return self.tokens[self.at] if self.at < len(self.tokens) else -1

    def _take(self, kind: TokenKind, expected: str) -> int:
        token = self._peek()
        vocabulary = self.vocabulary
        if not 0 <= token < len(vocabulary) or vocabulary.kind(token) is not kind:
            self._fail(expected)
        self.at += 1
        offset = (vocabulary.node_offset if kind is TokenKind.NODE_LABEL
                  else vocabulary.edge_offset)
        return token - offset

    def _expect_token(self, token: int, expected: str) -> None:
        if self._peek() != token:
            self._fail(expected)
        self.at += 1

    def _fail(self, expected: str) -> None:
        if self.at >= len(self.tokens):
            raise DecodeError(self.at, expected, "the end of the sequence")
        token = self.tokens[self.at]
        known = 0 <= token < len(self.vocabulary)
        found = f"token {token}"
        if known:
            kind = self.vocabulary.kind(token).value.replace("_", " ")
            found += f" ({kind} {self.vocabulary.token_name(token)})"
        raise DecodeError(self.at, expected, found)


def _either(options: Sequence[object]) -> str:
    *others, last = map(str, options)
    return f"{', '.join(others)} or {last}" if others else last


def decode_lenient(tokens: Sequence[int], vocabulary: Vocabulary) -> Graph:
    """Read a sequence as LU's code does, but keep isolated nodes.

    Any index order, walking back and duplicates are read as they stand; self-loops are dropped; of
    several labels for a node the first holds, for an edge the smallest; a missing label is 0, and
    visit indices that are skipped become isolated nodes of label 0.

    Raises:
        DecodeError: only if no node is named at all, as the empty graph is refused.
    """
    node_labels: dict[int, int] = {}
    edges: dict[tuple[int, int], int] = {}
    num_nodes = 0
    current: int | None = None
    edge_label = 0
    in_bracket = False
    for token in tokens:
        if token == EOS:
            break
        if token in (RESET, LADJ, RADJ):
            in_bracket = token == LADJ
            current = None if token == RESET else current
            edge_label = 0
        elif token >= vocabulary.edge_offset and token < len(vocabulary):
            edge_label = token - vocabulary.edge_offset
        elif vocabulary.node_offset <= token < vocabulary.edge_offset:
            if current is not None:
                node_labels.setdefault(current, token - vocabulary.node_offset)
        elif vocabulary.index_offset <= token < vocabulary.node_offset:
            node = token - vocabulary.index_offset
            num_nodes = max(num_nodes, node + 1)
            if current is not None and node != current:
                ends = (min(current, node), max(current, node))
                edges[ends] = min(edge_label, edges.get(ends, edge_label))
            current = current if in_bracket else node
            edge_label = 0
    if num_nodes == 0:
        raise DecodeError(len(tokens), "at least one visit index", "the end of the sequence")
    labelled = vocabulary.is_labelled
    return Graph(
        num_nodes=num_nodes,
        edges=np.array(list(edges), dtype=np.int64).reshape(-1, 2),
        node_labels=np.array([node_labels.get(i, 0) for i in range(num_nodes)])
        if labelled else None,
        edge_labels=np.array(list(edges.values()), dtype=np.int64) if labelled else None,
    )
