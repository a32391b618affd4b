"""A page with nothing but a player or a diff, for the browser tests; surprisals are made up."""

import numpy as np
import streamlit as st
import torch

from core.chemistry.chemistry import CHEMISTRIES
from core.chemistry.molecules import from_smiles
from core.graph.graph import Graph
from core.sent.sampler import sample_trails
from core.sent.strategies import STRATEGIES
from core.sent.vocabulary import PLANAR_VOCABULARY, vocabulary_of
from dashboard.components.trail_player.player import trail_diff, trail_player
from dashboard.components.trail_player.view import trail_view
from dashboard.drawing.layouts import layout


def made_up_view(graph, vocabulary, strategy, seed):
    batch = sample_trails([graph], vocabulary, STRATEGIES[strategy], permutations=1,
                          generator=torch.Generator().manual_seed(seed))
    tokens = batch.sequence(0, 0)
    generator = np.random.default_rng(seed)
    nll = generator.gamma(0.5, 1.0, len(tokens) - 1)
    likely = [[(token, float(np.exp(-cost))), (1, 0.5), (2, 0.01)]
              for token, cost in zip(tokens[1:], nll, strict=True)]
    return trail_view(graph, tokens, batch.order(0, 0), nll, likely, vocabulary,
                      is_molecule=vocabulary.is_labelled)


def wheel(rim):
    edges = [[0, i] for i in range(1, rim + 1)] + [[i, i % rim + 1] for i in range(1, rim + 1)]
    return Graph(rim + 1, np.array(edges))


asked = st.query_params
st.set_page_config(layout="wide")
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.text(f"runs {st.session_state['runs']}")
molecule = asked.get("molecule", "CCO")
chemistry = CHEMISTRIES[asked.get("chemistry", "qm9")]
graph = (wheel(int(molecule[5:])) if molecule.startswith("wheel")
         else from_smiles(molecule, chemistry).graph)
vocabulary = vocabulary_of(chemistry) if graph.is_labelled else PLANAR_VOCABULARY
place = layout(graph, chemistry)
view = made_up_view(graph, vocabulary, "random_order", 1)
show_hydrogens = st.toggle("Hydrogens", value=asked.get("hydrogens") != "no")
if asked.get("diff"):
    other = made_up_view(graph, vocabulary, "max_degree_first", 2)
    trail_diff(place, view, other, key="diff", labels=("one", "other"),
               show_hydrogens=show_hydrogens)
else:
    position = trail_player(
        place, view, key="player", show_hydrogens=show_hydrogens, position=0,
        report_position=bool(asked.get("report")),
    )
    st.text(f"position {position}")
