"""How much visitors of a hosted dashboard may use, as environment variables say."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from functools import cache

from core.errors import InputError


@dataclass(frozen=True)
class Quotas:
    """Limits of one visitor and of the server; fields are named like their variables.

    Attributes:
        visitor_rows: molecules or sequences that one job may be about.
        visitor_mb: megabytes of files that a visitor may leave here, uploads and runs together.
        model_mb: megabytes of the files of a model that somebody brings; where nobody else visits
            forty times as many unless the variable says otherwise.
        visitor_seconds: processor time a visitor may use within an hour.
        jobs: long jobs that work at once, of all visitors.
        queue: long jobs that may wait for their turn.
        cache_mb: megabytes of values that pages keep between reruns, over all visitors; where
            nobody else visits four times as many unless the variable says otherwise.
    """

    visitor_rows: int = 2000
    visitor_mb: int = 100
    model_mb: int = 50
    visitor_seconds: int = 600
    jobs: int = 1
    queue: int = 20
    cache_mb: int = 500


def is_hosted() -> bool:
    """Whether strangers visit: then no file or model of this machine can be named.

    Set by the environment variable `TRAILSCOPE_HOSTED`, to anything but 0.
    """
    return os.environ.get("TRAILSCOPE_HOSTED", "0") not in ("", "0")


LARGEST = 1_000_000
"""Of any limit."""

_MAY_BE_NONE = ("queue",)


def variable(name: str) -> str:
    """The environment variable of a field of `Quotas`.

    >>> variable("visitor_rows")
    'TRAILSCOPE_VISITOR_ROWS'
    """
    return f"TRAILSCOPE_{name.upper()}"


def quotas() -> Quotas:
    """The limits that hold.

    Raises:
        InputError: for a variable that is no whole number of the range.
    """
    return _read(tuple(os.environ.get(variable(one.name), "") for one in fields(Quotas)),
                 is_hosted())


@cache
def _read(texts: tuple[str, ...], hosted: bool) -> Quotas:
    usual = Quotas() if hosted else Quotas(model_mb=40 * Quotas.model_mb,
                                           cache_mb=4 * Quotas.cache_mb)
    return replace(usual, **{one.name: _number(one.name, text)
                             for one, text in zip(fields(Quotas), texts, strict=True) if text})


def _number(name: str, text: str) -> int:
    least = 0 if name in _MAY_BE_NONE else 1
    if text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST)):
        number = int(text)
        if least <= number <= LARGEST:
            return number
    raise InputError(f"{variable(name)} is {text[:40]!r}; it must be a whole number from {least} "
                     f"to {LARGEST:,}.")
