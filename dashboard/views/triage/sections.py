"""The parts of the Generate & triage page: how good the sample is, and what tells good ones."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import streamlit as st

from core.errors import InputError
from core.stats.labels import RankingError
from core.triage.generation import Generation
from core.triage.ranking import paper_auc
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.components.report_button import report_button
from dashboard.report.provenance import DEFAULT_FILE
from dashboard.rows.conditions import to_first_page
from dashboard.shared import messages
from dashboard.shared.choices import MAX_SEED
from dashboard.shared.guide import show_guide
from dashboard.shared.guide_steps import molecule_of
from dashboard.shared.progress import progress_bar
from dashboard.views.triage import charts, data, text
from dashboard.views.triage.molecules import show_kept, show_molecules
from dashboard.views.triage.query import (
    ALONG_TRAINING,
    CODE,
    DEFAULT_FDR,
    KEEP_LIST,
    KEPT_KEYS,
    LIVE,
    MAX_FDR,
    MIN_FDR,
    MOLECULES,
    RANKING,
    RISK_COVERAGE,
    SCORE_COLUMNS,
    SET_METRICS,
    command,
    python,
    shipped_python,
)
from dashboard.views.triage.set_metrics import show_set_metrics

_CARD_WIDTH = 190
_BOX_WIDTH = 220
_CHART_WIDTH = 480


def show_shares(found: Generation) -> None:
    """Valid, unique, novel, stable and fragmented, each with its interval."""
    with st.container(horizontal=True, key="cards-shares"):
        for card in text.share_cards(found):
            st.metric(card.label, card.value, card.detail, delta_color="off",
                      delta_arrow="off", border=True, help=card.explanation, width=_CARD_WIDTH)
    st.caption(text.counts(found))


def offer_report(found: Generation) -> None:
    """The button that makes a file of the page, ranked and kept as its sections are set."""
    state, is_live = st.session_state, st.session_state.source == LIVE
    settings = (SCORE_COLUMNS[state.get("score", next(iter(SCORE_COLUMNS)))],
                float(state.get("fdr", DEFAULT_FDR)), int(state.get("split", 0)))
    report_button(lambda: data.report(found, *settings, is_live=is_live),
                  (found.samples.key, found.card.weights_sha256, *settings, is_live),
                  file=DEFAULT_FILE)


def guide(found: Generation, step: int) -> None:
    """The strip of the guide, with how scores rank and where its molecule stands."""
    smiles = molecule_of(st.query_params)
    try:
        compared = data.comparison(found)
    except RankingError:
        compared = None
    lu = None
    # The guide goes on without a molecule that the model cannot read.
    with suppress(InputError), progress_bar("Scoring the molecule") as progress:
        lu = data.lu_of(found, smiles, progress)
    show_guide(step, text.guided(found, compared, lu), model=found.card.name, smiles=smiles)


def show(found: Generation, view: str) -> None:
    """One section; why there is nothing to show is said in its place."""
    try:
        _SECTIONS[view](found)
    except RankingError as error:
        messages.info(error)
    except InputError as error:
        messages.error(error)


def _show_ranking(found: Generation) -> None:
    compared, paper = data.comparison(found), paper_auc(found.chemistry)
    st.caption(text.ranking_sentence(compared))
    row = st.container(horizontal=True, gap="large")
    with row.container(width=_CHART_WIDTH):
        st.header("ROC", anchor=False)
        show_figure(partial(charts.roc_curves, compared), "roc", key="roc",
                    alt=text.ranking_finding(compared), csv=text.roc_table(compared))
    with row.container(width=_CHART_WIDTH):
        st.header("AUC with 95% intervals", anchor=False)
        table = text.auc_table(compared, paper)
        show_figure(partial(charts.auc_intervals, compared, paper), "auc", key="auc",
                    alt=text.ranking_finding(compared), csv=text.auc_frame(compared))
    st.dataframe(table, hide_index=True, alt=text.ranking_finding(compared), column_config={
        "AUC": st.column_config.NumberColumn(format="%.3f"),
        found.label.good: st.column_config.NumberColumn(format="localized"),
        found.label.bad: st.column_config.NumberColumn(format="localized"),
    })
    if paper:
        st.caption(text.PAPER_NOTE)
    st.header("Paired differences", anchor=False)
    differences = text.difference_table(compared)
    st.dataframe(differences, hide_index=True, alt="Differences of AUC, a pair of scores a row.",
                 column_config={"difference of AUC": st.column_config.NumberColumn(format="%.3f")})
    figure_downloads("auc-differences", key="downloads-differences",
                     csv=text.difference_frame(compared))
    if st.session_state.source != LIVE:
        _show_pooled(found)


def _show_pooled(found: Generation) -> None:
    """AUC of every model of the data set, and of the molecules of all of them in one ranking."""
    ranking = data.pooled(found)
    if ranking is None:
        return
    st.header("Per model and pooled", anchor=False)
    st.markdown(text.pooled_finding(ranking))
    paper = paper_auc(found.chemistry)
    show_figure(partial(charts.pooled_aucs, ranking, paper), "auc-pooled", key="pooled",
                alt=text.pooled_alt(ranking), csv=ranking.to_frame(),
                caption=text.pooled_caption(ranking, paper))
    st.dataframe(
        text.pooled_table(ranking), hide_index=True, alt=text.pooled_alt(ranking), column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in (found.label.good, found.label.bad)})


def _choose_score() -> str:
    """Column of the score that molecules are ranked by."""
    return SCORE_COLUMNS[st.selectbox("Rank by", list(SCORE_COLUMNS), key="score",
                                      bind="query-params", width=_BOX_WIDTH)]


def _show_coverage(found: Generation) -> None:
    column = _choose_score()
    curve = data.coverage(found, column)
    finding = text.coverage_finding(curve)
    st.caption(curve.sentence)
    show_figure(partial(charts.risk_coverage_curve, curve), "risk-coverage", key="coverage",
                alt=f"{curve.sentence} {finding}", csv=text.coverage_table(curve),
                findings=[finding])


def _show_keep_list(found: Generation) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = _choose_score()
        percent = st.slider(
            "False-discovery rate", MIN_FDR, MAX_FDR, DEFAULT_FDR, 0.5, format="%.1f%%", key="fdr",
            bind="query-params", width=2 * _BOX_WIDTH, on_change=_to_first_page,
            help=f"Largest expected share of {found.label.bad} {found.label.many} among the kept.",
        )
        seed = st.number_input(
            "Seed of the split", 0, MAX_SEED, 0, 1, key="split", bind="query-params", width=150,
            on_change=_to_first_page,
            help=f"Decides which half of the distinct {found.label.many} is the reference set; the "
                 "list is chosen from the other half.",
        )
    kept = data.kept(found, column, percent / 100, int(seed))
    st.markdown(f"**{text.kept_finding(kept)}**")
    st.caption(f"{text.keep_split(kept)} {kept.keep_list.guarantee}")
    for note in filter(None, (kept.keep_list.note, text.keep_all_note(kept))):
        st.info(note, icon=":material/info:")
    show_kept(found, tuple(kept.kept_rows.tolist()), column)


def _to_first_page() -> None:
    to_first_page(KEPT_KEYS)


def _show_training(found: Generation) -> None:
    with progress_bar("Comparing the scores", "steps of training") as progress:
        milestones = data.milestones(found.card, progress)
    if not milestones:
        st.info(text.no_milestones(found.card.name), icon=":material/info:")
        return
    st.markdown("  \n".join(text.overtaking_sentence(milestones, other)
                            for other in text.OTHERS))
    table = text.training_table(milestones)
    row = st.container(horizontal=True, gap="large")
    with row.container(width=_CHART_WIDTH):
        st.header("AUC of each score", anchor=False)
        show_figure(partial(charts.auc_along_training, milestones), "auc-along-training",
                    key="training", alt=text.training_finding(milestones), csv=table)
    with row.container(width=_CHART_WIDTH):
        st.header(f"{found.label.good.capitalize()} {found.label.many}", anchor=False)
        show_figure(partial(charts.good_share_along_training, milestones),
                    f"{found.label.good}-along-training", key="stability",
                    alt=text.good_share_finding(milestones), csv=table)
    st.caption(text.reading_aid(milestones))


def _show_code(found: Generation) -> None:
    config, name = found.samples.config, found.card.name
    is_live = st.session_state.source == LIVE
    st.header("Command line", anchor=False)
    st.code(command(name, config), language="bash", wrap_lines=True)
    st.caption(text.code_note(found))
    st.header("Python", anchor=False)
    st.code(python(name, config, found.chemistry) if is_live else
            shipped_python(name, found.chemistry), language="python", wrap_lines=True)


_SECTIONS = {
    MOLECULES: show_molecules, SET_METRICS: show_set_metrics, RANKING: _show_ranking,
    RISK_COVERAGE: _show_coverage, KEEP_LIST: _show_keep_list, ALONG_TRAINING: _show_training,
    CODE: _show_code,
}
