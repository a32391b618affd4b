"""The parts of the Library page: rows, how they are distributed, against another set, kept."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import InputError
from core.library.keep import SCORES
from core.library.selection import Selection
from core.library.store import Library
from core.quotas import is_hosted
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.components.report_button import report_button
from dashboard.report.frame import to_html
from dashboard.report.provenance import DEFAULT_FILE
from dashboard.rows.columns import column_named, label, labels_of
from dashboard.rows.shown import choose_order, in_order, show_downloads, show_rows
from dashboard.shared import messages
from dashboard.shared.inputs import reset_if_invalid
from dashboard.shared.theme import is_dark
from dashboard.views.library import charts, data, text
from dashboard.views.library.inputs import mark
from dashboard.views.library.query import (
    COMPARE,
    DEFAULT_FDR,
    DISTRIBUTION,
    KEEP,
    KEYS,
    MAX_FDR,
    MIN_FDR,
    ROWS,
    SCATTER,
    Zoom,
    box_of,
    lasso_of,
    source_of,
)
from dashboard.views.library.report import library_report

_DRAGS = {"box to zoom": "select", "lasso to mark": "lasso"}
_ZOOM = "library_zoom"


def show(library: Library, selection: Selection, view: str) -> None:
    """One section; why there is nothing to show is said in its place."""
    try:
        _SECTIONS[view](library, selection)
    except InputError as error:
        messages.info(error)


def offer_report(library: Library, selection: Selection) -> None:
    """The button that makes a file of the chosen rows, in the order of the table."""
    ordered = in_order(library, selection, KEYS)
    source = source_of(library, hosted=is_hosted())
    report_button(lambda: to_html(library_report(library, ordered, source)),
                  (library.key, source, ordered), file=DEFAULT_FILE)


def _show_table(library: Library, selection: Selection) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_order(library, KEYS)
    ordered = in_order(library, selection, KEYS)
    show_rows(library, ordered, KEYS, look=st.session_state[KEYS.look])
    show_downloads(library, ordered, KEYS, f"trailscope-{library.folder.name}-"
                                           f"{library.model}-seed{library.seed}")


def _show_distribution(library: Library, selection: Selection) -> None:
    column = _choose_column("Column", "histof", library, "lu")
    found = data.histogram(library, column, selection)
    alt = text.distribution_finding(found, column)
    show_figure(partial(charts.distribution, found, label(column)), "distribution",
                key="library-distribution", alt=alt, csv=text.distribution_table(found))
    st.caption(messages.plain(alt))


def _show_scatter(library: Library, selection: Selection) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = _choose_column("Across", "scatterx", library, "nll_mean", width=220)
        y = _choose_column("Upwards", "scattery", library, "lu", width=220)
        drag = st.segmented_control("Drag a", list(_DRAGS), default=next(iter(_DRAGS)),
                                    required=True, key="dragging")
    of = (library.key, x, y)
    zoom = st.session_state.get(_ZOOM)
    view = zoom.view if zoom is not None and zoom.of == of else None
    found = data.scatter(library, x, y, selection, view)
    alt = text.scatter_finding(found, x, y)
    if not found.number:
        st.info("No chosen row has both numbers here.", icon=":material/info:")
    else:
        st.plotly_chart(
            charts.scatter(found, label(x), label(y), dark=is_dark(), drag=_DRAGS[drag]),
            key="library-scatter", alt=alt, selection_mode=("box", "lasso"),
            config={"displayModeBar": False},
            on_select=partial(_take_drawn, library, selection, of))
        figure_downloads("scatter", key="downloads-library-scatter", target="library-scatter",
                         csv=text.scatter_table(found, x, y))
        st.caption(messages.plain(alt))
    if view is not None:
        st.button("Show all again", icon=":material/zoom_out_map:", key="zoom-out",
                  on_click=lambda: st.session_state.pop(_ZOOM, None))


def _take_drawn(library: Library, selection: Selection, of: tuple[str, str, str]) -> None:
    """A box zooms, a lasso marks rows."""
    drawn = st.session_state["library-scatter"].selection
    if (corners := lasso_of(drawn)) is not None:
        mark(library, data.lassoed(library, of[1], of[2], corners, selection))
    elif (box := box_of(drawn)) is not None:
        st.session_state[_ZOOM] = Zoom(of, box)


def _show_compare(library: Library, selection: Selection) -> None:
    folders = {name: folder for name, folder in data.libraries().items()
               if folder != library.folder}
    if not folders:
        st.info(text.NO_OTHER, icon=":material/info:")
        return
    reset_if_invalid("other", tuple(folders))
    name = st.selectbox("Compare with", tuple(folders), key="other", bind="query-params",
                        help="All of both libraries, whatever the filter.")
    other = data.open_library(name, folders[name])
    ours = library.folder.name if not library.is_samples else f"{library.model} samples"
    found = data.comparison(library, other)
    st.markdown(text.comparison_sentence(found, ours, name))
    st.dataframe(text.difference_table(found, ours, name), hide_index=True,
                 alt=f"Paired differences between {ours} and {name}, a number a row.")
    if marked := text.low_lu_finding(found, ours, name):
        st.caption(marked)
    by_label = {label(one.column): one for one in found.differences}
    if not by_label:
        return
    reset_if_invalid("comparedby", tuple(by_label))
    chosen = by_label[st.segmented_control(
        "Number", list(by_label), default=next(iter(by_label)), required=True, key="comparedby",
        bind="query-params")]
    table = data.paired(library, other, chosen.column)
    finding = text.difference_finding(chosen, name)
    show_figure(partial(charts.paired, table, label(chosen.column), ours, name), "paired",
                key="library-paired", alt=finding, csv=table, findings=(finding,))


def _show_keep(library: Library, selection: Selection) -> None:
    able = {}
    for name, folder in data.libraries().items():
        if folder == library.folder:  # all of whose molecules are candidates themselves
            continue
        try:
            one = data.open_library(name, folder)
        except InputError:  # another set that is damaged is no fault of this one
            continue
        alike = (one.weights_sha256, one.strategy, one.permutations) == (
            library.weights_sha256, library.strategy, library.permutations)
        if alike and data.reference_labels(one):
            able[name] = one
    if not able:
        st.info(text.NO_REFERENCE, icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reset_if_invalid("keepfrom", tuple(able))
        name = st.selectbox("Reference set", tuple(able), key="keepfrom", bind="query-params",
                            width=300)
        reference = able[name]
        said = labels_of(reference)
        labels = {said[one]: one for one in data.reference_labels(reference)}
        reset_if_invalid("keeplabel", tuple(labels))
        good = labels[st.selectbox("Good are those that are", tuple(labels), key="keeplabel",
                                   bind="query-params", width=220)]
        score = st.selectbox("By", SCORES, key="keepby", bind="query-params", width=200,
                             format_func=label)
        fdr = st.slider("False-discovery rate, %", MIN_FDR, MAX_FDR, DEFAULT_FDR,
                        key="libraryfdr", bind="query-params", width=240)
    found = data.kept_rows(library, selection, reference, good, score, fdr / 100)
    st.markdown(text.keep_finding(found, fdr / 100))
    st.caption(text.keep_reference(found, name))
    st.caption(messages.plain(found.keep_list.guarantee))
    if found.keep_list.note:
        st.caption(messages.plain(found.keep_list.note))
    if found.rows:
        st.button(f"Mark these {len(found.rows):,} rows", type="primary", key="mark-kept",
                  icon=":material/select_check_box:", on_click=mark, args=(library, found.rows),
                  help="Then see them in the table, or save them.")


def _choose_column(
    title: str, key: str, library: Library, default: str, *, width: int = 260
) -> str:
    labels = {name: said for name, said in labels_of(library).items() if name in library.numeric}
    names = list(labels.values())
    index = names.index(labels[default]) if default in labels else 0
    reset_if_invalid(key, tuple(names), names[index])
    chosen = st.selectbox(title, names, index=index, key=key, bind="query-params", width=width)
    return column_named(chosen, labels, default)


_SECTIONS = {ROWS: _show_table, DISTRIBUTION: _show_distribution, SCATTER: _show_scatter,
             COMPARE: _show_compare, KEEP: _show_keep}
