"""From what `core` computes to a trail that can be shown (docs/definitions.md).

What a token is about is read off `core.sent.token_roles`, nothing is worked out here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from core.graph.graph import Graph
from core.likelihood.analysis import Analysis
from core.likelihood.attribution import attribute
from core.likelihood.scoring import Likelihoods, next_token_probabilities
from core.model.checkpoints import Checkpoint
from core.sent.batch import GraphBatch
from core.sent.token_roles import TokenEvent, TokenRoles, find_token_roles
from core.sent.vocabulary import PAD, Vocabulary
from core.sent.writer import write_tokens
from dashboard.components.trail_player.meanings import meaning
from dashboard.components.trail_player.trail import (
    GLYPHS,
    Alternative,
    Arrival,
    TrailError,
    TrailToken,
    TrailView,
    Visit,
)

_ARRIVALS = {TokenEvent.START: Arrival.START, TokenEvent.ARRIVE: Arrival.WALK,
             TokenEvent.LAND: Arrival.JUMP}


_ALTERNATIVES = 5


def scored_view(checkpoint: Checkpoint, analysis: Analysis, permutation: int) -> TrailView:
    """Read a linearization of the first graph of an analysis, with what the model expected.

    Args:
        checkpoint: the model of the analysis.
        analysis: of at least one graph.
        permutation: its row.
    """
    tokens = analysis.trails.sequence(0, permutation)
    likely = next_token_probabilities(checkpoint, tokens).topk(_ALTERNATIVES)
    alternatives = [
        list(zip(ids, probabilities, strict=True))
        for ids, probabilities in zip(likely.indices.tolist(), likely.values.tolist(), strict=True)
    ]
    return trail_view(
        analysis.graphs[0], tokens, analysis.trails.order(0, permutation),
        analysis.likelihoods.token_nll[0, permutation].numpy(), alternatives,
        checkpoint.vocabulary, is_molecule=checkpoint.card.chemistry is not None,
    )


def trail_view(
    graph: Graph,
    tokens: Sequence[int],
    order: Sequence[int],
    token_nll: Sequence[float] | np.ndarray,
    alternatives: Sequence[Sequence[tuple[int, float]]] | None,
    vocabulary: Vocabulary,
    *,
    is_molecule: bool,
) -> TrailView:
    """Read a scored linearization.

    Args:
        graph: what was linearized.
        tokens: `sos … eos`; padding behind is dropped, and the end may be missing.
        order: graph node visited at each step, [n].
        token_nll: [len(tokens) - 1] nats, entry i is for token i + 1.
        alternatives: [len(tokens) - 1], entry i lists the model's most probable tokens for
            position i + 1 as (token, probability); None if they are not known.
        vocabulary: names the tokens.
        is_molecule: speak of atoms and bonds, not of nodes and edges.

    Raises:
        TrailError: if lengths differ or the tokens are not those that write `graph` in `order`.
    """
    tokens = [int(token) for token in tokens]
    while tokens and tokens[-1] == PAD:
        tokens.pop()
    expected = len(tokens) - 1
    if len(token_nll) < expected or (alternatives is not None and len(alternatives) < expected):
        raise TrailError(f"{len(tokens)} tokens need {expected} surprisals and lists of "
                         f"alternatives, got {len(token_nll)} and "
                         f"{'none' if alternatives is None else len(alternatives)}.")
    order = [int(node) for node in order]
    if sorted(order) != list(range(graph.num_nodes)):
        raise TrailError(f"The visit order must name each of the {graph.num_nodes} nodes once.")
    batch = GraphBatch.from_graphs([graph], with_automorphisms=False)
    orders = torch.tensor([[order]])
    written, _ = write_tokens(batch, orders, vocabulary)
    _check_written(tokens, written[0, 0].tolist())
    roles = find_token_roles(batch, orders, written, vocabulary)
    nats = np.zeros(written.shape[-1] - 1)
    nats[:expected] = token_nll[:expected]
    read = tuple(_tokens(graph, tokens, order, roles, vocabulary, nats, alternatives, is_molecule))
    shares = attribute(_likelihoods(nats), roles, batch)
    visits = tuple(_visits(read, order))
    return TrailView(read, tuple(order[: len(visits)]), visits, shares.node_nll[0, 0].numpy(),
                     shares.edge_nll[0, 0].numpy(), is_molecule)


def first_difference(a: TrailView, b: TrailView) -> int:
    """Position of the first token in which two trails differ; the shorter length if none does."""
    pairs = zip(a.tokens, b.tokens, strict=False)
    same = ((x.name, x.kind) == (y.name, y.kind) for x, y in pairs)
    return next((at for at, equal in enumerate(same) if not equal), min(len(a), len(b)))


def _check_written(tokens: list[int], written: list[int]) -> None:
    if len(tokens) < 2:
        raise TrailError("The trail visits no node.")
    for at, token in enumerate(tokens):
        if at >= len(written) or token != written[at]:
            raise TrailError(f"Position {at}: token {token} does not fit the graph and the visit "
                             "order given.")


def _likelihoods(nats: np.ndarray) -> Likelihoods:
    token_nll = torch.from_numpy(nats)[None, None]
    return Likelihoods(token_nll, torch.ones_like(token_nll, dtype=torch.bool))


def _tokens(
    graph: Graph, tokens: list[int], order: list[int], roles: TokenRoles, vocabulary: Vocabulary,
    nats: np.ndarray, alternatives: Sequence[Sequence[tuple[int, float]]] | None,
    is_molecule: bool,
) -> Iterator[TrailToken]:
    events, steps, edges = (part[0, 0].tolist() for part in (roles.event, roles.step, roles.edge))
    step_of = {node: step for step, node in enumerate(order)}
    for at, token in enumerate(tokens):
        name, event, step = vocabulary.token_name(token), TokenEvent(events[at]), steps[at]
        visited = order[step] if step >= 0 else None
        other = bond = None
        if visited is not None and edges[at] >= 0:
            other = int(graph.edges[edges[at]].sum()) - visited
            bond = (visited, other)
        is_listed = event in (TokenEvent.LIST_LABEL, TokenEvent.LIST_INDEX)
        surprisal = None if at == 0 else float(nats[at - 1])
        yield TrailToken(
            position=at, name=name, glyph=GLYPHS.get(name, name), kind=vocabulary.kind(token),
            surprisal_nats=surprisal, probability=None if surprisal is None else
            math.exp(-surprisal), event=event, step=None if step < 0 else step,
            atom=other if is_listed else visited, bond=bond,
            meaning=meaning(event, name, step=step, is_molecule=is_molecule,
                            other=step_of[other] if is_listed and other is not None else None),
            alternatives=() if at == 0 or alternatives is None else
            _named(alternatives[at - 1], token, vocabulary),
        )


def _named(
    likely: Sequence[tuple[int, float]], actual: int, vocabulary: Vocabulary
) -> tuple[Alternative, ...]:
    ranked = sorted(likely, key=lambda pair: -pair[1])
    names = [vocabulary.token_name(int(token)) for token, _ in ranked]
    return tuple(
        Alternative(name, GLYPHS.get(name, name), vocabulary.kind(int(token)), float(probability),
                    int(token) == actual)
        for name, (token, probability) in zip(names, ranked, strict=True)
    )


def _visits(tokens: Sequence[TrailToken], order: list[int]) -> Iterator[Visit]:
    segment = 0
    arrivals = [token for token in tokens if token.event in _ARRIVALS]
    for step, token in enumerate(arrivals):
        own = [other for other in tokens if other.step == step]
        segment += token.event is TokenEvent.LAND
        listed = (other.atom for other in own if other.event is TokenEvent.LIST_INDEX)
        yield Visit(
            step=step, node=order[step], arrival=_ARRIVALS[token.event],
            origin=order[step - 1] if step else None, segment=segment,
            back_references=tuple(atom for atom in listed if atom is not None),
            position=token.position, last_position=own[-1].position,
        )
