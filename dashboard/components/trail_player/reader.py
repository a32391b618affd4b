"""Reads a trail token by token and says of each token what it refers to in the graph."""

from __future__ import annotations

from collections.abc import Iterator

from core.graph.graph import Graph
from core.sent.vocabulary import LADJ, RADJ, RESET, SOS, TokenKind, Vocabulary
from dashboard.components.trail_player.trail import GLYPHS, Arrival, TrailError, TrailToken


class TrailReader:
    """Walks along the tokens of one sequence.

    Attributes:
        visited: node of each visit so far.
        arrivals: how each visit came about.
        index_positions: where each visit's index token stands.
    """

    def __init__(
        self, graph: Graph, tokens: list[int], order: list[int], vocabulary: Vocabulary
    ) -> None:
        self.graph, self.tokens, self.order, self.vocabulary = graph, tokens, order, vocabulary
        self.visited: list[int] = []
        self.arrivals: list[Arrival] = []
        self.index_positions: list[int] = []
        self._arrival = Arrival.START
        self._in_bracket = False
        self._edges = "bonds" if vocabulary.is_labelled else "edges"
        self._node = "atom" if vocabulary.is_labelled else "node"

    def read(self) -> Iterator[TrailToken]:
        """Yield the tokens in order, without surprisals.

        Raises:
            TrailError: at the first token that does not fit the graph and the order.
        """
        if not self.tokens or self.tokens[0] != SOS:
            raise TrailError("Position 0: a trail begins with sos.")
        for at, token in enumerate(self.tokens):
            try:
                read = self._read(at, token)
            except TrailError:
                raise
            except (IndexError, ValueError):
                raise self._mismatch(at) from None
            yield read
        if not self.visited:
            raise TrailError("The trail visits no node.")

    def _read(self, at: int, token: int) -> TrailToken:
        match self.vocabulary.kind(token):
            case TokenKind.SPECIAL:
                return self._special(at, token)
            case TokenKind.NODE_LABEL:
                return self._label(at, token)
            case TokenKind.NODE_INDEX:
                return self._listed(at, at) if self._in_bracket else self._visit(at, token)
        return self._listed(at, at + 1) if self._in_bracket else self._lead(at)

    @property
    def _step(self) -> int:
        return len(self.visited) - 1

    def _special(self, at: int, token: int) -> TrailToken:
        step, atom = (self._step, self.visited[-1]) if self.visited else (None, None)
        if token == RESET:
            self._arrival = Arrival.JUMP
            return self._token(at, self._step + 1, self._next_node(), None,
                               f"Jumps: visit {step} has no unvisited neighbour.")
        if token == LADJ:
            self._in_bracket = True
            return self._token(at, step, atom, None,
                               f"Begins the {self._edges} from visit {step} to earlier visits.")
        if token == RADJ:
            self._in_bracket = False
            return self._token(at, step, atom, None, f"Ends the list of {self._edges}.")
        return self._token(at, None, None, None,
                           "The sequence starts." if token == SOS else "The sequence ends.")

    def _lead(self, at: int) -> TrailToken:
        self._arrival = Arrival.WALK
        node, bond = self._next_node(), None
        if node is not None:
            bond = (node, self.visited[-1])
            self._check_bond(at, bond, self.tokens[at])
        name = self._name(at)
        return self._token(at, self._step + 1, node, bond, f"Walks along {_a(name)} bond.")

    def _next_node(self) -> int | None:
        """Node of the next visit; None where a sequence cut short has none."""
        step = len(self.visited)
        return self.order[step] if step < len(self.order) else None

    def _visit(self, at: int, token: int) -> TrailToken:
        step = len(self.visited)
        node = self.order[step]
        if token - self.vocabulary.index_offset != step:
            raise self._mismatch(at)
        if self.visited and not self.vocabulary.is_labelled and self.tokens[at - 1] != RESET:
            self._arrival = Arrival.WALK
        bond = (node, self.visited[-1]) if self._arrival is Arrival.WALK else None
        if bond is not None:
            self._check_bond(at, bond, None)
        what = {Arrival.START: "Starts at a first", Arrival.WALK: "Comes to a new",
                Arrival.JUMP: "Lands on a new"}[self._arrival]
        self.arrivals.append(self._arrival)
        self.visited.append(node)
        self.index_positions.append(at)
        return self._token(at, step, node, bond, f"{what} {self._node}, visit {step}.")

    def _label(self, at: int, token: int) -> TrailToken:
        node, labels = self.visited[-1], self.graph.node_labels
        if labels is None or labels[node] != token - self.vocabulary.node_offset:
            raise self._mismatch(at)
        return self._token(at, self._step, node, None, f"Visit {self._step} is {self._name(at)}.")

    def _listed(self, at: int, index_at: int) -> TrailToken:
        listed = self.tokens[index_at] - self.vocabulary.index_offset
        if not 0 <= listed < self._step:
            raise self._mismatch(index_at)
        bond = (self.visited[-1], self.visited[listed])
        label = self.tokens[at] if index_at > at else None
        self._check_bond(at, bond, label)
        if label is None:
            meaning = f"The {self._edges[:-1]} from visit {self._step} goes back to visit {listed}."
        else:
            meaning = f"Lists {_a(self._name(at))} bond from visit {self._step} to visit {listed}."
        return self._token(at, self._step, bond[1], bond, meaning)

    def _check_bond(self, at: int, bond: tuple[int, int], token: int | None) -> None:
        if bond[1] not in self.graph.neighbours[bond[0]]:
            raise self._mismatch(at)
        if token is not None:
            label = self.graph.edge_label_of.get(bond)
            if label != token - self.vocabulary.edge_offset:
                raise self._mismatch(at)

    def _name(self, at: int) -> str:
        return self.vocabulary.token_name(self.tokens[at])

    def _mismatch(self, at: int) -> TrailError:
        return TrailError(f"Position {at}: token {self.tokens[min(at, len(self.tokens) - 1)]} "
                          "does not fit the graph and the visit order given.")

    def _token(
        self, at: int, step: int | None, atom: int | None, bond: tuple[int, int] | None,
        meaning: str,
    ) -> TrailToken:
        name = self._name(at)
        return TrailToken(
            position=at, name=name, glyph=GLYPHS.get(name, name),
            kind=self.vocabulary.kind(self.tokens[at]), surprisal_nats=None, probability=None,
            step=step, atom=atom, bond=bond, is_listed=self._in_bracket and name != "ladj",
            meaning=meaning,
        )


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
