"""JSON of others: strict, and never an error of Python's own."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.json_text import JsonError, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8)


@given(VALUES)
def test_what_python_writes_is_read(value):
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False)) == value


@pytest.mark.parametrize(("text", "fault"), [
    ("[1,", "Expecting value in line 1, column 4"),
    ('{"a": 1,\n "b" 2}', "Expecting ':' delimiter in line 2, column 6"),
    ("[" * 100_000, "it is nested too deeply"),
    ("9" * 5_000, "it has a number of too many digits"),
    ('{"a": 1, "b": {"c": 1, "c": 2}}', "an object has 'c' twice"),
    ('["\\uD800"]', "it has a lone surrogate, \\ud800 to \\udfff, which is no character"),
])
def test_what_is_wrong_is_said(text, fault):
    with pytest.raises(JsonError) as raised:
        parse_json(text)
    assert str(raised.value) == fault


def test_a_pair_of_surrogates_is_a_character():
    assert parse_json('"\\ud83d\\ude00"') == "😀"
