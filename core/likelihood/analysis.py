"""The whole chain for given graphs: draw linearizations, score them, say what they tell.

Commands, pages and notebooks all call `analyse`, so that the same molecule, model, strategy, K and
seed give the same numbers everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, get_args

from core.chemistry.molecules import to_smiles
from core.data.files import InputRow
from core.graph.graph import Graph
from core.likelihood.attribution import Attribution, attribute
from core.likelihood.scoring import Likelihoods, Precision, score_trails
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
from core.units import named_with_units

if TYPE_CHECKING:
    import pandas as pd

Rows = Literal["graph", "permutation", "token"]
"""What a row of `Analysis.to_frame` is about."""

_ROWS: tuple[Rows, ...] = get_args(Rows)


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

    def to_frame(self, by: Rows = "graph") -> pd.DataFrame:
        """A tidy table, with units in the names of its columns.

        Args:
            by: what a row is about.
                `graph`: its numbers, as `trailscope score` prints them; `smiles` is missing for
                graphs without labels, and has hydrogens implicit.
                `permutation`: one of the K linearizations of a graph, counted from 1: its NLL,
                log q, number of tokens and the nodes in the order of their visit.
                `token`: one of a linearization, counted from 0 with `sos`: its surprisal, and the
                node, or the ends of the edge, that it is about.

        Returns:
            G, G · K or all tokens as rows; `graph` counts graphs from 0.

        Raises:
            ValueError: for another `by`.
        """
        import pandas as pd

        if by not in _ROWS:
            raise ValueError(f"by must be one of {', '.join(_ROWS)}, got {by!r}.")
        rows = {"graph": self._by_graph, "permutation": self._by_permutation,
                "token": self._by_token}[by]()
        return pd.DataFrame([named_with_units(row) for row in rows]).convert_dtypes(
            convert_string=False, convert_floating=False, convert_boolean=False)

    def _by_graph(self) -> Iterator[dict[str, Any]]:
        chemistry = self.card.chemistry
        for g, found in enumerate(self.results()):
            graph = self.graphs[g]
            yield {
                "graph": g, "id": graph.name,
                "smiles": None if chemistry is None else to_smiles(
                    graph, chemistry, hydrogens=False),
                "model": self.card.name, "strategy": self.trails.strategy.name,
                "permutations": self.trails.permutations, **found,
            }

    def _by_permutation(self) -> Iterator[dict[str, Any]]:
        nll = self.likelihoods.nll.tolist()
        tokens = self.likelihoods.num_tokens.tolist()
        for g, k in product(range(len(self.graphs)), range(self.trails.permutations)):
            yield {
                "graph": g, "permutation": k + 1, "num_tokens": tokens[g][k], "nll": nll[g][k],
                "nll_per_token": nll[g][k] / tokens[g][k],
                "log_q": float(self.trails.log_q[g, k]), "order": self.trails.order(g, k),
            }

    def _by_token(self) -> Iterator[dict[str, Any]]:
        nll, roles = self.likelihoods.token_nll.tolist(), self.roles
        edges = [graph.edges.tolist() for graph in self.graphs]
        for g, k in product(range(len(self.graphs)), range(self.trails.permutations)):
            for place, token in enumerate(self.trails.sequence(g, k)):
                node, edge = int(roles.node[g, k, place]), int(roles.edge[g, k, place])
                yield {
                    "graph": g, "permutation": k + 1, "position": place,
                    "token": self.card.vocabulary.token_name(token),
                    "kind": str(self.card.vocabulary.kind(token)),
                    # `sos` is given, so it has none.
                    "surprisal_nats": nll[g][k][place - 1] if place else None,
                    "node": node if node >= 0 else None,
                    "edge": tuple(edges[g][edge]) if edge >= 0 else None,
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
    token_budget: int | None = None,
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
        token_budget: most tokens, padding included, in one of them, by default
            `default_token_budget`; progress comes after each.
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
