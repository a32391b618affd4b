"""Sections of the Salience page: masks compared with other masks."""

from __future__ import annotations

from dataclasses import replace

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
from dashboard import cache_salience, texts_agreement
from dashboard import texts_salience as texts
from dashboard.charts_salience import agreement_heatmap, cell_heatmap
from dashboard.components.figure_downloads import figure_downloads
from dashboard.salience_cells import Cells, Grid, density_cells, moved_cells, ratio_cells
from dashboard.state import DEFAULT_SMILES, MAX_SEED, STRATEGY_OPTIONS, resolved_order
from dashboard.state_salience import (
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
    Cut,
    commands,
    other_order,
    python,
)
from dashboard.views.explore_inputs import is_dark
from dashboard.views.progress import progress_bar
from dashboard.views.salience_inputs import own_order
from dashboard.views.salience_stability import show_stability

_FIRST_SEED = "salience_first_seed"
_PLAIN = {"displayModeBar": False}  # downloads have buttons of their own
_HALF_WIDTH = 500
_SMALL_ROOM = 330
_FORMATS = {"density": st.column_config.NumberColumn(format="percent"),
            "mean score": st.column_config.NumberColumn(format="%.3e"),
            **{name: st.column_config.NumberColumn(format="localized")
               for name in ("entries", "selected", "both", "only first", "only second")},
            **{name: st.column_config.NumberColumn(format="%.4f")
               for name in ("Jaccard", "chance")},
            "× chance": st.column_config.NumberColumn(format="%.2f")}


def show(cut: Cut, mask: Mask, section: str) -> None:
    """One section; what is wrong with its inputs is said in its place."""
    try:
        _SECTIONS[section](cut, mask)
    except InputError as error:
        st.error(str(error), icon=":material/error:")


def _show_criteria(cut: Cut, mask: Mask) -> None:
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        measure = st.segmented_control(
            "Agreement as", MEASURES, default=MEASURES[0], required=True, key="agree",
            bind="query-params", width="content")
        slow = st.toggle(
            f"Also {' and '.join(SLOW)}, which take longer", False, key="slow",
            bind="query-params", help="Several times as long as a gradient. Switch off to cancel.")
    names = texts_agreement.comparable_criteria(cut.setting, slow=slow)
    with progress_bar("Scoring by all criteria", "examples") as progress:
        found = agreement_table(cache_salience.masks_by(cut, names, progress))
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=600):
        st.plotly_chart(
            agreement_heatmap(names, found, ratio=measure == RATIO, dark=is_dark()),
            key="agreement", config=_PLAIN, alt=texts_agreement.agreement_alt(found))
        figure_downloads(f"agreement {mask.model}", key="downloads-agreement", target="agreement",
                         csv=texts_agreement.agreement_frame(found).to_csv(index=False))
    with row.container(width=400):
        st.markdown(texts_agreement.agreement_finding(found))
        st.caption(texts_agreement.agreement_note(mask, names))


def _show_two_settings(cut: Cut, mask: Mask) -> None:
    second = _choose_second(cut)
    if replace(second, setting=second.setting.key) == replace(cut, setting=cut.setting.key):
        st.info(texts_agreement.SAME_SETTINGS, icon=":material/info:")
        return
    if second.setting.lacks_examples:
        st.info(texts.NAME_A_TOKEN_FILE, icon=":material/info:")
        return
    with progress_bar("Scoring the second setting", "examples") as progress:
        other = cache_salience.mask(second, progress)
    by_matrix = agreement_by_matrix(mask, other)
    st.markdown(texts_agreement.pair_sentence(agreement(mask, other), "The two masks"))
    st.caption(texts_agreement.two_sources(mask, other))
    _show_reference(cut, mask)
    shown = st.segmented_control(
        "Cells show ", DIFFERENCES, default=DIFFERENCES[0], required=True, key="difference",
        bind="query-params", width="content", label_visibility="collapsed")
    cells = (moved_cells if shown == MOVED else ratio_cells)(by_matrix, mask.matrices)
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=_HALF_WIDTH + 60):
        _show_cells(cells, mask, "difference-cells", str(shown).capitalize())
        st.caption(texts_agreement.difference_note(shown))
    with row.container(width=400):
        _show_layers(mask, other)


def _show_reference(cut: Cut, mask: Mask) -> None:
    """What another draw of the first setting's examples would change: the noise of a comparison."""
    if not texts_agreement.why_stable(cut.setting):
        again = replace(cut, setting=replace(cut.setting, seed=(cut.setting.seed + 1) % MAX_SEED))
        with progress_bar("Scoring the first setting on other examples", "examples") as progress:
            found = agreement(mask, cache_salience.mask(again, progress))
        st.markdown(texts_agreement.reference_sentence(found, again.setting.seed))


def _choose_second(cut: Cut) -> Cut:
    setting = cut.setting
    model = cache_salience.language_model(setting.model, setting.weights)
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
    return Cut(replace(named, strategy=order, seed=int(seed)), scopes.get(scope, cut.scope),
               cut.density)


def _follow_seed(seed: int) -> None:
    """The second seed goes with the first one, as long as both are the same."""
    former = st.session_state.get(_FIRST_SEED)
    if former is not None and st.session_state.get("draw2") == former != seed:
        st.session_state.draw2 = seed
    st.session_state[_FIRST_SEED] = seed


def _show_one_molecule(cut: Cut, mask: Mask) -> None:
    model = cache_salience.language_model(cut.setting.model, cut.setting.weights)
    if model.checkpoint is None or not model.checkpoint.vocabulary.is_labelled:
        st.info(texts_agreement.NO_MOLECULES, icon=":material/info:")
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        smiles = st.text_input("Molecule (SMILES)", DEFAULT_SMILES, key="one",
                               bind="query-params", width=360, help="Press Enter.")
        number = st.number_input(
            "Linearizations", 1, MAX_PERMUTATIONS, DEFAULT_PERMUTATIONS, 8, key="onek",
            bind="query-params", width=160,
            help="The molecule's own NLL is averaged over so many, in the order of the examples.")
    if not smiles:
        st.info(texts_agreement.NAME_A_MOLECULE, icon=":material/info:")
        return
    whole = cut
    if not cut.setting.needs_examples:
        whole = replace(cut, setting=cut.setting.with_criterion(DEFAULT_CRITERION))
        st.info(texts_agreement.instead(cut.setting.criterion), icon=":material/info:")
    one = replace(whole, setting=replace(whole.setting, smiles=smiles, number=int(number)))
    with progress_bar("Scoring the molecule", "linearizations") as progress:
        of_set = cache_salience.mask(whole, progress)
        of_one = cache_salience.mask(one, progress)
    st.markdown(texts_agreement.pair_sentence(agreement(of_one, of_set),
                                    "The molecule's mask and the set's"))
    row = st.container(horizontal=True, gap="medium")
    for found, key, title in ((of_one, "one-cells", f"Of `{smiles.replace('`', '')}` alone"),
                              (of_set, "set-cells", "Of the set")):
        with row.container(width=_HALF_WIDTH):
            st.markdown(f"**{title}**")
            st.caption(f"{found.criterion} · {texts.source(found.origin)}")
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
    st.plotly_chart(
        cell_heatmap(grid, cells, None, dark=is_dark(), clickable=False, room=_SMALL_ROOM),
        key=key, config=_PLAIN, alt=texts.heatmap_alt(grid, cells, what))
    figure_downloads(f"{key} {mask.model}", key=f"downloads-{key}", target=key,
                     csv=texts.cell_frame(grid, cells).to_csv(index=False))


def _show_layers(first: Mask, second: Mask) -> None:
    st.markdown("**Layer by layer**, each with its own densities")
    st.dataframe(texts_agreement.layer_frame(agreement_by_layer(first, second)), hide_index=True,
                 column_config=_FORMATS,
                 column_order=("layer", "Jaccard", "chance", "× chance", "both"))


def _show_matrices(cut: Cut, mask: Mask) -> None:
    means = mean_scores(cache_salience.scores(cut.setting))
    table = texts.matrix_frame(mask, means)
    st.dataframe(table, hide_index=True, column_config=_FORMATS,
                 alt=f"Density and mean score of {len(table)} matrices.")
    figure_downloads(f"matrices {mask.model} {mask.criterion}", key="downloads-table",
                     csv=table.to_csv(index=False))


def _show_code(cut: Cut, mask: Mask) -> None:
    _show_lines(cut)


def _show_lines(cut: Cut) -> None:
    st.subheader("Command line", anchor=False)
    st.code(commands(cut), language="bash", wrap_lines=True)
    st.subheader("Python", anchor=False)
    st.code(python(cut), language="python")


_SECTIONS = {
    CRITERIA_SECTION: _show_criteria, TWO_SETTINGS: _show_two_settings,
    ONE_MOLECULE: _show_one_molecule, STABILITY: show_stability, MATRICES: _show_matrices,
    CODE: _show_code,
}
