"""The parts of the Explore page below its title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from typing import Any

import streamlit as st

from core.errors import InputError
from core.library.rows import planar_nodes
from core.likelihood.analysis import Analysis
from core.likelihood.attribution import locate
from core.likelihood.uncertainty import judge_permutations
from core.model.card import ModelCard
from core.sent.probability import TooManySequencesError
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.components.report_button import report_button
from dashboard.components.trail_player.player import trail_diff, trail_player
from dashboard.drawing.svg import attribution_svg, numbered_svg
from dashboard.report.provenance import DEFAULT_FILE
from dashboard.shared import messages
from dashboard.shared.progress import Cancel, progress_bar
from dashboard.shared.theme import is_dark
from dashboard.views.explore import charts, data, text
from dashboard.views.explore.query import (
    COMPARISONS,
    MAX_PERMUTATIONS,
    VIEWS,
    ExploreQuery,
    permutation_index,
    permutation_options,
)

_CARD_WIDTH = 232
_PICTURE_WIDTH = 460
_NUMBERED_WIDTH = 320


def show_numbers(query: ExploreQuery, analysis: Analysis) -> None:
    """LU with its interval, NLL, order-marginal NLL and the verdict on K."""
    # Cards of a fixed width wrap on narrow screens instead of being cut off.
    tested = data.tested(query.model, query.weights_sha256, query.strategy)
    shares = () if tested is None else tested.standings(analysis)
    with st.container(horizontal=True, key="cards-numbers"):
        for card, share in zip_longest(text.number_cards(analysis, _words(query)), shares):
            with st.container(width=_CARD_WIDTH, gap="xsmall"):
                st.metric(card.label, card.value, card.detail, delta_color="off",
                          delta_arrow="off", border=True, help=card.explanation)
                if share is not None:
                    st.progress(share, text=f":small[{text.standing(share)}]")
    verdict = judge_permutations(analysis.uncertainties[0])
    icon = ":green[:material/check_circle:]" if verdict.enough else ":orange[:material/pending:]"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{icon} {verdict.sentence}", width="content")
        more = text.permutations_to_draw(verdict, analysis.trails.permutations, MAX_PERMUTATIONS)
        if more is not None:
            st.button(text.draw_more(more, data.seconds_for(query, more), verdict), key="draw_more",
                      icon=":material/add_circle:", on_click=_draw, args=(more,))


def _draw(permutations: int) -> None:
    st.session_state.k = permutations


def choose_permutation(query: ExploreQuery, analysis: Analysis) -> int:
    """The NLL distribution and a box; a click on a dot chooses that permutation."""
    nll = analysis.likelihoods.nll[0].tolist()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        option = st.selectbox(
            "Permutation to play", permutation_options(len(nll)), index=1, key="trail",
            bind="query-params", width=_CARD_WIDTH,
        )
        chosen = permutation_index(option, nll)
        st.caption(f"Permutation {chosen + 1:,} of {len(nll):,}: {nll[chosen]:.2f} nats. Every "
                   "dot is a permutation; click one to play it.", width="content")
    show_figure(partial(charts.nll_distribution, nll, chosen), "distribution", key="distribution",
                alt=text.distribution_finding(analysis), csv=data.permutation_csv(query),
                on_click=_take_dot)
    return chosen


def offer_report(query: ExploreQuery, *, show_hydrogens: bool) -> None:
    """The button that makes a file of the page, with the permutation that is played."""
    trail = st.session_state.trail
    report_button(lambda: data.report(query, trail, show_hydrogens),
                  (query, trail, show_hydrogens), file=DEFAULT_FILE)


def play(query: ExploreQuery, permutation: int, *, show_hydrogens: bool) -> None:
    """The trail player and its downloads."""
    view = data.trail(query, permutation)
    trail_player(data.graph_layout(query), view, key="player", show_hydrogens=show_hydrogens)
    figure_downloads("trail", key="downloads-trail", target="player",
                     csv=data.trail_csv(query, permutation))


def show_sections(
    query: ExploreQuery, analysis: Analysis, models: Mapping[str, ModelCard], *,
    show_hydrogens: bool,
) -> None:
    """One of several sections, by a bar that is part of the address."""
    view = st.segmented_control(
        "Section", VIEWS, default=VIEWS[0], required=True, key="view", bind="query-params",
        label_visibility="collapsed",
    )
    match view:
        case "Where":
            _show_where(query, analysis, show_hydrogens=show_hydrogens)
        case "Compare":
            _show_diff(query, analysis, show_hydrogens=show_hydrogens)
        case "Convergence":
            _show_convergence(query)
        case "Models":
            _show_models(query, models)
        case "Permutations":
            _show_table(query, analysis)
        case "Code":
            _show_commands(query)


def _show_where(query: ExploreQuery, analysis: Analysis, *, show_hydrogens: bool) -> None:
    layout, word = data.graph_layout(query), _words(query)
    owners = None if show_hydrogens else layout.owners
    found = locate(analysis.attribution, analysis.graphs[0], owners=owners)
    st.caption(text.where_note(word, query.permutations, found.graph_mean))
    pictures = (
        ("mean", "mean", "Mean surprisal", found.node_mean, found.edge_mean),
        ("spread", "std", "Spread over permutations", found.node_std, found.edge_std),
    )
    row = st.container(horizontal=True, gap="large")
    for name, measure, title, nodes, edges in pictures:
        svg = attribution_svg(
            layout, nodes, edges, dark=is_dark(), title=f"{title} by {word.node} and {word.edge}",
            unit="nats", show_hydrogens=show_hydrogens, scale=text.scale_of(nodes, edges),
        )
        with row.container(width=_PICTURE_WIDTH):
            st.header(title, anchor=False)
            st.image(svg, alt=text.located_finding(title, nodes, layout), width="stretch")
            figure_downloads(name, key=f"downloads-{name}", svg=svg,
                             csv=text.located_table(
                                 layout, nodes, edges, column=f"surprisal_{measure}_nats"))


def _show_diff(query: ExploreQuery, analysis: Analysis, *, show_hydrogens: bool) -> None:
    nll = analysis.likelihoods.nll[0].tolist()
    options = permutation_options(len(nll))
    rows = [
        permutation_index(
            column.selectbox(label, options, index=index, key=key, bind="query-params"), nll
        )
        for column, label, key, index in zip(
            st.columns(2), ("Permutation A", "Permutation B"), ("a", "b"), (0, 2), strict=True
        )
    ]
    views = [data.trail(query, row) for row in rows]
    trail_diff(
        data.graph_layout(query), *views,
        key="diff", labels=(f"permutation {rows[0] + 1}", f"permutation {rows[1] + 1}"),
        show_hydrogens=show_hydrogens,
    )
    figure_downloads("comparison", key="downloads-comparison", target="diff",
                     csv=text.comparison_table(*views))


def _show_convergence(query: ExploreQuery) -> None:
    steps = data.convergence(query)
    exact = None
    if st.toggle("List all sequences for the exact value", key="exact", bind="query-params",
                 help=f"For {_words(query).graph}s with at most {data.MAX_EXACT_SEQUENCES:,} "
                      "sequences under this order."):
        try:
            with progress_bar("Scoring every sequence", cancel=Cancel(
                    "cancel-exact", _leave_exact, "Shows the curve alone.")) as progress:
                exact = data.exact(query, progress)
            st.markdown(f":green[:material/check_circle:] {text.exact_sentence(exact)}")
        except TooManySequencesError:
            st.info(f"This {_words(query).graph} has more than {data.MAX_EXACT_SEQUENCES:,} "
                    f"sequences under {query.strategy}, too many to list them all here.",
                    icon=":material/info:")
        except InputError as error:
            messages.info(error)
    show_figure(partial(charts.lu_convergence_curve, steps, exact), "convergence",
                key="convergence", alt=text.convergence_finding(steps),
                csv=text.convergence_table(steps))


def _show_models(query: ExploreQuery, models: Mapping[str, ModelCard]) -> None:
    own = st.segmented_control(
        "Score each model under", COMPARISONS, default=COMPARISONS[0], required=True,
        key="compare", bind="query-params",
        help=f"Its own order, or the order chosen in the sidebar: {query.strategy}.",
    ) == COMPARISONS[0]
    results: list[Analysis] = []
    for card in models.values():
        is_other = query.planar is not None and planar_nodes(card) != query.planar_nodes
        if card.chemistry != query.chemistry or is_other:
            continue  # it writes other graphs, so its nats are of something else
        chosen = replace(query, model=card.name, weights_sha256=card.weights_sha256,
                         strategy=card.strategy.name if own else query.strategy)
        try:
            with progress_bar(f"Scoring under {card.name}", cancel=Cancel(
                    f"cancel-{card.name}", _leave_section,
                    f"Goes back to {VIEWS[0]}.")) as progress:
                results.append(data.analysis(chosen, progress))
        except InputError as error:  # a damaged model leaves the others
            messages.error(error)
    table = text.model_table(results)
    st.dataframe(table, hide_index=True, column_config=_decimals(text.MODEL_DIGITS),
                 alt=text.models_finding(results))
    if marked := text.low_lu_finding(results):
        st.caption(marked)
    figure_downloads("models", key="downloads-models", csv=text.model_frame(results))


def _leave_exact() -> None:
    st.session_state.exact = False


def _leave_section() -> None:
    st.session_state.view = VIEWS[0]


def _show_table(query: ExploreQuery, analysis: Analysis) -> None:
    table = text.permutation_table(analysis)
    st.caption("Select a row to play that permutation. log q: the natural logarithm of the "
               "probability that the order draws just this sequence.")
    st.dataframe(
        table, hide_index=True, key="permutations", on_select=_take_row,
        selection_mode="single-row", column_config=_decimals(text.PERMUTATION_DIGITS), height=360,
        alt=text.distribution_finding(analysis),
    )
    figure_downloads("permutations", key="downloads-permutations",
                     csv=data.permutation_csv(query))
    word = _words(query)
    st.caption(f"The {word.node}s by their numbers in *start* and *visit order*.")
    title = f"{word.graph.capitalize()} with the numbers of its {word.node}s"
    st.image(numbered_svg(data.graph_layout(query), dark=is_dark(), title=title), alt=title,
             width=_NUMBERED_WIDTH)


def _show_commands(query: ExploreQuery) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Command line", anchor=False)
        st.code(query.command, language="bash", wrap_lines=True)
    with right:
        st.header("Python", anchor=False)
        st.code(query.python, language="python", wrap_lines=True)


def _words(query: ExploreQuery) -> text.Words:
    return text.words(is_molecule=query.planar is None)


def _decimals(digits: Mapping[str, int]) -> dict[str, Any]:
    return {name: st.column_config.NumberColumn(format=f"%.{places}f")
            for name, places in digits.items()}


def _take_dot(clicked: Sequence[Any]) -> None:
    """A click on the distribution becomes the choice in the box, and so part of the address."""
    st.session_state.trail = str(int(clicked[0]) + 1)


def _take_row() -> None:
    rows = st.session_state.permutations.selection.rows
    if rows:
        st.session_state.trail = str(rows[0] + 1)
