"""Sampling new graphs: grammar-masked, batched, with a key-value cache that never copies itself.

All sequences of a batch have the same length at every step, so no padding mask is needed and
attention reads a plain prefix of the cache. Finished sequences leave; when a quarter of the slots
is free, cache and state are compacted, so that the long tail of a batch costs little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, get_args

import torch
from torch import Tensor

from core.chemistry.fragments import Fragment, FragmentError
from core.chemistry.normal_form import normal_form
from core.errors import InputError
from core.graph.graph import Graph
from core.model.checkpoints import Checkpoint, Precision
from core.model.growth import holds_fragment
from core.model.llama import KeyValueCache
from core.sent.decoder import DecodeError, decode, decode_lenient
from core.sent.grammar import Grammar
from core.sent.prefixes import Prefixes, draw_prefixes
from core.sent.vocabulary import EOS, PAD, SOS
from core.threads import threads_for

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)` in sequences that have ended. May raise to cancel."""

_TELL_EVERY = 8
"""Tokens between two reports of progress."""


@dataclass(frozen=True)
class SamplingConfig:
    """How to sample (defaults: docs/definitions.md, Generation and quality).

    Attributes:
        temperature: divides the logits; 1 samples from the model itself.
        top_k: keep this many of the best allowed tokens; None keeps all.
        mask: `strict` allows what the strict decoder accepts next, `kinds` only fixes token kinds.
        max_tokens: a sequence without `eos` after this many tokens is invalid.
        batch_size: sequences sampled at a time.
        precision: `fp32`, or `bf16` for speed; then `self_nll` is off by about 0.06 nats.
    """

    temperature: float = 1.0
    top_k: int | None = 10
    mask: Literal["strict", "kinds"] = "strict"
    max_tokens: int = 500
    batch_size: int = 512
    precision: Precision = "fp32"

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise InputError(f"temperature must be above 0 and finite, got {self.temperature}.")
        for what, value, least in (("top_k", self.top_k, 1), ("max_tokens", self.max_tokens, 2),
                                   ("batch_size", self.batch_size, 1)):
            if value is not None and value < least:
                raise InputError(f"{what} must be at least {least}, got {value}.")
        for what, choice, known in (("mask", self.mask, ("strict", "kinds")),
                                    ("precision", self.precision, get_args(Precision))):
            if choice not in known:
                raise InputError(f"Unknown {what} {choice!r}; use {' or '.join(known)}.")


@dataclass(frozen=True, eq=False)
class GeneratedGraph:
    """One sampled sequence and what it says.

    Attributes:
        tokens: the sequence from `sos` on, without padding.
        graph: the decoded graph, its nodes numbered in visit order, a molecule in its normal form
            (`core.chemistry.normal_form`); None if there is no `eos` or it cannot be read.
        self_nll: NLL of the sequence under the unmasked model at temperature 1, nats; of all of it,
            a fragment that it grew from included.
        prefix_nll: the part of `self_nll` that writes the fragment; None without one.
        holds_fragment: whether the first nodes, as they were written, have exactly the fragment's
            labels and bonds, and its closed atoms no others; None without a fragment or a graph.
    """

    tokens: tuple[int, ...]
    graph: Graph | None
    self_nll: float
    prefix_nll: float | None = None
    holds_fragment: bool | None = None


def generate(
    checkpoint: Checkpoint,
    number: int,
    *,
    generator: torch.Generator,
    config: SamplingConfig = SamplingConfig(),
    fragment: Fragment | None = None,
    progress: Progress | None = None,
) -> Iterator[list[GeneratedGraph]]:
    """Sample `number` graphs, yielding batch by batch so that callers can show progress and stop.

    Args:
        checkpoint: the model.
        number: graphs to sample.
        generator: where tokens, and before them the orders of the fragment, come from.
        config: how to sample.
        fragment: what every graph is to grow from, under the model's chemistry.
        progress: hears of the sequences that have ended, of all batches.

    Raises:
        InputError: for fewer than one graph, or a fragment that cannot be grown from.
    """
    if number < 1:
        raise InputError(f"The number of graphs must be at least 1, got {number}.")
    if fragment is not None and config.mask != "strict":
        raise FragmentError("The mask kinds does not keep a fragment as it is; use strict.")
    for first in range(0, number, config.batch_size):
        size = min(config.batch_size, number - first)
        if progress is not None:
            progress(first, number)
        prefixes = None if fragment is None else draw_prefixes(
            fragment.graph, fragment.is_open, checkpoint.vocabulary, size, generator=generator)
        tokens, self_nll, prefix_nll = sample_tokens(
            checkpoint, size, generator=generator, config=config, prefixes=prefixes,
            progress=None if progress is None else partial(_behind, progress, first, number))
        found = []
        for row, sequence in enumerate(_sequences(tokens)):
            graph = _read(sequence, checkpoint, config)
            chemistry = checkpoint.card.chemistry
            one = GeneratedGraph(sequence, None if graph is None else normal_form(graph, chemistry),
                                 float(self_nll[row]))
            if fragment is not None and prefixes is not None:
                one = replace(one, prefix_nll=float(prefix_nll[row]), holds_fragment=None
                              if graph is None else holds_fragment(
                                  graph, fragment, prefixes.orders[row].numpy()))
            found.append(one)
        yield found


def sample_tokens(
    checkpoint: Checkpoint,
    size: int,
    *,
    generator: torch.Generator,
    config: SamplingConfig,
    prefixes: Prefixes | None = None,
    progress: Progress | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Sample one batch of sequences.

    Args:
        checkpoint: the model.
        size: B, sequences to sample.
        generator: where tokens come from.
        config: how to sample.
        prefixes: B beginnings; their tokens are taken instead of sampled ones, and their closed
            nodes get no neighbours.
        progress: hears of the sequences that have ended.

    Returns:
        tokens [B, L] int64 on the CPU, `pad` after `eos`, their unmasked NLL [B] in nats, and that
        of the prefixes [B], 0 without any.
    """
    with threads_for(checkpoint.network, size):
        return _sample_tokens(checkpoint, size, generator, config, prefixes, progress)


def _behind(progress: Progress, before: int, total: int, done: int, _: int) -> None:
    """Tell of a batch as a part of all."""
    progress(before + done, total)


@torch.inference_mode()
def _sample_tokens(
    checkpoint: Checkpoint, size: int, generator: torch.Generator, config: SamplingConfig,
    prefixes: Prefixes | None, progress: Progress | None,
) -> tuple[Tensor, Tensor, Tensor]:
    device, vocabulary = checkpoint.device, checkpoint.vocabulary
    network = checkpoint.in_precision(config.precision)
    grammar = Grammar(size, vocabulary, kinds_only=config.mask == "kinds", device=device)
    cache = [KeyValueCache() for _ in range(network.settings.num_hidden_layers)]
    written = torch.full((size, config.max_tokens), PAD, device=device)
    written[:, 0] = SOS
    nll = torch.zeros(size, dtype=torch.float64, device=device)
    beginning = None if prefixes is None else _Beginning(prefixes, device)
    alive = torch.arange(size, device=device)  # row of `written` behind every cache slot
    token = written[:, 0].clone()
    for position in range(1, config.max_tokens):
        logits = network(token[:, None], cache)[:, -1]
        is_done = grammar.is_done
        if beginning is not None:
            beginning.close(grammar, alive, position)
        token = _sample(logits, grammar.allowed(), config, generator)
        if beginning is not None:
            token = beginning.force(token, alive, position)
        grammar.advance(token)
        chosen = logits.log_softmax(-1).gather(1, token[:, None]).squeeze(1)
        cost = -chosen.masked_fill(is_done, 0.0).double()
        nll[alive] += cost
        if beginning is not None:
            beginning.count(cost, alive, position)
        written[alive, position] = token
        is_done = grammar.is_done
        num_done = int(is_done.sum())
        if progress is not None and (position % _TELL_EVERY == 0 or num_done == len(alive)):
            progress(size - len(alive) + num_done, size)
        if num_done == len(alive):
            break
        if num_done * 4 >= len(alive):
            rows = (~is_done).nonzero().squeeze(1)
            grammar.select(rows)
            for layer in cache:
                layer.select(rows)
            alive, token = alive[rows], token[rows]
    prefix_nll = torch.zeros_like(nll) if beginning is None else beginning.nll
    return written[:, : position + 1].cpu(), nll.cpu(), prefix_nll.cpu()


class _Beginning:
    """The prefixes of a batch while it is sampled; `alive` are the rows still at work.

    Attributes:
        nll: of the prefixes so far, [B] float64, nats.
    """

    def __init__(self, prefixes: Prefixes, device: torch.device) -> None:
        self._tokens, self._lengths = prefixes.tokens.to(device), prefixes.lengths.to(device)
        self._is_closed = prefixes.is_closed.to(device)
        self._longest = int(self._lengths.max())
        self.nll = torch.zeros(len(prefixes), dtype=torch.float64, device=device)

    def close(self, grammar: Grammar, alive: Tensor, position: int) -> None:
        """Let the grammar know of the prefixes that end in front of a position."""
        if position <= self._longest:
            grammar.grow(self._lengths[alive] == position, self._is_closed[alive])

    def force(self, token: Tensor, alive: Tensor, position: int) -> Tensor:
        """The prefix's token in place of a sampled one, where it has one, [B'] int64."""
        if position >= self._longest:
            return token
        return torch.where(position < self._lengths[alive], self._tokens[alive, position], token)

    def count(self, cost: Tensor, alive: Tensor, position: int) -> None:
        """Add the nats of tokens that were forced."""
        if position < self._longest:
            self.nll[alive] += cost.masked_fill(position >= self._lengths[alive], 0.0)


def _sample(
    logits: Tensor, allowed: Tensor, config: SamplingConfig, generator: torch.Generator
) -> Tensor:
    """Mask, keep the top k, then draw one token per row (Gumbel-max), [B] int64."""
    scores = logits.masked_fill(~allowed, -math.inf) / config.temperature
    if config.top_k is not None and config.top_k < scores.shape[1]:
        kth = scores.topk(config.top_k, dim=1).values[:, -1:]
        scores = scores.masked_fill(scores < kth, -math.inf)
    uniform = torch.rand(scores.shape, generator=generator, device=generator.device)
    # float32 uniforms can be 0, whose Gumbel noise would be -inf even for an allowed token.
    gumbel = -torch.log(-torch.log(uniform.clamp(1e-12, 1 - 1e-7)))
    return (scores + gumbel.to(scores.device)).argmax(1)


def _sequences(tokens: Tensor) -> Iterator[tuple[int, ...]]:
    for row in tokens.tolist():
        end = row.index(EOS) + 1 if EOS in row else len(row)
        yield tuple(row[:end])


def _read(
    tokens: tuple[int, ...], checkpoint: Checkpoint, config: SamplingConfig
) -> Graph | None:
    if tokens[-1] != EOS:
        return None
    reader = decode if config.mask == "strict" else decode_lenient
    try:
        return reader(tokens, checkpoint.vocabulary)
    except DecodeError:
        return None
