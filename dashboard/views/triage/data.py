"""What the Generate & triage page keeps between reruns, bounded, and keyed by all it depends on.

Live runs are of a visitor alone. They are kept chunk by chunk, so a cancelled one goes on where it
was, and one that is longer begins with what a shorter one made.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import pandas as pd
import streamlit as st

from core.assets import assets_folder
from core.chemistry.chemistry import QM9, Chemistry
from core.chemistry.fragments import Fragment
from core.chemistry.molecules import from_smiles
from core.chemistry.notation import MoleculeError
from core.errors import InputError
from core.graph.graph import Graph
from core.library.store import Library
from core.likelihood.analysis import analyse
from core.model.card import ModelCard, find_shipped_models
from core.model.growth import fragment_of
from core.quotas import is_hosted
from core.stats.risk_coverage import RiskCoverage
from core.stats.roc import ScoreComparison
from core.triage.generation import Generation
from core.triage.keep_list import SplitKeepList, keep_list_of_samples
from core.triage.milestones import Milestone
from core.triage.pooling import PooledRanking, pool_samples
from core.triage.quality import mark_unique
from core.triage.ranking import ranking_of, risk_coverage_of_samples
from core.triage.run import Progress as StageProgress
from core.triage.run import sample_and_score, sample_chunk
from core.triage.samples import Samples, SamplesError, read_samples_record, shipped_samples
from core.triage.scores import QualityLabel
from core.triage.set_metrics import SetMetrics
from dashboard.drawing.layouts import Layout, layout
from dashboard.report.frame import to_html
from dashboard.shared.bounded_cache import BoundedCache, cache_of
from dashboard.shared.bounded_cache import kept as keeping
from dashboard.shared.checkpoints import checkpoint, folder_of
from dashboard.shared.file_age import age
from dashboard.shared.libraries import open_folder
from dashboard.shared.progress import Progress
from dashboard.shared.visitors import visitor, work_aside
from dashboard.views.triage.query import LiveQuery, command, samples_folder
from dashboard.views.triage.report import Triaged, triage_report

_FOLDERS_LAST_S = 30
"""Results that were added show after this long."""

_NEW_S = 60
"""A folder that is younger may not be finished."""


def _folders(kind: str) -> dict[str, Path]:
    return _find_folders(str(assets_folder()), kind)


@st.cache_resource(ttl=_FOLDERS_LAST_S, show_spinner=False)
def _find_folders(assets: str, kind: str) -> dict[str, Path]:
    return shipped_samples(kind)


def shipped(card: ModelCard) -> Generation:
    """The samples of a model that ship.

    Raises:
        SamplesError: if there are none, or they cannot be read.
    """
    folder = _folders("samples").get(card.name)
    if folder is None:
        raise SamplesError(
            f"No generated graphs of {card.name} come with TrailScope; make them with `trailscope "
            f"triage --model {card.name} --output assets/results/samples/{card.name}`, or choose a "
            "live run.")
    return Generation(_load(str(folder), age(folder)), card)


@st.cache_resource(max_entries=12, show_spinner="Reading the results")
def _load(folder: str, age: str) -> Samples:
    return Samples.load(Path(folder))


def live(query: LiveQuery, card: ModelCard) -> Generation | None:
    """What there is of a live run, None before its first sequences."""
    chunks = _chunks(query)
    whole: list[pd.DataFrame] = []
    while len(whole) in chunks:
        whole.append(chunks[len(whole)])
    number = min(sum(map(len, whole)), query.config.number)
    if not number:
        return None
    return _generations().get((_run(query), number), lambda: Generation(Samples(
        model=card.name, weights_sha256=card.weights_sha256, trained_under=card.strategy.name,
        step=card.steps, dataset=str(card.data.get("name", "")),
        config=replace(query.config, number=number),
        table=mark_unique(pd.concat(whole, ignore_index=True)[:number], card.vocabulary,
                          query.config.mask),
    ), card))


def sample_more(query: LiveQuery, progress: StageProgress) -> None:
    """Sample and score the next sequences of a live run; `progress` may raise to cancel."""
    chunks, config = _chunks(query), query.config
    for number in range(config.num_chunks):
        size = min(config.chunk, config.number - number * config.chunk)
        if len(chunks.get(number, ())) < size:
            part = replace(config, number=number * config.chunk + size)
            if is_hosted():
                chunks[number] = work_aside(sample_chunk, folder_of(query.model),
                                            query.weights_sha256, part, number, progress=progress)
            else:
                [chunks[number]] = sample_and_score(
                    checkpoint(query.model, query.weights_sha256), part, first_chunk=number,
                    progress=progress)
            _live_chunks().keep(_run(query), chunks)
            return


def _run(query: LiveQuery) -> object:
    """A run whatever its length."""
    return query.model, query.weights_sha256, replace(query.config, number=1)


def _chunks(query: LiveQuery) -> dict[int, pd.DataFrame]:
    return _live_chunks().get(_run(query), dict)


def _live_chunks() -> BoundedCache[dict[int, pd.DataFrame]]:
    return visitor().cache("live chunks", 32)


def _generations() -> BoundedCache[Generation]:
    return visitor().cache("live generations", 32)


@keeping(64, key=lambda card, *rest: (card.name, card.weights_sha256, *rest))
def fragment(
    card: ModelCard, smiles: str, open_atoms: tuple[int, ...] | None
) -> Fragment:
    """A fragment for a model; raises InputError as `core.model.growth.fragment_of` does."""
    return fragment_of(card, smiles, open_atoms=open_atoms)


def drawn_fragment(card: ModelCard, smiles: str) -> Fragment | None:
    """A fragment with all its atoms open that can be, None if it cannot be read."""
    try:
        return None if card.chemistry is None else Fragment.from_smiles(smiles, card.chemistry)
    except InputError:
        return None


def fragment_layout(fragment: Fragment, card: ModelCard) -> Layout:
    """Where the atoms stand that a fragment's SMILES names."""
    assert card.chemistry is not None
    named = len(fragment.free_valences)
    return _layout(fragment.graph.induced(range(named)), card.chemistry)


@keeping(64)
def _layout(graph: Graph, chemistry: Chemistry) -> Layout:
    return layout(graph, chemistry)


def library(found: Generation, *, is_live: bool) -> Library:
    """The rows as a database: the folder that ships, or one that a live run's are written to."""
    if not is_live:
        return open_folder(_folders("samples")[found.card.name], found.card)
    written = visitor().cache("live libraries", 32)

    def write() -> Library:
        root = visitor().folder / "generated"
        used = {one.folder for one in written.values()}
        for left in set(root.glob("*")) - used:
            if left.stat().st_mtime < time.time() - _NEW_S:  # else another tab may be writing it
                rmtree(left, ignore_errors=True)
        folder = root / found.samples.key[:32]
        found.samples.save(folder, device="not known")
        return Library.open(folder, card=found.card)

    return written.get(found.samples.key, write)


def _of_samples(found: Generation, *rest: Any) -> object:
    return found.samples.key, *rest


def num_grown_from(found: Generation) -> int:
    """Nodes of the fragment that graphs grew from: their first ones; 0 without one."""
    config = found.samples.config
    return 0 if config.fragment is None else fragment(
        found.card, config.fragment, config.open_atoms).graph.num_nodes


@keeping(64, spinner="Comparing the scores", key=_of_samples)
def comparison(found: Generation) -> ScoreComparison:
    """ROC curves and AUCs of all scores; raises RankingError as `ranking_of` does."""
    return ranking_of(found.samples, label=found.label)


def pooled(found: Generation) -> PooledRanking | None:
    """The shipped samples of all models of a data set, each ranked and all together.

    Models that write graphs of other sizes are not of them. None where no other model's samples
    ship. Raises RankingError as `pool_samples` does.
    """
    alike = {card.name for card in find_shipped_models().cards
             if card.vocabulary == found.card.vocabulary}
    folders = {str(folder): age(folder) for model, folder in _folders("samples").items()
               if model in alike
               and read_samples_record(folder)["config"]["dataset"] == found.samples.dataset}
    return _pooled(tuple(folders.items()), found.label) if len(folders) > 1 else None


@st.cache_resource(max_entries=4, show_spinner="Pooling the models")
def _pooled(folders: tuple[tuple[str, str], ...], label: QualityLabel) -> PooledRanking:
    return pool_samples([_load(folder, age) for folder, age in folders], label=label)


@keeping(64, spinner="Ranking the molecules", key=_of_samples)
def coverage(found: Generation, column: str) -> RiskCoverage:
    """Risk and coverage by one score; raises RankingError without molecules to rank."""
    return risk_coverage_of_samples(found.table, column, seed=found.samples.config.seed,
                                    label=found.label)


@keeping(64, key=_of_samples)
def kept(found: Generation, column: str, fdr: float, seed: int) -> SplitKeepList:
    """The molecules to keep; raises RankingError where none can be chosen from."""
    names = None if found.label.of_valid else found.names
    return keep_list_of_samples(found.table, column, fdr=fdr, seed=seed, label=found.label,
                                names=names)


@keeping(64, spinner="Comparing the molecules", key=_of_samples)
def set_metrics(found: Generation) -> SetMetrics:
    """The numbers of the MOSES benchmark that are known of the samples."""
    return found.set_metrics


def lu_of(found: Generation, smiles: str, progress: Progress) -> float:
    """LU of a molecule under the model and the settings of generated ones.

    Raises:
        InputError: for text that is no molecule of the model.
    """
    card, config = found.card, found.samples.config
    if card.chemistry is None:
        raise MoleculeError(f"{card.name} reads no molecules.")

    def compute() -> float:
        graph = from_smiles(smiles, card.chemistry or QM9).graph
        analysis = analyse(checkpoint(card.name, card.weights_sha256), [graph], card.strategy,
                           permutations=config.permutations, seed=config.seed, progress=progress)
        return float(analysis.uncertainties[0].lu)

    return cache_of("guide", 16).get(
        (card.weights_sha256, smiles, config.permutations, config.seed), compute)


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
        milestone = _milestone(Generation(_load(str(folder), age(folder)), card), str(folder))
        found[milestone.step] = milestone
    return tuple(found[step] for step in sorted(found))


@keeping(128, key=_of_samples)
def _milestone(found: Generation, folder: str) -> Milestone:
    return Milestone.of(found, source=folder)


def report(found: Generation, column: str, fdr: float, seed: int, *, is_live: bool) -> str:
    """The samples as one HTML file; a live run's says how to make the folder of it."""
    name, config = found.card.name, found.samples.config
    folder = None if is_live else _folders("samples").get(name)
    return to_html(triage_report(Triaged(
        found, samples_folder(name) if is_live else name,
        (command(name, config),) if is_live else (), column, fdr, seed,
        versions=None if folder is None else read_samples_record(folder).get("versions"))))
