"""A page with one figure of each kind and its download buttons, for the browser tests."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st
import torch

from core.chemistry.molecules import from_smiles
from core.sent.sampler import sample_trails
from core.sent.strategies import STRATEGIES
from core.sent.vocabulary import QM9_VOCABULARY
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.components.trail_player.player import trail_player
from dashboard.components.trail_player.view import trail_view
from dashboard.drawing.layouts import layout
from dashboard.drawing.svg import attribution_svg
from dashboard.views.explore import charts

TABLE = "permutation,nll_nats\n1,17.25\n2,16.5\n"


def made_up_trail(graph):
    batch = sample_trails([graph], QM9_VOCABULARY, STRATEGIES["random_order"], permutations=1,
                          generator=torch.Generator().manual_seed(1))
    tokens = batch.sequence(0, 0)
    nll = np.random.default_rng(1).gamma(0.5, 1.0, len(tokens) - 1)
    return trail_view(graph, tokens, batch.order(0, 0), nll, None, QM9_VOCABULARY, is_molecule=True)


st.set_page_config(layout="wide")
dark = st.context.theme.type == "dark"

chart = charts.nll_distribution([16.5, 17.25, 17.5, 18.0], 1, dark=dark)
chart.add_annotation(x=17, y=4, text="a <b>bold</b> note & more", showarrow=False)
st.plotly_chart(chart, key="distribution", on_select="rerun")
figure_downloads("NLL distribution", key="save-distribution", target="distribution", csv=TABLE)

st.plotly_chart(go.Figure(go.Heatmap(z=[[1, 2], [3, 4]])), key="heat map")
figure_downloads("heat", key="save-heat", target="heat map")

graph = from_smiles("CC(N)=O").graph
place = layout(graph)
svg = attribution_svg(
    place, np.linspace(0, 1, len(place)), np.full(len(place.bonds), np.nan), dark=dark,
    title="Mean <surprisal>", unit="nats", show_hydrogens=True, scale=(0, 1),
)
st.image(svg)
figure_downloads("mean", key="save-mean", svg=svg)

trail_player(place, made_up_trail(graph), key="player", position=8)
figure_downloads("trail", key="save-trail", target="player", csv=TABLE)

figure_downloads("gone", key="save-gone", target="no such figure")
st.button("Rerun")
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
figure_downloads("runs", key="save-runs", csv=f"runs\n{st.session_state['runs']}\n")
st.text(f"run {st.session_state['runs']}")
