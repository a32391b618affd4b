"""How good a sample of generated graphs is: valid, unique, novel, stable.

Definitions: docs/definitions.md, Generation and quality.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields

import pandas as pd

from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import to_smiles
from core.errors import InputError
from core.sent.vocabulary import Vocabulary
from core.stats.estimates import Estimate
from core.stats.proportions import wilson_interval
from core.triage.generated import Mask, read_graph


def graph_names(table: pd.DataFrame, vocabulary: Vocabulary, mask: Mask = "strict") -> pd.Series:
    """A string per row, equal for equal graphs; missing where nothing could be read.

    The SMILES of a valid molecule; of other graphs a form that isomorphic ones share.
    """
    names: list[str | None] = []
    for smiles, tokens in zip(table["smiles"], table["tokens"], strict=True):
        if pd.isna(smiles):
            graph = read_graph(tokens, vocabulary, mask)
            names.append(None if graph is None else graph.canonical_form)
        else:
            names.append(smiles)
    return pd.Series(names, index=table.index, dtype="string")


def with_exact_smiles(
    table: pd.DataFrame, vocabulary: Vocabulary, chemistry: Chemistry | None, mask: Mask = "strict"
) -> pd.DataFrame:
    """The table with the SMILES that `to_smiles` writes, whatever version made it.

    Up to version 0.1 tables had under-valent atoms without brackets, which read back as atoms with
    more hydrogens; only unstable molecules have such.
    """
    if chemistry is None or not chemistry.has_hydrogen_nodes:
        return table
    open_ended = table["valid"] & ~table["stable"].fillna(True)
    smiles = table["smiles"].copy()
    for row in table.index[open_ended]:
        graph = read_graph(table["tokens"][row], vocabulary, mask)
        if graph is not None:
            smiles[row] = to_smiles(graph, chemistry)
    return table.assign(smiles=smiles)


def mark_unique(
    table: pd.DataFrame, vocabulary: Vocabulary, mask: Mask = "strict"
) -> pd.DataFrame:
    """Set `unique`: whether a valid row is the first of equal ones; missing for invalid rows."""
    valid = table["valid"].to_numpy(dtype=bool)
    unique = pd.array([pd.NA] * len(table), dtype="boolean")
    unique[valid] = ~graph_names(table[valid], vocabulary, mask).duplicated().to_numpy()
    return table.assign(unique=unique)


def mark_novel(table: pd.DataFrame, training_smiles: Collection[str]) -> pd.DataFrame:
    """Set `novel`: whether a valid row's SMILES is not among those of the training set."""
    novel = (~table["smiles"].isin(set(training_smiles))).astype("boolean")
    return table.assign(novel=novel.where(table["valid"], pd.NA))


@dataclass(frozen=True)
class Share:
    """A part of a sample.

    Attributes:
        part: how many.
        whole: of how many.
    """

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share, in [0, 1]; None where there is nothing to have a share of."""
        return self.part / self.whole if self.whole else None

    @property
    def estimate(self) -> Estimate:
        """The share with Wilson's 95% interval.

        Raises:
            ValueError: for a share of nothing.
        """
        return Estimate(self.part / self.whole, wilson_interval(self.part, self.whole))


@dataclass(frozen=True)
class SampleQuality:
    """Shares of a sample.

    Attributes:
        number: sequences sampled.
        valid: molecules that RDKit sanitizes, or graphs as they are to be, of all.
        unique: different ones, of the valid.
        novel: not in the training set, of the unique; None where that was not looked up.
        stable_molecules: valid, and every atom has its valence, of all; None where atoms have no
            valence to miss: in planar graphs, and where hydrogens are implicit.
        stable_atoms: atoms with their valence, of all atoms of decoded molecules; None likewise.
        fragmented: of more than one fragment, of the valid.
    """

    number: int
    valid: Share
    unique: Share
    novel: Share | None
    stable_molecules: Share | None
    stable_atoms: Share | None
    fragmented: Share

    def to_json(self) -> dict[str, float | int | None]:
        """Shares as numbers, as a record stores them."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value.value if isinstance(value, Share) else value
                for name, value in found.items()}


def sample_quality(table: pd.DataFrame, *, has_stability: bool | None = None) -> SampleQuality:
    """Judge a table of samples (`core.triage.samples.SAMPLE_TYPES`).

    Args:
        table: one row per sequence, `unique` marked.
        has_stability: whether its graphs can be stable at all; by default whether the table says so
            of one of them.

    Raises:
        InputError: for an empty sample.
    """
    if table.empty:
        raise InputError("A sample needs at least one graph.")
    valid = table[table["valid"]]
    unique = valid[valid["unique"].fillna(False).astype(bool)]
    decoded = table[table["atoms_stable"].notna()]
    if has_stability is None:
        has_stability = not decoded.empty
    knows_novelty = not unique.empty and unique["novel"].notna().all()
    return SampleQuality(
        number=len(table),
        valid=Share(len(valid), len(table)),
        unique=Share(len(unique), len(valid)),
        novel=Share(int(unique["novel"].sum()), len(unique)) if knows_novelty else None,
        stable_molecules=Share(int(valid["stable"].sum()), len(table)) if has_stability else None,
        stable_atoms=Share(int(decoded["atoms_stable"].sum()), int(decoded["num_nodes"].sum()))
        if has_stability else None,
        fragmented=Share(int((valid["fragments"] > 1).sum()), len(valid)),
    )
