"""`Evaluation`: what one model says of a set of graphs under one strategy, as stored in a folder.

A folder holds `record.json` (a `RunRecord`: settings, provenance, the headline numbers), and three
tables: `graphs.parquet` (a row per graph), `bins.parquet` (reliability by token type, temperature
and bin) and `tokens.parquet` (a uniform sample of events of every type and bin, to look at).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from core.assets import TRAINING, results_folder, shipped_results
from core.calibration.reliability import Reliability, reliability_from_rows
from core.calibration.token_types import TokenType
from core.errors import InputError
from core.likelihood.low_lu import nll_std
from core.records import RECORD, RunRecord, package_versions, read_record
from core.runs import replacing
from core.sent.vocabulary import Vocabulary
from core.stats.estimates import Estimate
from core.stats.molecule_bootstrap import shared_bootstrap
from core.units import with_unit

FORMAT_VERSION = 1
COMMAND = "evaluate"
_TABLES = ("graphs", "bins", "tokens")
_ESTIMATES = ("nll_per_graph", "nll_per_token", "lu")
_SETTINGS = ("model", "trained_under", "strategy", "dataset", "split", "permutations", "precision")


class EvaluationError(InputError):
    """A folder that holds no readable evaluation; the message says why and what would be right."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One model on one set of graphs under one strategy.

    Attributes:
        model: name of the model.
        weights_sha256: of its weights.
        trained_under: name of the strategy that it was trained under.
        strategy: name of the strategy that linearized the graphs.
        vocabulary: what the sequences in `tokens` are written in.
        dataset: name of the data set, such as `QM9` or `planar`, or of the input file.
        split: part of the data set, or None for a file.
        num_graphs: graphs evaluated.
        permutations: K, linearizations per graph.
        seed: fixes linearizations, the sample of tokens and all resamples.
        precision: of the forward passes.
        device: where they ran.
        nll_per_graph: mean over graphs of the mean NLL of a linearization, nats.
        nll_per_token: total nats / total tokens, pooled over graphs and permutations.
        lu: mean linearization uncertainty of a graph.
        temperatures: increasing, 1.0 among them; the fitted one too if there is one.
        fitted_temperature: what minimises the NLL on the validation split; None if not fitted.
        bins: a row per token type, temperature and bin; `reliability` reads it.
        graphs: a row per graph: id, smiles (missing for unlabelled graphs), num_nodes, nll_mean,
            nll_std, nll_per_token, lu, lu_low, lu_high, nll_marginal, effective_sample_size (NaN
            where not known), num_tokens (predicted tokens of all K sequences).
        tokens: a uniform sample of the events of every disjoint type and bin at temperature 1: id,
            smiles, token_type, bin (0 to 14), confidence, correct, position (of the target in
            tokens, at least 1), target, predicted, tokens (the whole sequence, `sos … eos`).
        details: further settings and counts, JSON values.
        versions: of the packages that it was made with.
    """

    model: str
    weights_sha256: str
    trained_under: str
    strategy: str
    vocabulary: Vocabulary
    dataset: str
    split: str | None
    num_graphs: int
    permutations: int
    seed: int
    precision: str
    device: str
    nll_per_graph: Estimate
    nll_per_token: Estimate
    lu: Estimate
    temperatures: tuple[float, ...]
    fitted_temperature: float | None
    bins: pd.DataFrame
    graphs: pd.DataFrame
    tokens: pd.DataFrame
    details: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=package_versions)

    @property
    def has_molecules(self) -> bool:
        """Whether its graphs are molecules: those have SMILES."""
        return bool(self.graphs["smiles"].notna().any())

    @property
    def token_types(self) -> tuple[TokenType, ...]:
        """Types that occur, `ALL` first; unlabelled graphs have no labels."""
        found = set(self.bins["token_type"])
        return tuple(token_type for token_type in TokenType if token_type.value in found)

    @cached_property
    def nll_std(self) -> Estimate:
        """Mean standard deviation of a graph's NLL over linearizations, nats; resampled as LU."""
        return shared_bootstrap(self.num_graphs, self.seed).ratio(nll_std(self.graphs))

    def to_frame(self) -> pd.DataFrame:
        """A row per graph: `graphs` with units in the names of its columns."""
        return self.graphs.rename(columns=with_unit)

    def reliability(self, token_type: TokenType, temperature: float = 1.0) -> Reliability:
        """Reliability of one token type at one of `temperatures`.

        Raises:
            EvaluationError: for a type that does not occur, or another temperature.
        """
        bins = self.bins
        at_type = bins[bins["token_type"] == TokenType(token_type).value]
        if at_type.empty:
            raise EvaluationError(f"There are no {token_type} tokens here; use one of "
                                  f"{', '.join(self.token_types)}.")
        rows = at_type[(at_type["temperature"] - temperature).abs() <= 1e-9 * temperature]
        if rows.empty:
            known = ", ".join(f"{known:.4g}" for known in self.temperatures)
            raise EvaluationError(f"There is no temperature {temperature:g} here; use one of "
                                  f"{known}.")
        return reliability_from_rows(rows)

    @property
    def headline(self) -> dict[str, Estimate]:
        """What is said of an evaluation first: nll_per_graph, nll_per_token, lu, nll_std, ece."""
        return {**{name: getattr(self, name) for name in _ESTIMATES},
                "nll_std": self.nll_std, "ece": self.reliability(TokenType.ALL).ece}

    def tokens_in(self, token_type: TokenType, bin: int | None = None) -> pd.DataFrame:
        """Sampled tokens of a type, of one bin or of all of them."""
        is_part = self.tokens["token_type"].isin([part.value for part in token_type.parts])
        return self.tokens[is_part if bin is None else is_part & (self.tokens["bin"] == bin)]

    def to_record(self) -> RunRecord:
        """Settings, provenance and headline numbers; see `core.records`."""
        return RunRecord(
            command=COMMAND,
            config={
                "format_version": FORMAT_VERSION,
                **{name: getattr(self, name) for name in _SETTINGS},
                "vocabulary": self.vocabulary.to_json(),
                "details": self.details,
            },
            result={
                "num_graphs": self.num_graphs,
                **{name: getattr(self, name).to_json() for name in (*_ESTIMATES, "nll_std")},
                "fitted_temperature": self.fitted_temperature,
                "temperatures": list(self.temperatures),
                "ece": {str(token_type): self.reliability(token_type).ece.to_json()
                        for token_type in self.token_types},
            },
            seed=self.seed, device=self.device, weights_sha256=self.weights_sha256,
            versions=self.versions,
        )

    def save(self, folder: Path | str) -> None:
        """Write the folder; the record comes last, so that a folder with one is whole."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORD).unlink(missing_ok=True)
        for name in _TABLES:
            table: pd.DataFrame = getattr(self, name)
            with replacing(folder / f"{name}.parquet") as partial:
                table.to_parquet(partial, index=False, compression="zstd")
        self.to_record().write(folder / RECORD)

    @classmethod
    def load(cls, folder: Path | str) -> Evaluation:
        """Read what `save` wrote.

        Raises:
            EvaluationError: if it is missing, damaged, or of another version.
        """
        folder = Path(folder)
        record = read_record(folder, command=COMMAND, version=FORMAT_VERSION,
                             what="an evaluation", error=EvaluationError)
        try:
            config, result = record["config"], record["result"]
            fields: dict[str, Any] = {name: config[name] for name in _SETTINGS}
            fields |= {name: Estimate.from_json(result[name]) for name in _ESTIMATES}
            fields |= {name: pd.read_parquet(folder / f"{name}.parquet") for name in _TABLES}
            return cls(
                **fields,
                vocabulary=Vocabulary.from_json(config["vocabulary"]),
                details=config["details"],
                num_graphs=result["num_graphs"],
                temperatures=tuple(result["temperatures"]),
                fitted_temperature=result["fitted_temperature"],
                weights_sha256=record["checkpoint"],
                seed=record["seed"], device=record["device"], versions=record["versions"],
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise EvaluationError(f"{folder} is damaged ({error!r}); make it anew with "
                                  "`trailscope evaluate`.") from error


def own_evaluations() -> list[Path]:
    """Folders of evaluations that were made here, in order of their paths; see `results_folder`.

    Records of trainings, which lie beside them in a folder of their own, are none.
    """
    root = results_folder()
    return sorted(path.parent for path in root.glob(f"**/{RECORD}")
                  if path.relative_to(root).parts[0] != TRAINING)


def shipped_evaluations() -> dict[tuple[str, str], Path]:
    """Folders of the shipped evaluations by names of (model, strategy), for `Evaluation.load`."""
    return {(folder.parent.name, folder.name): folder for folder in shipped_results("evaluations")}
