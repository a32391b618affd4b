"""What the Training page keeps: records of trainings, and the diversity of linearizations."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path, PurePath
from typing import Protocol

import streamlit as st

from core.assets import shipped_results
from core.chemistry.chemistry import CHEMISTRIES, Chemistry
from core.data.files import read_molecules
from core.errors import InputError
from core.evaluation.graph_set import GraphSet
from core.quotas import is_hosted
from core.records import RECORD
from core.runs import replacing
from core.sent.vocabulary import vocabulary_of
from core.study.mixture import DiversityError
from core.study.run import Diversity, DiversityRun
from core.study.training_record import (
    TrainingRecord,
    TrainingRecordError,
    own_records,
    shipped_records,
)
from dashboard.shared.file_age import age
from dashboard.shared.visitors import files_fault, short_work, visitor
from dashboard.views.training.query import (
    AUTOMATIC,
    MOST_MOLECULES,
    OwnMolecules,
    ReadMolecules,
    Records,
)

_SITTING_S = 2.0


class Upload(Protocol):
    """A file that a visitor brought."""

    @property
    def name(self) -> str: ...

    def getvalue(self) -> bytes: ...


def shipped_diversity() -> tuple[dict[str, Diversity], list[str]]:
    """What ships by the name of its set, and a sentence for what cannot be read."""
    found, faults = {}, []
    for folder in shipped_results("diversity"):
        try:
            one = _diversity(str(folder), age(folder / RECORD))
            name = str(one.record["config"]["dataset"])
            found[name[:1].upper() + name[1:]] = one
        except DiversityError as error:
            faults.append(str(error))
        except (KeyError, TypeError):
            faults.append(f"{folder} is damaged; make it anew with `trailscope diversity`.")
    # First the set that most models are of.
    return dict(sorted(found.items(), key=lambda item: item[0] != "QM9")), faults


@st.cache_resource(max_entries=16, show_spinner="Reading the results")
def _diversity(folder: str, age: str) -> Diversity:
    return Diversity.load(Path(folder))


def records(uploads: Sequence[Upload]) -> Records:
    """What ships, what was made here, and what a visitor brought."""
    found: list[TrainingRecord] = []
    faults: list[str] = []
    folders = [*shipped_records(), *([] if is_hosted() else own_records())]
    for folder in dict.fromkeys(folder.absolute() for folder in folders):
        try:
            found.append(_record(str(folder), age(folder / RECORD)))
        except TrainingRecordError as error:
            faults.append(str(error))
    for upload in uploads:
        name = PurePath(upload.name).name
        try:
            found.append(_brought(name, upload.getvalue()))
        except TrainingRecordError as error:
            faults.append(str(error))
    found.sort(key=lambda one: (one.strategy, one.mix, one.graphs or 0, one.seed, one.name))
    return Records(tuple(found), tuple(faults))


@st.cache_resource(max_entries=256, show_spinner=False)
def _record(folder: str, age: str) -> TrainingRecord:
    return TrainingRecord.load(folder)


def _brought(name: str, content: bytes) -> TrainingRecord:
    key = (name, hashlib.sha256(content).hexdigest())
    return visitor().cache("training records", 64).get(
        key, lambda: TrainingRecord.from_text(_text(content, name), name))


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except ValueError as error:
        raise TrainingRecordError(f"{name} is no text; give {RECORD} of `trailscope study` or "
                                  "trailscope.json of a model.") from error


def read_own(own: OwnMolecules) -> ReadMolecules:
    """A visitor's molecules as graphs, the first of them.

    Raises:
        InputError: for a file that cannot be read, or without a molecule that can be written.
    """
    def read() -> ReadMolecules:
        path = _folder(own) / "input" / (PurePath(own.name).name or "molecules.txt")
        if not path.exists():
            if fault := files_fault():
                raise InputError(fault)
            with replacing(path) as partial:
                partial.write_bytes(own.content)
        try:
            return _read(path, own.written_as)
        except InputError as error:  # of the visitor's file, wherever it lies here
            raise InputError(str(error).replace(f"{path.parent}/", "")) from error

    return visitor().cache("molecules whose diversity is measured", 4).get(own.digest, read)


def _read(path: Path, written_as: str) -> ReadMolecules:
    named = tuple(CHEMISTRIES) if written_as == AUTOMATIC else (written_as,)
    best: ReadMolecules | None = None
    with short_work() as check_time:
        for name in named:
            found = _read_as(path, CHEMISTRIES[name], check_time)
            if best is None or len(found.graphs) > len(best.graphs):
                best = found
            if not found.skipped:
                break
    assert best is not None
    if not best.graphs:
        raise InputError(f"{path} holds no molecule that can be written: {best.skipped[0]}")
    return best


def _read_as(path: Path, chemistry: Chemistry, check_time: Callable[[], None]) -> ReadMolecules:
    graphs, skipped = [], []
    rows = read_molecules(path, chemistry)
    for row in islice(rows, MOST_MOLECULES):
        check_time()
        if row.graph is None:
            skipped.append(f"{row.id}: {row.error}")
        elif not row.graph.is_labelled:
            skipped.append(f"{row.id}: It is a graph without labels, no molecule; "
                           "`trailscope diversity` measures those.")
        else:
            graphs.append(row.graph)
    return ReadMolecules(chemistry, tuple(graphs), tuple(skipped), next(rows, None) is not None)


def own_diversity(own: OwnMolecules) -> Diversity | None:
    """What was measured; None before it is."""
    return visitor().cache("diversities", 4).find(own.digest)


def measure_more(own: OwnMolecules, progress: Callable[[int, int], None]) -> None:
    """Measure for some seconds; finished chunks stay. `progress` may raise to cancel.

    Raises:
        InputError: as `DiversityRun`.
    """
    found = read_own(own)
    run = DiversityRun(GraphSet(own.name, None, found.graphs), vocabulary_of(found.chemistry),
                       own.config, run_folder=_folder(own) / "run")
    until = time.monotonic() + _SITTING_S
    with closing(run.steps()) as steps:
        for done, total in steps:
            progress(done, total)
            if done == total:
                visitor().cache("diversities", 4).keep(own.digest, run.result())
            elif time.monotonic() > until:
                return


def _folder(own: OwnMolecules) -> Path:
    folder = visitor().folder / "diversity" / own.digest
    with suppress(FileExistsError):
        folder.mkdir(parents=True)
    return folder
