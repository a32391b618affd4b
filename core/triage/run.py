"""Sample graphs from a model and score each: what the triage of generated molecules needs.

Sequences come in chunks, and chunk c depends on (seed, c) alone: which sequences, and with the
graph's own content which re-linearizations. So a run can be stopped, resumed from its finished
chunks and extended to more graphs, and shows the first rows while it goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from core.chemistry.molecules import from_smiles, to_exact_smiles
from core.errors import InputError
from core.graph.graph import Graph, is_isomorphic
from core.likelihood.analysis import analyse
from core.model.checkpoints import Checkpoint
from core.model.generation import GeneratedGraph, SamplingConfig, generate
from core.records import write_json
from core.stats.estimates import Estimate
from core.triage.samples import SAMPLE_TYPES, SamplesConfig, as_samples, judge

Progress = Callable[[str, int, int], None]
"""Called as `progress(stage, done, total)`: stage `sampling` counts sequences sampled in this
chunk, `scoring` re-linearizations. May raise to cancel."""


def sample_and_score(
    checkpoint: Checkpoint,
    config: SamplesConfig,
    *,
    first_chunk: int = 0,
    progress: Progress | None = None,
) -> Iterator[pd.DataFrame]:
    """Sample `config.number` sequences and score the valid ones, chunk by chunk.

    Args:
        checkpoint: the model; its own strategy draws the re-linearizations.
        config: how many, how, and with which seed.
        first_chunk: chunks that are already at hand and are left out.
        progress: hears of the work inside a chunk.

    Yields:
        Tables of `SAMPLE_TYPES`; `unique` and `novel` are missing, as they depend on all rows.

    Raises:
        InputError: for fewer than one sequence, or fewer than two permutations.
    """
    if config.number < 1 or config.permutations < 2:
        raise InputError(f"Give at least 1 sequence and 2 permutations, got {config.number} and "
                         f"{config.permutations}.")
    for chunk in range(first_chunk, config.num_chunks):
        first = chunk * config.chunk
        samples = _sample(checkpoint, config, chunk, progress)[: config.number - first]
        yield _table(checkpoint, config, first, samples, progress)


def sample_and_score_in(
    folder: Path,
    checkpoint: Checkpoint,
    config: SamplesConfig,
    *,
    progress: Progress | None = None,
) -> Iterator[pd.DataFrame]:
    """As `sample_and_score`, but chunks are kept in `folder` and not made again.

    A run may be resumed with a larger `config.number`.

    Raises:
        InputError: if the folder holds chunks of other settings or weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = asdict(config) | {"weights_sha256": checkpoint.card.weights_sha256}
    del settings["number"]
    _check_settings(folder / "settings.json", settings)
    for chunk in range(config.num_chunks):
        path = folder / f"chunk-{chunk:05}.parquet"
        size = min(config.chunk, config.number - chunk * config.chunk)
        table = as_samples(pd.read_parquet(path)) if path.is_file() else None
        if table is None or len(table) < size:
            one = replace(config, number=chunk * config.chunk + size)
            [table] = sample_and_score(checkpoint, one, first_chunk=chunk, progress=progress)
            partial = path.with_suffix(".partial")
            table.to_parquet(partial, index=False)
            partial.replace(path)
        yield table[:size]


def _check_settings(path: Path, settings: dict[str, Any]) -> None:
    if not path.is_file():
        write_json(path, settings)
    elif json.loads(path.read_text(encoding="utf-8")) != settings:
        raise InputError(f"{path.parent} holds samples of other settings or another model; use "
                         f"another folder or the settings in {path.name}.")


def _sample(
    checkpoint: Checkpoint, config: SamplesConfig, chunk: int, progress: Progress | None
) -> list[GeneratedGraph]:
    if progress is not None:
        progress("sampling", 0, config.chunk)
    sampling = SamplingConfig(temperature=config.temperature, top_k=config.top_k,
                              mask=config.mask, batch_size=config.chunk)
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + chunk)
    # The whole chunk is sampled even if it is cut: a shorter batch would draw other numbers.
    [samples] = generate(checkpoint, config.chunk, generator=generator, config=sampling)
    return samples


def _table(
    checkpoint: Checkpoint, config: SamplesConfig, first: int, samples: list[GeneratedGraph],
    progress: Progress | None,
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    to_score: list[tuple[dict[str, Any], Graph]] = []
    for number, sample in enumerate(samples, start=first):
        row = dict.fromkeys(SAMPLE_TYPES) | {
            "id": f"{checkpoint.card.name}:{config.seed}:{number}",
            "self_nll": sample.self_nll, "tokens": bytes(sample.tokens), **judge(sample.graph),
        }
        rows.append(row)
        if row["valid"] and sample.graph is not None:
            to_score.append((row, as_typed(sample.graph)))
    if to_score:
        _score(checkpoint, config, to_score, progress)
    return as_samples(rows)


def _score(
    checkpoint: Checkpoint, config: SamplesConfig,
    to_score: list[tuple[dict[str, Any], Graph]], progress: Progress | None,
) -> None:
    """Fill in the scores of the rows beside their graphs."""
    analysis = analyse(
        checkpoint, [graph for _, graph in to_score], checkpoint.card.strategy,
        permutations=config.permutations, seed=config.seed, precision=config.precision,
        progress=None if progress is None else lambda done, total: progress(
            "scoring", done, total),
    )
    for (row, _), found in zip(to_score, analysis.uncertainties, strict=True):
        row.update(
            nll_mean=found.nll_mean, nll_std=found.nll_std,
            **Estimate(found.lu, found.interval).columns("lu"),
            nll_marginal=found.marginal_nll,
            effective_sample_size=found.effective_sample_size,
        )


def as_typed(graph: Graph) -> Graph:
    """The graph that typing its exact SMILES gives, if it is the same one, else the graph itself.

    Linearizations are seeded by a graph's content, its numbering included; with the typed one,
    the Explore page and `trailscope score` show exactly the numbers of the table. The same atoms
    can have another Kekulé structure when typed, which is another graph.
    """
    smiles = to_exact_smiles(graph) if graph.is_labelled else None
    if smiles is None:
        return graph
    typed = from_smiles(smiles).graph
    return typed if is_isomorphic(typed, graph) else graph
