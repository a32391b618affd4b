"""One generated graph again: from a row of a table of samples to graph, SMILES and SDF record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from core.chemistry.molecules import from_smiles, to_exact_smiles
from core.chemistry.substructures import with_hydrogens, without_hydrogens
from core.graph.graph import Graph, is_isomorphic
from core.sent.decoder import DecodeError, decode, decode_lenient
from core.sent.vocabulary import EOS, Vocabulary

SDF_PROPERTIES = ("id", "smiles", "self_nll", "nll_mean", "nll_std", "lu", "lu_low", "lu_high",
                  "nll_marginal", "effective_sample_size", "unique", "novel", "stable", "fragments")
"""Columns that an SDF record repeats as properties; missing values are left out."""

_REPORT_EVERY = 50  # molecules between two reports of progress: some tenths of a second


@dataclass(frozen=True, eq=False)
class Generated:
    """What a generated sequence wrote.

    Attributes:
        graph: None if the sequence says none.
        smiles: of a valid molecule, canonical, hydrogens counted on their atoms; atoms that have
            too few stand in brackets.
        link_smiles: a SMILES that `from_smiles` reads with the numbering that the row's scores come
            from, so that the same seed gives the same numbers.
        is_typable: whether that is the same graph; where a ring has two Kekulé structures, it may
            be the other one.
    """

    graph: Graph | None
    smiles: str | None = None
    link_smiles: str | None = None
    is_typable: bool = False

    @classmethod
    def read(cls, tokens: bytes, vocabulary: Vocabulary, mask: str = "strict") -> Generated:
        """Read the column `tokens` of a table that was sampled under a mask."""
        graph = read_graph(tokens, vocabulary, mask)
        molecule = None if graph is None or not graph.is_labelled else with_hydrogens(graph)
        if graph is None or molecule is None:
            return cls(graph)
        exact = to_exact_smiles(graph)
        assert exact is not None
        typed = from_smiles(exact).graph
        # Without canonical numbering the atoms stay in the order of the exact SMILES.
        short = Chem.MolToSmiles(Chem.MolFromSmiles(exact), canonical=False)
        return cls(
            graph, Chem.MolToSmiles(without_hydrogens(molecule)),
            short if from_smiles(short).graph == typed else exact, is_isomorphic(typed, graph),
        )


def read_graph(tokens: bytes, vocabulary: Vocabulary, mask: str = "strict") -> Graph | None:
    """The graph that a generated sequence wrote, or None."""
    reader = decode if mask == "strict" else decode_lenient
    try:
        return reader(list(tokens), vocabulary) if tokens[-1] == EOS else None
    except DecodeError:
        return None


def sdf_records(
    table: pd.DataFrame,
    vocabulary: Vocabulary,
    mask: str = "strict",
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[str]:
    """Write the valid molecules of a table as records of an SDF file, in its order.

    Hydrogens are counted, not drawn; coordinates are those of a 2D depiction. An under-valent atom
    is written as a radical, so that readers do not fill it up.

    Args:
        table: rows of `SAMPLE_TYPES`.
        vocabulary: of the model that wrote them.
        mask: that they were sampled under.
        progress: called as `progress(done, total)` in rows; may raise to cancel.
    """
    rows: Iterable[dict[str, Any]] = table.to_dict("records")
    for done, row in enumerate(rows, start=1):
        graph = read_graph(row["tokens"], vocabulary, mask) if row["valid"] else None
        molecule = None if graph is None else with_hydrogens(graph)
        if molecule is not None:
            yield _record(without_hydrogens(molecule), row)
        if progress is not None and (done % _REPORT_EVERY == 0 or done == len(table)):
            progress(done, len(table))


def _record(molecule: Chem.Mol, row: dict[str, Any]) -> str:
    with rdBase.BlockLogs():
        rdDepictor.Compute2DCoords(molecule)
        molecule.SetProp("_Name", str(row["id"]))
        block = Chem.MolToMolBlock(molecule)
    properties = "".join(f">  <{name}>\n{_cell(row[name])}\n\n" for name in SDF_PROPERTIES
                         if not pd.isna(row[name]))
    return f"{block}{properties}$$$$\n"


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
