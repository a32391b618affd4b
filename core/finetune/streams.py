"""What a model is fine-tuned on: an endless, reproducible stream of batches of token sequences."""

from __future__ import annotations

from typing import Any, Protocol

import torch

from core.model.epochs import ShuffledEpochs
from core.model.training import TrainingGraphs
from core.salience.examples import TokenSequences
from core.salience.matrices import SalienceError
from core.sent.sampler import sample_trails
from core.sent.strategies import Strategy
from core.sent.vocabulary import Vocabulary

_EXAMPLES = 2_147_483_647
"""Set off the seeds of examples for salience against those of training steps."""


class TokenStream(Protocol):
    """Batches by number; what a batch holds depends on the stream's seed and the number alone."""

    @property
    def source(self) -> dict[str, Any]:
        """Where the sequences come from, JSON values."""

    def batch(self, number: int, size: int) -> TokenSequences:
        """The number-th batch, from 0."""

    def examples(self, size: int) -> TokenSequences:
        """Examples for salience, drawn alike but not in step with the batches."""


class GraphStream:
    """Graphs in shuffled epochs, linearized afresh every time that they come up.

    Args:
        graphs: at least one, a `GraphBatch`, or a `DataPart` that collates what is asked for.
        vocabulary: must hold all graphs.
        strategy: how they are linearized.
        seed: fixes order and linearizations.
        source: what else to say of where the graphs come from.
        device: that linearizes them.

    Raises:
        VocabularyError: for a graph that the vocabulary cannot write.
    """

    def __init__(
        self,
        graphs: TrainingGraphs,
        vocabulary: Vocabulary,
        strategy: Strategy,
        *,
        seed: int,
        source: dict[str, Any] | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        graphs.check_fits(vocabulary)
        self._graphs = graphs
        self._vocabulary = vocabulary
        self._strategy = strategy
        self._seed = seed
        self._rows = ShuffledEpochs(len(graphs), seed=seed)
        self._source = dict(source or {})
        self._device = device

    @property
    def source(self) -> dict[str, Any]:
        """Where the sequences come from, JSON values."""
        return {"kind": "graphs", "strategy": self._strategy.name, "graphs": len(self._graphs),
                "seed": self._seed, **self._source}

    def batch(self, number: int, size: int) -> TokenSequences:
        """The number-th batch of fresh linearizations, from 0."""
        return self._linearize(self._rows.batch(number, size), self._seed * 1_000_003 + number)

    def examples(self, size: int) -> TokenSequences:
        """Linearizations of `size` different graphs, or of all if there are fewer."""
        generator = torch.Generator().manual_seed(self._seed + _EXAMPLES)
        rows = torch.randperm(len(self._graphs), generator=generator)[:size].tolist()
        return self._linearize(rows, self._seed + _EXAMPLES)

    def _linearize(self, rows: list[int], seed: int) -> TokenSequences:
        chosen = self._graphs[torch.tensor(rows)].to(self._device)
        trails = sample_trails(chosen, self._vocabulary, self._strategy, permutations=1,
                               generator=torch.Generator().manual_seed(seed))
        return TokenSequences(trails.tokens[:, 0].long().cpu(), trails.lengths[:, 0].cpu(),
                              {**self.source, "number": len(rows)})


class SequenceStream:
    """Given token sequences in shuffled epochs.

    Raises:
        SalienceError: for no sequences.
    """

    def __init__(self, sequences: TokenSequences, *, seed: int) -> None:
        if not len(sequences):
            raise SalienceError("There are no token sequences to learn from; give at least one.")
        self._sequences = sequences
        self._seed = seed
        self._rows = ShuffledEpochs(len(sequences), seed=seed)

    @property
    def source(self) -> dict[str, Any]:
        """Where the sequences come from, JSON values."""
        return {**self._sequences.source, "seed": self._seed}

    def batch(self, number: int, size: int) -> TokenSequences:
        """The number-th batch, from 0."""
        return self._sequences.rows(torch.tensor(self._rows.batch(number, size)))

    def examples(self, size: int) -> TokenSequences:
        """`size` different sequences, or all if there are fewer."""
        generator = torch.Generator().manual_seed(self._seed + _EXAMPLES)
        rows = torch.randperm(len(self._sequences), generator=generator)[:size]
        return self._sequences.rows(rows)
