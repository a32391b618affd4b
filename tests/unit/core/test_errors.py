"""Messages are one short line, whatever of the input stands in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LONGEST_MESSAGE, InputError, plain_line
from core.sent.decoder import DecodeError


@given(st.text(st.characters(exclude_categories=()), max_size=900))
def test_every_message_is_one_short_printable_line(text):
    message = str(InputError(text))
    assert message.isprintable()
    assert len(message) <= LONGEST_MESSAGE
    message.encode()


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=LONGEST_MESSAGE))
def test_what_fits_stays_as_it_is(text):
    assert str(InputError(text)) == text


@pytest.mark.parametrize(("text", "shown"), [
    ("a\nb\tc", "a\\nb\\tc"), ("\x1b[31m", "\\x1b[31m"), ("\ud800", "\\ud800"),
    ("\u202egnp.exe", "\\u202egnp.exe"), ("Größe – 5 Å", "Größe – 5 Å"),
])
def test_what_does_not_print_is_escaped(text, shown):
    assert str(InputError(text)) == shown


def test_fault_and_remedy_survive_a_long_input():
    message = str(InputError(f"{'x' * 10_000_000} is no number; give one."))
    assert message.startswith("xxx")
    assert message.endswith(" is no number; give one.")
    assert " … " in message
    assert len(plain_line("\0" * 10_000)) <= LONGEST_MESSAGE


def test_errors_with_their_own_arguments_are_one_line_too():
    assert "\n" not in str(DecodeError(1, "a\nb", "c"))
