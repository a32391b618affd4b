"""Sections of the Salience page: a mask, and below it masks compared with it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from core.chemistry.notation import MoleculeError
from core.errors import InputError
from core.salience.agreement import (
    agreement,
    agreement_by_layer,
    agreement_by_matrix,
    agreement_table,
)
from core.salience.criteria import CRITERIA, DEFAULT_CRITERION
from core.salience.masks import SCOPES, Mask, Scope
from core.salience.matrices import WeightMatrix
from core.salience.matrix_views import density_map, mean_scores, score_histogram
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads, file_name
from dashboard.components.sketcher.sketcher import offer_sketcher
from dashboard.shared import messages
from dashboard.shared.checkpoints import shipped_cards
from dashboard.shared.choices import DEFAULT_SMILES, MAX_SEED, STRATEGY_OPTIONS, resolved_order
from dashboard.shared.model_choice import offer_reader
from dashboard.shared.progress import progress_bar
from dashboard.shared.table_columns import on_screen
from dashboard.shared.theme import is_narrow
from dashboard.views.salience import data, text
from dashboard.views.salience.cells import (
    Cells,
    Grid,
    density_cells,
    label,
    moved_cells,
    ratio_cells,
    score_cells,
)
from dashboard.views.salience.charts import (
    agreement_heatmap,
    cell_heatmap,
    density_heatmap,
    score_histogram_chart,
    stability_chart,
)
from dashboard.views.salience.inputs import choose_matrix, own_order, take_matrix
from dashboard.views.salience.query import (
    CODE,
    CRITERIA_SECTION,
    DEFAULT_PERMUTATIONS,
    DENSITY,
    DIFFERENCES,
    MATRICES,
    MAX_PERMUTATIONS,
    MEASURES,
    MOVED,
    ONE_MOLECULE,
    RATIO,
    SAME,
    STABILITY,
    TWO_SETTINGS,
    MaskQuery,
    commands,
    comparable_criteria,
    other_order,
    python,
    seed_after,
)

_FIRST_SEED = "salience_first_seed"
_STABILITY_ASKED = "stability_asked"
_MAP_WIDTH = 570
_INSIDE_WIDTH = 440
_HALF_WIDTH = 500
_SMALL_ROOM = 330
_FORMATS = {"density": "percent", "mean_score": "%.3e", "jaccard": "%.4f", "chance": "%.4f",
            "times_chance": "%.2f",
            **dict.fromkeys(("entries", "selected", "both", "only_first", "only_second"),
                            "localized")}
_LABELS = {"jaccard": "Jaccard", "times_chance": "× chance"}


def show_source(mask: Mask) -> None:
    """What the mask was cut from."""
    st.caption(f"{text.provenance(mask)} · {text.selected(mask)}.")


def show_mask(mask_query: MaskQuery, mask: Mask, quantity: str) -> None:
    """Heatmap of all matrices; beside it the chosen one from inside."""
    grid = Grid(mask.matrices)
    row = st.container(horizontal=True, gap="medium")
    left, right = row.container(width=_MAP_WIDTH), row.container(width=_INSIDE_WIDTH)
    with right:
        matrix = choose_matrix(grid, mask.densest)
        _show_inside(mask_query, mask, matrix)
    with left:
        _show_heatmap(mask_query, mask, grid, matrix, quantity)


def _show_heatmap(
    mask_query: MaskQuery, mask: Mask, grid: Grid, matrix: WeightMatrix, quantity: str
) -> None:
    means = mean_scores(data.scores(mask_query.salience))
    cells = density_cells(mask) if quantity == DENSITY else score_cells(means, mask.matrices)
    st.markdown(text.finding(mask))
    chart = st.container()
    row = st.container(horizontal=True, vertical_alignment="center")
    with chart:
        show_figure(
            partial(cell_heatmap, grid, cells, matrix.name, narrow=is_narrow()),
            f"salience {mask.model} {mask.criterion}", key="matrices",
            alt=text.heatmap_alt(grid, cells, quantity.capitalize()),
            csv=text.matrix_frame(mask, means), on_click=partial(take_matrix, grid),
            caption=text.reading_aid(quantity), downloads_in=row)
    with row:
        st.download_button(
            "Mask", partial(data.mask_file, mask_query),
            f"{file_name(text.mask_title(mask))}.safetensors",
            "application/octet-stream", key="mask-file", icon=":material/download:",
            on_click="ignore", help="safetensors with provenance; `core.salience.Mask.load` and "
                                    "`trailscope mask` read it.")


def _show_inside(mask_query: MaskQuery, mask: Mask, matrix: WeightMatrix) -> None:
    salience = data.scores(mask_query.salience)
    found = density_map(mask.entries[matrix.name])
    histogram = score_histogram(salience, mask, matrix)
    st.markdown(text.matrix_sentence(mask, matrix, histogram))
    name = f"{label(matrix)} {mask.model} {mask.criterion}"
    show_figure(
        partial(density_heatmap, found, axes=text.map_axes(matrix), narrow=is_narrow()),
        f"density {name}",
        key="inside", alt=text.map_alt(matrix, found.shares.ravel().tolist()),
        csv=text.map_frame(found), caption=text.concentration(mask, matrix))
    show_figure(
        partial(score_histogram_chart, histogram, name=text.score_axis(salience)),
        f"scores {name}", key="histogram", alt=text.histogram_alt(matrix, histogram),
        csv=text.histogram_frame(histogram))


def show(mask_query: MaskQuery, mask: Mask, section: str) -> None:
    """One section; what is wrong with its inputs is said in its place."""
    try:
        _SECTIONS[section](mask_query, mask)
    except InputError as error:
        messages.error(error)


def _show_criteria(mask_query: MaskQuery, mask: Mask) -> None:
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        measure = st.segmented_control(
            "Show agreement as", MEASURES, default=MEASURES[0], required=True, key="agree",
            bind="query-params", width="content")
        slow = st.toggle(
            text.slow_criteria(), False, key="slow", bind="query-params",
            help="Takes several times as long as gradient. Switch off to cancel.")
    names = comparable_criteria(mask_query.salience, slow=slow)
    with progress_bar("Scoring by all criteria", "examples") as progress:
        found = agreement_table(data.masks_by(mask_query, names, progress))
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=600):
        show_figure(partial(agreement_heatmap, names, found, ratio=measure == RATIO,
                            narrow=is_narrow()),
                    f"agreement {mask.model}", key="agreement", alt=text.agreement_alt(found),
                    csv=text.agreement_frame(found))
    with row.container(width=400):
        st.markdown(text.agreement_finding(found))
        st.caption(text.agreement_note(mask, names))


def _show_two_settings(mask_query: MaskQuery, mask: Mask) -> None:
    second = _choose_second(mask_query)
    keys = [replace(one, salience=one.salience.key) for one in (mask_query, second)]
    if keys[0] == keys[1]:
        st.info(text.SAME_SETTINGS, icon=":material/info:")
        return
    if second.salience.lacks_examples:
        st.info(text.name_a_token_file(), icon=":material/info:")
        return
    with progress_bar("Scoring the second setting", "examples") as progress:
        other = data.mask(second, progress)
    by_matrix = agreement_by_matrix(mask, other)
    st.markdown(text.pair_sentence(agreement(mask, other), "The two masks"))
    st.caption(text.two_sources(mask, other))
    _show_reference(mask_query, mask)
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


def _show_reference(mask_query: MaskQuery, mask: Mask) -> None:
    """What another draw of the first setting's examples would change: the noise of a comparison."""
    if not text.why_stable(mask_query.salience):
        query = mask_query.salience
        again = replace(mask_query, salience=replace(query, seed=seed_after(query.seed)))
        with progress_bar("Scoring the first setting on other examples", "examples") as progress:
            found = agreement(mask, data.mask(again, progress))
        st.markdown(text.reference_sentence(found, again.salience.seed))


def _choose_second(mask_query: MaskQuery) -> MaskQuery:
    query = mask_query.salience
    model = data.language_model(query.model, query.version)
    st.markdown("**Second setting**: the same model at the same density")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        criterion = st.selectbox("Criterion ", (SAME, *CRITERIA), key="criterion2",
                                 bind="query-params", width=170)
        order = ""
        if model.checkpoint is not None:
            own = own_order(model)
            default = STRATEGY_OPTIONS.index(other_order(query.strategy, own))
            order = resolved_order(
                st.selectbox("Order of its examples", STRATEGY_OPTIONS, index=default,
                             key="calibration2", bind="query-params", width=220), own)
        scope = st.segmented_control("Scope ", (SAME, *SCOPES), default=SAME, required=True,
                                     key="scope2", bind="query-params", width="content")
        _follow_seed(query.seed)
        seed = st.number_input("Seed ", 0, MAX_SEED, query.seed, 1, key="draw2",
                               bind="query-params", width=130)
    named = query if criterion == SAME else query.with_criterion(criterion)
    scopes: dict[str, Scope] = {known: known for known in SCOPES}
    return MaskQuery(replace(named, strategy=order, seed=int(seed)),
                     scopes.get(scope, mask_query.scope), mask_query.density)


def _follow_seed(seed: int) -> None:
    """The second seed goes with the first one, as long as both are the same."""
    former = st.session_state.get(_FIRST_SEED)
    if former is not None and st.session_state.get("draw2") == former != seed:
        st.session_state.draw2 = seed
    st.session_state[_FIRST_SEED] = seed


def _show_one_molecule(mask_query: MaskQuery, mask: Mask) -> None:
    model = data.language_model(mask_query.salience.model, mask_query.salience.version)
    if model.checkpoint is None or model.checkpoint.card.chemistry is None:
        st.info(text.NO_MOLECULES, icon=":material/info:")
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        smiles = st.text_input("Molecule (SMILES)", DEFAULT_SMILES, key="one",
                               bind="query-params", width=360, help="Press Enter.")
        number = st.number_input(
            "Linearizations", 1, MAX_PERMUTATIONS, DEFAULT_PERMUTATIONS, 8, key="onek",
            bind="query-params", width=160,
            help="The molecule's NLL is averaged over this many, in the order of the examples.")
        with st.container(width="content"):
            offer_sketcher("one", smiles or "")
    if not smiles:
        st.info(text.NAME_A_MOLECULE, icon=":material/info:")
        return
    whole = mask_query
    if not mask_query.salience.needs_examples:
        whole = replace(mask_query, salience=mask_query.salience.with_criterion(DEFAULT_CRITERION))
        st.info(text.instead(mask_query.salience.criterion), icon=":material/info:")
    one = replace(whole, salience=replace(whole.salience, smiles=smiles, number=int(number)))
    with progress_bar("Scoring the molecule", "linearizations") as progress:
        try:
            of_one = data.mask(one, progress)
        except MoleculeError as error:
            messages.error(error)
            if mask_query.salience.model in shipped_cards():
                offer_reader(smiles, shipped_cards(), key="lm", like=model.checkpoint.card)
            return
        of_set = data.mask(whole, progress)
    st.markdown(text.pair_sentence(agreement(of_one, of_set),
                                    "The masks of the molecule and of the set"))
    row = st.container(horizontal=True, gap="medium")
    for found, key, title in ((of_one, "one-cells", f"Mask of `{smiles.replace('`', '')}` alone"),
                              (of_set, "set-cells", "Mask of the set")):
        with row.container(width=_HALF_WIDTH):
            st.markdown(f"**{title}**")
            st.caption(f"{found.criterion} · {text.source(found.origin)}")
            _show_cells(density_cells(found), found, key, f"{title}: density")
    by_matrix = agreement_by_matrix(of_one, of_set)
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=_HALF_WIDTH):
        st.markdown("**Agreement of the two masks, matrix by matrix**")
        _show_cells(ratio_cells(by_matrix, of_set.matrices), of_set, "one-agreement",
                    "Agreement over chance")
    with row.container(width=400):
        _show_layers(of_one, of_set)
    with st.expander("Code for the molecule's mask", icon=":material/code:"):
        _show_lines(one)


def _show_cells(cells: Cells, mask: Mask, key: str, what: str) -> None:
    grid = Grid(mask.matrices)
    show_figure(
        partial(cell_heatmap, grid, cells, None, clickable=False, room=_SMALL_ROOM,
                narrow=is_narrow()),
        f"{key} {mask.model}", key=key, alt=text.heatmap_alt(grid, cells, what),
        csv=text.cell_frame(grid, cells))


def _show_layers(first: Mask, second: Mask) -> None:
    st.markdown("**Layer by layer**, each with its own densities")
    table = text.layer_frame(agreement_by_layer(first, second))
    st.dataframe(table, hide_index=True, column_config=on_screen(table, _FORMATS, _LABELS),
                 alt="Agreement of the two masks, layer by layer.",
                 column_order=("layer", "jaccard", "chance", "times_chance", "both"))


def _show_stability(mask_query: MaskQuery, mask: Mask) -> None:
    """Jaccard index between draws against their size, behind a button: it takes a while."""
    if reason := text.why_stable(mask_query.salience):
        st.info(reason, icon=":material/info:")
        return
    st.markdown(text.stability_question(mask_query.salience))
    button = st.empty()
    if st.session_state.get(_STABILITY_ASKED) != mask_query.salience:
        button.button("Draw again and compare", key="draw-again", type="primary",
                      icon=":material/casino:", on_click=_ask, args=(mask_query,))
        return
    button.button("Cancel", key="cancel-draws", icon=":material/stop:", on_click=_ask,
                  args=(None,))
    with progress_bar("Drawing and scoring", "examples") as progress:
        found = data.stability(mask_query, progress)
    button.empty()
    st.markdown(text.stability_finding(found))
    with st.container(width=640):
        show_figure(partial(stability_chart, found), f"stability {mask.model} {mask.criterion}",
                    key="stability-chart", alt=text.stability_finding(found),
                    csv=text.stability_frame(found))
    st.caption(text.stability_note(mask, found))


def _ask(mask_query: MaskQuery | None) -> None:
    st.session_state[_STABILITY_ASKED] = None if mask_query is None else mask_query.salience


def _show_matrices(mask_query: MaskQuery, mask: Mask) -> None:
    means = mean_scores(data.scores(mask_query.salience))
    table = text.matrix_frame(mask, means)
    st.dataframe(table, hide_index=True, column_config=on_screen(table, _FORMATS),
                 alt=f"Density and mean score of {len(table)} matrices.")
    figure_downloads(f"matrices {mask.model} {mask.criterion}", key="downloads-table", csv=table)


def _show_code(mask_query: MaskQuery, mask: Mask) -> None:
    _show_lines(mask_query)


def _show_lines(mask_query: MaskQuery) -> None:
    st.header("Command line", anchor=False)
    st.code(commands(mask_query), language="bash", wrap_lines=True)
    st.header("Python", anchor=False)
    st.code(python(mask_query), language="python", wrap_lines=True)


_SECTIONS = {
    CRITERIA_SECTION: _show_criteria, TWO_SETTINGS: _show_two_settings,
    ONE_MOLECULE: _show_one_molecule, STABILITY: _show_stability, MATRICES: _show_matrices,
    CODE: _show_code,
}
