"""How a model does while it learns: held-out graphs under two orders, and a small sample.

At a few steps of a run (`trailscope train --validate-at`) a row is measured and kept in the run's
folder, so that what is learnt by heart shows: the NLL of held-out graphs rises again while that of
the training graphs falls, and novelty goes down. A row depends on the weights of its step alone, so
a resumed run has the rows of a straight one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaForCausalLM

from core.errors import InputError
from core.graph.graph import Graph
from core.likelihood.scoring import score_trails
from core.model.card import ModelCard
from core.model.checkpoints import Checkpoint
from core.model.generation import SamplingConfig, generate
from core.runs import replacing
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.stats.molecule_bootstrap import MoleculeBootstrap
from core.study.sampled import judge_samples

VALIDATION = "validation.json"
"""The file in a run's folder: a list of rows, in order of their steps."""

HELD_OUT, SAMPLED = 128, 100
"""Graphs that are scored and sequences that are sampled: some three seconds of a small model on two
processors, as long as one or two steps of 128 molecules."""


@dataclass(frozen=True, eq=False)
class Validator:
    """What a run is measured with.

    Attributes:
        held_out: graphs that it does not learn, at least one.
        card: name, vocabulary, chemistry and strategy of the model.
        training_smiles: of molecules that it learns; None where nothing is said to be novel.
        seed: of linearizations and samples.
        number: sequences that are sampled.
    """

    held_out: Sequence[Graph]
    card: ModelCard
    training_smiles: Collection[str] | None
    seed: int = 0
    number: int = SAMPLED

    def measure(self, model: LlamaForCausalLM, step: int) -> dict[str, Any]:
        """A row of a run.

        Args:
            model: as it is after the step, in evaluation mode.
            step: steps done.

        Returns:
            `step`; `nll_per_token_own_nats` and `nll_per_token_random_nats`, of one linearization
            of every held-out graph under the model's own strategy and `random_order`, with the ends
            of their 95% intervals over graphs, `…_low` and `…_high`, None where graphs are too few;
            `held_out`, their number; `sampled`; and of these `valid`, of the valid `unique`, of the
            unique `novel` and of all `vun` (valid, unique and novel), shares in [0, 1], missing
            where there is nothing to have a share of.
        """
        checkpoint = Checkpoint.of(model, self.card)
        batch = GraphBatch.from_graphs(self.held_out, with_automorphisms=True)
        bootstrap = MoleculeBootstrap(len(self.held_out), seed=self.seed)
        found: dict[str, Any] = {"step": step}
        for order, strategy in (("own", self.card.strategy), ("random", RANDOM_ORDER)):
            scored = score_trails(checkpoint, sample_trails(
                batch, self.card.vocabulary, strategy, permutations=1,
                generator=GraphSeed(self.seed)))
            found |= bootstrap.ratio(scored.nll[:, 0], scored.num_tokens[:, 0]).columns(
                f"nll_per_token_{order}_nats")
        return {**found, "held_out": len(self.held_out), **self._quality(checkpoint)}

    def _quality(self, checkpoint: Checkpoint) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(self.seed)
        samples = [one for batch in generate(checkpoint, self.number, generator=generator,
                                             config=SamplingConfig()) for one in batch]
        found = judge_samples(samples, self.card, self.training_smiles).values
        del found["stable"]
        return {"sampled": len(samples), **found}


def read_validation(run_folder: Path) -> list[dict[str, Any]]:
    """Rows of a run, in order of their steps; none where none was measured.

    Raises:
        InputError: for a damaged file.
    """
    path = run_folder / VALIDATION
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return sorted(rows, key=lambda row: int(row["step"]))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} is damaged; delete it, and the run goes on without the rows that "
                         "it held.") from error


def add_validation(run_folder: Path, row: dict[str, Any]) -> None:
    """Keep a row; one of the same step is replaced."""
    rows = [one for one in read_validation(run_folder) if one["step"] != row["step"]]
    with replacing(run_folder / VALIDATION) as partial:
        partial.write_text(json.dumps([*rows, row], indent=1), encoding="utf-8")
