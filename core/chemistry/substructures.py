"""Substructure search by SMARTS in molecules whose hydrogens are all known.

A pattern is matched against molecules without hydrogen atoms, as SMARTS is mostly meant: `[CH3]`
counts hydrogens, `[D2]` does not. A pattern with a hydrogen atom of its own, such as `C[H]`, is
matched against molecules that have all of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from rdkit import Chem, rdBase

from core.chemistry.notation import check_characters, refusing, shorten
from core.errors import InputError

MAX_SMARTS_LENGTH = 200
"""Longer patterns are refused before parsing."""

# A hydrogen atom is `#1`, or an H that nothing but isotope, charge and map number stand around.
_HYDROGEN_ATOM = re.compile(r"#1(?!\d)|\[\d*H(?:[+-]\d*)*(?::\d+)?\]")


class PatternError(InputError):
    """Text that is no SMARTS; the message says what would be right."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """A substructure to search for.

    Attributes:
        smarts: as typed.
        query: its RDKit form.
        has_hydrogens: whether one of its atoms is, or may be, a hydrogen.
    """

    smarts: str
    query: Chem.Mol
    has_hydrogens: bool

    @classmethod
    def from_smarts(cls, text: str) -> Pattern:
        """Read SMARTS.

        Raises:
            PatternError: for anything else.
        """
        smarts = text.strip()
        if len(smarts) > MAX_SMARTS_LENGTH:
            raise PatternError(f"The SMARTS has {len(smarts):,} characters; at most "
                               f"{MAX_SMARTS_LENGTH} are possible.")
        check_characters(smarts, "SMARTS", PatternError)
        invalid = (f"{shorten(smarts, 40)!r} is not a valid SMARTS; try [OX2H] for a hydroxyl "
                   "group or C#N for a nitrile.")
        with refusing(invalid, PatternError):
            query = Chem.MolFromSmarts(smarts) if smarts else None
            if query is None or query.GetNumAtoms() == 0:
                raise PatternError(invalid)
            query.UpdatePropertyCache(strict=False)
        return cls(smarts, query, bool(_HYDROGEN_ATOM.search(smarts)))

    def find(self, molecules: Iterable[Chem.Mol | None]) -> np.ndarray:
        """Whether the pattern occurs in each molecule, [n] bool; never in what is missing."""
        return np.array([molecule is not None and molecule.HasSubstructMatch(self.query)
                         for molecule in molecules], dtype=bool)


def from_written_smiles(smiles: str, *, hydrogens: bool) -> Chem.Mol | None:
    """The molecule of a SMILES that `to_smiles` wrote, which says of every atom how many it has.

    Args:
        smiles: exact, so that nothing is filled up.
        hydrogens: as atoms; else counted on their atoms.
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        return molecule if molecule is None or not hydrogens else Chem.AddHs(molecule)
