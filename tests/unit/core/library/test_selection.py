"""Selections as text, and what is no selection."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.library.manifest import LibraryError
from core.library.selection import Selection

ends = st.none() | st.floats(allow_nan=False, allow_infinity=False)
selections = st.builds(
    Selection,
    ranges=st.lists(st.tuples(st.text(max_size=8), ends, ends), max_size=3).map(tuple),
    flags=st.lists(st.tuples(st.text(max_size=8), st.booleans()), max_size=3).map(tuple),
    texts=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=3).map(tuple),
    scored=st.none() | st.booleans(), sort=st.text(min_size=1, max_size=8),
    descending=st.booleans())


@given(selections)
def test_a_selection_comes_back_from_its_text(selection):
    assert Selection.from_text(selection.to_text()) == selection


@given(st.text(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["ranges", "flags", "texts", "scored", "sort", "x"]), inner, max_size=3),
).map(str))
def test_other_text_is_refused(text):
    with suppress(LibraryError):
        Selection.from_text(text)


@pytest.mark.parametrize("text", [
    "[]", "{", '{"ranges":[["lu",NaN,1]]}', '{"ranges":[["lu",1]]}', '{"sort":3}', '{"rows":[1]}',
    '{"flags":[["valid",1]]}', '{"ranges":[["lu",1e999,2]]}', '{"texts":[["id",3]]}', "[" * 5_000,
])
def test_what_is_no_selection_is_refused(text):
    with pytest.raises(LibraryError, match=r"The filter .* cannot be read \("):
        Selection.from_text(text)


def test_conditions_on_a_column_are_replaced():
    selection = Selection(ranges=(("lu", 0.0, 1.0), ("logP", None, 2.0)), flags=(("ok", True),))
    assert selection.within("lu", 0.1, None).ranges == (("logP", None, 2.0), ("lu", 0.1, None))
    assert selection.within("lu", None, None).ranges == (("logP", None, 2.0),)
    assert selection.without("ok").flags == ()
    assert Selection(sort="lu", descending=True).is_all
    assert not selection.is_all
