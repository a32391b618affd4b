"""`LearningSet`: molecules or graphs that a run learns from, and what was left out and why."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.chemistry.molecules import from_smiles, to_smiles
from core.data.files import InputRow, read_molecules
from core.data.qm9 import load_qm9_graphs
from core.data.splits import Progress, data_folder
from core.errors import InputError
from core.graph.graph import Graph
from core.graph.planar import planar_graph
from core.sent.vocabulary import Vocabulary

_REPORT_EVERY = 50
_TYPED = "molecules.smi"


@dataclass(frozen=True, eq=False)
class LearningSet:
    """What a run learns from.

    Attributes:
        graphs: at least one.
        smiles: as given or written, one per graph; None for graphs without labels.
        bad: rows that are no graphs of the vocabulary, each with its reason.
        num_left_out: molecules that are measured on and were therefore left out.
    """

    graphs: tuple[Graph, ...]
    smiles: tuple[str, ...] | None
    bad: tuple[InputRow, ...] = ()
    num_left_out: int = 0

    @property
    def csv(self) -> str:
        """The molecules, a row each, as `trailscope finetune --input` reads them."""
        return pd.DataFrame({"id": [graph.name for graph in self.graphs],
                             "smiles": self.smiles}).to_csv(index=False)

    @property
    def complaints(self) -> pd.DataFrame:
        """A row per bad row."""
        return pd.DataFrame([{"row": row.id, "SMILES": row.smiles, "what is wrong": row.error}
                             for row in self.bad])


def qm9_file() -> Path | None:
    """QM9 on this machine, None if it was never downloaded."""
    path = data_folder() / "qm9.csv"
    return path if path.is_file() else None


def generated_set(
    table: pd.DataFrame, *, number: int, without: Collection[str], progress: Progress
) -> LearningSet:
    """Valid, stable and different molecules of a table of samples, the first ones.

    Args:
        table: columns `core.triage.samples.SAMPLE_TYPES`.
        number: how many at most.
        without: canonical SMILES of molecules to leave out.
        progress: told how many there are.

    Raises:
        InputError: if there are none.
    """
    good = table["valid"] & table["stable"].fillna(False) & table["unique"].fillna(False)
    graphs: list[Graph] = []
    written: list[str] = []
    num_left_out = 0
    for name, smiles in table[good][["id", "smiles"]].itertuples(index=False):
        graph = from_smiles(smiles, name=name).graph
        if to_smiles(graph) in without:
            num_left_out += 1
            continue
        graphs.append(graph)
        written.append(smiles)
        if len(graphs) % _REPORT_EVERY == 0:
            progress(len(graphs), number)
        if len(graphs) == number:
            break
    if not graphs:
        raise InputError("None of the generated molecules is valid, stable and not measured on; "
                         "choose another model's.")
    return LearningSet(tuple(graphs), tuple(written), num_left_out=num_left_out)


def own_set(
    text: str, file: tuple[str, bytes] | None, *, number: int, vocabulary: Vocabulary,
    progress: Progress,
) -> LearningSet:
    """Molecules that were typed, or a file's.

    Args:
        text: a SMILES per line, or a CSV with a `smiles` column.
        file: name and content of a file, instead of the text.
        number: how many are read at most.
        vocabulary: what the model writes.
        progress: told how many there are.

    Raises:
        InputError: if there are none; for a file that cannot be read.
    """
    name, content = file if file is not None else (_typed_name(text), text.encode())
    if not content.strip():
        raise InputError("There are no molecules to learn from; type SMILES, one per line, or "
                         "upload a file.")
    found = [_fitting(row, vocabulary) for row in _read(name, content, number, progress)]
    good = [row for row in found if row.graph is not None]
    if not good:
        why = f" {found[0].id}: {found[0].error}" if found else ""
        raise InputError(f"None of the {len(found):,} rows is a molecule that the model can write."
                         f"{why}")
    graphs = tuple(row.graph for row in good if row.graph is not None)
    smiles = None
    if vocabulary.is_labelled:
        smiles = tuple(row.smiles or to_smiles(graph) or ""
                       for row, graph in zip(good, graphs, strict=True))
    return LearningSet(graphs, smiles, tuple(row for row in found if row.graph is None))


def _fitting(row: InputRow, vocabulary: Vocabulary) -> InputRow:
    """The row, or why the model cannot write its graph."""
    if row.graph is None or row.graph.is_labelled == vocabulary.is_labelled:
        return row
    wanted = "molecules" if vocabulary.is_labelled else "graphs without labels"
    return InputRow(row.id, row.smiles, None, error=f"The model writes {wanted} only.")


def _typed_name(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0].lower()
    return "molecules.csv" if "smiles" in first.split(",") else _TYPED


def _read(name: str, content: bytes, number: int, progress: Progress) -> Iterator[InputRow]:
    """Rows of a file's content; messages call it by its own name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        try:
            for done, row in enumerate(_first(read_molecules(path), number)):
                if done % _REPORT_EVERY == 0:
                    progress(done, number)
                yield row
        except InputError as error:
            raise InputError(str(error).replace(str(path), name)) from None


def _first(rows: Iterable[InputRow], number: int) -> Iterator[InputRow]:
    for _, row in zip(range(number), rows, strict=False):
        yield row


def qm9_set(*, number: int, progress: Progress) -> LearningSet:
    """The first molecules of QM9's train split.

    Raises:
        InputError: if QM9 is not on this machine.
    """
    path = qm9_file()
    if path is None:
        raise InputError("QM9 is not on this machine, and pages download nothing; choose other "
                         "molecules, or run a command that needs it, such as `trailscope repair`.")
    graphs = tuple(load_qm9_graphs(path, "train", progress)[:number])
    return LearningSet(graphs, tuple(to_smiles(graph) or "" for graph in graphs))


def planar_set(*, number: int, seed: int, progress: Progress) -> LearningSet:
    """The first planar graphs of a seed's stream."""
    graphs = []
    for index in range(number):
        graphs.append(planar_graph(index, seed=seed).graph)
        if index % _REPORT_EVERY == 0:
            progress(index, number)
    return LearningSet(tuple(graphs), None)
