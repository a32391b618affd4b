"""Which of the models can read a molecule, where the chosen one cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from core.chemistry.chemistry import QM9, Chemistry
from core.chemistry.molecules import elements_of, from_smiles
from core.chemistry.notation import MoleculeError
from core.model.card import ModelCard, find_shipped_models
from core.model.local_models import find_local_models


def readers(smiles: str, cards: Iterable[ModelCard], *, like: ModelCard) -> list[ModelCard]:
    """The models whose chemistry and vocabulary hold a molecule, the likest first.

    A model is the more like another if it has its strategy, then if it learnt the same data set,
    then if it treats hydrogens and bonds alike; models that are equally alike keep their order.

    Args:
        smiles: the molecule.
        cards: of the models that there are; those of graphs without labels read none.
        like: the model that was asked for.
    """
    able: dict[tuple[Chemistry, int], bool] = {}
    found = []
    for card in cards:
        if card.chemistry is None:
            continue
        key = (card.chemistry, card.vocabulary.max_nodes)
        if key not in able:
            able[key] = _can_read(smiles, *key)
        if able[key]:
            found.append(card)
    return sorted(found, key=lambda card: _differences(card, like))


def why_none(smiles: str, cards: Collection[ModelCard]) -> str:
    """What keeps a molecule that no model can read from all of them, as a sentence.

    Args:
        smiles: the molecule; nothing is said of what is no molecule.
        cards: of the models that there are.
    """
    elements = elements_of(smiles)
    if not elements:
        return ""
    known = {element for card in cards if card.chemistry is not None
             for element in card.chemistry.elements}
    foreign = [element for element in elements if element not in known]
    if not known:
        return ""
    if not foreign:
        size, name, counted = max(
            ((card.vocabulary.max_nodes, card.name, card.chemistry.counted) for card in cards
             if card.chemistry is not None),
            key=lambda of_card: (of_card[2] != QM9.counted, of_card[0]))  # without hydrogens first
        return (f"No model that is here can read it; the largest, {name}, takes {size} "
                f"{counted}.")
    return f"No model that is here knows {' or '.join(foreign)}."


def known_models() -> tuple[ModelCard, ...]:
    """Cards of the shipped models and of those that were made here."""
    return (*find_shipped_models().cards, *find_local_models().cards)


def _can_read(smiles: str, chemistry: Chemistry, max_nodes: int) -> bool:
    try:
        from_smiles(smiles, chemistry, max_atoms=max_nodes)
    except MoleculeError:
        return False
    return True


def _differences(card: ModelCard, like: ModelCard) -> tuple[bool, ...]:
    """In which respects two models differ, what weighs most first."""
    ours, theirs = card.chemistry, like.chemistry
    return (card.strategy != like.strategy, card.data.get("name") != like.data.get("name"),
            ours is None or theirs is None or ours.hydrogens != theirs.hydrogens,
            ours is None or theirs is None or ours.bonds != theirs.bonds)
