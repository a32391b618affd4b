"""One generated graph again: from the tokens of a row to graph, molecule and SMILES."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import from_smiles, to_smiles
from core.chemistry.normal_form import normal_form
from core.graph.graph import Graph, is_isomorphic
from core.sent.decoder import DecodeError, decode, decode_lenient
from core.sent.vocabulary import EOS, Vocabulary

Mask = Literal["strict", "kinds"]
"""What sampling allowed next, see `core.model.generation.SamplingConfig`."""


@dataclass(frozen=True, eq=False)
class Generated:
    """What a generated sequence wrote.

    Attributes:
        graph: a molecule in its normal form (`core.chemistry.normal_form`), as it is scored, nodes
            numbered in visit order; None if the sequence says none.
        smiles: of a valid molecule, canonical, hydrogens counted on their atoms; atoms that have
            too few stand in brackets.
        link_smiles: a SMILES that `from_smiles` reads back as this molecule, under-valent atoms
            included, so that the same seed gives the same numbers.
        is_typable: whether that is the same graph; no SMILES says pentavalent nitrogen, which is
            written with charges.
    """

    graph: Graph | None
    smiles: str | None = None
    link_smiles: str | None = None
    is_typable: bool = False

    @classmethod
    def read(
        cls, tokens: Sequence[int], vocabulary: Vocabulary, chemistry: Chemistry | None,
        mask: Mask = "strict",
    ) -> Generated:
        """Read the column `tokens` of a table that was sampled under a mask."""
        graph = read_graph(tokens, vocabulary, mask)
        if graph is None or chemistry is None:
            return cls(graph)
        graph = normal_form(graph, chemistry)
        exact = to_smiles(graph, chemistry)
        short = to_smiles(graph, chemistry, hydrogens=False)
        if exact is None or short is None:
            return cls(graph)
        typed = from_smiles(exact, chemistry).graph
        is_enough = is_isomorphic(from_smiles(short, chemistry).graph, typed)
        return cls(graph, short, short if is_enough else exact, is_isomorphic(typed, graph))


def read_graph(
    tokens: Sequence[int], vocabulary: Vocabulary, mask: Mask = "strict"
) -> Graph | None:
    """The graph that a generated sequence wrote, bond by bond, or None."""
    reader = decode if mask == "strict" else decode_lenient
    try:
        return reader(list(tokens), vocabulary) if tokens[-1] == EOS else None
    except DecodeError:
        return None
