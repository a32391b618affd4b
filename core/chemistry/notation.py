"""What RDKit is handed, and what it says: text checked before, faults turned into sentences after.

RDKit cuts a text at the first character that it does not know, and tells of most faults in its log
or by errors of many kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rdkit import rdBase

from core.errors import InputError


class MoleculeError(InputError):
    """Input that is no molecule of the chemistry; the message says why and what would be right."""


@dataclass(frozen=True)
class Purpose:
    """What a molecule is read for: words of the notes on what its graph does not encode."""

    uncharged: str
    pieces: str
    impossible: str
    read_as: str


SCORED = Purpose("the model scores the same atoms and bonds uncharged",
                 "they are scored as one graph", "they are scored as they are", "It is scored as")
GROWN_FROM = Purpose("molecules grow from the same atoms and bonds uncharged",
                     "molecules grow from all of them",
                     "molecules grow from them as they are", "Molecules grow from")


def check_characters(text: str, what: str, error: type[InputError] = MoleculeError) -> None:
    """Refuse characters that no SMILES or SMARTS has.

    Args:
        text: without space around it.
        what: `SMILES` or `SMARTS`.
        error: to raise.

    Raises:
        InputError: of kind `error`, saying which character stands where, counted from 1.
    """
    if text.isascii() and text.isprintable() and " " not in text:
        return  # files have millions
    for place, character in enumerate(text, start=1):
        if not "!" <= character <= "~":
            raise error(f"Character {place} of the {what} is {character!a}, which no "
                        f"{what} has; use plain ASCII letters, digits and signs.")


@contextmanager
def refusing(sentence: str, error: type[InputError] = MoleculeError) -> Iterator[None]:
    """Call RDKit without its log; whatever it raises means that the input is at fault.

    Raises:
        InputError: of kind `error`, with the sentence, for anything that RDKit raises.
    """
    with rdBase.BlockLogs():
        try:
            yield
        except InputError:
            raise
        except (ValueError, RuntimeError, OverflowError):  # its violations are RuntimeErrors
            raise error(sentence) from None


def shorten(text: str, limit: int = 60) -> str:
    """The beginning of a text, to quote in a sentence."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
