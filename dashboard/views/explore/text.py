"""Sentences and cells that pages show: numbers as people read them. No streamlit here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.chemistry.chemistry import QM9, Chemistry
from core.chemistry.molecules import num_heavy_atoms, sum_formula
from core.data.registry import DATASETS
from core.errors import plain_line
from core.graph.graph import Graph
from core.graph.planar import PlanarName
from core.likelihood.analysis import Analysis
from core.likelihood.attribution import locate
from core.likelihood.low_lu import MARK, LowLu, low_lu_of_one_graph
from core.likelihood.order_marginal import ExactUncertainty
from core.likelihood.uncertainty import TARGET_HALF_WIDTH, Uncertainty, Verdict
from core.model.card import ModelCard
from core.sent.token_roles import TokenEvent
from dashboard.components.trail_player.trail import TrailView
from dashboard.drawing.layouts import Layout
from dashboard.shared.format import lu_interval

QUESTION = "How likely is it to the model, and how much does that depend on the order of writing?"
"""What the page answers."""

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Words:
    """What a graph and its parts are called."""

    graph: str
    node: str
    edge: str


def words(*, is_molecule: bool) -> Words:
    """The words of chemistry for molecules, those of graph theory for all other graphs."""
    return Words("molecule", "atom", "bond") if is_molecule else Words("graph", "node", "edge")


def formula(graph: Graph, chemistry: Chemistry = QM9) -> str:
    """Sum formula as it is printed, such as C₃H₇NO₂."""
    return sum_formula(graph, chemistry).translate(_SUBSCRIPTS)


def size_note(graph: Graph, chemistry: Chemistry = QM9) -> str | None:
    """A warning for molecules larger than any in the data set of this chemistry."""
    heavy = num_heavy_atoms(graph, chemistry)
    for dataset in DATASETS.values():
        most = dataset.max_heavy_atoms
        if dataset.chemistry == chemistry and most is not None and heavy > most:
            return (f"{dataset.title} has molecules of at most {most} heavy atoms; this one has "
                    f"{heavy}, so the model extrapolates.")
    return None


def unknown_name(typed: str) -> str:
    """What is said of a word that is neither a SMILES nor a name.

    >>> unknown_name("vitamin D")
    "'vitamin D' is no SMILES, nor a name that is known here; give the molecule's SMILES."
    """
    return (f"{plain_line(typed, 40)!r} is no SMILES, nor a name that is known here; give the "
            "molecule's SMILES.")


def planar_source(name: PlanarName, card: ModelCard) -> str:
    """Where a planar graph comes from, and whether the model learnt such."""
    learnt = ("models are trained on others" if card.is_planar else
              f"the model is not known to have learnt planar graphs ({card.data['name']})")
    return (f"Test graph {name.index} of seed {name.seed}: a Delaunay triangulation of uniformly "
            f"random points; {learnt}.")


@dataclass(frozen=True)
class NumberCard:
    """One of the numbers on top of the page.

    Attributes:
        label: what it is.
        value: as it is read.
        detail: its interval, or what it rests on.
        explanation: one or two sentences.
        exact: the number itself, None where it is not known.
    """

    label: str
    value: str
    detail: str
    explanation: str
    exact: float | None


def number_cards(analysis: Analysis, word: Words) -> tuple[NumberCard, ...]:
    """LU, NLL and order-marginal NLL of the first graph of an analysis."""
    found, per_token = analysis.uncertainties[0], analysis.likelihoods.nll_per_token
    return (
        NumberCard(
            "Linearization Uncertainty", f"{found.lu:.3f}", f"95%: {interval(found)}",
            "LU: standard deviation of the NLL over permutations, divided by its mean.", found.lu),
        NumberCard(
            "NLL of a sequence", f"{found.nll_mean:.2f} nats", f"± {found.nll_std:.2f}",
            f"Mean and standard deviation over K = {found.k} permutations, seed {found.seed}.",
            found.nll_mean),
        NumberCard(
            "NLL per token", f"{per_token:.3f} nats",
            f"{int(analysis.likelihoods.num_tokens.sum()):,} tokens",
            "Nats of all permutations divided by the number of their tokens.", per_token),
        NumberCard(
            "Order-marginal NLL", marginal(found), effective_sample_size(found),
            f"−log of the probability of all sequences of this {word.graph} together, "
            "estimated by importance weighting; biased upwards, less so as K grows. ESS is the "
            "effective sample size; near 1, a single sequence carries the estimate, and the true "
            "value can be far lower. A biased order covers only its own sequences.",
            found.marginal_nll),
    )


def standing(share: float) -> str:
    """A share of the test graphs in words.

    >>> standing(0.628), standing(0.0), standing(1.0)
    ('above 63% of the test set', 'below all of the test set', 'above all of the test set')
    >>> standing(0.998), standing(0.001)
    ('above nearly all of the test set', 'below nearly all of the test set')
    """
    if not 0.005 <= share < 0.995:
        return (f"{'above' if share > 0.5 else 'below'} "
                f"{'' if share in (0.0, 1.0) else 'nearly '}all of the test set")
    return f"above {share:.0%} of the test set"


def where_note(word: Words, permutations: int, graph_mean: float) -> str:
    """What surprisal on nodes and edges is, and what is on neither."""
    return (f"Every token is about one {word.node}, one {word.edge} or the end of the sequence. "
            "Its surprisal, added up over a sequence and averaged over all "
            f"{permutations} permutations, shows what the model finds hard to predict; "
            "the spread shows where that depends on the order. Ending the sequence costs "
            f"{graph_mean:.2f} nats on average."
            + ("" if word.graph == "molecule" else " Nodes have their own numbers here, not those "
                                                   "of visits."))


def interval(found: Uncertainty) -> str:
    """The interval of LU, or why there is none in two words."""
    return lu_interval(found.interval, is_exact=found.is_exact)


def marginal(found: Uncertainty) -> str:
    """The order-marginal NLL, or a dash."""
    return "–" if found.marginal_nll is None else f"{found.marginal_nll:.2f} nats"


def effective_sample_size(found: Uncertainty) -> str:
    """What the order-marginal NLL rests on."""
    if found.effective_sample_size is None:
        return "unknown under lowest-index ties"
    return f"ESS {found.effective_sample_size:.1f} of {found.k}"


def exact_sentence(found: ExactUncertainty) -> str:
    """The exact values in words."""
    return (f"All {found.num_sequences:,} sequences listed: LU is exactly {found.lu:.4f}, the mean "
            f"NLL {found.nll_mean:.3f} nats and the order-marginal NLL {found.marginal_nll:.3f} "
            "nats.")


def distribution_finding(analysis: Analysis) -> str:
    """What the NLL distribution shows, for those who cannot see it."""
    nll = analysis.likelihoods.nll[0]
    return (f"NLL of {len(nll)} permutations, from {float(nll.min()):.2f} to "
            f"{float(nll.max()):.2f} nats, mean {float(nll.mean()):.2f}.")


def worked_example(analysis: Analysis, word: Words) -> str:
    """How to read the page, with its own numbers."""
    found, nll = analysis.uncertainties[0], analysis.likelihoods.nll[0]
    return _example(
        word, f"**Example, with the numbers of this page.** {len(nll):,} orders were drawn. Their",
        (float(nll.min()), float(nll.max())), (found.nll_mean, found.nll_std, found.lu))


def usual_example(word: Words) -> str:
    """How to read the page, where it has no numbers of its own."""
    return _example(word, "**Example.** 32 orders were drawn. Their", (22.3, 29.6),
                    (25.40, 1.78, 0.070))


def _example(
    word: Words, begin: str, ends: tuple[float, float], found: tuple[float, float, float]
) -> str:
    """How to read NLLs between two ends, with their mean, standard deviation and LU."""
    mean, std, lu = found
    return (
        f"A {word.graph} can be written in many orders, {word.node} by {word.node}, and the model "
        f"gives each its own likelihood.\n\n{begin} negative log-likelihoods (NLL) lie between "
        f"{ends[0]:.1f} and {ends[1]:.1f} nats, on average at {mean:.2f}, with a standard "
        f"deviation of {std:.2f}. Linearization Uncertainty (LU) is the one divided by "
        f"the other, {std:.2f} / {mean:.2f} = {lu:.3f}. Every dot of the "
        "figure is one order; click it, and the player writes it token by token. Its "
        "colours say which tokens surprised the model.")


def guided(step: int, analysis: Analysis, layout: Layout, *, show_hydrogens: bool) -> str:
    """What the strip of the guide says, with the numbers of the page.

    Args:
        step: 1 for the numbers, 2 for where they come from.
        analysis: of the page.
        layout: of its graph.
        show_hydrogens: whether hydrogens have values of their own, as in the pictures.
    """
    found, nll = analysis.uncertainties[0], analysis.likelihoods.nll[0]
    if step == 1:
        together = "" if found.marginal_nll is None else (
            f" The order-marginal NLL, {found.marginal_nll:.1f} nats, adds all orders up. So one "
            "number says how likely the molecule is, the other how much the order matters.")
        return (f"Written in {len(nll):,} orders, this one molecule gets an NLL from "
                f"{float(nll.min()):.1f} to {float(nll.max()):.1f} nats. LU, {found.lu:.3f}, is "
                f"their standard deviation over their mean.{together}")
    located = locate(analysis.attribution, analysis.graphs[0],
                     owners=None if show_hydrogens else layout.owners)
    hard, changing = (int(np.nanargmax(values))
                      for values in (located.node_mean, located.node_std))
    hardest, most_changing = (f"{layout.symbols[atom]} {atom}" for atom in (hard, changing))
    other = ("which also depends most on the order" if hard == changing else
             f"while {most_changing} depends most on the order")
    return (f"No atom surprises the model more than {hardest}, by "
            f"{located.node_mean[hard]:.2f} nats on average, {other} "
            f"(± {located.node_std[changing]:.2f} nats).")


def permutations_to_draw(verdict: Verdict, drawn: int, most: int) -> int | None:
    """How many permutations to offer instead of those drawn; None if there is no use in more."""
    needed = verdict.permutations_needed
    if verdict.enough or needed is None or drawn >= most:
        return None
    return min(needed, most)


def draw_more(permutations: int, seconds: float | None, verdict: Verdict) -> str:
    """Label of the button that draws them, with what they do where they do not reach 10%.

    Half-widths shrink with the root of K.

    >>> wide = Verdict(False, 0.5, 1900, "")
    >>> draw_more(1900, 2.4, wide), draw_more(1024, None, wide)
    ('Draw 1,900 (about 2 s)', 'Draw 1,024, for about 14%')
    """
    time = "" if seconds is None else f" (about {seconds:.0f} s)"
    needed = verdict.permutations_needed or 0
    falls_short = verdict.half_width is not None and permutations < needed
    reached = (f", for about {TARGET_HALF_WIDTH * math.sqrt(needed / permutations):.0%}"
               if falls_short else "")
    return f"Draw {permutations:,}{reached}{time}"


def permutation_table(analysis: Analysis) -> pd.DataFrame:
    """One row per permutation of the first graph, in their order."""
    trails, nll = analysis.trails, analysis.likelihoods.nll[0]
    labels = analysis.graphs[0].node_labels
    known = analysis.card.vocabulary.node_names
    names = [] if labels is None else [known[label] for label in labels.tolist()]
    jumps = (analysis.roles.event[0] == TokenEvent.JUMP).sum(-1).tolist()
    rows = []
    for k in range(trails.permutations):
        tokens, order = trails.sequence(0, k), trails.order(0, k)
        rows.append({
            "permutation": k + 1,
            "NLL (nats)": float(nll[k]),
            "NLL per token": float(nll[k]) / (len(tokens) - 1),
            "log q": float(trails.log_q[0, k]),
            "tokens": len(tokens),
            "jumps": jumps[k],
            "start": f"{names[order[0]] if names else 'node'} {order[0]}",
            "visit order": " ".join(map(str, order)),
        })
    return pd.DataFrame(rows)


def scale_of(nodes: np.ndarray, edges: np.ndarray) -> tuple[float, float]:
    """Colour scale from zero to the largest value, rounded up to a tenth."""
    top = float(np.nanmax(np.concatenate([nodes, edges, [0.0]])))
    return 0.0, max(0.1, math.ceil(top * 10) / 10)


def located_finding(title: str, nodes: np.ndarray, layout: Layout) -> str:
    """Which nodes stand out, for those who cannot see it."""
    ranked = [node for node in np.argsort(-np.nan_to_num(nodes, nan=-1.0))[:3]
              if np.isfinite(nodes[node])]
    named = ", ".join(f"{layout.symbols[node] or 'node'} {node} with {nodes[node]:.2f} nats"
                      for node in ranked)
    return f"{title}: highest on {named}."


def located_table(
    layout: Layout, nodes: np.ndarray, edges: np.ndarray, *, column: str
) -> pd.DataFrame:
    """One row per node and edge that carries a value, in `column`; symbols for molecules only."""
    word = words(is_molecule=layout.is_molecule)
    rows = [{"kind": word.node, f"{word.node}s": str(node), "symbols": layout.symbols[node],
             column: value}
            for node, value in enumerate(nodes.tolist())]
    rows += [{"kind": word.edge, f"{word.node}s": f"{u}-{v}",
              "symbols": f"{layout.symbols[u]}-{layout.symbols[v]}", column: value}
             for (u, v), value in zip(layout.bonds.tolist(), edges.tolist(), strict=True)]
    table = pd.DataFrame(rows).dropna(subset=column)
    return table if layout.is_molecule else table.drop(columns="symbols")


def token_table(view: TrailView) -> pd.DataFrame:
    """One row per token of a trail."""
    node = words(is_molecule=view.is_molecule).node
    return pd.DataFrame([
        {
            "position": token.position, "token": token.name, "kind": str(token.kind),
            "surprisal_nats": token.surprisal_nats, "nats_so_far": so_far, "step": token.step,
            node: token.atom,
        }
        for token, so_far in zip(view.tokens, view.cumulative_nats.tolist(), strict=True)
    ]).astype({"step": "Int64", node: "Int64"})


def comparison_table(a: TrailView, b: TrailView) -> pd.DataFrame:
    """The tokens of two trails, one below the other."""
    return pd.concat([token_table(a).assign(trail="A"), token_table(b).assign(trail="B")])


def convergence_table(steps: Sequence[Uncertainty]) -> pd.DataFrame:
    """One row per K of the convergence curve."""
    return pd.DataFrame([step.columns() for step in steps])


def convergence_finding(steps: Sequence[Uncertainty]) -> str:
    """What the convergence curve shows."""
    return (f"LU goes from {steps[0].lu:.3f} at K = {steps[0].k} to {steps[-1].lu:.3f} at "
            f"K = {steps[-1].k}; 95%: {interval(steps[-1])}.")


def model_table(results: Sequence[Analysis]) -> pd.DataFrame:
    """One row per model for the same molecule; low LUs from a high NLL are marked."""
    marked, rows = _low_lu(results), []
    for at, result in enumerate(results):
        found = result.uncertainties[0]
        rows.append({
            "model": result.card.name,
            "order": result.trails.strategy.name,
            "LU": found.lu,
            "note": f"{MARK} high NLL" if at in marked else "",
            "95% interval": interval(found),
            "std of NLL (nats)": found.nll_std,
            "NLL (nats)": found.nll_mean,
            "NLL per token": result.likelihoods.nll_per_token,
            "order-marginal NLL": found.marginal_nll,
            "ESS": found.effective_sample_size,
        })
    table = pd.DataFrame(rows)
    return table if marked else table.drop(columns="note", errors="ignore")


def model_frame(results: Sequence[Analysis]) -> pd.DataFrame:
    """The same for a file: all digits, and names as in every other file."""
    return pd.DataFrame([{
        "model": result.card.name, "strategy": result.trails.strategy.name,
        **result.uncertainties[0].columns(),
        "nll_per_token_nats": result.likelihoods.nll_per_token,
    } for result in results])


def models_finding(results: Sequence[Analysis]) -> str:
    """Which model depends least and most on the order."""
    ranked = sorted(results, key=lambda result: result.uncertainties[0].lu)
    low, high = ranked[0], ranked[-1]
    return (f"LU is lowest for {_lu_and_nats(low)} and highest for {_lu_and_nats(high)}.")


def low_lu_finding(results: Sequence[Analysis]) -> str:
    """Which low LUs come from a high NLL; empty where none does."""
    return " ".join(
        f"{MARK} The low LU of {results[at].card.name} comes from its high NLL: between orders "
        f"its NLL varies by {found.spread_nats:.2f} nats, that of "
        f"{results[found.shown_by].card.name}, whose LU is higher, by {found.its_spread_nats:.2f}."
        for at, found in _low_lu(results).items())


def _lu_and_nats(result: Analysis) -> str:
    found = result.uncertainties[0]
    return f"{result.card.name} ({found.lu:.3f}, {found.nll_std:.2f} nats)"


def _low_lu(results: Sequence[Analysis]) -> dict[int, LowLu[int]]:
    return low_lu_of_one_graph({at: result.likelihoods.nll[0].double().cpu().numpy()
                                for at, result in enumerate(results)})


MODEL_DIGITS = {"LU": 3, "std of NLL (nats)": 2, "NLL (nats)": 2, "NLL per token": 3,
                "order-marginal NLL": 2, "ESS": 1}
"""Decimals of the columns of `model_table`."""

PERMUTATION_NAMES = {
    "NLL (nats)": "nll_nats", "NLL per token": "nll_per_token_nats", "log q": "log_q",
    "tokens": "num_tokens", "visit order": "order"}
"""What columns of `permutation_table` are called in files."""

PERMUTATION_DIGITS = {"NLL (nats)": 3, "NLL per token": 3, "log q": 2}
"""Decimals of the columns of `permutation_table`."""
