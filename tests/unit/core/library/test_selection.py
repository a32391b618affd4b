"""Selections as text, and what is no selection."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.library.manifest import LibraryError
from core.library.selection import Selection

ends = st.none() | st.floats(allow_nan=False, allow_infinity=False)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name.strip() == name)
selections = st.builds(
    Selection,
    ranges=st.lists(st.tuples(names, ends, ends).filter(lambda one: one[1:] != (None, None)),
                    max_size=3, unique_by=lambda one: one[0]).map(tuple),
    flags=st.lists(st.tuples(names, st.booleans()), max_size=3).map(tuple),
    texts=st.lists(st.tuples(names, st.text(max_size=8)), max_size=3).map(tuple),
    scored=st.none() | st.booleans(),
    without=st.lists(st.tuples(names, st.booleans() | st.floats(allow_nan=False,
                                                                allow_infinity=False)),
                     max_size=3).map(tuple))


@given(selections)
def test_a_selection_comes_back_from_its_text(selection):
    assert Selection.from_text(selection.to_text()) == selection


@given(st.text(max_size=40) | st.text("ab<>=~;\"1. -eyes", max_size=40))
def test_other_text_is_refused_or_says_what_it_means(text):
    with suppress(LibraryError):
        found = Selection.from_text(text)
        assert Selection.from_text(found.to_text()) == found


@pytest.mark.parametrize(("text", "found"), [
    ("", Selection()), (" ; ", None),
    ("lu <= 0.1; logP>=2;works = yes", Selection(
        ranges=(("lu", None, 0.1), ("logP", 2.0, None)), flags=(("works", True),))),
    ("lu ≤ 0.1; logP≥2", Selection(ranges=(("lu", None, 0.1), ("logP", 2.0, None)))),
    ("lu >= 0.05; lu <= 0.1", Selection(ranges=(("lu", 0.05, 0.1),))),
    ("lu >= 2; lu >= 1; lu <= 5; lu <= 7", Selection(ranges=(("lu", 2, 5),))),
    ("lu = 3; lu = 4", Selection(ranges=(("lu", 4, 3),))),
    ('"my; lot" ~ "a;b"; failed', Selection(texts=(("my; lot", "a;b"),), scored=False)),
    ("num_nodes = 9", Selection(ranges=(("num_nodes", 9.0, 9.0),))),
    ("not fragments >= 2; not unique = no", Selection(
        without=(("fragments", 2), ("unique", False)))),
    ("not = yes; not >= 2", Selection(flags=(("not", True),), ranges=(("not", 2, None),))),
    ("id ~ M 1", Selection(texts=(("id", "M 1"),))),
])
def test_conditions_as_people_write_them(text, found):
    if found is None:
        with pytest.raises(LibraryError):
            Selection.from_text(text)
    else:
        assert Selection.from_text(text) == found


@pytest.mark.parametrize(("text", "told"), [
    ("lu", "cannot be read from 'lu' on"), ("lu < 0.1", "cannot be read from"),
    ("lu <= x", "compares 'lu' with 'x', which is no number"),
    ("not lu <= 1", "says not of 'lu' <="), ("not lu >= x", "compares 'lu' with 'x'"),
    ("lu <= inf", "compares 'lu' with 'inf'"), ("lu = maybe", "no number"),
    ('id ~ "open', "cannot be read from"), ("<= 3", "cannot be read"),
    ("a ~ b;" * 1000, "too long"),
])
def test_what_is_no_condition_is_said(text, told):
    with pytest.raises(LibraryError, match=told):
        Selection.from_text(text)


def test_conditions_on_a_column_are_replaced():
    selection = Selection(ranges=(("lu", 0.0, 1.0), ("logP", None, 2.0)), flags=(("ok", True),))
    assert selection.within("lu", 0.1, None).ranges == (("logP", None, 2.0), ("lu", 0.1, None))
    assert selection.within("lu", None, None).ranges == (("logP", None, 2.0),)
    assert Selection(sort="lu", descending=True).is_all
    assert not selection.is_all


def test_conditions_of_two_selections_hold_both():
    one = Selection(ranges=(("lu", None, 1.0),), rows=(1, 2, 3), sort="lu")
    other = Selection(flags=(("valid", True),), rows=(3, 2, 9), scored=True, sort="row")
    assert one.and_(other) == Selection(
        ranges=(("lu", None, 1.0),), flags=(("valid", True),), scored=True, rows=(2, 3), sort="lu")
    assert one.and_(Selection()) == one
    assert Selection(scored=False).and_(Selection(scored=True)).rows == ()
