"""Sampled tokens of a bin, on their molecules or graphs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.calibration.stored_tokens import StoredToken
from core.evaluation.result import Evaluation
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.shared.checkpoints import models
from dashboard.shared.links import EXPLORE
from dashboard.shared.theme import is_dark
from dashboard.views.calibration import data, text
from dashboard.views.calibration.data import TokenPicture
from dashboard.views.calibration.query import ALL, RIGHT, BinQuery, CalibrationQuery, explore_query

_CARD_WIDTH = 246
_SHOWN_AT_FIRST = 8


def show_tokens(query: CalibrationQuery, chosen: BinQuery) -> None:
    """What a bin holds, and a few of its tokens."""
    evaluation = query.evaluations[chosen.order]
    st.markdown(text.bin_sentence(query.diagram(chosen.order, 1.0), chosen.number, chosen.order))
    sampled = evaluation.tokens_in(query.token_type, chosen.number)
    if sampled.empty:
        return
    sampled = text.interleaved(sampled)
    st.caption(text.sample_note(evaluation, sampled))
    answers = chosen.answers
    shown = sampled if answers == ALL else sampled[sampled["correct"] == (answers == RIGHT)]
    if shown.empty:
        st.info(f"None of the {len(sampled)} sampled tokens is {answers}.", icon=":material/info:")
    _show_cards(evaluation, shown)
    figure_downloads(f"tokens {query.model} {chosen.order} {query.token_type}",
                     key="downloads-tokens",
                     csv=text.sampled_table(sampled, evaluation.vocabulary))


def _show_cards(evaluation: Evaluation, shown: pd.DataFrame) -> None:
    some = shown.head(_SHOWN_AT_FIRST)
    if len(shown) > len(some) and st.toggle(f"Show all {len(shown)}", key="more",
                                            bind="query-params"):
        some = shown
    with st.spinner("Drawing"):
        card = models().get(evaluation.model)
        pictures = data.token_pictures(some, evaluation.vocabulary,
                                       None if card is None else card.chemistry, dark=is_dark())
    row = st.container(horizontal=True, gap="small")
    for picture in pictures:
        with row.container(width=_CARD_WIDTH, border=True):
            _show_card(evaluation, picture)


def _show_card(evaluation: Evaluation, picture: TokenPicture) -> None:
    token, vocabulary = picture.token, evaluation.vocabulary
    st.image(picture.svg, alt=text.token_alt(token, vocabulary), width="stretch")
    mark = ":blue[:material/check_circle:]" if token.correct else ":orange[:material/cancel:]"
    st.markdown(f"{mark} {text.prediction(token, vocabulary)}")
    st.caption(text.place(token))
    explore_link(token, evaluation)


def explore_link(token: StoredToken, evaluation: Evaluation) -> None:
    """To the graph of a stored token under the same model and order, where it can be named."""
    query = explore_query(token, evaluation)
    if query is not None:
        st.page_link(EXPLORE, label="Explore", icon=":material/route:", query_params=query)
