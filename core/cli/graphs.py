"""Graphs for a command: molecules or graphs of a file, or a part of a data set, as a model reads
them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from core.chemistry.chemistry import QM9
from core.cli import messages
from core.cli.progress import reporting
from core.cli.rows import RowWriter, saying_notes
from core.data.dataset import DataOptions, DataPart, Dataset
from core.data.files import InputRow, read_input
from core.data.registry import DATASETS, dataset_of_model, find_dataset
from core.errors import InputError
from core.graph.graph import Graph
from core.graph.planar import PLANAR_NODES
from core.library.rows import check_fits, naming_readers, planar_nodes
from core.model.card import ModelCard, read_card, resolve_model
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY, Vocabulary

if TYPE_CHECKING:
    from core.evaluation.graph_set import GraphSet


def card_of(model: str | None) -> ModelCard | None:
    """The card of a model by name or folder, its weights left alone; None for none."""
    return None if model is None else read_card(resolve_model(model))


def read_rows(
    inputs: str | Sequence[str], card: ModelCard | None, *, smiles_column: str | None = None,
    id_column: str | None = None,
) -> Iterator[InputRow]:
    """Rows of `INPUT` as a model reads them; what its graphs do not encode is said at the end.

    Args:
        inputs: a file, a SMILES or the name of a planar graph, or several; all are opened before
            the first row is asked for.
        card: the model's; None to read molecules as QM9 has them, and planar graphs.
        smiles_column, id_column: as of `core.data.records.open_records`.
    """
    chemistry, nodes, most = QM9, PLANAR_NODES, PLANAR_VOCABULARY.max_nodes
    if card is not None:
        chemistry, most = card.chemistry or QM9, card.vocabulary.max_nodes
        nodes = planar_nodes(card) if card.chemistry is None else PLANAR_NODES
    opened = [
        read_input(input, chemistry, planar_nodes=nodes, max_atoms=most,
                   smiles_column=smiles_column, id_column=id_column, place=place)
        for place, input in enumerate([inputs] if isinstance(inputs, str) else inputs, start=1)]
    return saying_notes(naming_readers(chain.from_iterable(opened), card))


def vocabulary_for(graph: Graph, card: ModelCard | None) -> Vocabulary:
    """What a graph is written in: without a model, QM9's vocabulary or that of planar graphs."""
    if card is not None:
        return card.vocabulary
    return QM9_VOCABULARY if graph.is_labelled else PLANAR_VOCABULARY


def check_row(row: InputRow, card: ModelCard | None) -> InputRow:
    """Turn a graph that cannot be written into a bad row; see `vocabulary_for`."""
    return row if row.graph is None else check_fits(row, vocabulary_for(row.graph, card))


def read_graph_file(
    input: str, card: ModelCard, writer: RowWriter, number: int | None
) -> GraphSet:
    """Graphs of a file, or a single SMILES or planar graph, that a model can write.

    Rows that are wrong are said on stderr and make the command end with status 1.

    Raises:
        InputError: if no row is right.
    """
    from core.evaluation.graph_set import GraphSet

    good: list[InputRow] = []
    skipped = 0
    for row in islice(read_rows(input, card), number):
        checked = check_row(row, card)
        if checked.graph is None:
            skipped += 1
            writer.fail()
            messages.print(f"skipped {checked.id}: {checked.error}", markup=False, soft_wrap=True)
        else:
            good.append(checked)
    if not good:
        raise InputError(f"{input} holds no graph that the model can read; every row is wrong.")
    return GraphSet(
        Path(input).name if Path(input).is_file() else input, None,
        tuple(row.graph for row in good if row.graph is not None),
        tuple(row.smiles for row in good), details={"rows_skipped": skipped},
    )


def dataset_for(card: ModelCard, name: str | None) -> Dataset:
    """A data set as a model reads it, by default the model's own.

    Raises:
        InputError: for an unknown name, or graphs of another kind than the model's.
    """
    found = dataset_of_model(card.data, card.vocabulary) if name is None else find_dataset(name)
    if found.has_molecules != (card.chemistry is not None):
        reads = "molecules" if card.chemistry is not None else "unlabelled graphs"
        fitting = [dataset.name for dataset in DATASETS.values()
                   if dataset.has_molecules != found.has_molecules]
        raise InputError(f"The model reads {reads}, use --dataset {' or '.join(fitting)}.")
    return found


def read_part(
    dataset: Dataset,
    split: str,
    *,
    card: ModelCard,
    data: Path | None,
    number: int | None,
    seed: int = 0,
    made: int,
) -> DataPart:
    """The first graphs of a part of a data set, with progress.

    Args:
        dataset: see `dataset_for`.
        split: name of the part.
        card: of the model that is to read them.
        data: the data set as a local file or folder.
        number: of graphs; by default all, or `made`.
        seed: of graphs that are made.
        made: how many graphs are made by default, where they are.

    Raises:
        InputError: if the part is empty, or cannot be read.
    """
    options = DataOptions(card.chemistry, number or made, seed, planar_nodes(card))
    if not messages.is_terminal and not dataset.is_made:
        messages.print(f"Reading {dataset.title}'s {split} split.")
    part = load_part(dataset.adapted(options), split, data).first(number)
    if not len(part):
        raise InputError(f"The {split} split of {data or dataset.title} is empty; give more "
                         "molecules.")
    part.check_fits(card.vocabulary)
    return part


def load_part(dataset: Dataset, split: str, data: Path | None) -> DataPart:
    """A part of a data set, all of it, with progress."""
    with reporting(f"Reading {dataset.title}", "graphs") as progress:
        part = dataset.load(split, source=data, progress=progress)
    if doubt := part.details.get("doubt"):
        messages.print(f"[yellow]warning:[/] {escape(doubt)}", soft_wrap=True)
    return part


def graph_set(part: DataPart) -> GraphSet:
    """A part of a data set as what is evaluated."""
    from core.evaluation.graph_set import GraphSet

    return GraphSet(part.title, part.record["split"], tuple(part.graphs()), details=part.details)
