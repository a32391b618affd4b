"""What an evaluation keeps of a few graphs at a time, and the file that holds it.

Logits are gone after their slice (`core.calibration.token_events`). A chunk keeps per graph the NLL
of every linearization and the sums of its events at every temperature; per event its confidence,
correctness and type; and a sample of tokens.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from core.calibration.reliability import BinSums
from core.calibration.token_events import EventSums, TokenEvents
from core.calibration.token_sample import DrawnSequences, TokenSample
from core.errors import InputError, one_line
from core.graph.graph import Graph
from core.likelihood.scoring import LogitSlice, Precision, logit_slices
from core.model.checkpoints import Checkpoint
from core.runs import replacing
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import Strategy
from core.sent.trails import TrailBatch


@dataclass(frozen=True)
class Linearizing:
    """How graphs become events.

    Attributes:
        strategy: that orders the nodes.
        permutations: K, linearizations per graph.
        seed: fixes them, and the sample of tokens.
        precision: of the forward passes.
    """

    strategy: Strategy
    permutations: int
    seed: int
    precision: Precision


@dataclass(frozen=True, eq=False)
class EventTable:
    """Events of a chunk, one per token of every different sequence; arrays of [n].

    Attributes:
        graph: int32, row of the graph in the chunk.
        type: int8, place in `DISJOINT_TYPES`.
        multiplicity: int32, how often the sequence was drawn.
        correct: bool.
        confidence: [S, n] float32 at temperature 1 and, if there is one, at the fitted one.
    """

    graph: np.ndarray
    type: np.ndarray
    multiplicity: np.ndarray
    correct: np.ndarray
    confidence: np.ndarray


@dataclass(frozen=True, eq=False)
class ChunkResult:
    """What is known of g graphs.

    Attributes:
        nll: of every linearization, nats, [g, K] float64.
        log_q: of every sequence under the strategy, [g, K] float64.
        num_tokens: predicted tokens of every linearization, [g, K] int64.
        sums: of the events, one for each temperature.
        events: all of them.
        sample: some of them, to look at.
    """

    nll: np.ndarray
    log_q: np.ndarray
    num_tokens: np.ndarray
    sums: tuple[BinSums, ...]
    events: EventTable
    sample: TokenSample

    def save(self, path: Path) -> None:
        """Write an `.npz` of plain arrays, whole or not at all."""
        arrays = {name: getattr(self, name) for name in _PER_GRAPH}
        arrays |= _named("events", self.events) | _named("sample", self.sample)
        for t, sums in enumerate(self.sums):
            arrays |= _named(f"sums{t}", sums)
        with replacing(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)


_Arrays = TypeVar("_Arrays", BinSums, EventTable, TokenSample)


class ChunkError(InputError):
    """A chunk's file cannot be read; the message says why and what to do."""


class ChunkFile:
    """Reads what `ChunkResult.save` wrote, one part at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def per_graph(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`nll`, `log_q` and `num_tokens`."""
        nll, log_q, num_tokens = self._arrays(_PER_GRAPH)
        return nll, log_q, num_tokens

    def sums(self, temperature: int) -> BinSums:
        """Sums at one temperature, counted from 0."""
        return self._read(BinSums, f"sums{temperature}")

    def events(self) -> EventTable:
        """All events."""
        return self._read(EventTable, "events")

    def sample(self) -> TokenSample:
        """The sampled ones."""
        return self._read(TokenSample, "sample")

    def _read(self, kind: type[_Arrays], prefix: str) -> _Arrays:
        return kind(*self._arrays([f"{prefix}/{field.name}" for field in fields(kind)]))

    def _arrays(self, names: Sequence[str]) -> list[np.ndarray]:
        try:
            with np.load(self._path, allow_pickle=False) as arrays:
                return [arrays[name] for name in names]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
            raise ChunkError(f"{self._path} is damaged ({one_line(error)}); delete it and run the "
                             "same command again.") from error


_PER_GRAPH = ("nll", "log_q", "num_tokens")


def _named(prefix: str, value: object) -> dict[str, np.ndarray]:
    return {f"{prefix}/{name}": array for name, array in vars(value).items()}


@torch.inference_mode()
def evaluate_chunk(
    checkpoint: Checkpoint,
    graphs: Sequence[Graph],
    how: Linearizing,
    *,
    first: int,
    temperatures: Sequence[float],
    event_temperatures: Sequence[float],
) -> ChunkResult:
    """Linearize graphs, run the model and keep what `ChunkResult` holds.

    Args:
        checkpoint: the model.
        graphs: g of them.
        how: see `Linearizing`.
        first: row of the first graph in the whole set.
        temperatures: at which sums are taken.
        event_temperatures: at which each event's confidence is kept.
    """
    trails, drawn, of_draw = _draw(checkpoint, graphs, how, first)
    sums = EventSums(len(graphs), temperatures, checkpoint.device)
    sequence_nll = torch.zeros(len(drawn.tokens), dtype=torch.float64, device=checkpoint.device)
    tables, samples = [], []
    for part in _slices(checkpoint, drawn, how):
        events = TokenEvents.from_logits(part.logits, part.tokens, checkpoint.vocabulary)
        of_slice = drawn[part.rows]
        graph = of_slice.graph[events.row] - first
        multiplicity = of_slice.multiplicity[events.row]
        sums.add(events, graph, multiplicity)
        sequence_nll.index_add_(0, part.rows[events.row], events.at(1.0)[1].double())
        samples.append(TokenSample.draw(events, of_slice, seed=how.seed))
        tables.append(_table(events, graph, multiplicity, event_temperatures))
    shape = trails.lengths.shape
    return ChunkResult(
        nll=sequence_nll[of_draw].view(shape).cpu().numpy(),
        log_q=trails.log_q.cpu().numpy(),
        num_tokens=(trails.lengths - 1).cpu().numpy(),
        sums=tuple(_bin_sums(sums, t) for t in range(len(temperatures))),
        events=EventTable(*(np.concatenate(columns, axis=-1)
                            for columns in zip(*tables, strict=True))),
        sample=TokenSample.join(samples),
    )


@torch.inference_mode()
def nll_by_temperature(
    checkpoint: Checkpoint, graphs: Sequence[Graph], how: Linearizing,
    temperatures: Sequence[float],
) -> tuple[np.ndarray, int]:
    """Total NLL at each temperature in nats, [T] float64, and the number of predicted tokens."""
    _, drawn, _ = _draw(checkpoint, graphs, how, 0)
    nll = torch.zeros(len(temperatures), dtype=torch.float64, device=checkpoint.device)
    num_tokens = 0
    for part in _slices(checkpoint, drawn, how):
        events = TokenEvents.from_logits(part.logits, part.tokens, checkpoint.vocabulary)
        multiplicity = drawn.multiplicity[part.rows[events.row]]
        num_tokens += int(multiplicity.sum())
        for t, temperature in enumerate(temperatures):
            nll[t] += (events.at(temperature)[1].double() * multiplicity).sum()
    return nll.cpu().numpy(), num_tokens


def _draw(
    checkpoint: Checkpoint, graphs: Sequence[Graph], how: Linearizing, first: int
) -> tuple[TrailBatch, DrawnSequences, Tensor]:
    """All linearizations, the different ones among them, and which one each draw gave, [g K]."""
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=True, device=checkpoint.device)
    trails = sample_trails(
        batch, checkpoint.vocabulary, how.strategy, permutations=how.permutations,
        generator=GraphSeed(how.seed),
    )
    flat = trails.tokens.flatten(0, 1).long()
    number = torch.arange(len(flat), device=flat.device)
    graph = number // how.permutations
    # Two graphs may share a sequence; each keeps its own.
    different, of_draw, multiplicity = torch.unique(
        torch.cat([graph[:, None], flat], dim=1), dim=0, return_inverse=True, return_counts=True
    )
    earliest = torch.full_like(multiplicity, len(flat)).scatter_reduce_(
        0, of_draw, number, reduce="amin")
    drawn = DrawnSequences(
        different[:, 1:], different[:, 0] + first, earliest + first * how.permutations,
        multiplicity,
    )
    return trails, drawn, of_draw


def _slices(
    checkpoint: Checkpoint, drawn: DrawnSequences, how: Linearizing
) -> Iterator[LogitSlice]:
    return logit_slices(checkpoint, drawn.tokens, precision=how.precision)


def _table(
    events: TokenEvents, graph: Tensor, multiplicity: Tensor, temperatures: Sequence[float]
) -> tuple[np.ndarray, ...]:
    confidence = torch.stack([events.at(temperature)[0] for temperature in temperatures])
    columns = (graph.int(), events.type.to(torch.int8), multiplicity.int(), events.correct,
               confidence)
    return tuple(column.cpu().numpy() for column in columns)


def _bin_sums(sums: EventSums, temperature: int) -> BinSums:
    """Sums at one temperature, in single precision: of at most a few thousand events per graph."""
    return BinSums(*(
        getattr(sums, field.name)[temperature].float().cpu().numpy() for field in fields(BinSums)
    ))
