"""A stored token in its graph: what it speaks of, and what had been written before it.

An evaluation stores whole sequences, so the graph comes back by decoding; its nodes are numbered in
the order in which the sequence visits them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.graph.graph import Graph
from core.sent.batch import GraphBatch
from core.sent.decoder import decode
from core.sent.token_roles import find_token_roles
from core.sent.vocabulary import TokenKind, Vocabulary


@dataclass(frozen=True, eq=False)
class StoredToken:
    """One predicted token of a stored sequence.

    Attributes:
        graph: what the sequence writes; node i is the one visited at step i.
        id: of the graph in its data set.
        smiles: of the molecule; None for an unlabelled graph.
        position: of the token in the sequence, from 1.
        length: tokens of the sequence, `sos` included.
        target: the token that came.
        predicted: the token that the model gave the highest probability.
        confidence: that probability.
        node: the node that the target speaks of, or -1.
        edge: row of `graph.edges` that it speaks of, or -1; never both.
        rival: the visited node that the model predicted instead, or -1.
        is_written_node: which nodes stand before the token in the sequence, [n] bool.
        is_written_edge: which edges do, [e] bool.
    """

    graph: Graph
    id: str
    smiles: str | None
    position: int
    length: int
    target: int
    predicted: int
    confidence: float
    node: int
    edge: int
    rival: int
    is_written_node: np.ndarray
    is_written_edge: np.ndarray

    @property
    def correct(self) -> bool:
        """Whether the model's most probable token came."""
        return self.predicted == self.target


def read_stored_token(row: Mapping[str, Any], vocabulary: Vocabulary) -> StoredToken:
    """Read a row of `Evaluation.tokens`.

    Raises:
        DecodeError: if its sequence is none.
    """
    tokens = [int(token) for token in row["tokens"]]
    position, target, predicted = (int(row[name]) for name in ("position", "target", "predicted"))
    graph = decode(tokens, vocabulary)
    node, edge = _nodes_and_edges(tokens, graph, vocabulary)
    index = np.array(tokens) - vocabulary.index_offset
    is_arrival = (node >= 0) & (index == node)
    arrivals = np.flatnonzero(is_arrival)  # in visit order
    is_written_node = arrivals < position
    rival = predicted - vocabulary.index_offset
    names_node = vocabulary.kind(predicted) is TokenKind.NODE_INDEX
    is_rival = names_node and predicted != target and rival < is_written_node.sum()
    smiles = row["smiles"]
    return StoredToken(
        graph=graph, id=str(row["id"]), smiles=smiles if isinstance(smiles, str) else None,
        position=position, length=len(tokens), target=target, predicted=predicted,
        confidence=float(row["confidence"]), node=int(node[position]), edge=int(edge[position]),
        rival=rival if is_rival else -1, is_written_node=is_written_node,
        is_written_edge=_written_edges(graph, edge, is_written_node, position),
    )


def _nodes_and_edges(
    tokens: list[int], graph: Graph, vocabulary: Vocabulary
) -> tuple[np.ndarray, np.ndarray]:
    """Node and edge that every token speaks of, -1 for none, each [L]."""
    batch = GraphBatch.from_graphs([graph], with_automorphisms=False)
    orders = torch.arange(graph.num_nodes)[None, None]
    found = find_token_roles(batch, orders, torch.tensor([[tokens]]), vocabulary)
    return found.node[0, 0].numpy(), found.edge[0, 0].numpy()


def _written_edges(
    graph: Graph, edge: np.ndarray, is_written_node: np.ndarray, position: int
) -> np.ndarray:
    """An edge is written with the last token about it; without any, with its later end."""
    last = np.full(len(graph.edges), -1)
    np.maximum.at(last, edge[edge >= 0], np.flatnonzero(edge >= 0))
    has_both_ends = is_written_node[graph.edges].all(axis=1)
    return np.where(last >= 0, last < position, has_both_ends)
