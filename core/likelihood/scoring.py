"""Token NLLs of linearizations, in batches bounded by a token budget.

Sequences are scored once each, however often a strategy drew them, sorted by length so that little
is padded, and in slices of a fixed number of tokens so that memory does not grow with the input:
logits never outlive their slice. Padding stands behind every sequence and attention is causal, so
it cannot reach a real token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from core.model.checkpoints import Checkpoint, Precision
from core.sent.trails import TrailBatch
from core.threads import threads_for

_CACHED_NUMBERS = 2048 * 768
"""Numbers of the widest activation of a pass on a CPU, 6 MB in fp32. At preset `small`, 2,048
tokens: eight times as many take 1.5 × the processor time, as every activation then leaves the
cache, and its memory goes back to the system after each operation."""
_LEAST_TOKENS = 512
"""Of a pass of a wide model, whose matrix products need that many rows to be fast."""
_GPU_TOKENS = 131_072


@dataclass(frozen=True, eq=False)
class Likelihoods:
    """What a model says of K linearizations of each of G graphs; on the CPU.

    Attributes:
        token_nll: [G, K, L − 1] float32, −log p(token t + 1 | tokens ≤ t) in nats, 0 in padding;
            `eos` counts, `sos` is given, no grammar mask (docs/definitions.md, Likelihood).
        valid: [G, K, L − 1] bool, which entries are real.
    """

    token_nll: Tensor
    valid: Tensor

    @property
    def nll(self) -> Tensor:
        """NLL of every sequence, [G, K] float64, nats."""
        return self.token_nll.double().sum(-1)

    @property
    def num_tokens(self) -> Tensor:
        """Predicted tokens of every sequence, [G, K] int64."""
        return self.valid.sum(-1)

    @property
    def nll_per_token(self) -> float:
        """Total nats over total tokens, pooled over graphs and permutations."""
        return float(self.nll.sum() / self.num_tokens.sum())


def score_trails(
    checkpoint: Checkpoint,
    trails: TrailBatch,
    *,
    token_budget: int | None = None,
    precision: Precision = "fp32",
    progress: Callable[[int, int], None] | None = None,
) -> Likelihoods:
    """Score every linearization under a model.

    Args:
        checkpoint: the model; its device does the work.
        trails: linearizations written in the model's vocabulary.
        token_budget: most tokens, padding included, in one forward pass; by default
            `default_token_budget`.
        precision: `bf16` is about three times as fast on CPUs that have it, and off by about 0.05
            nats per sequence; see `benchmarks/precision`.
        progress: called as `progress(done, total)` in sequences; may raise to cancel.
    """
    flat = trails.tokens.flatten(0, 1)
    sequences, of_row = torch.unique(flat, dim=0, return_inverse=True)
    unique_nll = score_sequences(
        checkpoint, sequences, token_budget=token_budget, precision=precision, progress=progress
    )
    shape = (*trails.tokens.shape[:2], -1)
    valid = (flat[:, 1:] != checkpoint.vocabulary.pad).view(shape)
    return Likelihoods(unique_nll[of_row.cpu()].view(shape), valid.cpu())


def default_token_budget(checkpoint: Checkpoint) -> int:
    """Tokens of a forward pass: what stays in a processor's cache, or fits on a GPU.

    Args:
        checkpoint: whose width and device decide.
    """
    if checkpoint.device.type != "cpu":
        return _GPU_TOKENS
    return max(_LEAST_TOKENS, _CACHED_NUMBERS // checkpoint.network.settings.intermediate_size)


@torch.inference_mode()
def score_sequences(
    checkpoint: Checkpoint,
    sequences: Tensor,
    *,
    token_budget: int | None = None,
    precision: Precision = "fp32",
    progress: Callable[[int, int], None] | None = None,
) -> Tensor:
    """NLL of every token of right-padded sequences [B, L], as [B, L − 1] float32 on the CPU."""
    token_nll = torch.zeros(sequences.shape[0], sequences.shape[1] - 1)
    done = 0
    token_budget = token_budget or default_token_budget(checkpoint)
    if progress is not None and sequences.numel() > token_budget:  # the first part may take long
        progress(0, len(sequences))
    for part in logit_slices(checkpoint, sequences, precision=precision,
                             token_budget=token_budget):
        nll = torch.nn.functional.cross_entropy(
            part.logits.transpose(1, 2), part.tokens[:, 1:],
            ignore_index=checkpoint.vocabulary.pad, reduction="none",
        )
        token_nll[part.rows.cpu(), : nll.shape[1]] = nll.float().cpu()
        done += len(part.rows)
        if progress is not None:
            progress(done, len(sequences))
    return token_nll


@dataclass(frozen=True, eq=False)
class LogitSlice:
    """What a model says of a few sequences at once, on the model's device.

    Attributes:
        rows: [B] int64, which of the sequences.
        tokens: [B, L] int64, these sequences, padded to the longest of them.
        logits: [B, L − 1, V] float32, of the token behind each of the first L − 1.
    """

    rows: Tensor
    tokens: Tensor
    logits: Tensor


@torch.inference_mode()
def logit_slices(
    checkpoint: Checkpoint, sequences: Tensor, *, precision: Precision,
    token_budget: int | None = None,
) -> Iterator[LogitSlice]:
    """Run the model over right-padded sequences [B, L], slice by slice, shortest first.

    Args:
        checkpoint: the model; its device does the work.
        sequences: every row holds at least two tokens.
        precision: of the forward passes.
        token_budget: most tokens, padding included, in one slice; by default
            `default_token_budget`.
    """
    token_budget = token_budget or default_token_budget(checkpoint)
    lengths = (sequences != checkpoint.vocabulary.pad).sum(1)
    for rows in slices_by_length(lengths, token_budget):
        part = sequences[rows, : int(lengths[rows].max())].to(checkpoint.device).long()
        yield LogitSlice(rows, part, _logits(checkpoint, part[:, :-1], precision))


@torch.inference_mode()
def next_token_probabilities(checkpoint: Checkpoint, tokens: list[int]) -> Tensor:
    """The model's distribution at every step of one sequence, [L − 1, V] float32 on the CPU."""
    part = torch.tensor([tokens], device=checkpoint.device)
    return _logits(checkpoint, part[:, :-1], "fp32")[0].softmax(-1).cpu()


def _logits(checkpoint: Checkpoint, tokens: Tensor, precision: Precision) -> Tensor:
    # Compiled code is compiled anew for another number of threads.
    threads = (nullcontext() if checkpoint.is_compiled
               else threads_for(checkpoint.network, tokens.numel()))
    with threads:
        return checkpoint.forward(precision)(tokens)


def slices_by_length(lengths: Tensor, token_budget: int) -> Iterator[Tensor]:
    """Row numbers of sequences of [B] tokens, shortest first, in slices whose padded size fits.

    A sequence that is longer than the budget is a slice by itself.
    """
    by_length = lengths.argsort(stable=True)
    sizes = lengths[by_length].tolist()
    first = 0
    while first < len(sizes):
        last = first + 1
        while last < len(sizes) and (last + 1 - first) * sizes[last] <= token_budget:
            last += 1
        yield by_length[first:last]
        first = last
