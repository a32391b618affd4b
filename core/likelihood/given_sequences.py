"""Token NLLs of sequences that a user brings, whatever they write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import torch

from core.data.token_lines import TokenLine
from core.likelihood.scoring import Precision, score_sequences
from core.model.checkpoints import Checkpoint
from core.sent.vocabulary import PAD, SOS

_AT_ONCE = 1_024


def score_lines(
    checkpoint: Checkpoint, lines: Iterable[TokenLine], *, precision: Precision = "fp32"
) -> Iterator[dict[str, Any]]:
    """NLL of every token of every line, in order; bad lines with their error.

    A sequence begins with `sos` and holds tokens of the model's vocabulary but `pad`; whether it
    says a graph is of no account. `nll` is the sum of `token_nll`, nats, over every token behind
    `sos`.

    Args:
        checkpoint: the model.
        lines: as `read_token_lines` gives them; held some at a time.
        precision: of the forward passes.
    """
    remaining = iter(lines)
    while some := list(islice(remaining, _AT_ONCE)):
        faults = [line.error or _fault(line.tokens or (), checkpoint) for line in some]
        good = [line.tokens for line, fault in zip(some, faults, strict=True)
                if fault is None and line.tokens is not None]
        scored = iter(_score(checkpoint, good, precision))
        for line, fault in zip(some, faults, strict=True):
            row = {"id": line.id, "model": checkpoint.card.name, "error": fault}
            if fault is None:
                nll = next(scored)
                row |= {"num_tokens": len(nll), "nll": sum(nll), "nll_per_token":
                        sum(nll) / len(nll), "token_nll": nll}
            yield row


def _score(
    checkpoint: Checkpoint, sequences: list[tuple[int, ...]], precision: Precision
) -> list[list[float]]:
    if not sequences:
        return []
    tokens = torch.full((len(sequences), max(map(len, sequences))), PAD)
    for row, sequence in enumerate(sequences):
        tokens[row, : len(sequence)] = torch.tensor(sequence)
    nll = score_sequences(checkpoint, tokens, precision=precision).double()
    return [nll[row, : len(sequence) - 1].tolist() for row, sequence in enumerate(sequences)]


def _fault(tokens: tuple[int, ...], checkpoint: Checkpoint) -> str | None:
    vocabulary, longest = checkpoint.vocabulary, checkpoint.network.settings.max_position_embeddings
    if len(tokens) < 2 or tokens[0] != SOS:
        return f"A sequence begins with sos, token {SOS}, and has at least one token behind it."
    for place, token in enumerate(tokens):
        if not 0 <= token < len(vocabulary) or token == PAD:
            what = "the padding" if token == PAD else "outside the vocabulary"
            return (f"Token {token} at position {place} is {what}; {checkpoint.card.name} has "
                    f"tokens 0 to {len(vocabulary) - 1}, of which {PAD} is padding.")
    if len(tokens) > longest:
        return (f"The sequence has {len(tokens):,} tokens; {checkpoint.card.name} reads at most "
                f"{longest:,}.")
    return None
