"""Which generated molecules hold a substructure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
from rdkit import Chem

from core.chemistry.substructures import from_written_smiles
from core.triage.generation import Generation

_REPORT_EVERY = 200  # molecules between two reports of progress


def searched_molecules(
    found: Generation, *, hydrogens: bool, progress: Callable[[int, int], None]
) -> Iterator[Chem.Mol | None]:
    """The molecules of all rows for `Pattern.find`, None for what is not valid.

    Args:
        found: the samples.
        hydrogens: as atoms, for a pattern that has some itself; else counted on their atoms.
        progress: called as `progress(done, total)` in rows; may raise to cancel.
    """
    for done, smiles in enumerate(found.table["smiles"]):
        if done % _REPORT_EVERY == 0:
            progress(done, len(found.table))
        if pd.isna(smiles) or found.chemistry is None:
            yield None
            continue
        yield from_written_smiles(smiles, hydrogens=hydrogens)
