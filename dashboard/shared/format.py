"""Estimates, graphs and texts of others as people read them."""

from __future__ import annotations

import re

from core.graph.graph import Graph
from core.graph.planar import is_connected, is_planar
from core.stats.estimates import Estimate, Interval

_NOTHING = 0.0001
_NARROW = 0.003

# What means something within a line of Streamlit's markdown, and what does at its beginning. An
# underscore between letters or digits stands for itself.
_MARKUP = re.compile(r"[\\`*\[<&$~]|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^(?:\d+(?=[.)])|(?=[#>+=-]))")
# What Streamlit makes links, icons, emoji or colours of after it has read backslashes.
_NAMES = re.compile(r"(?<=http)(?=s?://)|(?<=www)(?=\.)|(?<=:)(?=[a-z+]|[\w-]+:)"
                    r"|(?<=@)(?=[\w-]+\.\w)", re.IGNORECASE)
_WORD_JOINER = "\u2060"


def plain(text: str) -> str:
    """Somebody's text for Streamlit's markdown, which then shows it letter by letter.

    Line breaks become spaces. Web addresses and names between colons get an invisible character,
    as they would become links and icons with every letter escaped.

    >>> print(plain("![x](//a.b/c.png) <b>no</b> [NH3+] random_order"))
    !\\[x](//a.b/c.png) \\<b>no\\</b> \\[NH3+] random_order
    """
    line = _LINE_START.sub(r"\g<0>\\", _MARKUP.sub(r"\\\g<0>", " ".join(text.split())))
    return _NAMES.sub(_WORD_JOINER, line)


def short(value: float) -> str:
    """Three significant digits, but not of what is next to nothing.

    >>> short(0.00434), short(22.8), short(1234.5), short(0.0), short(3e-7)
    ('0.00434', '22.8', '1,234', '0', '<0.0001')
    >>> short(-0.00388), short(-3e-7)
    ('−0.00388', '<0.0001')
    """
    if value == 0:
        return "0"
    if abs(value) < _NOTHING:
        return f"<{_NOTHING}"
    size = f"{abs(value):,.0f}" if abs(value) >= 100 else f"{abs(value):#.3g}"
    return size if value > 0 else f"−{size}"


def duration(seconds: float) -> str:
    """A length of time as people say it.

    >>> duration(4), duration(100), duration(5400), duration(90000), duration(4e5)
    ('4 seconds', '2 minutes', '1.5 hours', '25 hours', '4.6 days')
    """
    for unit, size, limit in (("seconds", 1.0, 90.0), ("minutes", 60.0, 90.0),
                              ("hours", 3600.0, 48.0)):
        if seconds < size * limit:
            number = seconds / size
            shown = f"{number:.1f}" if unit == "hours" and number < 10 else f"{max(1, number):.0f}"
            return f"{shown} {unit}" if shown != "1" else f"1 {unit[:-1]}"
    return f"{seconds / 86400:.1f} days"


def fixed(value: float, digits: int) -> str:
    """A number with so many decimals.

    >>> fixed(-0.0303, 3)
    '−0.030'
    """
    return f"{value:.{digits}f}".replace("-", "−")


def interval(found: Interval | None, digits: int | None = None) -> str:
    """Its two ends, or that there is none; with so many decimals, or as `short` writes them."""
    if found is None:
        return "no interval"
    low, high = (short(end) if digits is None else fixed(end, digits)
                 for end in (found.low, found.high))
    return f"{low} – {high}"


def estimate(found: Estimate, digits: int | None = None) -> str:
    """A number with its interval, written as `interval` does.

    >>> estimate(Estimate(0.0123, Interval(0.011, 0.0145)))
    '0.0123 [0.0110 – 0.0145]'
    >>> estimate(Estimate(0.64, Interval(0.609, 0.669)), digits=2)
    '0.64 [0.61 – 0.67]'
    """
    value = short(found.value) if digits is None else fixed(found.value, digits)
    return value if found.interval is None else f"{value} [{interval(found.interval, digits)}]"


def signed(found: Estimate) -> str:
    """A change with its sign and interval.

    >>> signed(Estimate(-0.12, Interval(-0.2, 0.01)))
    '−0.120 [−0.200 to +0.0100]'
    """
    text = _signed(found.value)
    if found.interval is None:
        return text
    return f"{text} [{_signed(found.interval.low)} to {_signed(found.interval.high)}]"


def _signed(value: float) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{short(abs(value))}"


def percents(found: Interval) -> str:
    """An interval of shares; narrow ones with more digits.

    >>> percents(Interval(0.949, 0.981)), percents(Interval(0.949, 0.9512))
    ('94.9–98.1%', '94.90–95.12%')
    >>> percents(Interval(0.9996, 1.0))  # a card has no room for the noughts
    '99.96–100%'
    """
    digits = 1 if found.high - found.low > _NARROW else 2
    high = "100" if found.high == 1 else f"{100 * found.high:.{digits}f}"
    return f"{100 * found.low:.{digits}f}–{high}%"


def lu_interval(found: Interval | None, *, is_exact: bool) -> str:
    """The interval of LU, or why there is none in two words."""
    return "exact" if is_exact else interval(found, digits=3)


def planar_summary(graph: Graph) -> str:
    """Size and validity of a graph that should be connected and planar."""
    connected = "connected" if is_connected(graph) else "not connected"
    planar = "planar" if is_planar(graph) else "not planar"
    return f"{graph.num_nodes} nodes, {len(graph.edges)} edges, {connected} and {planar}"
