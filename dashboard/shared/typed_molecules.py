"""Molecules that a visitor types or pastes, as a file."""

from __future__ import annotations


def typed_name(text: str) -> str:
    """A file's name for text, by which readers know what it is.

    >>> typed_name("CCO ethanol"), typed_name("\\n  RDKit\\n...\\nM  END")
    ('typed.txt', 'typed.sdf')
    """
    return "typed.sdf" if "M  END" in text else "typed.txt"
