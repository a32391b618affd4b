"""Scores, ranks and models of the Salience page, kept between reruns.

What a mask costs is spent once: scores are computed and sorted, and then every density is a
comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from core.chemistry.molecules import from_smiles
from core.evaluation.graph_set import GraphSet
from core.salience.agreement import Stability, mask_stability
from core.salience.compute import compute_saliences
from core.salience.criteria import CRITERIA
from core.salience.examples import (
    TokenSequences,
    draw_examples,
    read_token_file,
    shipped_graphs,
)
from core.salience.language_model import LanguageModel, open_language_model
from core.salience.masks import Mask, RankedScores, Scope, rank_scores, select
from core.salience.matrices import SalienceError
from core.salience.salience import Salience
from core.sent.strategies import Strategy
from dashboard.shared import own_models
from dashboard.shared.bounded_cache import BoundedCache, cache_of, kept
from dashboard.shared.checkpoints import checkpoint
from dashboard.shared.progress import Progress
from dashboard.shared.visitors import visitor
from dashboard.views.salience.query import (
    MaskQuery,
    SalienceQuery,
    stability_seeds,
    stability_sizes,
)

_MAX_SETS = 64
"""Of scores, and again of ranks."""

_BYTES_PER_ENTRY = 4
_FAMILY_ENTRIES = 20_000_000
"""Models up to this size are scored by all criteria that share a gradient at once."""

_TOKEN_BUDGET = 2048
"""Tokens per pass: small enough that progress is seen, and a change heard, every second."""


def language_model(name_or_path: str, version: str) -> LanguageModel:
    """A model by name or path; `version` tells replaced files from those before.

    Raises:
        CheckpointError: for a damaged TrailScope checkpoint.
        SalienceError: for what is no causal LM, or has no decoder blocks with linear maps.
    """
    if own_models.find(name_or_path) is None:
        return _language_model(name_or_path, version)
    return visitor().cache("language models", 2).get(
        (name_or_path, version),
        lambda: LanguageModel.from_checkpoint(checkpoint(name_or_path, version)))


@st.cache_resource(max_entries=4, show_spinner="Loading the model")
def _language_model(name_or_path: str, version: str) -> LanguageModel:
    model = open_language_model(name_or_path)
    assert model.matrices  # found, and complained about, now
    return model


@kept(4, spinner="Reading the graphs to draw examples from")
def graphs_at_hand(name_or_path: str, version: str) -> GraphSet | None:
    """Graphs that a model's examples are drawn from without a download; None if it reads a file.

    Raises:
        InputError: if there are none, or its data set is not known.
    """
    checkpoint = language_model(name_or_path, version).checkpoint
    return None if checkpoint is None else shipped_graphs(checkpoint.card)


def examples(query: SalienceQuery) -> TokenSequences | None:
    """The examples of a query; None for a criterion without data.

    Raises:
        InputError: for molecules or files that cannot be read.
    """
    if not query.needs_examples:
        return None
    model = language_model(query.model, query.version)
    if model.checkpoint is None:
        return read_token_file(Path(query.tokens), model, number=query.number)
    card, strategy = model.checkpoint.card, Strategy.from_name(query.strategy)
    if query.smiles:
        if card.chemistry is None:
            raise SalienceError(f"{model.name} does not read molecules; choose a model that does.")
        molecule = from_smiles(query.smiles, card.chemistry,
                               max_atoms=card.vocabulary.max_nodes)
        return draw_examples(GraphSet("typed", None, (molecule.graph,)), card.vocabulary, strategy,
                             number=1, seed=query.seed, permutations=query.number)
    graphs = graphs_at_hand(query.model, query.version)
    assert graphs is not None
    return draw_examples(graphs, card.vocabulary, strategy, number=query.number,
                         seed=query.seed)


def scores(query: SalienceQuery, progress: Progress | None = None) -> Salience:
    """Scores by a query's criterion; `progress` hears of the work and may raise to cancel.

    Raises:
        InputError: for examples that cannot be read, and scores that are not finite.
    """
    return many_scores(query, [query.criterion], progress)[query.criterion]


def many_scores(
    query: SalienceQuery, criteria: Sequence[str], progress: Progress | None = None
) -> dict[str, Salience]:
    """Scores by several criteria on a query's examples, gradients computed once for all.

    Raises:
        InputError: for examples that cannot be read, and scores that are not finite.
    """
    queries = {criterion: query.with_criterion(criterion) for criterion in criteria}
    kept = {name: _scores().find(one.key) for name, one in queries.items()}
    missing = [name for name, one in kept.items() if one is None]
    if missing:
        model = language_model(query.model, query.version)
        asked = _with_family(missing, query, model)
        of_data = next((s for s in map(query.with_criterion, asked) if s.needs_examples), None)
        options = dict(query.options) if query.criterion in asked else None
        found = compute_saliences(
            model, asked, None if of_data is None else examples(of_data), seed=query.seed,
            options=options, token_budget=_TOKEN_BUDGET, progress=progress)
        for name, salience in found.items():
            _scores().keep(query.with_criterion(name).key, salience,
                           salience.num_entries * _BYTES_PER_ENTRY)
        kept |= {name: found[name] for name in missing}
    return {name: one for name, one in kept.items() if one is not None}


def ranked(query: SalienceQuery, scope: Scope, progress: Progress | None = None) -> RankedScores:
    """Sorted scores of a query.

    Raises:
        InputError: as `scores`.
    """
    key = (query.key, scope)
    found = _ranks().find(key)
    if found is None:
        found = rank_scores(scores(query, progress), scope)
        _ranks().keep(key, found, found.salience.num_entries * _BYTES_PER_ENTRY)
    return found


def mask(mask_query: MaskQuery, progress: Progress | None = None) -> Mask:
    """The mask of a query, at once if the scores are known.

    Raises:
        InputError: as `scores`; for a density that selects nothing.
    """
    return ranked(mask_query.salience, mask_query.scope, progress).mask(density=mask_query.density)


def masks_by(mask_query: MaskQuery, criteria: Sequence[str], progress: Progress | None = None
             ) -> dict[str, Mask]:
    """Masks of one query by several criteria; selected, not sorted, which is quicker for many.

    Raises:
        InputError: as `mask`.
    """
    found = many_scores(mask_query.salience, criteria, progress)
    return {name: select(one, density=mask_query.density, scope=mask_query.scope)
            for name, one in found.items()}


def mask_file(mask_query: MaskQuery) -> bytes:
    """The mask of a query as `Mask.save` writes it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mask.safetensors"
        mask(mask_query).save(path)
        return path.read_bytes()


def stability(mask_query: MaskQuery, progress: Progress | None = None) -> Stability:
    """Agreement of the masks of other draws of examples.

    Args:
        mask_query: whose examples are drawn anew.
        progress: hears of examples done and in all, within every draw, and may raise to cancel.

    Raises:
        InputError: as `mask`.
    """
    query = mask_query.salience
    sizes, seeds = stability_sizes(query.number), stability_seeds(query.seed)
    total, begun = sum(sizes) * len(seeds), 0

    def score(size: int, seed: int) -> Salience:
        nonlocal begun
        start, begun = begun, begun + size

        def report(done: int, of: int) -> None:
            if progress is not None:
                progress(start + size * done // of, total)

        report(0, 1)
        return scores(replace(query, number=size, seed=seed), report)

    return mask_stability(score, sizes=sizes, seeds=seeds, density=mask_query.density,
                          scope=mask_query.scope)


def _with_family(missing: Sequence[str], query: SalienceQuery, model: LanguageModel) -> list[str]:
    """What is missing, and all that costs nothing more."""
    entries = sum(matrix.numel for matrix in model.matrices)
    if entries > _FAMILY_ENTRIES or query.options:
        return list(missing)
    kinds = {CRITERIA[name].statistic for name in missing if CRITERIA[name].needs_examples}
    return [name for name, criterion in CRITERIA.items()
            if name in missing or criterion.statistic in kinds]


def _scores() -> BoundedCache[Salience]:
    return cache_of("salience scores", _MAX_SETS)


def _ranks() -> BoundedCache[RankedScores]:
    return cache_of("salience ranks", _MAX_SETS)
