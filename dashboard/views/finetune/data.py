"""What the Fine-tune page keeps between reruns, bounded, and keyed by all it depends on.

Live runs are a visitor's own: they lie in folders that end with the visitor's session, or at home
with the server, and the few that were looked at last are in memory, too.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.assets import assets_folder
from core.data.dataset import Dataset
from core.data.registry import dataset_of_model
from core.errors import InputError
from core.evaluation.graph_set import GraphSet
from core.finetune.learning_set import (
    LearningSet,
    dataset_set,
    generated_set,
    measured_graphs,
    measured_smiles,
    own_set,
)
from core.finetune.streams import GraphStream
from core.model.card import ModelCard
from core.quotas import is_hosted
from core.records import RECORD
from core.repair.result import RepairResult, shipped_repairs
from core.repair.session import FinetuneSession, Report
from core.repair.sittings import sit
from core.salience.language_model import LanguageModel
from core.salience.matrices import WeightMatrix
from core.sent.batch import GraphBatch
from core.sent.strategies import Strategy
from core.triage.samples import Samples, read_samples_record, shipped_samples
from dashboard.shared.bounded_cache import BoundedCache, cache_of, kept
from dashboard.shared.checkpoints import checkpoint
from dashboard.shared.file_age import age
from dashboard.shared.progress import Progress
from dashboard.shared.visitors import visitor, work_aside
from dashboard.views.finetune.query import DEFAULT_BASE, OWN, PERMUTATIONS, FinetuneQuery

_MAX_SESSIONS = 4
"""Runs in memory, each with a copy of its model and the optimizer's state."""

_COPIES = 4
"""Of a model's weights that a run keeps: they, their gradients, and two moments of AdamW."""

_MAX_FOLDERS = 12
"""Runs on disk, some 10 MB each; one of all weights 50 MB until it is done."""


def _learnt_by_makers() -> dict[str, str]:
    """Models whose generated graphs ship, and the title of the data set that each learnt."""
    return _read_learnt(str(assets_folder()))


@st.cache_resource(ttl=30, show_spinner=False)
def _read_learnt(assets: str) -> dict[str, str]:
    return {name: str(read_samples_record(folder)["config"]["dataset"])
            for name, folder in shipped_samples().items()}


def all_makers() -> tuple[str, ...]:
    """Models whose generated graphs ship."""
    return tuple(_learnt_by_makers())


def makers(card: ModelCard) -> tuple[str, ...]:
    """Models whose generated molecules ship and are such as a model learnt itself."""
    dataset = own_dataset(card)
    if dataset is None or card.chemistry is None:
        return ()
    return tuple(name for name, title in _learnt_by_makers().items() if title == dataset.title)


def own_dataset(card: ModelCard) -> Dataset | None:
    """The data set that a model learnt; None if it is not known."""
    try:
        return dataset_of_model(card.data, card.vocabulary)
    except InputError:
        return None


def dataset_at_hand(card: ModelCard) -> Dataset | None:
    """The data set that a model learnt, where it needs no download."""
    dataset = own_dataset(card)
    return dataset if dataset is not None and dataset.is_at_hand() else None


def learning_set(query: FinetuneQuery, progress: Progress) -> LearningSet:
    """What a run learns from; `progress` may raise to cancel.

    Raises:
        InputError: if there is nothing to learn from, or a file cannot be read.
    """
    source = query.source
    seed = query.config.seed if source.is_made else 0
    sets = visitor().cache("own molecules", 4) if source.kind == OWN else _learning_sets()
    return sets.get(
        (source, query.weights_sha256, seed), lambda: _read_set(query, progress))


def _read_set(query: FinetuneQuery, progress: Progress) -> LearningSet:
    source, number = query.source, query.source.number
    card = checkpoint(query.model, query.weights_sha256).card
    if source.kind == OWN:
        return own_set(source.text, source.file, card, number=number, progress=progress)
    if source.dataset is not None:
        if not source.dataset.is_at_hand():
            raise InputError(f"{source.dataset.title} is not on this machine, and pages download "
                             "nothing; choose other molecules, or run a command that needs it, "
                             "such as `trailscope repair`.")
        return dataset_set(source.dataset, card, number=number, seed=query.config.seed,
                           progress=progress)
    if source.detail not in makers(card) or card.chemistry is None:
        raise InputError(f"No generated molecules of {source.detail or 'any model'} ship; give "
                         "your own molecules.")
    shipped = _samples(str(shipped_samples()[source.detail]))
    return generated_set(shipped.table, card.chemistry, number=number,
                         without=_measured_smiles(query.model, query.weights_sha256),
                         progress=progress)


@st.cache_resource(max_entries=2, show_spinner="Reading the generated molecules")
def _samples(folder: str) -> Samples:
    return Samples.load(folder)


@kept(4, spinner="Reading the test molecules")
def _measured_graphs(model: str, weights_sha256: str, number: int, seed: int) -> GraphSet:
    return measured_graphs(checkpoint(model, weights_sha256).card, number=number, seed=seed)


@kept(2, spinner="Reading the test molecules")
def _measured_smiles(model: str, weights_sha256: str) -> frozenset[str]:
    return measured_smiles(checkpoint(model, weights_sha256).card)


def matrices(model: str, weights_sha256: str) -> tuple[WeightMatrix, ...]:
    """Those of a model that masks and adapters are about."""
    return LanguageModel.from_checkpoint(checkpoint(model, weights_sha256)).matrices


def find_session(query: FinetuneQuery) -> FinetuneSession | None:
    """A run that is in memory."""
    return _sessions().find(query)


def has_folder(query: FinetuneQuery) -> bool:
    """Whether something of a run is kept on disk."""
    return (_root() / query.digest).is_dir()


def session(query: FinetuneQuery, progress: Progress) -> FinetuneSession:
    """A run, new or as far as it was.

    Raises:
        InputError: for anything that is wrong with its settings or molecules.
    """
    found = _sessions().find(query)
    if found is None:
        found = _open_session(query, progress)
        _sessions().keep(query, found, _COPIES * _num_bytes(found))
        _forget_oldest(query)
    return found


def go_on(
    session: FinetuneSession, report: Report, *, for_s: float, scaling: bool = False
) -> None:
    """Work on a run for some seconds, where strangers visit in a process beside this one.

    Args:
        session: the run.
        report: hears of the work and may raise to stop it.
        for_s: seconds, as of `FinetuneSession.go_on`.
        scaling: whether to measure at other scales, of a run that is done.
    """
    if is_hosted():
        card = session.checkpoint.card
        session.take(work_aside(sit, str(card.path), card.weights_sha256, session.parts,
                                session.state, scaling, for_s, progress=report))
    elif scaling:
        session.go_on_scaling(report, for_s=for_s)
    else:
        session.go_on(report, for_s=for_s)


def _open_session(query: FinetuneQuery, progress: Progress) -> FinetuneSession:
    model, config = checkpoint(query.model, query.weights_sha256), query.config
    learnt = learning_set(query, progress)
    stream = GraphStream(
        GraphBatch.from_graphs(learnt.graphs, with_automorphisms=False), model.vocabulary,
        Strategy.from_name(query.order), seed=config.seed, source={"name": query.source.name})
    shared = (f"before-{query.model}-{query.weights_sha256[:16]}-{query.test}-{config.seed}-"
              f"{config.precision}")
    test = _measured_graphs(query.model, query.weights_sha256, query.test, config.seed)
    return FinetuneSession(
        model, stream, config, test=test, orders=query.orders,
        permutations=PERMUTATIONS, name=query.name, folder=_root() / query.digest,
        before=_root() / shared, matched_rank=query.matched_rank)


def _forget_oldest(query: FinetuneQuery) -> None:
    """Remove the folders that were used longest ago, beyond a number, but none that is in use."""
    (_root() / query.digest).mkdir(exist_ok=True)
    (_root() / query.digest).touch()
    in_use = {session.folder.name for session in _sessions().values()}
    folders = sorted(_root().iterdir(), key=lambda path: -path.stat().st_mtime_ns)
    for folder in folders[_MAX_FOLDERS:]:
        if folder.name not in in_use:
            shutil.rmtree(folder, ignore_errors=True)


def forget_runs() -> None:
    """Remove all runs of the visitor."""
    _sessions().clear()
    for folder in _root().iterdir():
        shutil.rmtree(folder, ignore_errors=True)


def _root() -> Path:
    folder = visitor().folder / "runs"
    folder.mkdir(exist_ok=True)
    return folder


def _num_bytes(session: FinetuneSession) -> int:
    return sum(one.numel() * one.element_size() for one in session.checkpoint.network.parameters())


def _sessions() -> BoundedCache[FinetuneSession]:
    return visitor().cache("fine-tuning", _MAX_SESSIONS)


def _learning_sets() -> BoundedCache[LearningSet]:
    return cache_of("learning sets", 4)


@dataclass(frozen=True, eq=False)
class ShippedRepairs:
    """What the assets folder holds.

    Attributes:
        found: model → arm's name → result, the model as it was (`none`) first.
        faults: one sentence for every result that cannot be read.
    """

    found: dict[str, dict[str, RepairResult]]
    faults: tuple[str, ...]

    @property
    def default(self) -> str | None:
        """The model of an address that names none, which links had no need to for a long time."""
        return DEFAULT_BASE if DEFAULT_BASE in self.found else next(iter(self.found), None)

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of all arms that trained something."""
        return tuple(dict.fromkeys(name for of_model in self.found.values()
                                   for name in of_model if name != "none"))


def shipped() -> ShippedRepairs:
    """All results in the assets folder; a folder that was made anew is read anew."""
    found: dict[str, dict[str, RepairResult]] = {}
    faults = []
    for model, folders in shipped_repairs().items():
        for name, folder in sorted(folders.items(), key=lambda item: item[0] != "none"):
            try:
                found.setdefault(model, {})[name] = _repair(str(folder), age(folder / RECORD))
            except InputError as error:
                faults.append(str(error))
    return ShippedRepairs(found, tuple(faults))


def scaled_models() -> tuple[str, ...]:
    """Models with shipped arms whose change was measured scaled."""
    return tuple(model for model, arms in shipped().found.items()
                 if any(result.scaled is not None for result in arms.values()))


@st.cache_resource(max_entries=256, show_spinner="Reading the results")
def _repair(folder: str, age: str) -> RepairResult:
    return RepairResult.load(Path(folder))
