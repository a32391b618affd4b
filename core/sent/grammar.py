"""Which tokens may come next, for many sequences at once: the strict decoder as tensor masks.

Generation masks the model's scores with `allowed`, samples, and calls `advance`. A state is one of
a few phases of writing a node, plus what the strict decoder remembers: how many nodes there are,
whether the last was walked to, which were jumped away from and what the open bracket has listed.
With `kinds_only` just the kind of the next token is constrained, as LU's code does
(docs/definitions.md, Generation and quality).
"""

from __future__ import annotations

from enum import IntEnum

import torch
from torch import Tensor

from core.sent.vocabulary import EOS, LADJ, PAD, RADJ, RESET, SOS, Vocabulary


class _Phase(IntEnum):
    INDEX = 0  # the index of a new node must follow
    NODE_LABEL = 1
    AFTER_NODE = 2  # next node, jump, bracket or end
    AFTER_BRACKET = 3  # the same without a bracket
    OPENED = 4  # first entry of a bracket
    ENTRY_INDEX = 5  # the listed index behind its edge label
    AFTER_ENTRY = 6  # another entry, or radj
    DONE = 7


class Grammar:
    """State of B sequences that have all just written `sos`.

    Attributes:
        num_nodes: visit indices written so far, [B] int64.
    """

    def __init__(
        self,
        batch_size: int,
        vocabulary: Vocabulary,
        *,
        kinds_only: bool = False,
        device: torch.device | str = "cpu",
    ) -> None:
        self._vocabulary = vocabulary
        self._kinds_only = kinds_only
        self._index = torch.arange(vocabulary.max_nodes, device=device)
        self._token = torch.arange(len(vocabulary), device=device)
        self._phase = torch.full((batch_size,), _Phase.INDEX, device=device)
        self.num_nodes = torch.zeros(batch_size, dtype=torch.int64, device=device)
        self._walked = torch.zeros(batch_size, dtype=torch.bool, device=device)
        self._left = torch.zeros(
            (batch_size, vocabulary.max_nodes), dtype=torch.bool, device=device
        )
        self._last_listed = torch.full((batch_size,), -1, device=device)

    def select(self, rows: Tensor) -> None:
        """Keep only the given sequences, in that order."""
        for name in ("_phase", "num_nodes", "_walked", "_left", "_last_listed"):
            setattr(self, name, getattr(self, name)[rows])

    def grow(self, rows: Tensor, is_closed: Tensor) -> None:
        """Take what some sequences have written for a fragment that the rest is to grow from.

        Its last node is complete, so no bond between its nodes can follow, and closed ones get no
        neighbours: as if they had been jumped away from.

        Args:
            rows: the sequences, [B] bool, each behind a whole node.
            is_closed: nodes of a fragment of n that get no new neighbours, [B, n] bool by index.
        """
        closed = torch.nn.functional.pad(
            is_closed, (0, self._left.shape[1] - is_closed.shape[1]))
        self._left |= closed & rows[:, None]
        self._phase = self._phase.masked_fill(rows, int(_Phase.AFTER_BRACKET))

    @property
    def is_done(self) -> Tensor:
        """Which sequences have written `eos`, [B] bool."""
        return self._phase == _Phase.DONE

    def _listable(self) -> Tensor:
        """Indices that the current node may list next, [B, max_nodes] bool."""
        if self._kinds_only:
            return torch.ones_like(self._left)
        before = (self.num_nodes - 1 - self._walked.long())[:, None]
        index = self._index
        return (index < before) & (index > self._last_listed[:, None]) & ~self._left

    def allowed(self) -> Tensor:
        """Tokens that may come next, [B, V] bool; at least one per sequence (`pad` when done)."""
        vocabulary, phase = self._vocabulary, self._phase[:, None]
        labelled = vocabulary.is_labelled
        listable = self._listable()
        can_list = listable.any(1, keepdim=True)
        has_room = (self.num_nodes < vocabulary.max_nodes)[:, None] | self._kinds_only
        is_next = self._index == self.num_nodes[:, None]
        # The current node is not among those left, unless a fragment ends in a closed one.
        is_walkable = ~(self._left & (self._index == self.num_nodes[:, None] - 1)).any(
            1, keepdim=True)
        new_index = torch.ones_like(is_next) if self._kinds_only else is_next
        between = (phase == _Phase.AFTER_NODE) | (phase == _Phase.AFTER_BRACKET)
        in_bracket = (phase == _Phase.OPENED) | ((phase == _Phase.AFTER_ENTRY) & can_list)

        takes_new = phase == _Phase.INDEX
        takes_listed = phase == _Phase.ENTRY_INDEX
        walks = between & has_room & is_walkable
        takes_edge = walks | in_bracket
        if not labelled:
            takes_new, takes_listed = takes_new | walks, in_bracket
        allowed = torch.zeros((len(phase), len(vocabulary)), dtype=torch.bool, device=phase.device)
        indices = slice(vocabulary.index_offset, vocabulary.node_offset)
        allowed[:, indices] = (takes_new & new_index) | (takes_listed & listable)
        allowed[:, vocabulary.node_offset:vocabulary.edge_offset] = phase == _Phase.NODE_LABEL
        allowed[:, vocabulary.edge_offset:] = takes_edge
        allowed[:, [RESET]] = between & has_room
        allowed[:, [EOS]] = between
        allowed[:, [LADJ]] = (phase == _Phase.AFTER_NODE) & can_list
        allowed[:, [RADJ]] = phase == _Phase.AFTER_ENTRY
        allowed[:, [PAD]] = phase == _Phase.DONE
        return allowed

    def advance(self, tokens: Tensor) -> None:
        """Append one allowed token to every sequence, [B] int64."""
        vocabulary, phase = self._vocabulary, self._phase
        after_index = _Phase.NODE_LABEL if vocabulary.is_labelled else _Phase.AFTER_NODE
        is_index = (tokens >= vocabulary.index_offset) & (tokens < vocabulary.node_offset)
        listing = (phase == _Phase.ENTRY_INDEX) | (phase == _Phase.OPENED) | (
            phase == _Phase.AFTER_ENTRY)
        is_listed, is_new = is_index & listing, is_index & ~listing
        is_edge = vocabulary.is_labelled & (tokens >= vocabulary.edge_offset)
        walks = is_edge & ~listing if vocabulary.is_labelled else (
            is_new & (phase != _Phase.INDEX))
        jumps = tokens == RESET

        self._left |= jumps[:, None] & (self._index == self.num_nodes[:, None] - 1)
        self._walked = (self._walked | walks) & ~jumps
        self._last_listed = torch.where(
            is_new, -1, torch.where(is_listed, tokens - vocabulary.index_offset, self._last_listed)
        )
        self.num_nodes = self.num_nodes + is_new
        for condition, following in (
            (is_new, after_index),
            ((tokens >= vocabulary.node_offset) & (tokens < vocabulary.edge_offset),
             _Phase.AFTER_NODE),
            (is_edge & ~listing, _Phase.INDEX),
            (is_edge & listing, _Phase.ENTRY_INDEX),
            (is_listed, _Phase.AFTER_ENTRY),
            (jumps, _Phase.INDEX),
            (tokens == LADJ, _Phase.OPENED),
            (tokens == RADJ, _Phase.AFTER_BRACKET),
            (tokens == EOS, _Phase.DONE),
            (tokens == SOS, _Phase.INDEX),
        ):
            phase = torch.where(condition, int(following), phase)
        self._phase = phase
