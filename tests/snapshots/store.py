"""Read, compare and write snapshots: text files of what a user sees.

`UPDATE_SNAPSHOTS=1 python -m pytest tests/snapshots` writes them anew; look at `git diff` then.
"""

import difflib
import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
SIGNIFICANT = 6
"""Digits that are written; processors differ in those behind."""

_FLOAT = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?|-?\d+e[+-]?\d+\b")
_RELATIVE = Decimal("1e-3")


def check(name: str, found: str) -> None:
    """Fail with a readable difference unless `found` is what the snapshot `name` holds.

    Words and whole numbers must be equal. Numbers with a decimal point may differ by a thousandth
    or by one in their last digit, as processors round differently.
    """
    path = DATA / name
    found = _shortened(found).rstrip("\n") + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS", "0") not in ("", "0"):
        if not path.is_file() or not agree(path.read_text(encoding="utf-8"), found):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found, encoding="utf-8")
        return
    if not path.is_file():
        pytest.fail(f"There is no snapshot {name}; UPDATE_SNAPSHOTS=1 writes it.")
    expected = path.read_text(encoding="utf-8")
    if agree(expected, found):
        return
    lines = found.splitlines()
    kept = expected.splitlines()
    if len(lines) == len(kept):  # show no lines that differ in rounding alone
        lines = [old if agree(old, new) else new for old, new in zip(kept, lines, strict=True)]
    difference = difflib.unified_diff(kept, lines, f"{name}, snapshot", f"{name}, now",
                                      lineterm="", n=1)
    pytest.fail("\n".join(difference), pytrace=False)


def names(folder: str) -> set[str]:
    """Names without endings of the snapshots in a folder."""
    return {path.stem for path in (DATA / folder).iterdir()}


def agree(expected: str, found: str) -> bool:
    """Whether two texts are equal but for the last digits of numbers with a decimal point."""
    if _FLOAT.split(expected) != _FLOAT.split(found):
        return False
    numbers = zip(_FLOAT.findall(expected), _FLOAT.findall(found), strict=True)
    return all(one == other or _are_close(one, other) for one, other in numbers)


def _are_close(one: str, other: str) -> bool:
    first, second = (Decimal(text) for text in (one, other))
    last_digit = Decimal(1).scaleb(min(int(number.as_tuple().exponent)
                                       for number in (first, second)))
    return abs(first - second) <= max(last_digit, _RELATIVE * abs(first))


def _shortened(text: str) -> str:
    """The text with no number longer than `SIGNIFICANT` digits."""
    return _FLOAT.sub(_short, text)


def _short(match: re.Match[str]) -> str:
    text = match.group()
    digits = re.sub(r"e.*|[-.]", "", text).lstrip("0")
    return text if len(digits) <= SIGNIFICANT else f"{float(text):.{SIGNIFICANT}g}"
