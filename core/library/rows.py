"""The rows of an input as a model reads them: what it cannot read says why, and which model can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.data.files import InputRow
from core.errors import InputError
from core.graph.graph import GraphError
from core.graph.planar import PLANAR_NODES, PlanarName
from core.model.card import ModelCard
from core.model.readers import known_models, readers, why_none
from core.sent.vocabulary import Vocabulary


def planar_nodes(card: ModelCard) -> int:
    """Nodes of the planar graphs that are made for a model of unlabelled graphs."""
    return card.data.get("nodes", min(card.vocabulary.max_nodes, PLANAR_NODES))


def naming_readers(rows: Iterable[InputRow], card: ModelCard | None) -> Iterator[InputRow]:
    """Say of what a model cannot read which model can.

    Args:
        rows: molecules and graphs, also such as the model cannot read; graphs of the other kind,
            with labels or without, become bad rows here.
        card: of the model; None for none, where molecules are read as QM9 has them.
    """
    models: tuple[ModelCard, ...] = ()
    for row in rows:
        if card is not None and row.graph is not None and (
                row.graph.is_labelled != card.vocabulary.is_labelled):
            row = (check_fits(row, card.vocabulary) if row.graph.is_labelled else
                   replace(row, graph=None, error="The model reads molecules, and this is a graph "
                                                  "without labels."))
        if row.error is not None:
            models = models or known_models()
            if said := _who_reads(row, card, models):
                row = replace(row, error=f"{row.error} {said}")
        yield row


def _who_reads(row: InputRow, card: ModelCard | None, models: tuple[ModelCard, ...]) -> str:
    """The likest model that can read a bad row, as a sentence; or that there is none, or nothing,
    where something else is wrong with the row."""
    if not models:
        return ""
    if row.smiles:
        able = readers(row.smiles, models, like=card or models[0])
        if not able:
            return why_none(row.smiles, models)
    elif _names_a_planar_graph(row.id):
        able = [one for one in models if one.chemistry is None]
    else:
        able = []
    if not able or (card is not None and able[0].weights_sha256 == card.weights_sha256):
        return ""
    return f"A model that can read it: {able[0].name}."


def _names_a_planar_graph(text: str) -> bool:
    """As it is asked for, or as such a graph is called."""
    if PlanarName.from_id(text) is not None:
        return True
    try:
        PlanarName.from_text(text)
    except GraphError:
        return False
    return True


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
