"""A fragment as a model grows molecules from it, and whether a graph did grow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from core.chemistry.chemistry import Chemistry
from core.chemistry.fragments import Fragment, FragmentError, listed
from core.errors import InputError
from core.graph.graph import Graph
from core.model.card import ModelCard
from core.model.readers import known_models, readers
from core.sent.prefixes import PrefixError, draw_prefixes, largest_open


def fragment_of(
    card: ModelCard, smiles: str, *, open_atoms: Sequence[int] | None = None
) -> Fragment:
    """Read a fragment for a model.

    Args:
        card: the model's.
        smiles: the fragment as a molecule of its own.
        open_atoms: atoms that may get new bonds, counted from 0 in the order of the SMILES; by
            default as many as can stay open at once of those with a hydrogen to give away, which
            a note says where it is not all.

    Raises:
        InputError: for a model of graphs without labels, what `Fragment.from_smiles` refuses, with
            a model that can if there is one, or atoms that cannot all stay open.
    """
    chemistry = card.chemistry
    if chemistry is None:
        raise FragmentError(f"{card.name} generates no molecules, so none can grow from a "
                            "fragment; take a model of molecules.")
    try:
        fragment = Fragment.from_smiles(smiles, chemistry, open_atoms=open_atoms)
    except InputError as error:
        raise FragmentError(f"{error}{_who_can(card, smiles, open_atoms)}") from error
    if open_atoms is None:
        return _with_largest_open(fragment, card, chemistry)
    try:
        draw_prefixes(fragment.graph, fragment.is_open, card.vocabulary, 1,
                      generator=torch.Generator().manual_seed(0))
    except PrefixError:
        raise FragmentError(
            f"One sequence cannot leave atoms {listed(fragment.open_atoms)} open together; it can "
            f"leave open {listed(_largest_open(fragment, card))}.") from None
    return fragment


def _with_largest_open(fragment: Fragment, card: ModelCard, chemistry: Chemistry) -> Fragment:
    """The fragment with as few further atoms closed as can be, which a note says."""
    possible = _largest_open(fragment, card)
    if possible == fragment.open_atoms:
        return fragment
    closed = sorted(set(fragment.open_atoms) - set(possible))
    subject = f"Atom {closed[0]} is" if len(closed) == 1 else f"Atoms {listed(closed)} are"
    note = (f"{subject} closed, as one sequence cannot leave all {len(fragment.open_atoms)} atoms "
            "open that have a hydrogen to give away.")
    found = Fragment.from_smiles(fragment.smiles, chemistry, open_atoms=possible)
    return replace(found, notes=(*found.notes, note))


def _largest_open(fragment: Fragment, card: ModelCard) -> tuple[int, ...]:
    found = largest_open(fragment.graph, fragment.is_open, card.vocabulary)
    return tuple(np.flatnonzero(found).tolist())


def _who_can(card: ModelCard, smiles: str, open_atoms: Sequence[int] | None) -> str:
    """A model that can grow from what this one cannot, as a sentence of its own."""
    for other in readers(smiles, known_models(), like=card):
        if other.chemistry is None or other.chemistry == card.chemistry:
            continue
        try:
            Fragment.from_smiles(smiles, other.chemistry, open_atoms=open_atoms)
        except InputError:
            continue
        return f" A model that can grow from it: {other.name}."
    return ""


def holds_fragment(graph: Graph, fragment: Fragment, order: np.ndarray) -> bool:
    """Whether a graph grew from a fragment as it should: nothing of it changed, closed atoms kept.

    Args:
        graph: as decoded, its nodes numbered in visit order.
        fragment: what it grew from.
        order: atom of the fragment at each of the first visit indices, [n] int64.
    """
    expected = fragment.graph.relabel(order)
    size = expected.num_nodes
    if graph.num_nodes < size or graph.induced(np.arange(size)) != expected:
        return False
    has_grown = graph.degrees[:size] > expected.degrees
    return not bool((has_grown & ~fragment.is_open[order]).any())


def has_grown(graph: Graph, size: int, chemistry: Chemistry) -> bool:
    """Whether anything but hydrogen was bonded to a fragment; without, it is a piece by itself.

    Args:
        graph: as decoded.
        size: nodes of the fragment, its first ones.
        chemistry: what its labels mean.
    """
    assert graph.node_labels is not None
    is_inside = graph.edges < size
    crosses = is_inside.any(axis=1) & ~is_inside.all(axis=1)
    bonded = graph.edges[crosses].max(axis=1)
    return any(chemistry.elements[label] != "H" for label in graph.node_labels[bonded].tolist())
