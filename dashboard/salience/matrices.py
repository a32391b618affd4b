"""The mask over all matrices of a model, and inside one of them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.salience.masks import Mask
from core.salience.matrices import WeightMatrix
from core.salience.matrix_views import density_map, mean_scores, score_histogram
from dashboard.components.figure_downloads.downloads import figure_downloads, file_name
from dashboard.salience import data, text
from dashboard.salience.cells import Grid, densest, density_cells, label, score_cells
from dashboard.salience.charts import cell_heatmap, density_heatmap, score_histogram_chart
from dashboard.salience.inputs import choose_matrix, take_matrix
from dashboard.salience.query import DENSITY, MaskQuery
from dashboard.shared.theme import is_dark

_MAP_WIDTH = 570
_INSIDE_WIDTH = 440
_PLAIN = {"displayModeBar": False}  # downloads have buttons of their own


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
    st.plotly_chart(
        cell_heatmap(grid, cells, matrix.name, dark=is_dark()), key="matrices",
        on_select=partial(take_matrix, "matrices", grid), selection_mode="points", config=_PLAIN,
        alt=text.heatmap_alt(grid, cells, quantity.capitalize()))
    st.caption(text.reading_aid(quantity))
    with st.container(horizontal=True, vertical_alignment="center"):
        figure_downloads(f"salience {mask.model} {mask.criterion}", key="downloads-matrices",
                         target="matrices", csv=text.matrix_frame(mask, means).to_csv(index=False))
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
    st.plotly_chart(
        density_heatmap(found, dark=is_dark(), axes=text.map_axes(matrix)), key="inside",
        config=_PLAIN, alt=text.map_alt(matrix, found.shares.ravel().tolist()))
    st.caption(text.concentration(mask, matrix))
    st.plotly_chart(
        score_histogram_chart(histogram, dark=is_dark(), name=text.score_axis(salience)),
        key="histogram", config=_PLAIN, alt=text.histogram_alt(matrix, histogram))
    name = f"{label(matrix)} {mask.model} {mask.criterion}"
    with st.container(horizontal=True):
        figure_downloads(f"density {name}", key="downloads-inside", target="inside",
                         csv=text.map_frame(found).to_csv(index=False))
        figure_downloads(f"scores {name}", key="downloads-histogram", target="histogram",
                         csv=text.histogram_frame(histogram).to_csv(index=False))
