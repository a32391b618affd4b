"""Sampled tokens of a bin, on their molecules or graphs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.evaluation.result import Evaluation
from dashboard import cache_evaluations
from dashboard import texts_calibration as texts
from dashboard.cache_evaluations import TokenPicture
from dashboard.components.figure_downloads import figure_downloads
from dashboard.state_evaluations import ALL, RIGHT, BinChoice, CalibrationChoice
from dashboard.views import links
from dashboard.views.explore_inputs import is_dark

_CARD_WIDTH = 246
_SHOWN_AT_FIRST = 8


def show_tokens(choice: CalibrationChoice, chosen: BinChoice) -> None:
    """What a bin holds, and a few of its tokens."""
    evaluation = choice.evaluations[chosen.order]
    st.markdown(texts.bin_sentence(choice.diagram(chosen.order, 1.0), chosen.number, chosen.order))
    sampled = evaluation.tokens_in(choice.token_type, chosen.number)
    if sampled.empty:
        return
    sampled = texts.interleaved(sampled)
    st.caption(texts.sample_note(evaluation, sampled))
    answers = chosen.answers
    shown = sampled if answers == ALL else sampled[sampled["correct"] == (answers == RIGHT)]
    if shown.empty:
        st.info(f"None of the {len(sampled)} sampled tokens is {answers}.", icon=":material/info:")
    _show_cards(evaluation, shown)
    figure_downloads(f"tokens {choice.model} {chosen.order} {choice.token_type}",
                     key="downloads-tokens",
                     csv=texts.sampled_table(sampled, evaluation.vocabulary).to_csv(index=False))


def _show_cards(evaluation: Evaluation, shown: pd.DataFrame) -> None:
    some = shown.head(_SHOWN_AT_FIRST)
    if len(shown) > len(some) and st.toggle(f"Show all {len(shown)}", key="more",
                                            bind="query-params"):
        some = shown
    with st.spinner("Drawing"):
        pictures = cache_evaluations.token_pictures(some, evaluation.vocabulary, dark=is_dark())
    row = st.container(horizontal=True, gap="small")
    for picture in pictures:
        with row.container(width=_CARD_WIDTH, border=True):
            _show_card(evaluation, picture)


def _show_card(evaluation: Evaluation, picture: TokenPicture) -> None:
    token, vocabulary = picture.token, evaluation.vocabulary
    st.image(picture.svg, alt=texts.token_alt(token, vocabulary), width="stretch")
    mark = ":blue[:material/check_circle:]" if token.correct else ":orange[:material/cancel:]"
    st.markdown(f"{mark} {texts.prediction(token, vocabulary)}")
    st.caption(texts.place(token))
    links.explore_link(token, evaluation)
