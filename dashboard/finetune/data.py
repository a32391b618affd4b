"""What the Fine-tune page keeps between reruns, bounded, and keyed by all it depends on.

Live runs lie in folders of a temporary place that ends with the server; the few that were looked at
last are in memory, too.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from core.chemistry.molecules import to_smiles
from core.errors import InputError
from core.evaluation.graph_set import GraphSet
from core.finetune.methods import lora_parameters
from core.finetune.run import FinetuneConfig
from core.finetune.streams import GraphStream
from core.graph.planar import planar_graph
from core.records import RECORD
from core.repair.result import RepairResult, shipped_repairs
from core.repair.session import Trial
from core.salience.examples import shipped_graphs
from core.salience.language_model import LanguageModel
from core.salience.masks import count_of
from core.salience.matrices import SalienceError, num_entries
from core.sent.batch import GraphBatch
from core.sent.strategies import Strategy
from core.sent.vocabulary import Vocabulary
from core.triage.samples import Samples, shipped_samples
from dashboard.finetune.learning_set import LearningSet, generated_set, own_set, planar_set, qm9_set
from dashboard.finetune.query import (
    CALIBRATION_EXAMPLES,
    GENERATED,
    OWN,
    PERMUTATIONS,
    PLANAR,
    QM9,
    WARMUP_STEPS,
    RunChoice,
)
from dashboard.shared.bounded_cache import BoundedCache
from dashboard.shared.checkpoints import checkpoint
from dashboard.shared.progress import Progress

_MAX_TRIALS = 4
"""Runs in memory, each with a copy of its model and the optimizer's state."""

_MAX_FOLDERS = 12
"""Runs on disk, some 10 MB each; one of all weights 50 MB until it is done."""


@st.cache_resource(ttl=30, show_spinner=False)
def makers() -> dict[str, Path]:
    """Models of molecules whose generated molecules ship, and the folders of these."""
    return {name: folder for name, folder in shipped_samples().items()
            if not name.startswith("planar")}


def learning_set(choice: RunChoice, progress: Progress) -> LearningSet:
    """What a run learns from; `progress` may raise to cancel.

    Raises:
        InputError: if there is nothing to learn from, or a file cannot be read.
    """
    source, seed = choice.source, choice.seed
    vocabulary = checkpoint(choice.model, choice.weights).vocabulary
    key = (source, vocabulary, seed if source.kind == PLANAR else 0)
    return _learning_sets().get(key, lambda: _read_set(choice, vocabulary, progress))


def _read_set(choice: RunChoice, vocabulary: Vocabulary, progress: Progress) -> LearningSet:
    source, number = choice.source, choice.source.number
    if source.kind == OWN:
        return own_set(source.text, source.file, number=number, vocabulary=vocabulary,
                       progress=progress)
    if source.kind == QM9:
        return qm9_set(number=number, progress=progress)
    if source.kind == PLANAR:
        return planar_set(number=number, seed=choice.seed, progress=progress)
    assert source.kind == GENERATED
    if source.detail not in makers():
        raise SalienceError(f"No generated molecules of {source.detail or 'any model'} ship; give "
                            "your own molecules.")
    return generated_set(_samples(str(makers()[source.detail])).table, number=number,
                         without=_measured(choice.model, choice.weights), progress=progress)


@st.cache_resource(max_entries=2, show_spinner="Reading the generated molecules")
def _samples(folder: str) -> Samples:
    return Samples.load(Path(folder))


@st.cache_resource(max_entries=2, show_spinner="Reading the test molecules")
def _test_molecules(model: str, weights: str) -> GraphSet:
    return shipped_graphs(checkpoint(model, weights).card)


@st.cache_resource(max_entries=2, show_spinner=False)
def _measured(model: str, weights: str) -> frozenset[str]:
    """Canonical SMILES of the test molecules."""
    return frozenset(filter(None, map(to_smiles, _test_molecules(model, weights).graphs)))


def test_set(choice: RunChoice) -> GraphSet:
    """The first test molecules that ship, or the first planar test graphs of a seed.

    Raises:
        SalienceError: if no molecules ship.
    """
    if checkpoint(choice.model, choice.weights).card.chemistry is None:
        return GraphSet("planar", "test", tuple(
            planar_graph(index, seed=choice.seed, split="test").graph
            for index in range(choice.test)))
    found = _test_molecules(choice.model, choice.weights)
    return GraphSet(found.name, found.split, found.graphs[:choice.test])


def trained_numbers(choice: RunChoice) -> tuple[int | None, int]:
    """Numbers that a run trains (None for all weights), and entries of the model's matrices.

    Raises:
        SalienceError: for a share that selects nothing.
    """
    matrices = LanguageModel.from_checkpoint(checkpoint(choice.model, choice.weights)).matrices
    entries = num_entries(matrices)
    if choice.method == "full":
        return None, entries
    if choice.density is not None:
        return count_of(entries, choice.density), entries
    assert choice.rank is not None
    return lora_parameters(matrices, choice.rank), entries


def find_trial(choice: RunChoice) -> Trial | None:
    """A run that is in memory."""
    return _trials().find(choice)


def has_folder(choice: RunChoice) -> bool:
    """Whether something of a run is kept on disk."""
    return (_root() / choice.digest).is_dir()


def trial(choice: RunChoice, progress: Progress) -> Trial:
    """A run, new or as far as it was.

    Raises:
        InputError: for anything that is wrong with its settings or molecules.
    """
    found = _trials().find(choice)
    if found is None:
        found = _open_trial(choice, progress)
        _trials().keep(choice, found)
        _forget_oldest(choice)
    return found


def _open_trial(choice: RunChoice, progress: Progress) -> Trial:
    model = checkpoint(choice.model, choice.weights)
    vocabulary = model.vocabulary
    learnt = learning_set(choice, progress)
    stream = GraphStream(
        GraphBatch.from_graphs(learnt.graphs, with_automorphisms=False), vocabulary,
        Strategy.from_name(choice.order), seed=choice.seed, source={"name": choice.source.name})
    test = test_set(choice)
    shared = f"before-{choice.weights[:16]}-{choice.test}-{choice.seed}-{choice.precision}"
    return Trial(
        model, stream, finetune_config(choice), test=test, orders=choice.orders,
        permutations=PERMUTATIONS, name=choice.name, folder=_root() / choice.digest,
        before=_root() / shared,
        matched_rank=choice.rank if choice.method == "sparse" else None)


def finetune_config(choice: RunChoice) -> FinetuneConfig:
    """A run's settings as `FinetuneRun` takes them."""
    is_sparse = choice.method == "sparse"
    return FinetuneConfig(
        method=choice.method, criterion=choice.criterion, scope=choice.scope,
        count=trained_numbers(choice)[0] if is_sparse else None, reselect_every=choice.every,
        calibration_examples=CALIBRATION_EXAMPLES if is_sparse else 256,
        rank=None if is_sparse else choice.rank, steps=choice.steps,
        batch_size=choice.batch_size, learning_rate=choice.learning_rate,
        warmup_steps=WARMUP_STEPS, seed=choice.seed, precision=choice.precision)


def _forget_oldest(choice: RunChoice) -> None:
    """Remove the folders that were used longest ago, beyond a number, but none that is in use."""
    (_root() / choice.digest).mkdir(exist_ok=True)
    (_root() / choice.digest).touch()
    in_use = {trial.folder.name for trial in _trials().values()}
    folders = sorted(_root().iterdir(), key=lambda path: -path.stat().st_mtime_ns)
    for folder in folders[_MAX_FOLDERS:]:
        if folder.name not in in_use:
            shutil.rmtree(folder, ignore_errors=True)


def _root() -> Path:
    return Path(_temporary().name)


@st.cache_resource(show_spinner=False)
def _temporary() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="trailscope-finetune-")


@st.cache_resource(show_spinner=False)
def _trials() -> BoundedCache[Trial]:
    return BoundedCache(capacity=_MAX_TRIALS)


@st.cache_resource(show_spinner=False)
def _learning_sets() -> BoundedCache[LearningSet]:
    return BoundedCache(capacity=4)


@dataclass(frozen=True, eq=False)
class ShippedRepairs:
    """What the assets folder holds.

    Attributes:
        found: model → arm's name → result, the model as it was (`none`) first.
        complaints: one sentence for every result that cannot be read.
    """

    found: dict[str, dict[str, RepairResult]]
    complaints: tuple[str, ...]

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of all arms that trained something."""
        return tuple(dict.fromkeys(name for of_model in self.found.values()
                                   for name in of_model if name != "none"))


def shipped() -> ShippedRepairs:
    """All results in the assets folder; a folder that was made anew is read anew."""
    found: dict[str, dict[str, RepairResult]] = {}
    complaints = []
    for model, folders in shipped_repairs().items():
        for name, folder in sorted(folders.items(), key=lambda item: item[0] != "none"):
            try:
                age = (folder / RECORD).stat().st_mtime_ns
                found.setdefault(model, {})[name] = _repair(str(folder), age)
            except (InputError, OSError) as error:
                complaints.append(str(error))
    return ShippedRepairs(found, tuple(complaints))


@st.cache_resource(max_entries=256, show_spinner="Reading the results")
def _repair(folder: str, age: int) -> RepairResult:
    return RepairResult.load(Path(folder))
