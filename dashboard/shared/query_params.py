"""What a parameter of an address can be, and the sentence that says so where it is something else.

A page names its parameters in its `query`; nothing is made of a value before it was looked at here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

_LONGEST_NUMBER = 19  # characters: longer ones are refused unread
_LISTED = 190  # characters of options that a sentence names


@dataclass(frozen=True)
class Choice:
    """A parameter that is one of several texts.

    Attributes:
        what: what it chooses.
        options: what can be asked for.
        said: the options in words, where they are too many to be listed.
        is_of_server: whether another server may have others, as of models and data sets.
    """

    what: str
    options: Sequence[str]
    said: str = ""
    is_of_server: bool = False

    def fault(self, text: str) -> str | None:
        """The sentence on a text that is none of the options.

        >>> Choice("scope", ("global", "local")).fault("layer")
        "The address asks for the scope 'layer', which does not exist; there are global, local."
        """
        if text in self.options:
            return None
        asked = f"The address asks for the {self.what} {shortened(text)}, which"
        offered = self.said or _listed(self.options)
        if self.is_of_server:
            return f"{asked} this server does not have; it has {offered}."
        return f"{asked} does not exist; there are {offered}."


@dataclass(frozen=True)
class Number:
    """A parameter that is a number of a range: a whole one if the ends are whole.

    Attributes:
        what: what it is.
        low, high: the smallest and the largest value.
    """

    what: str
    low: float
    high: float

    def read(self, text: str) -> float | None:
        """The number that a text says, None if it says none of the range.

        >>> Number("seed", 0, 9).read("7"), Number("seed", 0, 9).read("10")
        (7, None)
        """
        if len(text) > _LONGEST_NUMBER:
            return None
        try:
            value = int(text) if self._is_whole else float(text)
        except ValueError:
            return None
        return value if self.low <= value <= self.high else None

    def fault(self, text: str) -> str | None:
        """The sentence on a text that is no number of the range.

        >>> Number("rank", 1, 64).fault("inf")
        "The address asks for the rank 'inf'; it must be a whole number from 1 to 64."
        """
        if self.read(text) is not None:
            return None
        kind = "whole number" if self._is_whole else "number"
        return (f"The address asks for the {self.what} {shortened(text)}; it must be a {kind} from "
                f"{self.low:,} to {self.high:,}.")

    @property
    def _is_whole(self) -> bool:
        return isinstance(self.high, int)


Parameters = Mapping[str, Choice | Number]
"""By name, all that an address can say of a page."""


class NumberFault(str):
    """The sentence on a number that cannot be taken; Streamlit's widgets must not read it.

    A number input of whole numbers that is bound to an infinite one ends in an `OverflowError`.

    Attributes:
        parameter: its name in the address.
    """

    parameter: str

    @classmethod
    def of(cls, parameter: str, sentence: str) -> NumberFault:
        """A sentence on a parameter."""
        fault = cls(sentence)
        fault.parameter = parameter
        return fault


def faults(query: Mapping[str, str], parameters: Parameters) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken, in their order.

    Those on numbers are `NumberFault`s.

    Args:
        query: the address's parameters; unknown ones are nobody's fault.
        parameters: the page's.
    """
    found = []
    for name, parameter in parameters.items():
        sentence = parameter.fault(query[name]) if name in query else None
        if sentence is not None:
            found.append(NumberFault.of(name, sentence) if isinstance(parameter, Number)
                         else sentence)
    return found


def _listed(options: Sequence[str]) -> str:
    """All options, or the first ones if they are many.

    >>> _listed([]), _listed("ab"), _listed(["x" * 80] * 5)[160:]
    ('none', 'a, b', 'xx, and 3 more')
    """
    shown = [option for option, end in zip(options, accumulate(len(f"{option}, ") for option in
                                                               options), strict=True)
             if end <= _LISTED]
    left = len(options) - len(shown)
    return ", ".join([*shown, *([f"and {left} more"] if left else [])]) or "none"


def shortened(text: str) -> str:
    """A visitor's text in quotation marks, cut to what fits into a sentence."""
    return repr(text if len(text) <= 40 else text[:39] + "…")
