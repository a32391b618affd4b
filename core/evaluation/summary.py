"""From the chunks of a run to its `Evaluation`: tables, estimates and intervals.

Chunks are read one after the other and temperatures one after the other, so that memory holds the
sums of all graphs at one temperature (24 MB for QM9's test split) and never all events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from core.calibration.reliability import BinSums, reliabilities, reliability_rows, with_smooth_ece
from core.calibration.token_sample import TokenSample
from core.calibration.token_types import DISJOINT_TYPES, NUM_BINS, TokenType
from core.chemistry.molecules import is_stable, to_exact_smiles, to_smiles
from core.evaluation.chunk import ChunkFile
from core.evaluation.result import Evaluation
from core.graph.graph import Graph
from core.likelihood.uncertainty import linearization_uncertainty
from core.stats.estimates import Estimate
from core.stats.molecule_bootstrap import MoleculeBootstrap
from core.stats.smooth_ece import ConfidenceGrid, grid_weights, smooth_ece

_COMPACT = "float32"  # seven digits are more than any of these numbers deserve


def summarize_chunks(
    chunks: Sequence[ChunkFile],
    graphs: Sequence[Graph],
    smiles: Sequence[str | None] | None,
    *,
    temperatures: tuple[float, ...],
    fitted_temperature: float | None,
    seed: int,
    facts: dict[str, Any],
) -> Evaluation:
    """Put chunks together.

    Args:
        chunks: of all graphs, in order.
        graphs: the graphs.
        smiles: of each, as given; None to write them from the graphs.
        temperatures: of the chunks' sums.
        fitted_temperature: one of them, or None.
        seed: of LU's intervals and of resampling graphs.
        facts: further fields of `Evaluation`.
    """
    nll, log_q, num_tokens = (
        np.concatenate(parts) for parts in zip(*(c.per_graph() for c in chunks), strict=True)
    )
    names = list(smiles) if smiles is not None else [None] * len(graphs)
    table = _graph_table(graphs, names, nll, log_q, num_tokens, seed)
    bootstrap = MoleculeBootstrap(len(graphs), seed=seed)
    smooth = _smooth_eces(chunks, bootstrap, (1.0, fitted_temperature))
    found = []
    for t, temperature in enumerate(temperatures):
        for reliability in reliabilities(_sums(chunks, t), temperature, bootstrap):
            of_both = smooth.get((reliability.token_type, temperature))
            found.append(reliability if of_both is None
                         else with_smooth_ece(reliability, of_both))
    return Evaluation(
        **facts,
        num_graphs=len(graphs),
        seed=seed,
        nll_per_graph=bootstrap.ratio(table["nll_mean"]),
        nll_per_token=bootstrap.ratio(nll.sum(axis=1), num_tokens.sum(axis=1)),
        lu=bootstrap.ratio(table["lu"]),
        temperatures=temperatures,
        fitted_temperature=fitted_temperature,
        bins=reliability_rows(found),
        graphs=table.astype(dict.fromkeys(_GRAPH_NUMBERS, _COMPACT)),
        tokens=_token_table(TokenSample.join([c.sample() for c in chunks]), table),
    )


_GRAPH_NUMBERS = ("nll_mean", "nll_std", "nll_per_token", "lu", "lu_low", "lu_high",
                  "nll_marginal", "effective_sample_size")


def _graph_table(
    graphs: Sequence[Graph],
    smiles: Sequence[str | None],
    nll: np.ndarray,
    log_q: np.ndarray,
    num_tokens: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    uncertainties = linearization_uncertainty(nll, log_q, seed=seed)
    tokens = num_tokens.sum(axis=1)
    intervals = [found.interval for found in uncertainties]
    return pd.DataFrame({
        "id": [graph.name or f"row {row + 1}" for row, graph in enumerate(graphs)],
        "smiles": pd.Series([given or _smiles(graph)
                             for graph, given in zip(graphs, smiles, strict=True)], dtype="str"),
        "num_nodes": np.array([graph.num_nodes for graph in graphs], dtype=np.int16),
        "nll_mean": nll.mean(axis=1),
        "nll_std": [found.nll_std for found in uncertainties],
        "nll_per_token": nll.sum(axis=1) / tokens,
        "lu": [found.lu for found in uncertainties],
        "lu_low": [np.nan if ends is None else ends.low for ends in intervals],
        "lu_high": [np.nan if ends is None else ends.high for ends in intervals],
        "nll_marginal": [found.marginal_nll for found in uncertainties],
        "effective_sample_size": [found.effective_sample_size for found in uncertainties],
        "num_tokens": tokens.astype(np.int32),
    }).astype(dict.fromkeys(_GRAPH_NUMBERS, "float64"))


def _smiles(graph: Graph) -> str | None:
    """The shortest SMILES that is read back as this graph; None for what is no molecule."""
    if not graph.is_labelled:
        return None
    return to_smiles(graph, hydrogens=False) if is_stable(graph) else to_exact_smiles(graph)


def _sums(chunks: Sequence[ChunkFile], temperature: int) -> BinSums:
    parts = [chunk.sums(temperature) for chunk in chunks]
    return BinSums(*(
        np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(BinSums)
    ))


def _smooth_eces(
    chunks: Sequence[ChunkFile],
    bootstrap: MoleculeBootstrap,
    temperatures: Sequence[float | None],
) -> dict[tuple[TokenType, float], Estimate]:
    """Smooth ECE by token type, at the temperatures that events were kept at."""
    weights = grid_weights(bootstrap)
    grids: dict[tuple[TokenType, float], ConfidenceGrid] = {}
    first = 0
    for chunk in chunks:
        events = chunk.events()
        last = first + len(chunk.per_graph()[0])
        for place, part in enumerate(DISJOINT_TYPES):
            chosen = events.type == place
            for t, temperature in enumerate(temperatures):
                if temperature is None or not chosen.any():
                    continue
                grid = ConfidenceGrid.from_events(
                    events.graph[chosen], events.confidence[t, chosen], events.correct[chosen],
                    events.multiplicity[chosen], weights=weights[:, first:last],
                )
                known = grids.get((part, temperature))
                grids[part, temperature] = grid if known is None else known + grid
        first = last
    found = {}
    for token_type in TokenType:
        for temperature in temperatures:
            parts = [grids[part, temperature] for part in token_type.parts
                     if temperature is not None and (part, temperature) in grids]
            if parts and temperature is not None:
                whole = parts[0]
                for grid in parts[1:]:
                    whole = whole + grid
                found[token_type, temperature] = smooth_ece(whole, bootstrap)
    return found


def _token_table(sample: TokenSample, graphs: pd.DataFrame) -> pd.DataFrame:
    target = sample.target
    return pd.DataFrame({
        "id": graphs["id"].iloc[sample.graph].to_numpy(),
        "smiles": graphs["smiles"].iloc[sample.graph].reset_index(drop=True),
        "token_type": [DISJOINT_TYPES[cell // NUM_BINS].value for cell in sample.cell],
        "bin": (sample.cell % NUM_BINS).astype(np.int8),
        "confidence": sample.confidence,
        "correct": sample.predicted == target,
        "position": sample.position.astype(np.int16),
        "target": target.astype(np.int16),
        "predicted": sample.predicted.astype(np.int16),
        "tokens": [sample.sequence(row) for row in range(len(target))],
    })
