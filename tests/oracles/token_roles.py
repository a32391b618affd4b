"""A literal reader of one sequence: which node or edge does every token speak of?"""

from dataclasses import dataclass

from core.graph.graph import Graph
from core.sent.vocabulary import EOS, LADJ, PAD, RADJ, RESET, SOS, TokenKind, Vocabulary


@dataclass(frozen=True)
class LiteralRole:
    """Visit step, node and edge of a token, each None where there is none."""

    step: int | None = None
    node: int | None = None
    edge: frozenset[int] | None = None


def literal_roles(
    tokens: list[int], order: list[int], graph: Graph, vocabulary: Vocabulary
) -> list[LiteralRole]:
    """The subject of every token, by looking at it and at the index that follows it."""
    edges = {frozenset(ends) for ends in graph.edges.tolist()}
    subjects: list[LiteralRole] = []
    here, in_bracket = -1, False  # the visit step whose tokens are being read
    for at, token in enumerate(tokens):
        if token in (SOS, EOS, PAD):
            subjects.append(LiteralRole())
            continue
        kind = vocabulary.kind(token)
        next_step = index_behind(tokens, at, vocabulary)
        if token == LADJ:
            in_bracket = True
            subjects.append(LiteralRole(here, node=order[here]))
        elif token == RADJ:
            in_bracket = False
            subjects.append(LiteralRole(here, node=order[here]))
        elif token == RESET:
            subjects.append(LiteralRole(next_step, node=order[next_step]))
        elif in_bracket:  # an edge label or the index that it stands before
            subjects.append(LiteralRole(here, edge=frozenset((order[here], order[next_step]))))
        elif kind is TokenKind.EDGE_LABEL:
            walked = frozenset((order[here], order[next_step]))
            subjects.append(LiteralRole(next_step, edge=walked))
        else:
            here = next_step if kind is TokenKind.NODE_INDEX else here
            subjects.append(LiteralRole(here, node=order[here]))
        assert subjects[-1].edge is None or subjects[-1].edge in edges
    return subjects


def index_behind(tokens: list[int], at: int, vocabulary: Vocabulary) -> int:
    """The first visit index at this place or behind it."""
    return next((token - vocabulary.index_offset for token in tokens[at:]
                 if vocabulary.index_offset <= token < vocabulary.node_offset), -1)
