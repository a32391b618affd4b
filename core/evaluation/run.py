"""Evaluate a model on a set of graphs under a strategy, chunk by chunk, resumably.

The run folder holds `settings.json`, a JSON file per chunk of the validation set (the NLL at each
temperature) and an `.npz` file per chunk of the graphs (`core.evaluation.measurement`). What
a chunk holds depends on the settings alone, so a run can be stopped anywhere and ends with the same
numbers when it is resumed; at its end the chunks make an `Evaluation`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.calibration.reliability import BinSums, reliabilities, reliability_rows, with_smooth_ece
from core.calibration.temperature import (
    FIT_TEMPERATURES,
    TEMPERATURES,
    FittedTemperature,
    fit_temperature,
)
from core.calibration.token_sample import TokenSample
from core.calibration.token_types import DISJOINT_TYPES, NUM_BINS, TokenType
from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import is_stable, to_smiles
from core.errors import InputError
from core.evaluation.graph_set import GraphSet
from core.evaluation.measurement import ChunkFile, Linearizing, evaluate_chunk, nll_by_temperature
from core.evaluation.result import FORMAT_VERSION, Evaluation
from core.graph.graph import Graph
from core.likelihood.scoring import Precision
from core.likelihood.uncertainty import linearization_uncertainty
from core.model.checkpoints import Checkpoint
from core.runs import claim, hold, write_json
from core.sent.batch import GraphBatch
from core.sent.strategies import Strategy
from core.stats.estimates import Estimate
from core.stats.molecule_bootstrap import MoleculeBootstrap
from core.stats.smooth_ece import ConfidenceGrid, grid_weights, smooth_ece

CHUNK_SEQUENCES = 2048
"""Linearizations in a chunk; one of QM9 keeps about 3 MB on disk and 100 MB in memory."""

_COMPACT = "float32"  # seven digits are more than any of these numbers deserve
_GRAPH_NUMBERS = ("nll_mean", "nll_std", "nll_per_token", "lu", "lu_low", "lu_high",
                  "nll_marginal", "effective_sample_size")


class EvaluationRunError(InputError):
    """An evaluation cannot start or go on; the message says why and what would be right."""


@dataclass(frozen=True)
class EvaluationConfig:
    """Everything that the numbers depend on, besides model, graphs and device.

    Attributes:
        strategy: name of the strategy that linearizes the graphs.
        permutations: K ≥ 2, linearizations per graph.
        seed: fixes linearizations, sampled tokens and resamples.
        precision: of the forward passes.
    """

    strategy: str
    permutations: int = 8
    seed: int = 0
    precision: Precision = "fp32"

    def __post_init__(self) -> None:
        Strategy.from_name(self.strategy)  # refuses an unknown one
        if self.permutations < 2:
            raise EvaluationRunError("LU compares at least 2 permutations, got "
                                     f"{self.permutations}.")

    @property
    def chunk_size(self) -> int:
        """Graphs in a chunk."""
        return max(1, CHUNK_SEQUENCES // self.permutations)


@dataclass(frozen=True)
class EvaluationStep:
    """State after a chunk.

    Attributes:
        stage: `fit` while the temperature is being fitted on the validation set, then `evaluate`.
        done: graphs of the stage that are done.
        total: graphs of the stage.
        graphs_per_s: rate of this sitting in this stage; 0 for chunks found on disk.
    """

    stage: Literal["fit", "evaluate"]
    done: int
    total: int
    graphs_per_s: float


class EvaluationRun:
    """One model on one set of graphs under one strategy.

    Args:
        checkpoint: the model.
        graphs: what to evaluate on.
        config: how.
        run_folder: where finished chunks are kept; made if it is missing.
        validation: graphs to fit a temperature on; None to fit none.
        temperatures: that calibration is measured at, 1 among them; fewer take less time.
        is_shared: let several runs of the same settings fill the folder at the same time; chunks
            are equal, and whole or not there.

    Raises:
        EvaluationRunError: if `run_folder` holds a run of other settings.
        RunFolderError: if another process works in `run_folder`.
        VocabularyError: for a graph that the model cannot read.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        graphs: GraphSet,
        config: EvaluationConfig,
        *,
        run_folder: Path,
        validation: GraphSet | None = None,
        temperatures: tuple[float, ...] = TEMPERATURES,
        is_shared: bool = False,
    ) -> None:
        if not graphs.graphs:
            raise EvaluationRunError(f"{graphs.name} holds no graph that can be evaluated.")
        for of_set in (graphs, validation):
            if of_set is not None:
                batch = GraphBatch.from_graphs(of_set.graphs, with_automorphisms=False)
                batch.check_fits(checkpoint.vocabulary)
        self.checkpoint = checkpoint
        self.graphs = graphs
        self.validation = validation
        self.config = config
        self.folder = run_folder
        self._temperatures = temperatures
        self._is_shared = is_shared
        self._how = Linearizing(Strategy.from_name(config.strategy), config.permutations,
                                config.seed, config.precision)
        self._claim_folder()

    def steps(self) -> Iterator[EvaluationStep]:
        """Do what is left, chunk by chunk; yields after each one.

        Raises:
            RunFolderError: if another process works in the run folder, or it cannot be written.
        """
        with nullcontext() if self._is_shared else hold(self.folder):
            yield from self._steps()

    def _steps(self) -> Iterator[EvaluationStep]:
        if self.validation is not None:
            yield from self._fit()
        fitted = self.fitted_temperature
        temperatures = _with(self._temperatures, fitted)
        at_events = (1.0,) if fitted is None else (1.0, fitted.temperature)
        files = self._files("graphs", "npz", self.graphs)
        rate = _Rate("evaluate", len(self.graphs.graphs))
        for path, first, last in files:
            if not path.exists():
                evaluate_chunk(
                    self.checkpoint, self.graphs.graphs[first:last], self._how, first=first,
                    temperatures=temperatures, event_temperatures=at_events,
                ).save(path)
                rate.work(last - first)
            yield rate.step(last)

    def result(self) -> Evaluation:
        """What all chunks say together, once `steps` has come to its end."""
        fitted = self.fitted_temperature
        chunks = [ChunkFile(path) for path, _, _ in self._files("graphs", "npz", self.graphs)]
        card = self.checkpoint.card
        return _put_together(
            chunks, self.graphs.graphs, self._smiles(),
            temperatures=_with(self._temperatures, fitted), seed=self.config.seed,
            fitted_temperature=None if fitted is None else fitted.temperature,
            facts={
                "model": card.name,
                "weights_sha256": card.weights_sha256,
                "trained_under": card.strategy.name,
                "strategy": self._how.strategy.name,
                "vocabulary": card.vocabulary,
                "dataset": self.graphs.name,
                "split": self.graphs.split,
                "permutations": self.config.permutations,
                "precision": self.config.precision,
                "device": str(self.checkpoint.device),
                "details": {
                    **self.graphs.details,
                    "compiled": self.checkpoint.is_compiled,
                    "temperature_fit": self._tell_fit(fitted),
                },
            },
        )

    def _smiles(self) -> list[str | None]:
        """As given, or as the model's chemistry writes the graphs."""
        graphs, chemistry = self.graphs.graphs, self.checkpoint.card.chemistry
        given = self.graphs.smiles or [None] * len(graphs)
        return [known or (None if chemistry is None else _write(graph, chemistry))
                for known, graph in zip(given, graphs, strict=True)]

    @property
    def fitted_temperature(self) -> FittedTemperature | None:
        """Of lowest NLL on the validation set; None without one."""
        if self.validation is None:
            return None
        rows = [json.loads(path.read_text(encoding="utf-8"))
                for path, _, _ in self._files("fit", "json", self.validation)]
        nll = np.sum([row["nll_nats"] for row in rows], axis=0)
        return fit_temperature(nll / sum(row["num_tokens"] for row in rows))

    def _fit(self) -> Iterator[EvaluationStep]:
        assert self.validation is not None
        rate = _Rate("fit", len(self.validation.graphs))
        for path, first, last in self._files("fit", "json", self.validation):
            if not path.exists():
                nll, num_tokens = nll_by_temperature(
                    self.checkpoint, self.validation.graphs[first:last], self._how,
                    FIT_TEMPERATURES)
                write_json(path, {"nll_nats": nll.tolist(), "num_tokens": num_tokens})
                rate.work(last - first)
            yield rate.step(last)

    def _tell_fit(self, fitted: FittedTemperature | None) -> dict[str, Any] | None:
        if fitted is None or self.validation is None:
            return None
        return {"graphs": len(self.validation.graphs), "split": self.validation.split,
                **asdict(fitted)}

    def _files(self, stage: str, ending: str, of_set: GraphSet) -> list[tuple[Path, int, int]]:
        """File, first and last row (not with it) of every chunk."""
        size, total = self.config.chunk_size, len(of_set.graphs)
        return [(self.folder / f"{stage}-{first // size:05}.{ending}", first,
                 min(first + size, total)) for first in range(0, total, size)]

    def _claim_folder(self) -> None:
        settings = _settings(self.checkpoint, self.graphs, self.config, self.validation)
        if self._temperatures != TEMPERATURES:
            settings["temperatures"] = list(self._temperatures)
        claim(self.folder, settings, what="an evaluation", error=EvaluationRunError)


def default_run_folder(
    checkpoint: Checkpoint,
    graphs: GraphSet,
    config: EvaluationConfig,
    validation: GraphSet | None,
) -> Path:
    """`runs/evaluations/MODEL-STRATEGY-HASH`, the same for the same settings and no others."""
    settings = json.dumps(_settings(checkpoint, graphs, config, validation), sort_keys=True)
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    name = f"{checkpoint.card.name}-{config.strategy}-{digest}".replace("/", "-")
    return Path("runs") / "evaluations" / name


def _settings(
    checkpoint: Checkpoint,
    graphs: GraphSet,
    config: EvaluationConfig,
    validation: GraphSet | None,
) -> dict[str, Any]:
    """All that the chunks of a run depend on."""
    return {
        "format_version": FORMAT_VERSION,
        "weights_sha256": checkpoint.card.weights_sha256,
        "graphs": graphs.digest,
        "validation": None if validation is None else validation.digest,
        "device": checkpoint.device.type,
        **asdict(config),
    }


def _with(
    temperatures: tuple[float, ...], fitted: FittedTemperature | None
) -> tuple[float, ...]:
    """The temperatures with the fitted one in its place."""
    return temperatures if fitted is None else tuple(sorted({*temperatures, fitted.temperature}))


class _Rate:
    """Counts what one sitting does in one stage."""

    def __init__(self, stage: Literal["fit", "evaluate"], total: int) -> None:
        self._stage = stage
        self._total = total
        self._worked = 0
        self._started = time.monotonic()

    def work(self, graphs: int) -> None:
        self._worked += graphs

    def step(self, done: int) -> EvaluationStep:
        wall_s = max(time.monotonic() - self._started, 1e-9)
        return EvaluationStep(self._stage, done, self._total, self._worked / wall_s)


def _put_together(
    chunks: Sequence[ChunkFile],
    graphs: Sequence[Graph],
    smiles: Sequence[str | None],
    *,
    temperatures: tuple[float, ...],
    fitted_temperature: float | None,
    seed: int,
    facts: dict[str, Any],
) -> Evaluation:
    """Tables, estimates and intervals of all chunks.

    Chunks are read one after the other and temperatures one after the other, so that memory holds
    the sums of all graphs at one temperature (24 MB for QM9's test split) and never all events.

    Args:
        chunks: of all graphs, in order.
        graphs: the graphs.
        smiles: of each; None for what is no molecule.
        temperatures: of the chunks' sums.
        fitted_temperature: one of them, or None.
        seed: of LU's intervals and of resampling graphs.
        facts: further fields of `Evaluation`.
    """
    nll, log_q, num_tokens = (
        np.concatenate(parts) for parts in zip(*(c.per_graph() for c in chunks), strict=True)
    )
    table = _graph_table(graphs, smiles, nll, log_q, num_tokens, seed)
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
    return pd.DataFrame({
        "id": [graph.name or f"row {row + 1}" for row, graph in enumerate(graphs)],
        "smiles": pd.Series(smiles, dtype="str"),
        "num_nodes": np.array([graph.num_nodes for graph in graphs], dtype=np.int16),
        "nll_mean": nll.mean(axis=1),
        "nll_std": [found.nll_std for found in uncertainties],
        "nll_per_token": nll.sum(axis=1) / tokens,
        **pd.DataFrame([Estimate(found.lu, found.interval).columns("lu")
                        for found in uncertainties]),
        "nll_marginal": [found.marginal_nll for found in uncertainties],
        "effective_sample_size": [found.effective_sample_size for found in uncertainties],
        "num_tokens": tokens.astype(np.int32),
    }).astype(dict.fromkeys(_GRAPH_NUMBERS, "float64"))


def _write(graph: Graph, chemistry: Chemistry) -> str | None:
    """The shortest SMILES that is read back as this graph; None for what is no molecule."""
    if chemistry.has_hydrogen_nodes and is_stable(graph, chemistry):
        return to_smiles(graph, chemistry, hydrogens=False)
    return to_smiles(graph, chemistry)


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
