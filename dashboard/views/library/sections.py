"""The parts of the Library page: rows, how they are distributed, against another set, kept."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import InputError
from core.library.export import KINDS
from core.library.keep import SCORES
from core.library.selection import Selection
from core.library.store import NUMBER, WHOLE, YES_NO, Library
from core.quotas import is_hosted
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.components.report_button import report_button
from dashboard.report.frame import to_html
from dashboard.report.provenance import DEFAULT_FILE
from dashboard.shared import messages
from dashboard.shared.choices import MAX_SEED
from dashboard.shared.inputs import reset_if_invalid
from dashboard.shared.links import explore_address
from dashboard.shared.theme import is_dark
from dashboard.views.library import charts, data, text
from dashboard.views.library.inputs import mark, to_first_page
from dashboard.views.library.query import (
    COMPARE,
    DEFAULT_FDR,
    DIRECTIONS,
    DISTRIBUTION,
    HIGHEST_FIRST,
    KEEP,
    MAX_FDR,
    MIN_FDR,
    PAGE_ROWS,
    SCATTER,
    TABLE,
    Zoom,
    box_of,
    column_named,
    columns_of,
    label,
    lasso_of,
    source_of,
)
from dashboard.views.library.report import library_report

_MIME = {"csv": "text/csv", "sdf": "chemical/x-mdl-sdfile", "smi": "chemical/x-daylight-smiles",
         "parquet": "application/vnd.apache.parquet"}
_DRAGS = {"box to zoom": "select", "lasso to mark": "lasso"}
_ZOOM = "library_zoom"
_WIDTHS = {label("smiles"): 240, label("id"): 150}


def show(library: Library, selection: Selection, view: str) -> None:
    """One section; why there is nothing to show is said in its place."""
    try:
        _SECTIONS[view](library, selection)
    except InputError as error:
        messages.info(error)


def offer_report(library: Library, selection: Selection) -> None:
    """The button that makes a file of the chosen rows, in the order of the table."""
    ordered = _in_order_of_table(library, selection)
    source = source_of(library, hosted=is_hosted())
    report_button(lambda: to_html(library_report(library, ordered, source)),
                  (library.key, source, ordered), file=DEFAULT_FILE)


def _in_order_of_table(library: Library, selection: Selection) -> Selection:
    state = st.session_state
    return replace(selection, sort=column_named(state.get("rowsort", "row"), library, "row"),
                   descending=state.get("rowdirection") == HIGHEST_FIRST)


def _show_table(library: Library, selection: Selection) -> None:
    names = [label(name) for name in columns_of(library)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reset_if_invalid("rowsort", ("row", *names))
        sort = st.selectbox("Sort by", ("row", *names), key="rowsort", bind="query-params",
                            width=220, on_change=to_first_page)
        direction = st.selectbox("Direction", DIRECTIONS, key="rowdirection", bind="query-params",
                                 width=150, on_change=to_first_page)
        pages = max(1, -(-data.count(library, selection) // PAGE_ROWS))
        page = int(st.number_input(f"Page, 1 to {pages:,}", min_value=1, max_value=MAX_SEED,
                                   step=1, key="rowpage", bind="query-params", width=160))
    if page > pages:
        st.caption(f"There are {pages:,} pages; this is the last one.")
        page = pages
    ordered = replace(selection, sort=column_named(sort, library, "row"),
                      descending=direction == HIGHEST_FIRST)
    rows = data.page(library, ordered, (page - 1) * PAGE_ROWS, PAGE_ROWS)
    if len(rows):
        _show_rows(library, rows)
    _show_downloads(library, ordered)


def _show_rows(library: Library, rows: pd.DataFrame) -> None:
    columns = columns_of(library)
    table = rows[[*columns, "row"]].copy()
    config: dict[str, Any] = {
        name: _column(label(name), library.columns[name]) for name in (*columns, "row")}
    if library.chemistry is not None:
        known = rows["smiles"].where(rows["valid"].fillna(False).astype(bool))
        chemistry = library.chemistry
        table.insert(0, "structure", [
            data.picture(smiles, chemistry, is_dark()) if isinstance(smiles, str) else None
            for smiles in known])
        table.insert(1, "explore", [_address(library, smiles) for smiles in known])
        config["structure"] = st.column_config.ImageColumn("structure", width=130)
        config["explore"] = st.column_config.LinkColumn(
            "Explore", display_text=":material/open_in_new:", width="small",
            help="Opens the molecule with the same numbers.")
    st.dataframe(table, hide_index=True, row_height=76, column_config=config,
                 height=min(640, 40 + 76 * len(table)))


def _address(library: Library, smiles: object) -> str | None:
    """Of the Explore page on a molecule, with the numbers of its row."""
    if not isinstance(smiles, str):
        return None
    return explore_address(library.model, smiles=smiles, strategy=library.strategy,
                           permutations=library.permutations, seed=library.seed)


def _column(name: str, kind: str) -> Any:
    if kind == YES_NO:
        return st.column_config.CheckboxColumn(name)
    if kind in (NUMBER, WHOLE):
        return st.column_config.NumberColumn(name, format="%.4g" if kind == NUMBER else "%d")
    return st.column_config.TextColumn(name, width=_WIDTHS.get(name))


def _show_downloads(library: Library, selection: Selection) -> None:
    name = f"trailscope-{library.folder.name}"
    with st.container(horizontal=True):
        for kind in KINDS:
            if kind in ("sdf", "smi") and library.chemistry is None:
                continue
            st.download_button(
                {"smi": "SMILES"}.get(kind, kind.upper() if kind != "parquet" else "Parquet"),
                data.file_of(library, selection, kind), f"{name}.{kind}", _MIME[kind],
                key=f"save-rows-{kind}", icon=":material/download:", on_click="ignore",
                help="All chosen rows, in the order of the table.")


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
                         csv=text.scatter_table(found))
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
    ours = library.folder.name if library.manifest is not None else f"{library.model} samples"
    found = data.comparison(library, other)
    st.markdown(text.comparison_sentence(found, ours, name))
    st.dataframe(text.difference_table(found, ours, name), hide_index=True)
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
        labels = {label(one): one for one in data.reference_labels(reference)}
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
    names = [label(name) for name in columns_of(library) if name in library.numeric]
    usual = label(default)
    index = names.index(usual) if usual in names else 0
    reset_if_invalid(key, tuple(names), names[index])
    chosen = st.selectbox(title, names, index=index, key=key, bind="query-params", width=width)
    return column_named(chosen, library, default)


_SECTIONS = {TABLE: _show_table, DISTRIBUTION: _show_distribution, SCATTER: _show_scatter,
             COMPARE: _show_compare, KEEP: _show_keep}
