"""Room for nodes and edges: drawings in which they do not stand on each other.

The unit is one bond or edge. Everything is deterministic.
"""

from __future__ import annotations

import math

import numpy as np

_ROUNDS = 60
_LARGEST_STEP = 0.15  # per round; small steps seldom make edges cross
_AT_REST = 1e-3
_REPULSION, _FIRST_STEP = 0.5, 0.5  # of `even_out`
_DIRECTIONS = 48  # angles tried by `free_directions`


def unit_bonds(place: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The same picture, scaled so that the median edge has length 1, [n, 2]."""
    if not len(edges):
        return place
    ends = place[edges]
    lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    median = float(np.median(lengths))
    return place / median if median > 0 else place


def free_directions(place: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Angle of the emptiest direction around every node, [n] radians with y down."""
    angles = np.arange(_DIRECTIONS) * (2 * math.pi / _DIRECTIONS)
    ring = 0.4 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    best = np.zeros(len(place))
    for node in range(len(place)):
        spots = place[node] + ring
        cost = 0.02 * (np.cos(angles - math.pi * 1.75) < 0)  # a tie goes up and right
        gap = np.linalg.norm(spots[:, None] - place[None], axis=2).clip(min=0.05)
        gap[:, node] = np.inf
        cost = cost + (gap ** -2).sum(axis=1)
        gap = distance_to_segments(spots, place[edges[:, 0]], place[edges[:, 1]])
        cost += (0.6 / gap.clip(min=0.06)).sum(axis=1)
        best[node] = angles[int(np.argmin(cost.round(9)))]
    return best


def spread(place: np.ndarray, least: float) -> np.ndarray:
    """Push apart nodes closer than `least`, the others stay where they are, [n, 2]."""
    place = place.copy()
    first, second = np.triu_indices(len(place), 1)
    for _ in range(_ROUNDS):
        push = _push_between_nodes(place, first, second, least)
        if np.abs(push).max(initial=0.0) < _AT_REST / 2:
            break
        place += push
    return place


def give_room(
    place: np.ndarray, edges: np.ndarray, *, node_room: float, edge_room: float
) -> np.ndarray:
    """Push nodes off each other and off edges that pass by; no two edges come to cross, [n, 2].

    Forces push, and no node takes a step that would make edges cross, as in ImPrEd (Simonetto et
    al. 2011).

    Args:
        place: [n, 2].
        edges: [e, 2] node numbers.
        node_room: least distance of nodes.
        edge_room: least distance of a node from an edge that it is no end of.
    """
    place, n = place.copy(), len(place)
    first, second = np.triu_indices(n, 1)
    node, passing = np.nonzero((edges[None] != np.arange(n)[:, None, None]).all(axis=2))
    guard = _CrossingGuard(place, edges)
    for _ in range(_ROUNDS):
        push = _push_between_nodes(place, first, second, node_room)
        push += _push_off_edges(place, node, edges[passing], edge_room)
        size = np.linalg.norm(push, axis=1, keepdims=True)
        if size.max(initial=0.0) < _AT_REST:
            break
        place = guard.move_all(place, push * np.minimum(1, _LARGEST_STEP / size.clip(min=1e-9)))
    return place


def even_out(place: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Let nodes repel each other and edges pull to length 1; no two edges come to cross, [n, 2]."""
    guard, apart = _CrossingGuard(place, edges), 1 - np.eye(len(place))
    for at in range(_ROUNDS):
        between = place[:, None] - place[None]
        gap = np.linalg.norm(between, axis=2).clip(min=0.05)
        push = _REPULSION * (between * (apart / gap**3)[..., None]).sum(axis=1)
        along = place[edges[:, 1]] - place[edges[:, 0]]
        length = np.linalg.norm(along, axis=1, keepdims=True).clip(min=1e-6)
        pull = along / length * (length - 1) / 2
        np.add.at(push, edges[:, 0], pull)
        np.add.at(push, edges[:, 1], -pull)
        largest = _FIRST_STEP * (1 - at / _ROUNDS)  # cools down
        size = np.linalg.norm(push, axis=1, keepdims=True).clip(min=1e-9)
        place = guard.move(place, push * np.minimum(1, largest / size))
    return place


class _CrossingGuard:
    """Lets nodes move only where no further edges come to cross."""

    def __init__(self, place: np.ndarray, edges: np.ndarray) -> None:
        self._pairs = np.zeros((4, 0), dtype=np.int64)
        if len(edges) > 1:
            pairs = _disjoint_pairs(edges)
            self._pairs = pairs[:, ~_cross(place, pairs)]  # these shall stay as they are

    def move(self, place: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Take the step with all nodes that can take it together, the others stay."""
        return self._move_together(place, step)[0]

    def move_all(self, place: np.ndarray, step: np.ndarray) -> np.ndarray:
        """The same, then move the others one by one as far as each can: slower, never stuck."""
        moved, is_held = self._move_together(place, step)
        for node in np.flatnonzero(is_held & (np.linalg.norm(step, axis=1) > _AT_REST)).tolist():
            self._move_one(moved, node, step[node])
        return moved

    def _move_together(
        self, place: np.ndarray, step: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        is_held = np.zeros(len(place), dtype=bool)
        while True:
            moved = np.where(is_held[:, None], place, place + step)
            crossing = _cross(moved, self._pairs)
            if not crossing.any():
                return moved, is_held
            is_held[self._pairs[:, crossing]] = True

    def _move_one(self, place: np.ndarray, node: int, step: np.ndarray) -> None:
        own = self._pairs[:, (self._pairs == node).any(axis=0)]
        before = place[node].copy()
        for part in (1.0, 0.5, 0.25):
            place[node] = before + part * step
            if not _cross(place, own).any():
                return
        place[node] = before


def crossings(place: np.ndarray, edges: np.ndarray) -> int:
    """Number of pairs of edges that cross."""
    return int(_cross(place, _disjoint_pairs(edges)).sum()) if len(edges) > 1 else 0


def distance_to_segments(points: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance of every point [p, 2] to every segment from `a` to `b` [s, 2], as [p, s]."""
    along, to = b - a, points[:, None] - a
    share = ((to * along).sum(-1) / (along**2).sum(-1).clip(min=1e-9)).clip(0, 1)
    return np.linalg.norm(to - share[..., None] * along, axis=-1)


def _push_between_nodes(
    place: np.ndarray, first: np.ndarray, second: np.ndarray, least: float
) -> np.ndarray:
    between = place[second] - place[first]
    gap = np.linalg.norm(between, axis=1)
    lack = (least - gap).clip(min=0)
    along = np.where(gap[:, None] > 1e-6, between / gap.clip(min=1e-6)[:, None], [[1.0, 0.0]])
    push = np.zeros_like(place)
    np.add.at(push, first, -along * lack[:, None] / 2)
    np.add.at(push, second, along * lack[:, None] / 2)
    return push


def _push_off_edges(
    place: np.ndarray, node: np.ndarray, ends: np.ndarray, least: float
) -> np.ndarray:
    a, b = place[ends[:, 0]], place[ends[:, 1]]
    along = b - a
    share = ((place[node] - a) * along).sum(1) / (along**2).sum(1).clip(min=1e-9)
    off = place[node] - (a + share[:, None] * along)
    gap = np.linalg.norm(off, axis=1)
    lack = (least - gap).clip(min=0) * ((share > 0) & (share < 1))  # else its end is nearer
    move = off / gap.clip(min=1e-6)[:, None] * lack[:, None] / 2
    push = np.zeros_like(place)
    np.add.at(push, node, move)
    np.add.at(push, ends[:, 0], -move * (1 - share)[:, None])
    np.add.at(push, ends[:, 1], -move * share[:, None])
    return push


def _disjoint_pairs(edges: np.ndarray) -> np.ndarray:
    """Ends of every two edges that share none, [4, pairs]."""
    a, b = np.triu_indices(len(edges), 1)
    shared = (edges[a][:, :, None] == edges[b][:, None, :]).any(axis=(1, 2))
    return np.concatenate([edges[a[~shared]], edges[b[~shared]]], axis=1).T


def _cross(place: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Whether each two edges cross, [pairs] bool."""
    p, q, r, s = (place[ends] for ends in pairs)
    return (_side(p, q, r) * _side(p, q, s) < 0) & (_side(r, s, p) * _side(r, s, q) < 0)


def _side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
    along, to = q - p, r - p
    return along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]
