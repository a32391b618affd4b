"""The whole chain for given graphs: draw linearizations, score them, say what they tell.

Commands, pages and notebooks all call `analyse`, so that the same molecule, model, strategy, K and
seed give the same numbers everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.data.files import InputRow
from core.graph.graph import Graph
from core.likelihood.attribution import Attribution, attribute
from core.likelihood.scoring import (
    DEFAULT_TOKEN_BUDGET,
    Likelihoods,
    Precision,
    score_trails,
)
from core.likelihood.uncertainty import Uncertainty, linearization_uncertainty
from core.model.card import ModelCard
from core.model.checkpoints import Checkpoint
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import Strategy, TieBreak
from core.sent.token_roles import TokenRoles, find_token_roles
from core.sent.trails import TrailBatch
from core.stats.estimates import Estimate


@dataclass(frozen=True, eq=False)
class Analysis:
    """K linearizations of each of G graphs under one strategy, scored by one model; on the CPU.

    Attributes:
        card: of the model.
        graphs: the G graphs.
        batch: the same, collated.
        trails: their linearizations, [G, K].
        likelihoods: NLL of every token.
        uncertainties: LU, interval and order-marginal NLL, one per graph.
    """

    card: ModelCard
    graphs: tuple[Graph, ...]
    batch: GraphBatch
    trails: TrailBatch
    likelihoods: Likelihoods
    uncertainties: tuple[Uncertainty, ...]

    @cached_property
    def roles(self) -> TokenRoles:
        """What every token is about."""
        return find_token_roles(self.batch, self.trails.orders, self.trails.tokens,
                                self.card.vocabulary)

    @cached_property
    def attribution(self) -> Attribution:
        """Surprisal by node and edge."""
        return attribute(self.likelihoods, self.roles, self.batch)

    def results(self) -> Iterator[dict[str, Any]]:
        """What is found of each graph, in order: the numbers of `SUMMARY_COLUMNS`."""
        nats = self.likelihoods.nll.sum(1)
        tokens = self.likelihoods.num_tokens.sum(1)
        for g, (graph, found) in enumerate(zip(self.graphs, self.uncertainties, strict=True)):
            yield {
                "num_nodes": graph.num_nodes,
                "nll_mean": found.nll_mean,
                "nll_std": found.nll_std,
                "nll_per_token": float(nats[g] / tokens[g]),
                **Estimate(found.lu, found.interval).columns("lu"),
                "nll_marginal": found.marginal_nll,
                "effective_sample_size": found.effective_sample_size,
            }


def analyse(
    checkpoint: Checkpoint,
    graphs: Sequence[Graph],
    strategy: Strategy,
    *,
    permutations: int,
    seed: int,
    tie_break: TieBreak = TieBreak.RANDOM,
    precision: Precision = "fp32",
    token_budget: int = DEFAULT_TOKEN_BUDGET,
    progress: Callable[[int, int], None] | None = None,
) -> Analysis:
    """Draw and score `permutations` linearizations of every graph.

    Args:
        checkpoint: the model.
        graphs: at least one, all of the model's kind.
        strategy: how to linearize; need not be the one the model was trained under.
        permutations: K ≥ 2.
        seed: fixes sequences (see `GraphSeed`) and bootstrap intervals.
        tie_break: how one of several best candidates is taken.
        precision: of the forward passes.
        token_budget: most tokens, padding included, in one of them; progress comes after each.
        progress: called as `progress(done, total)` in sequences; may raise to cancel.

    Raises:
        VocabularyError: for a graph that the model cannot read.
    """
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=True)
    trails = sample_trails(
        batch, checkpoint.vocabulary, strategy, permutations=permutations,
        generator=GraphSeed(seed), tie_break=tie_break,
    )
    likelihoods = score_trails(checkpoint, trails, precision=precision,
                               token_budget=token_budget, progress=progress)
    uncertainties = linearization_uncertainty(
        likelihoods.nll.numpy(), trails.log_q.numpy(), seed=seed
    )
    return Analysis(checkpoint.card, tuple(graphs), batch, trails, likelihoods, uncertainties)


SUMMARY_COLUMNS = (
    "id", "smiles", "num_nodes", "model", "strategy", "permutations", "nll_mean", "nll_std",
    "nll_per_token", "lu", "lu_low", "lu_high", "nll_marginal", "effective_sample_size", "notes",
    "error",
)
"""Columns of a summary row, in order."""


def summarize(
    checkpoint: Checkpoint,
    rows: Sequence[InputRow],
    strategy: Strategy,
    *,
    permutations: int,
    seed: int,
    precision: Precision = "fp32",
) -> Iterator[dict[str, Any]]:
    """One row of `SUMMARY_COLUMNS` per input row, bad rows with their error, in input order."""
    graphs = [row.graph for row in rows if row.graph is not None]
    results: Iterator[dict[str, Any]] = iter(())
    if graphs:
        results = analyse(checkpoint, graphs, strategy, permutations=permutations, seed=seed,
                          precision=precision).results()
    for row in rows:
        summary = dict.fromkeys(SUMMARY_COLUMNS) | {
            "id": row.id, "smiles": row.smiles, "model": checkpoint.card.name,
            "strategy": strategy.name, "permutations": permutations, "error": row.error,
            "notes": None if row.graph is None else " ".join(row.notes) or None,
        }
        yield summary if row.graph is None else summary | next(results)
