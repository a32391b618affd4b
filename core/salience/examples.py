"""`TokenSequences`: the calibration examples that data-driven criteria are averaged over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.graph.graph import Graph
from core.likelihood.scoring import slices_by_length
from core.salience.errors import SalienceError
from core.salience.language_model import LanguageModel
from core.sent.batch import GraphBatch
from core.sent.sampler import sample_trails
from core.sent.strategies import Strategy
from core.sent.vocabulary import Vocabulary

DEFAULT_EXAMPLES = 256


@dataclass(frozen=True, eq=False)
class TokenSequences:
    """Right-padded sequences; on the CPU.

    Attributes:
        tokens: [n, L] int64; whatever stands behind a sequence's end is never a target.
        lengths: [n] int64, each ≥ 2 and ≤ L.
        source: where they come from, JSON values: kind, data set or file, strategy, seed.
    """

    tokens: Tensor
    lengths: Tensor
    source: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def is_target(self) -> Tensor:
        """[n, L − 1] bool: entry t says whether token t + 1 is one to predict."""
        return torch.arange(1, self.tokens.shape[1]) < self.lengths[:, None]

    @property
    def digest(self) -> str:
        """SHA-256 of the sequences."""
        found = hashlib.sha256(self.lengths.numpy().tobytes())
        found.update(self.tokens[self.is_real].numpy().tobytes())
        return found.hexdigest()

    @property
    def is_real(self) -> Tensor:
        """[n, L] bool: False behind a sequence's end."""
        return torch.arange(self.tokens.shape[1]) < self.lengths[:, None]

    def slices(self, token_budget: int) -> Iterator[TokenSequences]:
        """Parts of similar length, shortest first, each of at most `token_budget` tokens, padding
        included, or of a single sequence."""
        for rows in slices_by_length(self.lengths, token_budget):
            yield self.rows(rows)

    def rows(self, rows: Tensor) -> TokenSequences:
        """Some of the sequences, cut to the longest of them."""
        lengths = self.lengths[rows]
        return TokenSequences(self.tokens[rows, : int(lengths.max())], lengths, self.source)


def from_graphs(
    graphs: Sequence[Graph],
    vocabulary: Vocabulary,
    strategy: Strategy,
    *,
    seed: int,
    source: dict[str, Any] | None = None,
) -> TokenSequences:
    """One linearization of each graph under a strategy.

    Raises:
        SalienceError: for no graphs.
        VocabularyError: for a graph that the vocabulary cannot write.
    """
    if not graphs:
        raise SalienceError("There are no calibration examples; give at least one graph.")
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=False)
    batch.check_fits(vocabulary)
    trails = sample_trails(batch, vocabulary, strategy, permutations=1,
                           generator=torch.Generator().manual_seed(seed))
    return TokenSequences(
        trails.tokens[:, 0].long(), trails.lengths[:, 0],
        {"kind": "graphs", "strategy": strategy.name, "seed": seed, "number": len(graphs),
         **(source or {})},
    )


def read_token_file(path: Path, model: LanguageModel, *, number: int | None = None
                    ) -> TokenSequences:
    """Token sequences from a file: JSON Lines, each line a list of token ids.

    Args:
        path: the file.
        model: whose tokens and positions the sequences must fit.
        number: only the first so many.

    Raises:
        SalienceError: naming the line that is no sequence of at least two of the model's tokens.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SalienceError(f"{path} cannot be read as text ({error}); give a JSON Lines file "
                            "with a list of token ids per line.") from error
    sequences: list[list[int]] = []
    for number_of_line, line in enumerate(lines, 1):
        if line.strip() and (number is None or len(sequences) < number):
            sequences.append(_checked(line, f"{path}, line {number_of_line}", model))
    if not sequences:
        raise SalienceError(f"{path} holds no token sequence; give a list of token ids per line.")
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    tokens = torch.zeros(len(sequences), int(lengths.max()), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        tokens[row, : len(sequence)] = torch.tensor(sequence)
    return TokenSequences(tokens, lengths, {"kind": "tokens", "file": path.name,
                                            "number": len(sequences)})


def _checked(line: str, where: str, model: LanguageModel) -> list[int]:
    try:
        sequence = json.loads(line)
    except ValueError:
        sequence = None
    if (not isinstance(sequence, list) or len(sequence) < 2
            or not all(isinstance(token, int) and not isinstance(token, bool)
                       for token in sequence)):
        raise SalienceError(f"{where} is not a list of at least two token ids, such as [0, 6, 4].")
    if not all(0 <= token < model.vocab_size for token in sequence):
        raise SalienceError(f"{where} has a token outside 0 … {model.vocab_size - 1}, the "
                            f"vocabulary of {model.name}.")
    if model.max_tokens is not None and len(sequence) > model.max_tokens:
        raise SalienceError(f"{where} has {len(sequence):,} tokens; {model.name} attends over at "
                            f"most {model.max_tokens:,}.")
    return sequence
