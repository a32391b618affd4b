"""The one base class of errors that are the input's fault, not the program's."""

import textwrap


class InputError(ValueError):
    """One clear sentence on what is wrong with the input and what would be right.

    Commands and pages show the message as it is; any other exception is a bug and shows as one.
    """


def one_line(error: BaseException) -> str:
    """What another library's exception says, cut down to fit into a sentence of ours."""
    text = textwrap.shorten(str(error) or type(error).__name__, 200, placeholder=" …")
    return text.rstrip(".: ")
