"""Generated molecules as an SDF file that other programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from core.chemistry.chemistry import Chemistry
from core.chemistry.substructures import with_hydrogens, without_hydrogens
from core.sent.vocabulary import Vocabulary
from core.triage.generated import Mask, read_graph

SDF_PROPERTIES = ("id", "smiles", "self_nll", "nll_mean", "nll_std", "lu", "lu_low", "lu_high",
                  "nll_marginal", "effective_sample_size", "unique", "novel", "stable", "fragments")
"""Columns that an SDF record repeats as properties; missing values are left out."""

_REPORT_EVERY = 50  # molecules between two reports of progress: some tenths of a second


def sdf_records(
    table: pd.DataFrame,
    vocabulary: Vocabulary,
    chemistry: Chemistry,
    mask: Mask = "strict",
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[str]:
    """Write the valid molecules of a table as records of an SDF file, in its order.

    Hydrogens are counted, not drawn; coordinates are those of a 2D depiction. An under-valent atom
    is written as a radical, so that readers do not fill it up.

    Args:
        table: rows of `SAMPLE_TYPES`.
        vocabulary: of the model that wrote them.
        chemistry: what their labels mean.
        mask: that they were sampled under.
        progress: called as `progress(done, total)` in rows; may raise to cancel.
    """
    rows: Iterable[dict[str, Any]] = table.to_dict("records")
    for done, row in enumerate(rows, start=1):
        graph = read_graph(row["tokens"], vocabulary, mask) if row["valid"] else None
        molecule = None if graph is None else with_hydrogens(graph, chemistry)
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
