"""Which rows of a library are shown: a filter as text, widgets that write it, a substructure."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.library.selection import Selection
from core.library.store import NUMBER, TEXT, WHOLE, YES_NO, Library
from dashboard.rows import data, text
from dashboard.rows.columns import MAX_FILTER, Keys, column_named, labels_of
from dashboard.shared.inputs import reset_if_invalid


def choose_rows(
    library: Library, keys: Keys, *, within: Selection | None = None, in_row: bool = False
) -> Selection:
    """Draw filter and search.

    Args:
        library: whose rows.
        keys: of the widgets.
        within: conditions that are chosen otherwise and hold as well.
        in_row: side by side, where there is room for it.

    Raises:
        InputError: for a filter that cannot be read, or a pattern that is none.
    """
    typed = st.text_input("Filter", key=keys.filter, bind="query-params", max_chars=MAX_FILTER,
                          placeholder="lu <= 0.1; num_nodes >= 9", help=text.FILTER_HELP,
                          on_change=to_first_page, args=(keys,), width=420 if in_row else "stretch")
    _offer_conditions(library, keys)
    smarts = st.text_input(
        "Substructure (SMARTS)", key=keys.smarts, bind="query-params", placeholder="[OX2H]",
        max_chars=MAX_FILTER, on_change=to_first_page, args=(keys,),
        width=260 if in_row else "stretch",
        help=text.SMARTS_HELP.format(most=data.MAX_SEARCHED),
    ) if library.chemistry is not None else ""
    selection = Selection.from_text(typed or "")
    if within is not None:
        selection = selection.and_(within)
    data.count(library, selection)  # refuses columns that there are not
    if smarts and smarts.strip():
        selection = replace(selection, rows=data.matching(library, selection, smarts.strip()))
    return selection


def to_first_page(keys: Keys) -> None:
    """What is shown has changed."""
    st.session_state[keys.page] = 1


def _offer_conditions(library: Library, keys: Keys) -> None:
    """Widgets that write a condition into the filter, for those who do not know its words."""
    with st.popover("Add a condition", icon=":material/add:"):
        labels, key = labels_of(library), f"{keys.filter}-condition"
        names = tuple(labels.values())
        reset_if_invalid(f"{key}-column", names)
        chosen = column_named(st.selectbox("Column", names, key=f"{key}-column"), labels, "lu")
        kind = library.columns[chosen]
        if kind in (NUMBER, WHOLE):
            condition = _range(library, chosen, key)
        elif kind == YES_NO:
            value = st.segmented_control("Is", ("yes", "no"), default="yes", required=True,
                                         key=f"{key}-flag")
            condition = Selection(flags=((chosen, value == "yes"),))
        else:
            assert kind == TEXT
            part = st.text_input("Contains", key=f"{key}-text", max_chars=200)
            condition = Selection(texts=((chosen, part),)) if part else Selection()
        st.button("Add", type="primary", key=f"{key}-add", disabled=condition.is_all,
                  on_click=_add, args=(keys, condition.to_text()))


def _range(library: Library, column: str, key: str) -> Selection:
    span = library.span(column)
    if span is None:
        st.caption("All its values are missing.")
        return Selection()
    left, right = st.columns(2)
    low = left.number_input("At least", value=None, key=f"{key}-low", format="%g",
                            placeholder=f"{span[0]:.4g}")
    high = right.number_input("At most", value=None, key=f"{key}-high", format="%g",
                              placeholder=f"{span[1]:.4g}")
    return Selection().within(column, low, high)


def _add(keys: Keys, condition: str) -> None:
    before = (st.session_state.get(keys.filter) or "").strip().rstrip(";")
    st.session_state[keys.filter] = f"{before}; {condition}" if before else condition
    to_first_page(keys)
