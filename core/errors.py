"""The one base class of errors that are the input's fault, not the program's."""

import textwrap

LONGEST_MESSAGE = 300
"""Characters of a message; what is longer is cut in the middle, between fault and remedy."""


class InputError(ValueError):
    """One clear sentence on what is wrong with the input and what would be right.

    Commands and pages show the message as it is; any other exception is a bug and shows as one.
    Whatever of the input stands in it, the message is one line (`plain_line`).
    """

    def __str__(self) -> str:
        return plain_line(super().__str__())


def plain_line(text: str, limit: int = LONGEST_MESSAGE) -> str:
    """Text of any origin as one short line that can be printed anywhere.

    Characters that do not print, line breaks and lone surrogates among them, become escapes; a text
    of more than `limit` characters loses some in the middle.

    >>> plain_line("a\\nb")
    'a\\\\nb'
    """
    if len(text) > limit:  # before escaping: the input may be a million characters
        text = f"{text[:limit]} … {text[-limit:]}"
    if not text.isprintable():
        text = "".join(_escaped(character) for character in text)
    if len(text) <= limit:
        return text
    behind = limit // 3
    return f"{text[: limit - behind - 3].rstrip()} … {text[-behind:].lstrip()}"


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def one_line(error: BaseException) -> str:
    """What another library's exception says, cut down to fit into a sentence of ours."""
    text = textwrap.shorten(str(error) or type(error).__name__, 200, placeholder=" …")
    return text.rstrip(".: ")
