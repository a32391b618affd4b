"""Everything that is kept between reruns, bounded, and keyed by all that it depends on.

Results are immutable values and are shared between visitors as they are, so nothing is copied or
pickled on a hit.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

import streamlit as st

from core.assets import assets_folder
from core.chemistry.cautions import strain_notes
from core.chemistry.chemistry import Chemistry
from core.chemistry.fingerprints import most_similar
from core.chemistry.molecules import Molecule, from_smiles
from core.chemistry.notation import MoleculeError
from core.errors import InputError
from core.evaluation.result import Evaluation, EvaluationError, shipped_evaluations
from core.evaluation.standing import Tested
from core.graph.graph import Graph
from core.graph.planar import PlanarGraph, PlanarName
from core.likelihood.analysis import Analysis, analyse
from core.likelihood.order_marginal import ExactUncertainty, exact_uncertainty
from core.likelihood.scoring import score_trails
from core.likelihood.uncertainty import Uncertainty, lu_convergence
from core.sent.probability import enumerate_sequences
from core.sent.strategies import Strategy
from dashboard.components.trail_player.trail import TrailView
from dashboard.components.trail_player.view import scored_view
from dashboard.drawing.layouts import Layout, layout
from dashboard.drawing.svg import molecule_svg
from dashboard.report.frame import to_html
from dashboard.shared.bounded_cache import BoundedCache, cache_of, kept
from dashboard.shared.checkpoints import checkpoint
from dashboard.shared.progress import Progress
from dashboard.views.explore import text
from dashboard.views.explore.query import ExploreQuery
from dashboard.views.explore.report import Explored, explore_report

MAX_EXACT_SEQUENCES = 1000
"""Molecules with more sequences are not enumerated live."""

_NAME = re.compile(r"(?=\S*[adeghjkmqt-z])[\w,'()-]*[a-z]{3}[\w ,'()-]*", re.ASCII)
"""A word, then anything that names hold; letters of the commonest atoms alone make a SMILES."""

_LEAST_ALIKE = 0.15
"""Tanimoto similarity below which no well-known molecule is worth offering."""


@kept(256)
def molecule(smiles: str, chemistry: Chemistry) -> Molecule:
    """A parsed molecule; its notes warn of strain, too."""
    read = from_smiles(smiles, chemistry)
    return replace(read, notes=(*read.notes, *strain_notes(read.smiles)))


@kept(256)
def molecule_layout(smiles: str, chemistry: Chemistry) -> Layout:
    """Where its atoms are drawn, the same for all trails."""
    return layout(molecule(smiles, chemistry).graph, chemistry)


@kept(256)
def planar(name: PlanarName, num_nodes: int) -> PlanarGraph:
    """A planar graph with the points that it joins."""
    return name.triangulate(num_nodes)


@kept(256)
def _planar_layout(name: PlanarName, num_nodes: int) -> Layout:
    drawn = planar(name, num_nodes)
    return layout(drawn.graph, positions=drawn.positions)


def graph(query: ExploreQuery) -> Graph:
    """What a query is about.

    Raises:
        MoleculeError: for a SMILES that is no molecule of the chemistry.
    """
    if query.planar is not None:
        return planar(query.planar, query.planar_nodes).graph
    return molecule(query.smiles, query.molecule_chemistry).graph


def graph_layout(query: ExploreQuery) -> Layout:
    """Where it is drawn."""
    if query.planar is not None:
        return _planar_layout(query.planar, query.planar_nodes)
    return molecule_layout(query.smiles, query.molecule_chemistry)


def gallery(chemistry: Chemistry) -> tuple[tuple[str, str], ...]:
    """(name, SMILES) of well-known molecules that are typical of a chemistry.

    The file has groups of growing molecules. Shown is the last group that the chemistry has for the
    most part, and of it what it can read.
    """
    return _gallery(chemistry, str(assets_folder()))


@st.cache_resource(show_spinner=False)
def _gallery(chemistry: Chemistry, assets: str) -> tuple[tuple[str, str], ...]:
    shown: tuple[tuple[str, str], ...] = ()
    for rows in _gallery_groups():
        able = tuple((row["name"], row["smiles"]) for row in rows
                     if _is_readable(row["smiles"], chemistry))
        if 2 * len(able) > len(rows) or not shown:
            shown = able
    return shown


def _gallery_groups() -> list[list[dict]]:
    return _read_known(assets_folder() / "gallery.json")


def _known() -> list[dict]:
    """Molecules with a name that is understood: those of the gallery and more."""
    return [*chain(*_gallery_groups()), *_read_known(assets_folder() / "names.json")]


@st.cache_resource(show_spinner=False)
def _read_known(path: Path) -> list:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from None


def by_name(typed: str) -> str | None:
    """The SMILES of a well-known molecule by its name or another common one, in any case.

    Raises:
        InputError: if the gallery cannot be read.
    """
    wanted = _plain(typed)
    return next((row["smiles"] for row in _known()
                 if wanted in map(_plain, (row["name"], *row.get("also", ())))), None)


def similar_name(typed: str) -> str | None:
    """The name of a well-known molecule that is spelt much like this; None if none is."""
    names = {_plain(name): name for row in _known()
             for name in (row["name"], *row.get("also", ()))
             if min(map(len, name.split())) > 2}  # vitamins differ in a letter
    found = get_close_matches(_plain(typed), names, n=1, cutoff=0.75)
    return names[found[0]] if found else None


def is_like_a_name(typed: str) -> bool:
    """Whether what is no SMILES was meant as a name: words of letters, such as "vitamin D"."""
    return _NAME.fullmatch(typed.strip()) is not None and by_name(typed) is None


def likest(smiles: str, chemistry: Chemistry) -> tuple[str, str] | None:
    """(name, SMILES) of the well-known molecule that one is most like, of those that a chemistry
    has, if any is."""
    entries = _names_in(chemistry, str(assets_folder()))
    found = most_similar(smiles, tuple(entries), least=_LEAST_ALIKE)
    return None if found is None else (entries[found], found)


def any_known(chemistry: Chemistry) -> tuple[str, str] | None:
    """(name, SMILES) of a well-known molecule that a chemistry has, if it has any."""
    entries = _names_in(chemistry, str(assets_folder()))
    return next(((name, smiles) for smiles, name in entries.items()), None)


@st.cache_resource(show_spinner=False)
def _names_in(chemistry: Chemistry, assets: str) -> dict[str, str]:
    """Names of the well-known molecules of an assets folder that a chemistry has, by SMILES."""
    return {row["smiles"]: row["name"] for row in _known()
            if _is_readable(row["smiles"], chemistry)}


def _plain(name: str) -> str:
    return " ".join(name.lower().split())


def _is_readable(smiles: str, chemistry: Chemistry) -> bool:
    try:
        from_smiles(smiles, chemistry)  # not kept: there are more than what visitors asked for
    except MoleculeError:
        return False
    return True


def thumbnails(chemistry: Chemistry, dark: bool) -> tuple[str, ...]:
    """The gallery's pictures as SVG."""
    return _thumbnails(chemistry, dark, str(assets_folder()))


@st.cache_resource(max_entries=16, show_spinner=False)
def _thumbnails(chemistry: Chemistry, dark: bool, assets: str) -> tuple[str, ...]:
    """All at once, as every look into the cache hashes its key."""
    return tuple(
        molecule_svg(molecule_layout(smiles, chemistry), dark=dark, title=name, width=150,
                     height=96)
        for name, smiles in gallery(chemistry))


_SECONDS_A_TOKEN: dict[str, float] = {}
"""By model, what its last scoring here took."""

_PAGE_S = 1.0
"""Seconds between a click and its numbers besides scoring, whatever is scored."""


def analysis(query: ExploreQuery, progress: Progress | None = None) -> Analysis:
    """Scored linearizations; `progress` hears of the work and may raise to cancel it."""

    def compute() -> Analysis:
        model = checkpoint(query.model, query.weights_sha256)
        started = time.perf_counter()
        found = analyse(
            model, [graph(query)], Strategy.from_name(query.strategy),
            permutations=query.permutations, seed=query.seed, progress=progress,
        )
        _SECONDS_A_TOKEN[query.model] = (time.perf_counter() - started) / _num_tokens(found)
        return found

    return _analyses().get(query, compute)


@kept(64)
def tested(model: str, weights_sha256: str, strategy: str) -> Tested | None:
    """How the test graphs of a shipped model stand under an order; None if that was not measured
    with these weights."""
    folder = shipped_evaluations().get((model, strategy))
    try:
        found = None if folder is None else Evaluation.load(folder)
    except EvaluationError:  # the Models page says what is wrong with it
        return None
    if found is None or found.weights_sha256 != weights_sha256 or found.split != "test":
        return None
    return Tested.of(found)


def seconds_for(query: ExploreQuery, permutations: int) -> float | None:
    """How long one waits for so many permutations, by the last scoring of the model; None before
    one."""
    rate = _SECONDS_A_TOKEN.get(query.model)
    if rate is None:
        return None
    return _PAGE_S + rate * _num_tokens(analysis(query)) / query.permutations * permutations


def _num_tokens(analysis: Analysis) -> int:
    return int(analysis.trails.lengths.sum())


@kept(64)
def convergence(query: ExploreQuery) -> tuple[Uncertainty, ...]:
    """LU after the first 2, 3, 4, … permutations."""
    found = analysis(query)
    return lu_convergence(
        found.likelihoods.nll[0].numpy(), found.trails.log_q[0].numpy(), seed=query.seed
    )


@kept(256)
def trail(query: ExploreQuery, permutation: int) -> TrailView:
    """One linearization with its surprisal and the model's alternatives at every step."""
    return scored_view(checkpoint(query.model, query.weights_sha256), analysis(query), permutation)


def report(query: ExploreQuery, trail: str, show_hydrogens: bool) -> str:
    """The page as one HTML file; `trail` says which permutation is played."""
    notes = () if query.planar else molecule(query.smiles, query.molecule_chemistry).notes
    hides = (not show_hydrogens and query.chemistry is not None
             and query.chemistry.has_hydrogen_nodes)
    return to_html(explore_report(Explored(
        query, checkpoint(query.model, query.weights_sha256), analysis(query),
        graph_layout(query), trail, show_hydrogens=not hides, notes=notes)))


@kept(64)
def permutation_csv(query: ExploreQuery) -> str:
    """One row per permutation, as text."""
    return text.permutation_table(analysis(query)).rename(
        columns=text.PERMUTATION_NAMES).to_csv(index=False)


@kept(256)
def trail_csv(query: ExploreQuery, permutation: int) -> str:
    """One row per token of a linearization, as text."""
    return text.token_table(trail(query, permutation)).to_csv(index=False)


def exact(query: ExploreQuery, progress: Progress | None = None) -> ExactUncertainty:
    """LU and order-marginal NLL without sampling error; `progress` as for `analysis`.

    Raises:
        TooManySequencesError: for more than `MAX_EXACT_SEQUENCES` sequences.
    """

    def compute() -> ExactUncertainty:
        model = checkpoint(query.model, query.weights_sha256)
        found = enumerate_sequences(
            graph(query), model.vocabulary, Strategy.from_name(query.strategy),
            limit=MAX_EXACT_SEQUENCES,
        )
        likelihoods = score_trails(model, found.to_trails(), progress=progress)
        return exact_uncertainty(likelihoods.nll[0].numpy(), found.probabilities)

    # Neither K nor the seed matters, so they must not be part of the key.
    key = (query.input, query.model, query.weights_sha256, query.strategy)
    return _exact_values().get(key, compute)


def _analyses() -> BoundedCache[Analysis]:
    return cache_of("analyses", 128)


def _exact_values() -> BoundedCache[ExactUncertainty]:
    return cache_of("exact values", 128)
