"""What the labels of a molecular graph mean: elements, hydrogens, bonds, valences, size.

A model writes small integers. Which element a node label stands for, whether hydrogens are nodes
and whether benzene has aromatic bonds or alternating ones is a property of the model, not of the
program: a `Chemistry` stands beside the vocabulary in `trailscope.json`, and all code that reads or
writes molecules takes one (docs/definitions.md, Graphs and chemistries).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from core.errors import InputError

BONDS = ("single", "double", "triple", "aromatic")
"""Edge labels in order; `aromatic` is in every vocabulary, unused where bonds are kekulized."""

Hydrogens = Literal["explicit", "implicit"]
BondForm = Literal["kekulized", "aromatic"]


class ChemistryError(InputError):
    """A chemistry that cannot be; the message says why and what would be right."""


@dataclass(frozen=True)
class Chemistry:
    """The molecules that a model can write, and how it writes them.

    Attributes:
        name: how commands and pages call it.
        elements: symbols in the order of the node labels.
        valences: of each element, the sums of bond orders that it can have, ascending.
        hydrogens: `explicit`: every hydrogen is a node; `implicit`: hydrogens are what RDKit's
            valence model fills in, a node only where nothing else is left (H2).
        bonds: `kekulized`, or `aromatic` as RDKit perceives them.
        max_nodes: largest number of nodes, 1 or more.

    Raises:
        ChemistryError: for repeated or missing elements, or valences that do not fit them.
    """

    name: str
    elements: tuple[str, ...]
    valences: tuple[tuple[int, ...], ...]
    hydrogens: Hydrogens
    bonds: BondForm
    max_nodes: int

    def __post_init__(self) -> None:
        if not self.elements or len(set(self.elements)) != len(self.elements):
            raise ChemistryError("A chemistry names each of its elements once, at least one.")
        if len(self.valences) != len(self.elements) or not all(self.valences):
            raise ChemistryError(f"A chemistry gives valences for each of its "
                                 f"{len(self.elements)} elements, got {len(self.valences)}.")
        for what, value, known in (("hydrogens", self.hydrogens, get_args(Hydrogens)),
                                   ("bonds", self.bonds, get_args(BondForm))):
            if value not in known:
                raise ChemistryError(f"Unknown {what} {value!r}; use {' or '.join(known)}.")
        if self.max_nodes < 1:
            raise ChemistryError(f"max_nodes must be at least 1, got {self.max_nodes}.")

    @property
    def has_hydrogen_nodes(self) -> bool:
        """Whether every hydrogen is a node, so that "stable" has a meaning."""
        return self.hydrogens == "explicit"

    @property
    def is_kekulized(self) -> bool:
        """Whether bonds are single, double and triple only."""
        return self.bonds == "kekulized"

    @property
    def highest_valences(self) -> np.ndarray:
        """Largest valence of each element, [elements] int64."""
        return np.array([max(of_element) for of_element in self.valences])

    @property
    def counted(self) -> str:
        """How atoms are counted, behind their number: with or without hydrogens."""
        return f"atoms {'with' if self.has_hydrogen_nodes else 'without'} hydrogens"

    @property
    def limits(self) -> str:
        """Which molecules it holds, in a sentence."""
        *others, last = self.elements
        return f"{', '.join(others)} and {last}, at most {self.max_nodes} {self.counted}."

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` reads it back."""
        return {
            "name": self.name, "elements": list(self.elements),
            "valences": [list(of_element) for of_element in self.valences],
            "hydrogens": self.hydrogens, "bonds": self.bonds, "max_nodes": self.max_nodes,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Chemistry:
        """Read what `to_json` wrote.

        Raises:
            ChemistryError: for values that make no chemistry.
            KeyError: for a missing field.
        """
        return cls(
            name=str(row["name"]),
            elements=tuple(map(str, row["elements"])),
            valences=tuple(tuple(map(int, of_element)) for of_element in row["valences"]),
            hydrogens=row["hydrogens"],
            bonds=row["bonds"],
            max_nodes=int(row["max_nodes"]),
        )


QM9 = Chemistry(
    name="qm9",
    elements=("H", "C", "N", "O", "F"),
    valences=((1,), (4,), (3,), (2,), (1,)),
    hydrogens="explicit",
    bonds="kekulized",
    max_nodes=29,
)
"""Molecules of up to nine heavy atoms with all their hydrogens."""

_MOSES_ELEMENTS = ("C", "N", "S", "O", "F", "Cl", "Br", "H")
_MOSES_VALENCES = ((4,), (3,), (2, 4, 6), (2,), (1,), (1,), (1,), (1,))

MOSES = Chemistry(
    name="moses",
    elements=_MOSES_ELEMENTS,
    valences=_MOSES_VALENCES,
    hydrogens="implicit",
    bonds="kekulized",
    max_nodes=27,
)
"""Drug-like molecules of MOSES (Polykovskiy et al. 2020), as our own models write them."""

AUTOGRAPH_MOSES = Chemistry(
    name="moses-aromatic",
    elements=_MOSES_ELEMENTS,
    valences=_MOSES_VALENCES,
    hydrogens="implicit",
    bonds="aromatic",
    max_nodes=27,
)
"""The same molecules as AutoGraph's checkpoints write them (arXiv 2502.02216)."""

AUTOGRAPH_GUACAMOL = Chemistry(
    name="guacamol-aromatic",
    elements=("C", "N", "O", "F", "B", "Br", "Cl", "I", "P", "S", "Se", "Si"),
    valences=((4,), (3,), (2,), (1,), (3,), (1,), (1,), (1, 3, 5), (3, 5), (2, 4, 6), (2, 4, 6),
              (4,)),
    hydrogens="implicit",
    bonds="aromatic",
    max_nodes=88,
)
"""Molecules of GuacaMol (Brown et al. 2019) as AutoGraph's checkpoints write them."""

CHEMISTRIES: dict[str, Chemistry] = {
    chemistry.name: chemistry
    for chemistry in (QM9, MOSES, AUTOGRAPH_MOSES, AUTOGRAPH_GUACAMOL)
}
"""Named chemistries, the only list of them."""
