"""Sample graphs from a model and score each: what the triage of generated molecules needs.

Sequences come in chunks, and chunk c depends on (seed, c) alone: which sequences, and with the
graph's own content which re-linearizations. So a run can be stopped, resumed from its finished
chunks and extended to more graphs, and shows the first rows while it goes on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from core.errors import InputError
from core.graph.graph import Graph
from core.likelihood.analysis import analyse
from core.model.card import ModelCard
from core.model.checkpoints import Checkpoint, kept_checkpoint
from core.model.generation import GeneratedGraph, SamplingConfig, generate
from core.model.growth import fragment_of
from core.records import package_versions
from core.runs import claim, hold, write_json
from core.stats.estimates import Estimate
from core.triage.judge import judge
from core.triage.samples import SAMPLE_TYPES, SamplesConfig, as_samples, read_table, write_table
from core.triage.scores import quality_label

Progress = Callable[[str, int, int], None]
"""Called as `progress(stage, done, total)`: stage `sampling` counts sequences of this chunk that
have ended, `scoring` re-linearizations. May raise to cancel."""

_SCORED_AS = "normal form"
"""How molecules are scored; older chunks do not say, and are as the Kekulé structure written."""

_MADE_ON = "made-on.json"
"""Of a run folder: where its chunks were made, as another machine may add what needs the data."""


def sample_and_score(
    checkpoint: Checkpoint,
    config: SamplesConfig,
    *,
    first_chunk: int = 0,
    progress: Progress | None = None,
) -> Iterator[pd.DataFrame]:
    """Sample `config.number` sequences and score what can be compared, chunk by chunk.

    Valid graphs are scored, and where hydrogens are implicit all that could be decoded, as there
    the label is whether a graph is valid.

    Args:
        checkpoint: the model; its own strategy draws the re-linearizations.
        config: how many, how, and with which seed.
        first_chunk: chunks that are already at hand and are left out.
        progress: hears of the work inside a chunk.

    Yields:
        Tables of `SAMPLE_TYPES`; `unique` and `novel` are missing, as they depend on all rows.

    Raises:
        InputError: for fewer than one sequence, fewer than two permutations, or a fragment that
            the model cannot grow from.
    """
    if config.number < 1 or config.permutations < 2:
        raise InputError(f"Give at least 1 sequence and 2 permutations, got {config.number} and "
                         f"{config.permutations}.")
    for chunk in range(first_chunk, config.num_chunks):
        first = chunk * config.chunk
        samples = _sample(checkpoint, config, chunk, progress)[: config.number - first]
        yield _table(checkpoint, config, first, samples, progress)


def sample_chunk(
    model: str, weights_sha256: str, config: SamplesConfig, chunk: int, *,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """The last chunk of a run by a model's name, for a process of its own.

    Args:
        model: a name.
        weights_sha256: of its weights, so that a model that was replaced is read anew.
        config: whose chunk it is.
        chunk: its number.
        progress: as of `sample_and_score`.

    Raises:
        InputError: as `sample_and_score`.
    """
    [table] = sample_and_score(kept_checkpoint(model, weights_sha256), config, first_chunk=chunk,
                               progress=progress)
    return table


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
        InputError: if the folder holds chunks of other settings or weights, or another process
            works in it.
    """
    claim(folder, _settings(checkpoint.card, config), what="samples", error=InputError)
    with hold(folder):
        for chunk in range(config.num_chunks):
            path = folder / f"chunk-{chunk:05}.parquet"
            size = min(config.chunk, config.number - chunk * config.chunk)
            table = read_table(path) if path.is_file() else None
            if table is None or len(table) < size:
                _note_machine(folder, str(checkpoint.device))
                one = replace(config, number=chunk * config.chunk + size)
                [table] = sample_and_score(checkpoint, one, first_chunk=chunk, progress=progress)
                write_table(table, path)
            yield table[:size]


def default_run_folder(card: ModelCard, config: SamplesConfig) -> Path:
    """`runs/triage/MODEL-HASH`, the same for the same settings and no others.

    However many sequences are wanted: more of them go on in the same folder.
    """
    settings = json.dumps(_settings(card, config), sort_keys=True)
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    return Path("runs") / "triage" / f"{card.name}-{digest}".replace("/", "-")


def _settings(card: ModelCard, config: SamplesConfig) -> dict[str, Any]:
    """All that the chunks of a run depend on."""
    settings = config.settings | {"weights_sha256": card.weights_sha256, "scored_as": _SCORED_AS}
    del settings["number"]
    return settings


def made_on(folder: Path) -> dict[str, Any]:
    """Where the chunks in `folder` were made: `device`, and the `versions` of packages there.

    Folders of older versions do not say; then neither is known.
    """
    path = folder / _MADE_ON
    if not path.is_file():
        return {"device": "not known", "versions": {}}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {"device": ", ".join(found["devices"]), "versions": found["versions"]}


def _note_machine(folder: Path, device: str) -> None:
    """Add a device to those that made chunks; the versions are those of the first."""
    path = folder / _MADE_ON
    known = (json.loads(path.read_text(encoding="utf-8")) if path.is_file()
             else {"devices": [], "versions": package_versions()})
    if device not in known["devices"]:
        write_json(path, {**known, "devices": [*known["devices"], device]})


def _sample(
    checkpoint: Checkpoint, config: SamplesConfig, chunk: int, progress: Progress | None
) -> list[GeneratedGraph]:
    sampling = SamplingConfig(temperature=config.temperature, top_k=config.top_k,
                              mask=config.mask, batch_size=config.chunk)
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + chunk)
    fragment = None if config.fragment is None else fragment_of(
        checkpoint.card, config.fragment, open_atoms=config.open_atoms)
    # The whole chunk is sampled even if it is cut: a shorter batch would draw other numbers.
    [samples] = generate(checkpoint, config.chunk, generator=generator, config=sampling,
                         fragment=fragment,
                         progress=None if progress is None else partial(progress, "sampling"))
    return samples


def _table(
    checkpoint: Checkpoint, config: SamplesConfig, first: int, samples: list[GeneratedGraph],
    progress: Progress | None,
) -> pd.DataFrame:
    chemistry, is_planar = checkpoint.card.chemistry, checkpoint.card.is_planar
    scores_invalid = not quality_label(chemistry, is_planar=is_planar).of_valid
    rows: list[dict[str, Any]] = []
    to_score: list[tuple[dict[str, Any], Graph]] = []
    for number, sample in enumerate(samples, start=first):
        row = dict.fromkeys(SAMPLE_TYPES) | {
            "id": f"{checkpoint.card.name}:{config.seed}:{number}",
            "self_nll": sample.self_nll, "tokens": sample.tokens,
            **judge(sample.graph, chemistry, is_planar=is_planar),
            "graph_key": None if sample.graph is None else sample.graph.key,
        }
        if config.fragment is not None:
            row |= {"prefix_nll": sample.prefix_nll, "holds_fragment": sample.holds_fragment}
        rows.append(row)
        if sample.graph is not None and (row["valid"] or scores_invalid):
            to_score.append((row, sample.graph))
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
