"""Sections of the Salience page: masks compared with other masks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from core.errors import InputError
from core.salience.agreement import (
    agreement,
    agreement_by_layer,
    agreement_by_matrix,
    agreement_table,
)
from core.salience.criteria import CRITERIA
from core.salience.masks import SCOPES, Mask, Scope
from core.salience.matrix_views import mean_scores
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.salience import data, text
from dashboard.salience.cells import Cells, Grid, density_cells, moved_cells, ratio_cells
from dashboard.salience.charts import agreement_heatmap, cell_heatmap
from dashboard.salience.inputs import own_order
from dashboard.salience.query import (
    CODE,
    CRITERIA_SECTION,
    DEFAULT_CRITERION,
    DEFAULT_PERMUTATIONS,
    DIFFERENCES,
    MATRICES,
    MAX_PERMUTATIONS,
    MEASURES,
    MOVED,
    ONE_MOLECULE,
    RATIO,
    SAME,
    SLOW,
    STABILITY,
    TWO_SETTINGS,
    MaskQuery,
    commands,
    other_order,
    python,
)
from dashboard.salience.stability import show_stability
from dashboard.shared.choices import DEFAULT_SMILES, MAX_SEED, STRATEGY_OPTIONS, resolved_order
from dashboard.shared.progress import progress_bar

_FIRST_SEED = "salience_first_seed"
_HALF_WIDTH = 500
_SMALL_ROOM = 330
_FORMATS = {"density": st.column_config.NumberColumn(format="percent"),
            "mean score": st.column_config.NumberColumn(format="%.3e"),
            **{name: st.column_config.NumberColumn(format="localized")
               for name in ("entries", "selected", "both", "only first", "only second")},
            **{name: st.column_config.NumberColumn(format="%.4f")
               for name in ("Jaccard", "chance")},
            "× chance": st.column_config.NumberColumn(format="%.2f")}


def show(cut: MaskQuery, mask: Mask, section: str) -> None:
    """One section; what is wrong with its inputs is said in its place."""
    try:
        _SECTIONS[section](cut, mask)
    except InputError as error:
        st.error(str(error), icon=":material/error:")


def _show_criteria(cut: MaskQuery, mask: Mask) -> None:
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        measure = st.segmented_control(
            "Agreement as", MEASURES, default=MEASURES[0], required=True, key="agree",
            bind="query-params", width="content")
        slow = st.toggle(
            f"Also {' and '.join(SLOW)}, which take longer", False, key="slow",
            bind="query-params", help="Several times as long as a gradient. Switch off to cancel.")
    names = text.comparable_criteria(cut.setting, slow=slow)
    with progress_bar("Scoring by all criteria", "examples") as progress:
        found = agreement_table(data.masks_by(cut, names, progress))
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=600):
        show_figure(partial(agreement_heatmap, names, found, ratio=measure == RATIO),
                    f"agreement {mask.model}", key="agreement", alt=text.agreement_alt(found),
                    csv=text.agreement_frame(found))
    with row.container(width=400):
        st.markdown(text.agreement_finding(found))
        st.caption(text.agreement_note(mask, names))


def _show_two_settings(cut: MaskQuery, mask: Mask) -> None:
    second = _choose_second(cut)
    if replace(second, setting=second.setting.key) == replace(cut, setting=cut.setting.key):
        st.info(text.SAME_SETTINGS, icon=":material/info:")
        return
    if second.setting.lacks_examples:
        st.info(text.NAME_A_TOKEN_FILE, icon=":material/info:")
        return
    with progress_bar("Scoring the second setting", "examples") as progress:
        other = data.mask(second, progress)
    by_matrix = agreement_by_matrix(mask, other)
    st.markdown(text.pair_sentence(agreement(mask, other), "The two masks"))
    st.caption(text.two_sources(mask, other))
    _show_reference(cut, mask)
    shown = st.segmented_control(
        "Cells show ", DIFFERENCES, default=DIFFERENCES[0], required=True, key="difference",
        bind="query-params", width="content", label_visibility="collapsed")
    cells = (moved_cells if shown == MOVED else ratio_cells)(by_matrix, mask.matrices)
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=_HALF_WIDTH + 60):
        _show_cells(cells, mask, "difference-cells", str(shown).capitalize())
        st.caption(text.difference_note(shown))
    with row.container(width=400):
        _show_layers(mask, other)


def _show_reference(cut: MaskQuery, mask: Mask) -> None:
    """What another draw of the first setting's examples would change: the noise of a comparison."""
    if not text.why_stable(cut.setting):
        again = replace(cut, setting=replace(cut.setting, seed=(cut.setting.seed + 1) % MAX_SEED))
        with progress_bar("Scoring the first setting on other examples", "examples") as progress:
            found = agreement(mask, data.mask(again, progress))
        st.markdown(text.reference_sentence(found, again.setting.seed))


def _choose_second(cut: MaskQuery) -> MaskQuery:
    setting = cut.setting
    model = data.language_model(setting.model, setting.weights)
    st.markdown("**Second setting**, of the same model at the same density")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        criterion = st.selectbox("Criterion ", (SAME, *CRITERIA), key="criterion2",
                                 bind="query-params", width=170)
        order = ""
        if model.checkpoint is not None:
            own = own_order(model)
            default = STRATEGY_OPTIONS.index(other_order(setting.strategy, own))
            order = resolved_order(
                st.selectbox("Order of its examples", STRATEGY_OPTIONS, index=default,
                             key="calibration2", bind="query-params", width=220), own)
        scope = st.segmented_control("Scope ", (SAME, *SCOPES), default=SAME, required=True,
                                     key="scope2", bind="query-params", width="content")
        _follow_seed(setting.seed)
        seed = st.number_input("Seed ", 0, MAX_SEED, setting.seed, 1, key="draw2",
                               bind="query-params", width=130)
    named = setting if criterion == SAME else setting.with_criterion(criterion)
    scopes: dict[str, Scope] = {known: known for known in SCOPES}
    return MaskQuery(replace(named, strategy=order, seed=int(seed)), scopes.get(scope, cut.scope),
                     cut.density)


def _follow_seed(seed: int) -> None:
    """The second seed goes with the first one, as long as both are the same."""
    former = st.session_state.get(_FIRST_SEED)
    if former is not None and st.session_state.get("draw2") == former != seed:
        st.session_state.draw2 = seed
    st.session_state[_FIRST_SEED] = seed


def _show_one_molecule(cut: MaskQuery, mask: Mask) -> None:
    model = data.language_model(cut.setting.model, cut.setting.weights)
    if model.checkpoint is None or not model.checkpoint.vocabulary.is_labelled:
        st.info(text.NO_MOLECULES, icon=":material/info:")
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        smiles = st.text_input("Molecule (SMILES)", DEFAULT_SMILES, key="one",
                               bind="query-params", width=360, help="Press Enter.")
        number = st.number_input(
            "Linearizations", 1, MAX_PERMUTATIONS, DEFAULT_PERMUTATIONS, 8, key="onek",
            bind="query-params", width=160,
            help="The molecule's own NLL is averaged over so many, in the order of the examples.")
    if not smiles:
        st.info(text.NAME_A_MOLECULE, icon=":material/info:")
        return
    whole = cut
    if not cut.setting.needs_examples:
        whole = replace(cut, setting=cut.setting.with_criterion(DEFAULT_CRITERION))
        st.info(text.instead(cut.setting.criterion), icon=":material/info:")
    one = replace(whole, setting=replace(whole.setting, smiles=smiles, number=int(number)))
    with progress_bar("Scoring the molecule", "linearizations") as progress:
        of_set = data.mask(whole, progress)
        of_one = data.mask(one, progress)
    st.markdown(text.pair_sentence(agreement(of_one, of_set),
                                    "The molecule's mask and the set's"))
    row = st.container(horizontal=True, gap="medium")
    for found, key, title in ((of_one, "one-cells", f"Of `{smiles.replace('`', '')}` alone"),
                              (of_set, "set-cells", "Of the set")):
        with row.container(width=_HALF_WIDTH):
            st.markdown(f"**{title}**")
            st.caption(f"{found.criterion} · {text.source(found.origin)}")
            _show_cells(density_cells(found), found, key, f"Density, {title}")
    by_matrix = agreement_by_matrix(of_one, of_set)
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=_HALF_WIDTH):
        st.markdown("**Agreement of the two, matrix by matrix**")
        _show_cells(ratio_cells(by_matrix, of_set.matrices), of_set, "one-agreement",
                    "Agreement over chance")
    with row.container(width=400):
        _show_layers(of_one, of_set)
    with st.expander("Code of the molecule's mask", icon=":material/code:"):
        _show_lines(one)


def _show_cells(cells: Cells, mask: Mask, key: str, what: str) -> None:
    grid = Grid(mask.matrices)
    show_figure(
        partial(cell_heatmap, grid, cells, None, clickable=False, room=_SMALL_ROOM),
        f"{key} {mask.model}", key=key, alt=text.heatmap_alt(grid, cells, what),
        csv=text.cell_frame(grid, cells))


def _show_layers(first: Mask, second: Mask) -> None:
    st.markdown("**Layer by layer**, each with its own densities")
    st.dataframe(text.layer_frame(agreement_by_layer(first, second)), hide_index=True,
                 column_config=_FORMATS,
                 column_order=("layer", "Jaccard", "chance", "× chance", "both"))


def _show_matrices(cut: MaskQuery, mask: Mask) -> None:
    means = mean_scores(data.scores(cut.setting))
    table = text.matrix_frame(mask, means)
    st.dataframe(table, hide_index=True, column_config=_FORMATS,
                 alt=f"Density and mean score of {len(table)} matrices.")
    figure_downloads(f"matrices {mask.model} {mask.criterion}", key="downloads-table", csv=table)


def _show_code(cut: MaskQuery, mask: Mask) -> None:
    _show_lines(cut)


def _show_lines(cut: MaskQuery) -> None:
    st.subheader("Command line", anchor=False)
    st.code(commands(cut), language="bash", wrap_lines=True)
    st.subheader("Python", anchor=False)
    st.code(python(cut), language="python")


_SECTIONS = {
    CRITERIA_SECTION: _show_criteria, TWO_SETTINGS: _show_two_settings,
    ONE_MOLECULE: _show_one_molecule, STABILITY: show_stability, MATRICES: _show_matrices,
    CODE: _show_code,
}
