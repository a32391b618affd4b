"""The report on one molecule or planar graph: the page's numbers, figures and player in a file.

No streamlit here: the page's button and `trailscope report` both make it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.likelihood.analysis import Analysis
from core.likelihood.attribution import locate
from core.likelihood.scoring import Precision
from core.likelihood.uncertainty import judge_permutations, lu_convergence
from core.model.checkpoints import Checkpoint
from dashboard.components.trail_player.payload import player_json
from dashboard.components.trail_player.view import scored_view
from dashboard.drawing.layouts import Layout
from dashboard.drawing.svg import attribution_svg
from dashboard.report.blocks import (
    Card,
    Cards,
    Picture,
    Player,
    Report,
    Row,
    Section,
    Sentence,
    Value,
    chart,
    drawing,
    section,
    table_of,
)
from dashboard.report.provenance import DEFAULT_FILE, made_by, report_command
from dashboard.shared.format import planar_summary
from dashboard.views.explore import charts, text
from dashboard.views.explore.query import ExploreQuery, permutation_index

TRAIL = "median"
"""The permutation that is played if nothing else is asked for."""

_WIDE = 1060  # pixels of a figure as wide as the page


@dataclass(frozen=True, eq=False)
class Explored:
    """What the report is about.

    Attributes:
        query: the molecule or graph, model, order, K and seed.
        checkpoint: the model.
        analysis: of that graph alone.
        layout: where it is drawn.
        trail: which permutation is played, as `permutation_index` reads it.
        show_hydrogens: draw hydrogens as atoms.
        notes: what of the input the graph does not encode.
        precision: of the forward passes.
        model: what commands call the model: its name or folder.
        file: name of the report.
    """

    query: ExploreQuery
    checkpoint: Checkpoint
    analysis: Analysis
    layout: Layout
    trail: str = TRAIL
    show_hydrogens: bool = True
    notes: Sequence[str] = ()
    precision: Precision = "fp32"
    model: str = ""
    file: str = DEFAULT_FILE

    @property
    def words(self) -> text.Words:
        """What the graph and its parts are called."""
        return text.words(is_molecule=self.query.planar is None)


def explore_report(of: Explored) -> Report:
    """The page on one molecule or graph, from its numbers to the table of permutations."""
    query, graph = of.query, of.analysis.graphs[0]
    notes = list(of.notes)
    if query.planar is None:
        title = text.formula(graph, query.molecule_chemistry)
        if size := text.size_note(graph, query.molecule_chemistry):
            notes.append(size)
    else:
        title = "Planar graph"
        notes += [f"{planar_summary(graph)}.", text.planar_source(query.planar, of.checkpoint.card)]
    return Report(title, query.input, notes, (
        _numbers(of), _player(of), _where(of), _convergence(of), _permutations(of)), made_by(
            (_command(of),), of.checkpoint.card,
            {"scored under": query.strategy, "permutations": query.permutations,
             "seed": query.seed, "precision": of.precision}, {}))


def _command(of: Explored) -> str:
    query = of.query
    options: dict[str, Any] = {
        "model": of.model or query.model, "strategy": query.strategy,
        "permutations": query.permutations, "seed": query.seed}
    if of.precision != "fp32":
        options["precision"] = of.precision
    if of.trail != TRAIL:
        options["trail"] = of.trail
    if not of.show_hydrogens:
        options["no-hydrogens"] = True
    return report_command(query.input, options, of.file)


def _numbers(of: Explored) -> Section:
    cards = tuple(
        Card(card.label, Value(card.value, None if card.exact is None else repr(card.exact)),
             card.detail, card.explanation)
        for card in text.number_cards(of.analysis, of.words))
    found = of.analysis.uncertainties[0]
    return section("Numbers", Cards(cards),
                   Sentence(judge_permutations(found).sentence, is_finding=True))


def _player(of: Explored) -> Section:
    nll = of.analysis.likelihoods.nll[0].tolist()
    row = permutation_index(of.trail, nll)
    payload = player_json(
        of.layout, scored_view(of.checkpoint, of.analysis, row),
        show_hydrogens=of.show_hydrogens, position=None, height=None, nats_max=None,
        report_position=False)
    return section(
        "The trail",
        chart(partial(charts.nll_distribution, nll, row), width=_WIDE,
              alt=text.distribution_finding(of.analysis)),
        Sentence(f"Permutation {row + 1:,} of {len(nll):,}, marked above: {nll[row]:.2f} nats."),
        Player(payload))


def _where(of: Explored) -> Section:
    layout, word = of.layout, of.words
    owners = None if of.show_hydrogens else layout.owners
    found = locate(of.analysis.attribution, of.analysis.graphs[0], owners=owners)

    def picture(title: str, nodes: Any, edges: Any) -> Picture:
        return drawing(partial(
            attribution_svg, layout, nodes, edges, title=f"{title} by {word.node} and {word.edge}",
            unit="nats", show_hydrogens=of.show_hydrogens, scale=text.scale_of(nodes, edges),
        ), title=title, caption=text.located_finding(title, nodes, layout))

    return section(
        f"Where on {word.node}s and {word.edge}s",
        Sentence(text.where_note(word, of.query.permutations, found.graph_mean)),
        Row((picture("Mean surprisal", found.node_mean, found.edge_mean),
             picture("Spread over permutations", found.node_std, found.edge_std))))


def _convergence(of: Explored) -> Section:
    steps = lu_convergence(of.analysis.likelihoods.nll[0].numpy(),
                           of.analysis.trails.log_q[0].numpy(), seed=of.query.seed)
    return section("LU against K", chart(
        partial(charts.lu_convergence_curve, steps, None), width=_WIDE,
        alt=text.convergence_finding(steps), caption=text.convergence_finding(steps)))


def _permutations(of: Explored) -> Section:
    return section("Permutations", table_of(
        text.permutation_table(of.analysis), text.PERMUTATION_DIGITS, is_long=True))
