"""JSON that others wrote: parsed strictly, with a sentence for whatever is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.errors import InputError


class JsonError(InputError):
    """Text that is not JSON; the message is the end of a sentence: what is wrong and where."""


def parse_json(text: str) -> Any:
    """What a JSON text says.

    Raises:
        JsonError: with line and column for broken syntax; for a name that an object has twice, a
            number of thousands of digits, nesting hundreds deep, or text that no file can hold.
    """
    try:
        found = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonError(f"{error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise JsonError("it is nested too deeply") from None
    except JsonError:
        raise
    except ValueError:  # Python converts at most 4,300 digits
        raise JsonError("it has a number of too many digits") from None
    if "\\ud" in text.lower():
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise JsonError("it has a lone surrogate, \\ud800 to \\udfff, which is no character"
                            ) from None
    return found


def parse_json_line(line: str, number: int) -> Any:
    """What a line of a JSON Lines file says.

    Raises:
        JsonError: a whole sentence that names the line, from 1, and where it can the column.
    """
    try:
        return parse_json(line.rstrip("\r\n"))
    except JsonError as error:
        found = str(error).replace(" in line 1, column", " in column")
        raise JsonError(f"Line {number} is not JSON: {found}.") from None


def _object(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonError(f"an object has {twice!r} twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_object)  # `json.loads` would make one for each line
