"""The mask over all matrices of a model, and inside one of them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.salience.masks import Mask
from core.salience.matrices import WeightMatrix
from core.salience.matrix_views import density_map, mean_scores, score_histogram
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import file_name
from dashboard.salience import data, text
from dashboard.salience.cells import Grid, densest, density_cells, label, score_cells
from dashboard.salience.charts import cell_heatmap, density_heatmap, score_histogram_chart
from dashboard.salience.inputs import choose_matrix, take_matrix
from dashboard.salience.query import DENSITY, MaskQuery

_MAP_WIDTH = 570
_INSIDE_WIDTH = 440


def show_source(mask: Mask) -> None:
    """What the mask was cut from."""
    st.caption(f"{text.provenance(mask)} · {text.selected(mask)}.")


def show_mask(cut: MaskQuery, mask: Mask, quantity: str) -> None:
    """Heatmap of all matrices; beside it the chosen one from inside."""
    grid = Grid(mask.matrices)
    row = st.container(horizontal=True, gap="medium")
    left, right = row.container(width=_MAP_WIDTH), row.container(width=_INSIDE_WIDTH)
    with right:
        matrix = choose_matrix(grid, densest(mask))
        _show_inside(cut, mask, matrix)
    with left:
        _show_heatmap(cut, mask, grid, matrix, quantity)


def _show_heatmap(
    cut: MaskQuery, mask: Mask, grid: Grid, matrix: WeightMatrix, quantity: str
) -> None:
    means = mean_scores(data.scores(cut.setting))
    cells = density_cells(mask) if quantity == DENSITY else score_cells(means, mask.matrices)
    st.markdown(text.finding(mask))
    chart = st.container()
    row = st.container(horizontal=True, vertical_alignment="center")
    with chart:
        show_figure(
            partial(cell_heatmap, grid, cells, matrix.name),
            f"salience {mask.model} {mask.criterion}", key="matrices",
            alt=text.heatmap_alt(grid, cells, quantity.capitalize()),
            csv=text.matrix_frame(mask, means), on_click=partial(take_matrix, grid),
            caption=text.reading_aid(quantity), downloads_in=row)
    with row:
        st.download_button(
            "Mask", partial(data.mask_file, cut),
            f"{file_name(text.mask_title(mask))}.safetensors",
            "application/octet-stream", key="mask-file", icon=":material/download:",
            on_click="ignore", help="safetensors with provenance; `core.salience.Mask.load` and "
                                    "`trailscope mask` read it.")


def _show_inside(cut: MaskQuery, mask: Mask, matrix: WeightMatrix) -> None:
    salience = data.scores(cut.setting)
    found = density_map(mask.entries[matrix.name])
    histogram = score_histogram(salience, mask, matrix)
    st.markdown(text.inside_sentence(mask, matrix, histogram))
    name = f"{label(matrix)} {mask.model} {mask.criterion}"
    charts, row = st.container(), st.container(horizontal=True)
    with charts:
        show_figure(
            partial(density_heatmap, found, axes=text.map_axes(matrix)), f"density {name}",
            key="inside", alt=text.map_alt(matrix, found.shares.ravel().tolist()),
            csv=text.map_frame(found), caption=text.concentration(mask, matrix), downloads_in=row)
        show_figure(
            partial(score_histogram_chart, histogram, name=text.score_axis(salience)),
            f"scores {name}", key="histogram", alt=text.histogram_alt(matrix, histogram),
            csv=text.histogram_frame(histogram), downloads_in=row)
