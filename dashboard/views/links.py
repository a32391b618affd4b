"""Links from page to page that open the other one on the same thing.

Pages share session state, and a parameter bound on one page is taken out of a link to another: each
page therefore has keys of its own.
"""

from __future__ import annotations

import streamlit as st

from core.evaluation.result import Evaluation
from core.sent.strategies import STRATEGIES
from dashboard.stored_tokens import StoredToken
from dashboard.token_pictures import planar_name

EXPLORE = "views/explore.py"
MODELS = "views/models.py"
CALIBRATION = "views/calibration.py"


def calibration_link(model: str, strategy: str, tokens: str) -> None:
    """To the reliability diagrams of a model under an order."""
    st.page_link(CALIBRATION, label="Open on the Calibration page", icon=":material/target:",
                 query_params={"evaluated": model, "under": strategy, "type": tokens})


def explore_link(token: StoredToken, evaluation: Evaluation) -> None:
    """To the graph of a stored token under the same model and order, where it can be named."""
    query = explore_query(token, evaluation)
    if query is not None:
        st.page_link(EXPLORE, label="Explore", icon=":material/route:", query_params=query)


def explore_query(token: StoredToken, evaluation: Evaluation) -> dict[str, str] | None:
    """Parameters of the Explore page, or None for what it cannot show."""
    query = {"model": evaluation.model}
    if evaluation.strategy in STRATEGIES and evaluation.strategy != evaluation.trained_under:
        query["strategy"] = evaluation.strategy
    if token.smiles is not None:
        return {"smiles": token.smiles, **query}
    name = planar_name(token.id)
    if name is None:
        return None
    return {**query, "graph": str(name.seed), "number": str(name.index)}
