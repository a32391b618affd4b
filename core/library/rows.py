"""The rows of an input as a model reads them: what it cannot read says why, and which model can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.data.files import InputRow
from core.errors import InputError
from core.graph.planar import PLANAR_NODES
from core.model.card import ModelCard
from core.model.readers import known_models, readers
from core.sent.vocabulary import Vocabulary


def planar_nodes(card: ModelCard) -> int:
    """Nodes of the planar graphs that are made for a model of unlabelled graphs."""
    return card.data.get("nodes", min(card.vocabulary.max_nodes, PLANAR_NODES))


def naming_readers(rows: Iterable[InputRow], card: ModelCard) -> Iterator[InputRow]:
    """Say of a molecule outside a model's chemistry which model can read it."""
    models: tuple[ModelCard, ...] = ()
    for row in rows:
        if row.error is not None and row.smiles and card.chemistry is not None:
            models = models or known_models()
            able = readers(row.smiles, models, like=card)
            # If the model itself can read it, something else is wrong with the row.
            if able and able[0].weights_sha256 != card.weights_sha256:
                row = replace(row, error=f"{row.error} A model that can read it: {able[0].name}.")
        yield row


def check_fits(row: InputRow, vocabulary: Vocabulary) -> InputRow:
    """Turn a graph that cannot be written in a vocabulary into a bad row."""
    from core.sent.batch import GraphBatch

    if row.graph is None:
        return row
    try:
        batch = GraphBatch.from_graphs([row.graph], with_automorphisms=False)
        batch.check_fits(vocabulary)
    except InputError as error:
        return replace(row, graph=None, error=str(error))
    return row
