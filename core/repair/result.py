"""`RepairResult`: what a model does under two orders, after one arm of fine-tuning or before any.

A folder holds `record.json` (a `RunRecord`: settings, provenance, the headline numbers with their
intervals), `graphs.parquet` (NLL and LU of every graph under both orders) and `bins.parquet`
(reliability by token type under both orders). Where the change of weights was also measured at
other scales, `scaled.parquet` holds that; older results have none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.assets import shipped_results
from core.calibration.reliability import Reliability, reliability_from_rows
from core.calibration.token_types import TokenType
from core.evaluation.result import Evaluation
from core.likelihood.low_lu import nll_std
from core.records import RECORD, RunRecord, package_versions, read_record
from core.repair.arms import Arm
from core.repair.scaled_change import ScaledChange
from core.runs import replacing
from core.salience.matrices import SalienceError
from core.stats.estimates import Estimate
from core.stats.molecule_bootstrap import MoleculeBootstrap, shared_bootstrap

FORMAT_VERSION = 1
COMMAND = "repair"
SCALED = "scaled.parquet"
_GRAPH_COLUMNS = ["id", "num_tokens", "nll_mean", "nll_per_token", "lu"]
MEASURES = ("nll_per_graph", "nll_per_token", "lu", "nll_std", "ece")


@dataclass(frozen=True, eq=False)
class RepairResult:
    """One arm.

    Attributes:
        arm: what was done.
        model: name of the model that it started from.
        weights_sha256: SHA-256 of its weights.
        orders: names of the strategies that it was measured under: the model's own first.
        num_parameters: numbers that were trained, 0 for `none`.
        num_weights: all numbers of the model.
        estimates: order → measure (`MEASURES`) → estimate with its 95% interval over graphs.
        graphs: a row per order and graph: order, id, num_tokens, nll_mean (nats), nll_per_token,
            lu.
        bins: reliability at temperature 1, a row per order, token type and bin.
        history: (step, loss) pairs, nats per token.
        settings: of fine-tuning and measuring, JSON values.
        wall_s: seconds of fine-tuning.
        device: where it ran.
        versions: of the packages that it was made with.
        scaled: what the change of weights does at other scales; None if it was not measured.
    """

    arm: Arm
    model: str
    weights_sha256: str
    orders: tuple[str, ...]
    num_parameters: int
    num_weights: int
    estimates: dict[str, dict[str, Estimate]]
    graphs: pd.DataFrame
    bins: pd.DataFrame
    history: tuple[tuple[int, float], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    wall_s: float = 0.0
    device: str = "cpu"
    versions: dict[str, str] = field(default_factory=package_versions)
    scaled: ScaledChange | None = None

    @classmethod
    def from_evaluations(cls, evaluations: Iterable[Evaluation], **facts: Any) -> RepairResult:
        """Put together what was measured under each order; `facts` are the further fields."""
        found = tuple(evaluations)
        return cls(
            orders=tuple(one.strategy for one in found),
            estimates={one.strategy: one.headline for one in found},
            graphs=pd.concat([one.graphs[_GRAPH_COLUMNS].assign(order=one.strategy)
                              for one in found], ignore_index=True),
            bins=pd.concat([one.bins[one.bins["temperature"] == 1.0].assign(order=one.strategy)
                            for one in found], ignore_index=True),
            **facts,
        )

    @property
    def share(self) -> float:
        """Trained numbers as a share of all of the model's."""
        return self.num_parameters / self.num_weights

    @property
    def token_types(self) -> tuple[TokenType, ...]:
        """Types that occur, `ALL` first."""
        found = set(self.bins["token_type"])
        return tuple(token_type for token_type in TokenType if token_type.value in found)

    def reliability(self, order: str, token_type: TokenType) -> Reliability:
        """Reliability of one token type under one of `orders`."""
        rows = self.bins[(self.bins["order"] == order)
                         & (self.bins["token_type"] == TokenType(token_type).value)]
        return reliability_from_rows(rows)

    def of_order(self, order: str) -> pd.DataFrame:
        """The graphs' rows under one of `orders`, with `nll_std` in nats."""
        rows = self.graphs[self.graphs["order"] == order].reset_index(drop=True)
        return rows.assign(nll_std=nll_std(rows))

    def save(self, folder: Path | str) -> None:
        """Write the folder; the record comes last, so that a folder with one is whole."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORD).unlink(missing_ok=True)
        tables = {"graphs": self.graphs, "bins": self.bins}
        if self.scaled is None:
            (folder / SCALED).unlink(missing_ok=True)
        else:
            tables["scaled"] = self.scaled.to_table()
        for name, table in tables.items():
            with replacing(folder / f"{name}.parquet") as partial:
                table.to_parquet(partial, index=False, compression="zstd")
        self.to_record().write(folder / RECORD)

    def to_record(self) -> RunRecord:
        """Settings, provenance and headline numbers; see `core.records`."""
        return RunRecord(
            command=COMMAND,
            config={"format_version": FORMAT_VERSION, "model": self.model,
                    "arm": self.arm.to_json(), "orders": list(self.orders), **self.settings},
            result={
                "num_parameters": self.num_parameters, "num_weights": self.num_weights,
                "estimates": {order: {name: estimate.to_json() for name, estimate in of.items()}
                              for order, of in self.estimates.items()},
                "wall_s": round(self.wall_s, 1),
                "loss_nats_per_token": [list(entry) for entry in self.history],
            },
            seed=self.settings.get("seed", 0), device=self.device,
            weights_sha256=self.weights_sha256, versions=self.versions,
        )

    @classmethod
    def load(cls, folder: Path | str) -> RepairResult:
        """Read what `save` wrote.

        Raises:
            SalienceError: if it is missing, damaged, or of another version.
        """
        folder = Path(folder)
        record = read_record(folder, command=COMMAND, version=FORMAT_VERSION,
                             what="a repair", error=SalienceError)
        try:
            config, result = dict(record["config"]), record["result"]
            del config["format_version"]
            graphs = pd.read_parquet(folder / "graphs.parquet")
            return cls(
                model=config.pop("model"), arm=Arm.from_json(config.pop("arm")),
                orders=tuple(config.pop("orders")), settings=config,
                num_parameters=result["num_parameters"], num_weights=result["num_weights"],
                estimates={order: _estimates(of, graphs[graphs["order"] == order], record["seed"])
                           for order, of in result["estimates"].items()},
                graphs=graphs,
                bins=pd.read_parquet(folder / "bins.parquet"),
                history=tuple((step, loss) for step, loss in result["loss_nats_per_token"]),
                wall_s=result["wall_s"], weights_sha256=record["checkpoint"],
                device=record["device"], versions=record["versions"],
                scaled=_read_scaled(folder / SCALED),
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise SalienceError(f"{folder} is damaged ({error!r}); make it anew with `trailscope "
                                "repair`.") from error


def _estimates(
    stored: dict[str, dict[str, Any]], graphs: pd.DataFrame, seed: int
) -> dict[str, Estimate]:
    """What a record holds of one order, in the order of `MEASURES`; `nll_std` may be too new."""
    found = {name: Estimate.from_json(row) for name, row in stored.items()}
    if "nll_std" not in found:
        found["nll_std"] = shared_bootstrap(len(graphs), seed).ratio(nll_std(graphs))
    return {name: found[name] for name in MEASURES}


def _read_scaled(path: Path) -> ScaledChange | None:
    return ScaledChange.from_table(pd.read_parquet(path)) if path.is_file() else None


def paired_change(after: RepairResult, before: RepairResult, order: str, column: str) -> Estimate:
    """Mean change of a graph's number under one order, with its 95% interval over graphs.

    Args:
        after: one arm.
        before: another arm, or `none`, on the same graphs.
        order: one of both arms' orders.
        column: `lu`, `nll_std` or `nll_mean`.

    Raises:
        SalienceError: if they were measured on different graphs.
    """
    one, other = after.of_order(order), before.of_order(order)
    if list(one["id"]) != list(other["id"]):
        raise SalienceError("The two results were measured on different graphs, so their "
                            "difference cannot be taken graph by graph.")
    change = (one[column].astype(float) - other[column].astype(float)).to_numpy()
    return MoleculeBootstrap(len(change), seed=0).ratio(np.asarray(change))


def shipped_repairs() -> dict[str, dict[str, Path]]:
    """Model → arm's name → folder for `RepairResult.load`, of the shipped results."""
    found: dict[str, dict[str, Path]] = {}
    for folder in shipped_results("repair"):
        found.setdefault(folder.parent.name, {})[folder.name] = folder
    return found
