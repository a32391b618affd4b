"""What a list of generated graphs leaves out."""

import pytest

from core.library.selection import Selection
from dashboard.rows.clutter import Clutter


@pytest.mark.parametrize(("clutter", "hidden", "condition"), [
    (Clutter(pieces=True, repeats=True), (3, 1), "not fragments >= 2; not unique = no"),
    (Clutter(pieces=True, repeats=False), (3, 0), "not fragments >= 2"),
    (Clutter(pieces=False, repeats=True), (0, 2), "not unique = no"),
    (Clutter(pieces=False, repeats=False), (0, 0), ""),
])
def test_a_repeat_in_several_pieces_is_counted_once(clutter, hidden, condition):
    rows = [(1, True), (1, False), (2, True), (2, False), (3, None), (None, None)]

    def count(selection):
        return sum(not any(
            value is not None and (value is bound if isinstance(bound, bool) else value >= bound)
            for column, bound in selection.without
            for value in [row[("fragments", "unique").index(column)]]) for row in rows)

    assert clutter.hidden(count, Selection()) == hidden
    assert clutter.condition.to_text() == condition
