"""A strategy with a share of `random_order`: what is drawn for every permutation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.errors import InputError
from core.graph.graph import Graph
from core.sent.batch import GraphBatch
from core.sent.probability import TooManySequencesError, enumerate_sequences
from core.sent.randomness import RANDOM_BITS, GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER, Strategy, check_share
from core.sent.vocabulary import PAD, Vocabulary

_CHOICES = 0x4D69_7874  # another stream than the walks', which number their steps from the seed


class DiversityError(InputError):
    """A diversity cannot be measured; the message says what would be right."""


@dataclass(frozen=True)
class Mixture:
    """A strategy of which a share of the linearizations is `random_order` instead.

    Attributes:
        strategy: of the others.
        share: probability of `random_order`, in [0, 1], independent for every permutation.

    Raises:
        DiversityError: for a share outside [0, 1].
    """

    strategy: Strategy
    share: float = 0.0

    def __post_init__(self) -> None:
        check_share(self.share, DiversityError)

    def draw(
        self, graphs: Sequence[Graph], vocabulary: Vocabulary, *, permutations: int, seed: int
    ) -> tuple[Tensor, Tensor]:
        """Draw K linearizations of each of G graphs.

        They depend on seed, graph up to its numbering, strategy, share and permutation number
        alone; share 0 draws what `sample_trails` draws.

        Args:
            graphs: at least one, all labelled or all unlabelled.
            vocabulary: must hold every node and label.
            permutations: K ≥ 1.
            seed: of walks and choices.

        Returns:
            Tokens [G, K, L] int32, padded with `pad`, and their lengths [G, K] int64.

        Raises:
            VocabularyError: for a graph that the vocabulary cannot write.
        """
        batch = GraphBatch.from_graphs(graphs, with_automorphisms=True)
        own = sample_trails(batch, vocabulary, self.strategy, permutations=permutations,
                            generator=GraphSeed(seed))
        if self.share == 0:
            return own.tokens, own.lengths
        other = sample_trails(batch, vocabulary, RANDOM_ORDER, permutations=permutations,
                              generator=GraphSeed(seed))
        width = max(own.tokens.shape[-1], other.tokens.shape[-1])
        is_random = self.is_random(batch, permutations=permutations, seed=seed)
        tokens = torch.where(is_random[..., None], _widened(other.tokens, width),
                             _widened(own.tokens, width))
        return tokens, torch.where(is_random, other.lengths, own.lengths)

    def is_random(self, graphs: GraphBatch, *, permutations: int, seed: int) -> Tensor:
        """Which permutations are `random_order`, [G, K] bool; `graphs` with automorphisms."""
        choices = GraphSeed(seed ^ _CHOICES).draw(graphs.canonical(), permutations, 1)[..., 0]
        return choices < self.share * (1 << RANDOM_BITS)

    def count_sequences(self, graph: Graph, vocabulary: Vocabulary, *, limit: int) -> int | None:
        """Distinct sequences of a graph; None where there are more than `limit`.

        `random_order` writes whatever a biased strategy does, so any share of it counts its own.
        """
        strategy = RANDOM_ORDER if self.share > 0 else self.strategy
        try:
            return len(enumerate_sequences(graph, vocabulary, strategy, limit=limit).tokens)
        except TooManySequencesError:
            return None


def _widened(tokens: Tensor, width: int) -> Tensor:
    return torch.nn.functional.pad(tokens, (0, width - tokens.shape[-1]), value=PAD)
