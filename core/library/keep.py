"""Which selected rows to keep at a false-discovery rate, by a reference set whose label is known.

The method and its promise are those of `core.triage.keep_list`. Candidates are the rows of a
selection, the reference set those of a library whose column of yes and no says which are good: one
of an assay, of a relaxation, of a chemist's look, or `stable` of shipped samples. Both must have
been scored alike, or scores do not compare.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.chemistry.molecules import from_smiles
from core.chemistry.notation import MoleculeError
from core.library.manifest import LibraryError
from core.library.selection import Selection
from core.library.store import NUMBER, YES_NO, Library
from core.stats.labels import LabelNames
from core.triage.keep_list import KeepList, keep_list

SCORES = ("lu", "nll_mean", "nll_marginal", "nll_std")
"""Columns by which rows may be kept; lower is better."""

_ALIKE = ("weights_sha256", "strategy", "permutations")


@dataclass(frozen=True, eq=False)
class LibraryKeepList:
    """Rows kept, with their promise.

    Attributes:
        keep_list: of the candidates, in the order of their rows.
        rows: places of the rows that are kept, lowest score first.
        candidates: how many there were.
        reference: molecules of the reference set, the bad ones of which are compared with.
        shared: molecules left out of the reference set, as they are candidates too.
    """

    keep_list: KeepList
    rows: tuple[int, ...]
    candidates: int
    reference: int
    shared: int


def keep(
    library: Library, selection: Selection, reference: Library, label: str, score: str, *,
    fdr: float,
) -> LibraryKeepList:
    """Keep selected rows by Benjamini and Hochberg's procedure on conformal p-values.

    Args:
        library: of the candidates: selected rows that have the score, equal molecules once.
        selection: of them.
        reference: a library of the same model, order and K.
        label: its column that says which molecules are good; rows where it is missing do not count.
        score: one of `SCORES`.
        fdr: α, in (0, 1).

    Raises:
        LibraryError: for sets that were not scored alike, or columns that do not fit.
        RankingError: without candidates, or for an `fdr` outside (0, 1).
    """
    if score not in SCORES:
        raise LibraryError(f"{score!r} ranks no molecules; choose one of {', '.join(SCORES)}.")
    for what in _ALIKE:
        ours, theirs = getattr(library, what), getattr(reference, what)
        if ours != theirs:
            raise LibraryError(
                f"The reference set was scored otherwise: {what} is {str(theirs)[:16]} there, "
                f"{str(ours)[:16]} here; score it with the same model, order and K.")
    if reference.columns.get(label) != YES_NO or reference.columns.get(score) != NUMBER:
        raise LibraryError(f"The reference set has no column {label[:60]!r} of yes and no; choose "
                           f"one of {', '.join(reference.label_columns) or 'another set'}.")
    candidates = _scored(library, replace(selection, sort="row", descending=False), score)
    known = _scored(reference, Selection(), score, label)
    is_new = ~known["molecule"].isin(set(candidates["molecule"])).to_numpy()
    labelled = known[is_new]
    found = keep_list(
        candidates[score].to_numpy(), labelled[score].to_numpy(),
        labelled[label].to_numpy(dtype=bool), fdr=fdr,
        labels=LabelNames(label, f"not {label}", f"molecules of {library.folder.name}"))
    kept = candidates[found.kept].sort_values(score, kind="stable")
    return LibraryKeepList(found, tuple(kept["row"].tolist()), len(candidates), len(labelled),
                           int((~is_new).sum()))


def _scored(
    library: Library, selection: Selection, score: str, label: str | None = None
) -> pd.DataFrame:
    """Row, molecule, score and label of rows that have all of them, equal molecules once."""
    has_keys = library.has_graph_keys
    columns = ["row", "graph_key" if has_keys else "smiles", score, *([label] if label else [])]
    with library.batches(selection, columns, rows=50_000) as batches:
        parts = [batch[np.isfinite(batch[score].to_numpy(dtype=np.float64, na_value=np.nan))]
                 for batch in batches]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    if label:
        table = table[table[label].notna()]
    if has_keys:
        table = table.rename(columns={"graph_key": "molecule"})
    else:
        table = table.assign(molecule=[_key_of(smiles, library) for smiles in table["smiles"]])
    return table[table["molecule"].notna()].drop_duplicates("molecule")


def _key_of(smiles: str, library: Library) -> str | None:
    """Samples of old do not store the keys of their graphs."""
    if library.chemistry is None or not isinstance(smiles, str):
        return None
    try:
        return from_smiles(smiles, library.chemistry).graph.key
    except MoleculeError:
        return None
