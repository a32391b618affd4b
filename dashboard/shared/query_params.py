"""What a parameter of an address can be, and the sentence that says so where it is something else.

A page names its parameters in its `query`; nothing is made of a value before it was looked at here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LONGEST_NUMBER = 19  # characters: longer ones are refused unread


@dataclass(frozen=True)
class Choice:
    """A parameter that is one of several texts.

    Attributes:
        what: what it chooses.
        options: what can be asked for.
        said: the options in words, where they are too many to be listed.
    """

    what: str
    options: Sequence[str]
    said: str = ""

    def fault(self, text: str) -> str | None:
        """The sentence on a text that is none of the options.

        >>> Choice("scope", ("global", "local")).fault("layer")
        "The address asks for the scope 'layer', which does not exist; there are global, local."
        """
        if text in self.options:
            return None
        return (f"The address asks for the {self.what} {shortened(text)}, which does not exist; "
                f"there are {self.said or ', '.join(self.options) or 'none'}.")


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


def shortened(text: str) -> str:
    """A visitor's text in quotation marks, cut to what fits into a sentence."""
    return repr(text if len(text) <= 40 else text[:39] + "…")
