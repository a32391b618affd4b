"""What computes the numbers of graphs: this process, or the workers of a cluster.

Graphs come part by part, each once, and their numbers go back in the same order. All engines score
the same graphs in the same batches (`score_graphs`), so their numbers are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from core.graph.graph import Graph
from core.library.settings import ScoringSettings
from core.likelihood.analysis import analyse
from core.model.checkpoints import Checkpoint
from core.sent.strategies import Strategy
from core.triage.judge import judge

SEQUENCES_AT_ONCE = 8_192
"""Linearizations drawn and scored together; some 50 MB."""

Result = dict[str, Any]
"""What is known of a graph: `NUMBERS` of `core.library.columns`, by column."""

Heard = Callable[[int], None]
"""Hears of graphs of the part at work that are done; may raise to cancel."""


class Engine(Protocol):
    """Where graphs are scored.

    Attributes:
        device: for people and records.
    """

    device: str

    def score(
        self, parts: Iterable[Sequence[Graph]], heard: Heard, *, number: int
    ) -> Iterator[list[Result]]:
        """The results of every part's graphs, in order.

        Args:
            parts: taken when they are needed, and as far ahead as there are workers; may be empty
                ones.
            heard: may raise to cancel.
            number: of parts.
        """
        ...

    def close(self) -> None:
        """Let go of whatever works."""


class LocalEngine:
    """A model in this process, on whatever device it lies.

    Args:
        checkpoint: the model.
        settings: of the set.
    """

    def __init__(self, checkpoint: Checkpoint, settings: ScoringSettings) -> None:
        self._checkpoint, self._settings = checkpoint, settings
        self.device = str(checkpoint.device)

    def score(
        self, parts: Iterable[Sequence[Graph]], heard: Heard, *, number: int
    ) -> Iterator[list[Result]]:
        """See `Engine`; a part is taken only when the one before is done."""
        for graphs in parts:
            yield score_graphs(self._checkpoint, graphs, self._settings, heard)

    def close(self) -> None:
        """See `Engine`."""


def score_graphs(
    checkpoint: Checkpoint, graphs: Sequence[Graph], settings: ScoringSettings, heard: Heard
) -> list[Result]:
    """The numbers of graphs, in their order; a graph's do not depend on the others.

    Args:
        checkpoint: the model.
        graphs: that it can read.
        settings: how to score.
        heard: see `Heard`.
    """
    strategy = Strategy.from_name(settings.strategy)
    results: dict[int, Result] = {}
    card = checkpoint.card
    # Graphs of one size in a batch: little is padded.
    by_size = sorted(range(len(graphs)), key=lambda place: graphs[place].num_nodes)
    at_once = max(1, SEQUENCES_AT_ONCE // settings.permutations)
    for first in range(0, len(graphs), at_once):
        places = by_size[first : first + at_once]
        analysis = analyse(
            checkpoint, [graphs[place] for place in places], strategy,
            permutations=settings.permutations, seed=settings.seed, precision=settings.precision,
            progress=_inside(heard, first, len(places)))
        for place, numbers in zip(places, analysis.results(), strict=True):
            known = judge(graphs[place], card.chemistry, is_planar=card.is_planar)
            results[place] = numbers | {"valid": known["valid"], "stable": known.get("stable")}
    return [results[place] for place in range(len(graphs))]


def _inside(heard: Heard, before: int, graphs: int) -> Callable[[int, int], None]:
    """Tell of some sequences of some graphs as of graphs of the part."""
    return lambda done, total: heard(before + graphs * done // total)
