"""What the Generate & triage page keeps between reruns, bounded, and keyed by all it depends on.

Live runs are kept chunk by chunk, so a cancelled one goes on where it was, and one that is longer
begins with what a shorter one made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from rdkit import Chem

from core.chemistry.substructures import (
    Pattern,
    from_explicit_smiles,
    with_hydrogens,
    without_hydrogens,
)
from core.model.checkpoints import ModelCard
from core.stats.molecule_scores import RankingError
from core.stats.risk_coverage import RiskCoverage
from core.stats.roc import ScoreComparison, compare_samples
from core.triage.generated import Generated, read_graph, sdf_records
from core.triage.ranking import SplitKeepList, keep_list_of_samples, risk_coverage_of_samples
from core.triage.run import Progress as StageProgress
from core.triage.run import sample_and_score
from core.triage.samples import Samples, SamplesError, mark_unique, shipped_samples
from dashboard.drawing.thumbnails import thumbnail_svg
from dashboard.shared.bounded_cache import BoundedCache
from dashboard.shared.checkpoints import checkpoint
from dashboard.shared.progress import Progress
from dashboard.triage.generation import Generation, Milestone
from dashboard.triage.query import LiveQuery

_REPORT_EVERY = 200
"""Molecules between two reports of progress."""

_FOLDERS_LAST_S = 30
"""Results that were added show after this long."""


@st.cache_resource(ttl=_FOLDERS_LAST_S, show_spinner=False)
def _folders(kind: str) -> dict[str, Path]:
    return shipped_samples(kind)


def shipped(card: ModelCard) -> Generation:
    """The samples of a model that ship.

    Raises:
        SamplesError: if there are none, or they cannot be read.
    """
    folder = _folders("samples").get(card.name)
    if folder is None:
        raise SamplesError(
            f"No generated graphs of {card.name} ship; make them with `trailscope triage --model "
            f"{card.name} --output assets/results/samples/{card.name}`, or choose a live run.")
    return Generation(_load(str(folder), _age(folder)), card)


def _age(folder: Path) -> int:
    """Time of the last change, so that a replaced result is read anew."""
    try:
        return max(path.stat().st_mtime_ns for path in folder.iterdir())
    except (OSError, ValueError):
        return 0


@st.cache_resource(max_entries=12, show_spinner="Reading the results")
def _load(folder: str, age: int) -> Samples:
    return Samples.load(Path(folder))


def live(choice: LiveQuery, card: ModelCard) -> Generation | None:
    """What there is of a live run, None before its first sequences."""
    chunks = _chunks(choice)
    whole: list[pd.DataFrame] = []
    while len(whole) in chunks:
        whole.append(chunks[len(whole)])
    number = min(sum(map(len, whole)), choice.config.number)
    if not number:
        return None
    return _generations().get((_run(choice), number), lambda: Generation(Samples(
        model=card.name, weights_sha256=card.weights_sha256, trained_under=card.strategy.name,
        step=card.steps, dataset=str(card.data.get("name", "")),
        config=replace(choice.config, number=number),
        table=mark_unique(pd.concat(whole, ignore_index=True)[:number], card.vocabulary),
    ), card))


def sample_more(choice: LiveQuery, progress: StageProgress) -> None:
    """Sample and score the next sequences of a live run; `progress` may raise to cancel."""
    chunks, config = _chunks(choice), choice.config
    for number in range(config.num_chunks):
        size = min(config.chunk, config.number - number * config.chunk)
        if len(chunks.get(number, ())) < size:
            part = replace(config, number=number * config.chunk + size)
            model = checkpoint(choice.model, choice.weights)
            [chunks[number]] = sample_and_score(model, part, first_chunk=number, progress=progress)
            return


def _run(choice: LiveQuery) -> object:
    """A run whatever its length."""
    return choice.weights, replace(choice.config, number=1)


def _chunks(choice: LiveQuery) -> dict[int, pd.DataFrame]:
    return _live_chunks().get(_run(choice), dict)


@st.cache_resource(show_spinner=False)
def _live_chunks() -> BoundedCache[dict[int, pd.DataFrame]]:
    return BoundedCache(capacity=32)


@st.cache_resource(show_spinner=False)
def _generations() -> BoundedCache[Generation]:
    return BoundedCache(capacity=32)


def matches(found: Generation, smarts: str, progress: Progress) -> np.ndarray:
    """Whether a pattern occurs in each row, [n] bool; `progress` hears of the first search.

    Raises:
        PatternError: for text that is no SMARTS.
    """
    pattern = Pattern.from_smarts(smarts)
    return _searches().get(
        (found.key, pattern.smarts),
        lambda: pattern.find(_molecules(found, pattern.has_hydrogens, progress)))


def _molecules(
    found: Generation, hydrogens: bool, progress: Progress
) -> tuple[Chem.Mol | None, ...]:
    """The molecules of a table, None for what is not valid."""

    def read() -> tuple[Chem.Mol | None, ...]:
        molecules = []
        columns = found.table[["smiles", "stable", "tokens"]]
        for done, (smiles, stable, tokens) in enumerate(columns.itertuples(index=False)):
            if done % _REPORT_EVERY == 0:
                progress(done, len(columns))
            molecules.append(None if pd.isna(smiles) else _molecule(
                found, smiles, bool(stable), tokens, hydrogens))
        return tuple(molecules)

    return _parsed().get((found.key, hydrogens), read)


def _molecule(
    found: Generation, smiles: str, stable: bool, tokens: bytes, hydrogens: bool
) -> Chem.Mol | None:
    if stable:
        molecule = from_explicit_smiles(smiles)
    else:  # the SMILES of an under-valent atom hides how many hydrogens it has
        graph = read_graph(tokens, found.vocabulary, found.samples.config.mask)
        molecule = None if graph is None else with_hydrogens(graph)
    return molecule if hydrogens or molecule is None else without_hydrogens(molecule)


@st.cache_resource(show_spinner=False)
def _parsed() -> BoundedCache[tuple[Chem.Mol | None, ...]]:
    return BoundedCache(capacity=4)  # some 40 MB each for 10,000 molecules


@st.cache_resource(show_spinner=False)
def _searches() -> BoundedCache[np.ndarray]:
    return BoundedCache(capacity=256)


_OF_GENERATION: dict[str | type[Any], Callable[[Any], Any]] = {Generation: lambda found: found.key}


@st.cache_resource(max_entries=2048, show_spinner=False, hash_funcs=_OF_GENERATION)
def generated(found: Generation, row: int) -> Generated:
    """The graph of a row, with the SMILES that people and the Explore page take."""
    return Generated.read(found.table["tokens"][row], found.vocabulary, found.samples.config.mask)


@st.cache_resource(max_entries=2048, show_spinner=False, hash_funcs=_OF_GENERATION)
def picture(found: Generation, row: int, dark: bool) -> str | None:
    """A thumbnail as SVG, None if there is no graph."""
    graph = generated(found, row).graph
    return None if graph is None else thumbnail_svg(graph, dark=dark, title=found.name(row))


@st.cache_resource(max_entries=64, show_spinner="Comparing the scores",
                   hash_funcs=_OF_GENERATION)
def comparison(found: Generation) -> ScoreComparison:
    """ROC curves and AUCs of all scores; raises RankingError as `compare_samples` does."""
    return compare_samples(found.table, seed=found.samples.config.seed)


@st.cache_resource(max_entries=64, show_spinner="Ranking the molecules",
                   hash_funcs=_OF_GENERATION)
def coverage(found: Generation, column: str) -> RiskCoverage:
    """Risk and coverage by one score; raises RankingError without valid molecules."""
    return risk_coverage_of_samples(found.table, column, seed=found.samples.config.seed)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=_OF_GENERATION)
def kept(found: Generation, column: str, fdr: float, seed: int) -> SplitKeepList:
    """The molecules to keep; raises RankingError where none can be chosen from."""
    return keep_list_of_samples(found.table, column, fdr=fdr, seed=seed)


def milestones(card: ModelCard, progress: Progress) -> tuple[Milestone, ...]:
    """Samples of one model along its training, the shipped model last; empty if none ship.

    Raises:
        SamplesError: for a folder that cannot be read.
    """
    folders = [folder for name, folder in _folders("milestones").items()
               if Path(name).parts[0] == card.name]
    if not folders:
        return ()
    if card.name in _folders("samples"):
        folders.append(_folders("samples")[card.name])
    found = {}
    for done, folder in enumerate(folders):
        progress(done, len(folders))
        milestone = _milestone(Generation(_load(str(folder), _age(folder)), card), str(folder))
        found[milestone.step] = milestone
    return tuple(found[step] for step in sorted(found))


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=_OF_GENERATION)
def _milestone(found: Generation, folder: str) -> Milestone:
    samples = found.samples
    if samples.step is None:
        raise SamplesError(f"{folder} does not say after how many training steps its graphs were "
                           "sampled; make it again with `trailscope triage`.")
    batch = found.card.training.get("config", {}).get("batch_size")
    try:
        compared, reason = compare_samples(samples.table, seed=samples.config.seed), None
    except RankingError as error:
        compared, reason = None, str(error)
    return Milestone(samples.step, None if batch is None else samples.step * batch,
                     samples.quality, compared, reason)


def sdf(
    found: Generation, rows: tuple[int, ...], progress: Progress | None = None
) -> str:
    """Valid molecules of some rows as an SDF file."""
    mask = found.samples.config.mask
    return _sdfs().get((found.key, rows), lambda: "".join(
        sdf_records(found.table.iloc[list(rows)], found.vocabulary, mask, progress=progress)))


@st.cache_resource(show_spinner=False)
def _sdfs() -> BoundedCache[str]:
    return BoundedCache(capacity=8)
