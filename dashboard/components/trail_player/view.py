"""From what `core` computes to a trail that can be shown (SPEC 2 and 3)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from core.graph.graph import Graph
from core.sent.vocabulary import PAD, TokenKind, Vocabulary
from dashboard.components.trail_player.reader import TrailReader
from dashboard.components.trail_player.trail import (
    GLYPHS,
    Alternative,
    Arrival,
    TrailError,
    TrailToken,
    TrailView,
    Visit,
)


def trail_view(
    graph: Graph,
    tokens: Sequence[int],
    order: Sequence[int],
    token_nll: Sequence[float] | np.ndarray,
    alternatives: Sequence[Sequence[tuple[int, float]]] | None,
    vocabulary: Vocabulary,
) -> TrailView:
    """Read a scored linearization.

    Args:
        graph: what was linearized.
        tokens: `sos … eos`; padding behind is dropped, and `eos` may be missing.
        order: graph node visited at each step, [n].
        token_nll: [len(tokens) - 1] nats, entry i is for token i + 1.
        alternatives: [len(tokens) - 1], entry i lists the model's most probable tokens for
            position i + 1 as (token, probability); None if they are not known.
        vocabulary: names the tokens.

    Raises:
        TrailError: if lengths differ or the tokens are not a walk of `graph` in `order`.
    """
    tokens = [int(token) for token in tokens]
    while tokens and tokens[-1] == PAD:
        tokens.pop()
    expected = len(tokens) - 1
    if len(token_nll) < expected or (alternatives is not None and len(alternatives) < expected):
        raise TrailError(f"{len(tokens)} tokens need {expected} surprisals and lists of "
                         f"alternatives, got {len(token_nll)} and "
                         f"{'none' if alternatives is None else len(alternatives)}.")
    reader = TrailReader(graph, tokens, [int(node) for node in order], vocabulary)
    read = list(reader.read())
    for at, nats in enumerate(np.asarray(token_nll, dtype=float)[:expected].tolist(), start=1):
        likely = () if alternatives is None else alternatives[at - 1]
        read[at] = replace(
            read[at], surprisal_nats=nats, probability=math.exp(-nats),
            alternatives=_named(likely, tokens[at], vocabulary),
        )
    return TrailView(tuple(read), tuple(reader.visited), tuple(_visits(read, reader)),
                     graph.num_nodes)


def first_difference(a: TrailView, b: TrailView) -> int:
    """Position of the first token in which two trails differ; the shorter length if none does."""
    pairs = zip(a.tokens, b.tokens, strict=False)
    same = ((x.name, x.kind) == (y.name, y.kind) for x, y in pairs)
    return next((at for at, equal in enumerate(same) if not equal), min(len(a), len(b)))


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


def _visits(tokens: list[TrailToken], reader: TrailReader) -> Iterator[Visit]:
    segment = 0
    for step, node in enumerate(reader.visited):
        own = [token for token in tokens if token.step == step]
        arrival = reader.arrivals[step]
        segment += arrival is Arrival.JUMP
        listed = (token.atom for token in own
                  if token.is_listed and token.kind is TokenKind.NODE_INDEX)
        yield Visit(
            step=step, node=node, arrival=arrival,
            origin=reader.visited[step - 1] if step else None, segment=segment,
            back_references=tuple(atom for atom in listed if atom is not None),
            position=reader.index_positions[step], last_position=own[-1].position,
        )
