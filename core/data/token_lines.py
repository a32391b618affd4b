"""Sequences of tokens that a user brings: JSON lines, one sequence a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.json_text import JsonError, parse_json_line
from core.data.records import InputFileError
from core.data.text_lines import marked_lines, reading_text

_TOO_LARGE = 2**31  # for any vocabulary; a message names tokens outside of it


@dataclass(frozen=True)
class TokenLine:
    """A line of such a file.

    Attributes:
        id: the line's own name, or its place among the lines that say something, `row 1` first.
        tokens: token ids; None exactly if there is an error.
        error: one sentence on what is wrong with the line.
    """

    id: Any
    tokens: tuple[int, ...] | None
    error: str | None = None


def read_token_lines(path: Path) -> Iterator[TokenLine]:
    """Read the lines of a file one by one; empty ones are left out.

    A line is a list of token ids, or an object with `tokens` and perhaps `id`, as `linearize`
    prints it.

    Raises:
        InputFileError: for a file that cannot be read, or has no lines.
    """
    row = 0
    with reading_text(path) as file:
        for number, line, fault in marked_lines(file, path):
            if line.strip():
                row += 1
                name = f"row {row}"
                yield _read(line, number, name) if fault is None else TokenLine(name, None, fault)
    if not row:
        raise InputFileError(f"{path} holds no token sequence; give a list of token ids per line.")


def _read(line: str, number: int, name: Any) -> TokenLine:
    try:
        content = parse_json_line(line, number)
    except JsonError as error:
        return TokenLine(name, None, str(error))
    if isinstance(content, dict):
        name, content = content.get("id", name), content.get("tokens")
    if not isinstance(content, list) or not all(
            type(token) is int and abs(token) < _TOO_LARGE for token in content):
        return TokenLine(name, None, 'A line needs "tokens", a list of whole numbers.')
    return TokenLine(name, tuple(content))
