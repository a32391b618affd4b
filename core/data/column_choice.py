"""Which columns of a file hold its molecules and names, and which are the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.record import InputFileError

MOST_COLUMNS = 10_000
"""Columns of a file; more of them are a file that was read with the wrong separator, or worse."""

SMILES_OPTION = "--smiles-column"
ID_OPTION = "--id-column"
NAME_COLUMNS = ("id", "mol_id", "name")
"""Columns that name a molecule where none was asked for; the first that there is."""


@dataclass(frozen=True)
class WantedColumns:
    """Names of columns that a user asked for; None to look for the usual ones.

    Attributes:
        smiles: of the molecules.
        name: of what the rows are called.
    """

    smiles: str | None = None
    name: str | None = None

    def refuse(self, subject: str, instead: str) -> None:
        """Say that a file has no columns.

        Raises:
            InputFileError: if one was asked for.
        """
        for wanted, option in ((self.smiles, SMILES_OPTION), (self.name, ID_OPTION)):
            if wanted is not None:
                raise InputFileError(f"{subject} has no columns, {instead}; leave out {option}.")


@dataclass(frozen=True)
class ColumnChoice:
    """Where in a row what stands.

    Attributes:
        smiles: place of the molecule, from 0; None if there is none.
        name: place of what the row is called, likewise.
        own: the others' names, and the two's that are not called `smiles` and `id`; all different.
        places: of each of `own`.
    """

    smiles: int | None
    name: int | None
    own: tuple[str, ...]
    places: tuple[int, ...]


def choose_columns(
    subject: str, names: Sequence[str], wanted: WantedColumns, *, needs_smiles: bool = True
) -> ColumnChoice:
    """Find the columns of molecules and names.

    A name that was asked for is looked for as it is, then in any case; the usual ones in any case.

    Args:
        subject: what has the columns, to begin a sentence with.
        names: of the columns.
        wanted: what was asked for.
        needs_smiles: whether it is a fault if no column holds molecules.

    Raises:
        InputFileError: for too many columns, none of the name, or two of it.

    >>> choose_columns("x.csv", ["SMILES", "Name", "logP"], WantedColumns())
    ColumnChoice(smiles=0, name=1, own=('Name', 'logP'), places=(1, 2))
    """
    if len(names) > MOST_COLUMNS:
        raise InputFileError(f"{subject} has {len(names):,} columns; at most {MOST_COLUMNS:,} are "
                             "possible.")
    smiles = _find(subject, names, wanted.smiles or "smiles", SMILES_OPTION,
                   exact=wanted.smiles is not None)
    if smiles is None and needs_smiles:
        raise InputFileError(_missing(subject, names, wanted.smiles, SMILES_OPTION))
    if wanted.name is None:
        lower = [column.lower() for column in names]
        name = next((lower.index(usual) for usual in NAME_COLUMNS if usual in lower), None)
    else:
        name = _find(subject, names, wanted.name, ID_OPTION, exact=True)
        if name is None and needs_smiles:
            raise InputFileError(_missing(subject, names, wanted.name, ID_OPTION))
    said = {place for place, called in ((smiles, "smiles"), (name, "id"))
            if place is not None and names[place].lower() == called}
    places = tuple(place for place in range(len(names)) if place not in said)
    return ColumnChoice(smiles, name, unique_names([names[place] for place in places]), places)


def has_column(names: Sequence[str], wanted: str | None) -> bool:
    """Whether a column of this name is among them, or of molecules if it is None."""
    return (wanted or "smiles").lower() in (name.lower() for name in names)


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names of columns with a number behind those that are there already.

    >>> unique_names(["x", "", "x", "x_2"])
    ('x', 'column', 'x_2', 'x_2_2')
    """
    found: dict[str, None] = {}
    for wanted in names:
        wanted = wanted or "column"
        name, number = wanted, 2
        while name in found:
            name, number = f"{wanted}_{number}", number + 1
        found[name] = None
    return tuple(found)


def listed(names: Sequence[str]) -> str:
    """The first names of columns, as many as fit into a sentence.

    >>> listed(["id", "a name of more than twenty characters", "x"])
    'id, a name of more than…, x'
    """
    shown: list[str] = []
    for name in names[:10]:
        short = name if len(name) <= 20 else f"{name[:19]}…"
        if sum(map(len, shown)) + len(short) > 90:
            break
        shown.append(short)
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _find(subject: str, names: Sequence[str], wanted: str, option: str, *, exact: bool
          ) -> int | None:
    places = [place for place, name in enumerate(names) if name == wanted] if exact else []
    if not places:
        lower = wanted.lower()
        places = [place for place, name in enumerate(names) if name.lower() == lower]
    if len(places) > 1:
        raise InputFileError(f"{subject} has {len(places)} columns `{wanted[:40]}`; call the "
                             f"others something else, or name one with {option}.")
    return places[0] if places else None


def _missing(subject: str, names: Sequence[str], wanted: str | None, option: str) -> str:
    only = f"only {listed(names)}" if any(names) else "and no other"
    if wanted is not None:
        return f"{subject} has no column `{wanted[:40]}`, {only}; name one of these with {option}."
    return (f"{subject} has no `smiles` column, {only}; call the one of molecules `smiles`, or "
            f"name it with {option} where a command has that.")
