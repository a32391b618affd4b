"""What is said of parameters of an address that cannot be taken: one sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Offers = Iterable[tuple[str, str, Sequence[str]]]
"""(parameter, what it chooses, options) of every choice that an address can make."""

Ranges = Mapping[str, tuple[str, float, float]]
"""Parameter → what it is, smallest and largest value; two ints for a whole number."""


def choice_complaints(query: Mapping[str, str], offers: Offers) -> list[str]:
    """Of every parameter that is none of what is offered."""
    return [
        f"The address asks for the {what} {shortened(query[name])}, which does not exist; there "
        f"are {', '.join(options) or 'none'}."
        for name, what, options in offers if name in query and query[name] not in options
    ]


def range_complaints(query: Mapping[str, str], ranges: Ranges) -> list[str]:
    """Of every parameter that is no number of its range."""
    return [
        f"The address asks for the {what} {shortened(query[name])}; it is a "
        f"{'whole number' if _is_whole(high) else 'number'} from {low:,} to {high:,}."
        for name, (what, low, high) in ranges.items()
        if name in query and not _is_within(query[name], low, high)
    ]


def whole_number(text: str) -> int | None:
    """What a text says, None if it is no whole number or a very long one."""
    try:
        return int(text) if len(text) < 20 else None
    except ValueError:
        return None


def shortened(text: str) -> str:
    """A visitor's text in quotation marks, cut to what fits into a sentence."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _is_whole(high: float) -> bool:
    return isinstance(high, int)


def _is_within(text: str, low: float, high: float) -> bool:
    if _is_whole(high):
        value: float | None = whole_number(text)
    else:
        try:
            value = float(text) if len(text) < 20 else None
        except ValueError:
            value = None
    return value is not None and low <= value <= high
