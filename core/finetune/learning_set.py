"""What a run learns from, which rows were left out and why, and what it is measured on.

What molecules may hold is a matter of the model that is to learn them: its chemistry.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pandas as pd

from core.chemistry.chemistry import QM9, Chemistry
from core.chemistry.molecules import from_smiles, to_smiles
from core.data.dataset import DataOptions, Dataset
from core.data.files import InputRow, NotedRows, count_notes, counted_notes, read_molecules
from core.data.registry import dataset_of_model
from core.data.splits import Progress
from core.errors import InputError
from core.evaluation.graph_set import GraphSet
from core.graph.graph import Graph
from core.model.card import ModelCard
from core.salience.examples import shipped_graphs
from core.salience.matrices import SalienceError

_REPORT_EVERY = 50
_TYPED = "molecules.txt"


@dataclass(frozen=True, eq=False)
class LearningSet:
    """What a run learns from.

    Attributes:
        graphs: at least one.
        smiles: as given or written, one per graph; None for graphs without labels.
        bad: rows that are no graphs of the model, each with its reason.
        notes: what the graphs do not encode of the rows, a sentence each.
    """

    graphs: tuple[Graph, ...]
    smiles: tuple[str, ...] | None
    bad: tuple[InputRow, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def csv(self) -> str:
        """The molecules, a row each, as `trailscope finetune --input` reads them."""
        return pd.DataFrame({"id": [graph.name for graph in self.graphs],
                             "smiles": self.smiles}).to_csv(index=False)


def measured_graphs(card: ModelCard, *, number: int, seed: int) -> GraphSet:
    """The first test molecules that ship, or the first test graphs of a seed if they are made.

    Args:
        card: of the model.
        number: how many at most.
        seed: of graphs that are made.

    Raises:
        SalienceError: if no molecules ship.
        DatasetError: if the data set of the model is not known.
    """
    dataset = dataset_of_model(card.data, card.vocabulary)
    if not dataset.is_made:
        shipped = shipped_graphs(card)
        return GraphSet(shipped.name, shipped.split, shipped.graphs[:number])
    part = dataset.adapted(_options(card, number, seed)).load("test")
    return GraphSet(part.title, "test", tuple(part.graphs()))


def measured_smiles(card: ModelCard) -> frozenset[str]:
    """Canonical SMILES of all test molecules that ship: no run may learn them.

    Raises:
        SalienceError: if none ship, or the model writes no molecules.
    """
    chemistry = card.chemistry
    if chemistry is None:
        raise SalienceError(f"{card.name} writes graphs without labels, which have no SMILES.")
    return frozenset(filter(None, (to_smiles(graph, chemistry)
                                   for graph in shipped_graphs(card).graphs)))


def generated_set(
    table: pd.DataFrame,
    chemistry: Chemistry,
    *,
    number: int,
    without: Collection[str],
    progress: Progress,
) -> LearningSet:
    """Good and different molecules of a table of samples, the first ones.

    Good are valid ones, and where every hydrogen is a node, stable ones.

    Args:
        table: columns `core.triage.samples.SAMPLE_TYPES`.
        chemistry: of the model that made them.
        number: how many at most.
        without: canonical SMILES of molecules to leave out.
        progress: told how many there are.

    Raises:
        InputError: if there are none.
    """
    good = table["valid"] & table["unique"].fillna(False)
    if chemistry.has_hydrogen_nodes:
        good &= table["stable"].fillna(False)
    graphs: list[Graph] = []
    written: list[str] = []
    for name, smiles in table[good][["id", "smiles"]].itertuples(index=False):
        graph = from_smiles(smiles, chemistry, name=name).graph
        if to_smiles(graph, chemistry) in without:
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
    return LearningSet(tuple(graphs), tuple(written))


def own_set(
    text: str, file: tuple[str, bytes] | None, card: ModelCard, *, number: int, progress: Progress
) -> LearningSet:
    """Molecules that were typed, or a file's.

    Args:
        text: a SMILES per line, or a CSV with a `smiles` column.
        file: name and content of a file, instead of the text.
        card: of the model that is to learn them.
        number: how many are read at most.
        progress: told how many there are.

    Raises:
        InputError: if there are none; for a file that cannot be read.
    """
    name, content = file if file is not None else (
        _TYPED, text.lstrip().encode("utf-8", "surrogatepass"))
    if not content.strip():
        raise InputError("There are no molecules to learn from; type SMILES, one per line, or "
                         "upload a file.")
    found = [_fitting(row, card) for row in _read(name, content, card, number, progress)]
    notes = NotedRows()
    good = [row for row in count_notes(notes, found) if row.graph is not None]
    if not good:
        why = f" {found[0].id}: {found[0].error}" if found else ""
        raise InputError(f"None of the {len(found):,} rows is a molecule that the model can write."
                         f"{why}")
    graphs = tuple(row.graph for row in good if row.graph is not None)
    smiles = None
    if card.chemistry is not None:
        smiles = tuple(row.smiles or to_smiles(graph, card.chemistry) or ""
                       for row, graph in zip(good, graphs, strict=True))
    return LearningSet(graphs, smiles, tuple(row for row in found if row.graph is None),
                       counted_notes(notes))


def dataset_set(
    dataset: Dataset, card: ModelCard, *, number: int, seed: int, progress: Progress
) -> LearningSet:
    """The first graphs of a data set's training part, as a model writes them.

    Args:
        dataset: that the model can learn.
        card: of the model.
        number: how many at most.
        seed: of graphs that are made.
        progress: told how many have been read.

    Raises:
        InputError: if it cannot be read.
    """
    adapted = dataset.adapted(_options(card, number, seed))
    part = adapted.load("train", progress=progress).first(number)
    graphs, chemistry = tuple(part.graphs()), part.chemistry
    return LearningSet(graphs, None if chemistry is None else tuple(
        to_smiles(graph, chemistry) or "" for graph in graphs))


def _options(card: ModelCard, number: int, seed: int) -> DataOptions:
    return DataOptions(card.chemistry, number, seed, card.data.get("nodes"))


def _fitting(row: InputRow, card: ModelCard) -> InputRow:
    """The row, or why the model cannot write its graph."""
    if row.graph is None or row.graph.is_labelled == card.vocabulary.is_labelled:
        return row
    wanted = "molecules" if card.chemistry is not None else "graphs without labels"
    return replace(row, graph=None, notes=(), error=f"The model writes {wanted} only.")


def _read(
    name: str, content: bytes, card: ModelCard, number: int, progress: Progress
) -> Iterator[InputRow]:
    """Rows of a file's content; messages call it by its own name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"molecules{''.join(Path(name).suffixes[-2:])}"
        path.write_bytes(content)
        try:
            rows = read_molecules(path, card.chemistry or QM9,
                                  max_atoms=card.vocabulary.max_nodes)
            for done, row in enumerate(islice(rows, number)):
                if done % _REPORT_EVERY == 0:
                    progress(done, number)
                yield row
        except InputError as error:
            raise InputError(str(error).replace(str(path), name)) from None
