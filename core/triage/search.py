"""Which generated molecules hold a substructure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
from rdkit import Chem

from core.chemistry.substructures import from_explicit_smiles, with_hydrogens, without_hydrogens
from core.triage.generated import read_graph
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
    columns = found.table[["smiles", "stable", "tokens"]]
    for done, (smiles, stable, tokens) in enumerate(columns.itertuples(index=False)):
        if done % _REPORT_EVERY == 0:
            progress(done, len(columns))
        if pd.isna(smiles) or found.chemistry is None:
            yield None
            continue
        if not pd.isna(stable) and stable:
            molecule = from_explicit_smiles(smiles)
        else:  # the SMILES of an under-valent atom hides how many hydrogens it has
            graph = read_graph(tokens, found.vocabulary, found.samples.config.mask)
            molecule = None if graph is None else with_hydrogens(graph, found.chemistry)
        yield molecule if hydrogens or molecule is None else without_hydrogens(molecule)
