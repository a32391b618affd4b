"""`TrainingRecord`: how a model was trained, how it did meanwhile, and what it was like afterwards.

`trailscope train` writes the first two into a checkpoint's card; `trailscope study` measures the
last on graphs that the model learnt and on others, and writes all three into one `record.json`,
which people can share without the weights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.assets import TRAINING, results_folder, shipped_results
from core.errors import InputError
from core.model.card import CARD
from core.model.card import FORMAT_VERSION as CARD_VERSION
from core.records import RECORD
from core.sent.strategies import RANDOM_ORDER, Strategy
from core.stats.estimates import Estimate, Interval
from core.triage.quality import Share
from core.units import with_unit

FORMAT_VERSION = 1
COMMAND = "study"
SHARES = ("valid", "unique", "novel", "stable", "vun")
"""Of samples; a record lacks those that are of nothing, and has all others."""

MEASURED = (
    "train_nll_per_token", "test_nll_per_token", "gap_nll_per_token", "test_nll_per_token_random",
    "lu", "lu_random", "nll_std", "nll_std_random", "ece", "ece_random",
    *SHARES,
)
"""What `trailscope study` measures. NLLs in nats; `gap` is test minus train; `_random` is under
`random_order`, all else under the model's own order; LU, std of NLL and ECE on test graphs; the
last five are shares of samples: `unique` of the valid, `novel` of the unique, others of all."""

ALONG = ("nll_per_token_own_nats", "nll_per_token_random_nats", "valid", "unique", "novel", "vun")
"""Columns of the rows measured along a training; see `core.study.validation`."""

_ENDS = tuple(f"{name}{end}" for name in ALONG[:2] for end in ("_low", "_high"))

_MAX_ROWS = 10_000
_MAX_NAME, _MAX_REASON = 100, 1000
_MAX_COUNT = 2**63 - 1


class TrainingRecordError(InputError):
    """A training record cannot be read; the message says why and what would be right."""


@dataclass(frozen=True, eq=False)
class TrainingRecord:
    """One training.

    Attributes:
        name: of the model.
        strategy: name of the strategy it was trained under.
        mix: share of the molecules that `random_order` wrote, in [0, 1].
        dataset: name of the data set.
        graphs: that it learnt from; None if that was not recorded.
        is_subset: whether these were drawn from more.
        steps: optimizer steps.
        batch_size: graphs of a step.
        seed: of weights, graphs and orders.
        preset: size of the model.
        rows: measured on the way: step and, of `ALONG`, what was; in order of the steps.
        measured: of `MEASURED`, by name; empty for a checkpoint that `trailscope study` has not
            seen.
        config: of the measurement: test and training graphs, permutations, samples.
    """

    name: str
    strategy: str
    mix: float
    dataset: str
    graphs: int | None
    is_subset: bool
    steps: int
    batch_size: int
    seed: int
    preset: str
    rows: tuple[dict[str, Any], ...]
    measured: Mapping[str, Estimate]
    config: Mapping[str, Any]

    @property
    def order(self) -> str:
        """Strategy and share of random orders in words.

        >>> record = TrainingRecord.from_text(json.dumps({"training": {"config": {"mix": 0.1}},
        ...     "name": "m", "strategy": "min_degree_first", "preset": "small"}))
        >>> record.order
        'min_degree_first, 10% random'
        """
        return order_name(self.strategy, self.mix)

    @property
    def is_random(self) -> bool:
        """Whether every order was as likely as any other."""
        return self.strategy == RANDOM_ORDER.name

    def to_frame(self) -> pd.DataFrame:
        """A row per step that was measured; units stand in the names of columns."""
        columns = ["step", *ALONG, *_ENDS, "held_out", "sampled"]
        return pd.DataFrame(list(self.rows), columns=columns)

    def course(self, name: str) -> list[tuple[int, Estimate]]:
        """One of `ALONG` by step: an NLL with its interval over held-out graphs, a share of the
        samples with Wilson's."""
        found = []
        for row in self.rows:
            if name not in row:
                continue
            if name not in ALONG[:2]:
                found.append((row["step"], _share(row, name)))
                continue
            low, high = (row.get(f"{name}{end}") for end in ("_low", "_high"))
            interval = None if low is None or high is None else Interval(low, high)
            found.append((row["step"], Estimate(row[name], interval)))
        return found

    @property
    def summary(self) -> dict[str, Any]:
        """How it was trained and all that was measured afterwards, intervals as columns."""
        found: dict[str, Any] = {
            "name": self.name, "strategy": self.strategy, "mix": self.mix, "data": self.dataset,
            "graphs": self.graphs, "steps": self.steps, "batch_size": self.batch_size,
            "seed": self.seed, "preset": self.preset,
        }
        for name, estimate in self.measured.items():
            found |= estimate.columns(with_unit_of(name))
        return found

    @classmethod
    def load(cls, path: Path | str) -> TrainingRecord:
        """Read a record, or what a checkpoint's card says of its training.

        Args:
            path: of a folder that holds `record.json` or `trailscope.json`, or of such a file.

        Raises:
            TrainingRecordError: if it is neither, damaged, or of another version.
        """
        path = Path(path)
        if path.is_dir():
            path = next((path / name for name in (RECORD, CARD) if (path / name).is_file()), path)
        if path.is_dir() or not path.exists():
            raise TrainingRecordError(
                f"{path} holds no training record: neither {RECORD}, as `trailscope {COMMAND}` "
                f"writes it, nor {CARD} of a checkpoint.")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            raise TrainingRecordError(f"{path} is no text that can be read ({error}).") from error
        return cls.from_text(text, str(path))

    @classmethod
    def from_text(cls, text: str, source: str = "The record") -> TrainingRecord:
        """Read the content of such a file, of which nothing is trusted.

        Raises:
            TrainingRecordError: as `load`.
        """
        try:
            content = json.loads(text)
            if not isinstance(content, dict):
                raise TypeError("it is no object")  # caught below
        except (ValueError, TypeError, RecursionError) as error:
            raise TrainingRecordError(f"{source} is no JSON of a training record ({error}); give "
                                      f"{RECORD} or {CARD} as it was written.") from error
        _check_kind(content, source)
        try:
            return _from_card(content) if "command" not in content else _from_record(content)
        except TrainingRecordError as error:
            raise TrainingRecordError(f"{source}: {error}") from error
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise TrainingRecordError(
                f"{source} is a damaged training record ({error!r}); make it anew with "
                f"`trailscope {COMMAND}` or `trailscope train`.") from error


def order_name(strategy: str, share: float) -> str:
    """A strategy of which a share is random, in words.

    >>> order_name("min_degree_first", 0.1), order_name("random_order", 0.0)
    ('min_degree_first, 10% random', 'random_order')
    """
    return strategy if share == 0 else f"{strategy}, {100 * share:g}% random"


def with_unit_of(name: str) -> str:
    """What one of `MEASURED` is called where it leaves.

    >>> with_unit_of("train_nll_per_token"), with_unit_of("nll_std_random"), with_unit_of("lu")
    ('train_nll_per_token_nats', 'nll_std_random_nats', 'lu')
    """
    return f"{name}_nats" if "nll" in name else with_unit(name)


def shipped_records() -> list[Path]:
    """Folders of the records that ship, in order of their names."""
    return shipped_results(TRAINING)


def own_records() -> list[Path]:
    """Folders of the records that were made here, in `training` of the results' folder."""
    return sorted(path.parent for path in (results_folder() / TRAINING).glob(f"**/{RECORD}"))


def _check_kind(content: Mapping[str, Any], source: str) -> None:
    command = content.get("command")
    if command is not None and command != COMMAND:
        raise TrainingRecordError(f"{source} is the record of `{str(command)[:40]}`, not of a "
                                  f"training; make one with `trailscope {COMMAND}`.")
    if command is None and not isinstance(content.get("training"), dict):
        raise TrainingRecordError(f"{source} says nothing of a training; give {RECORD} of "
                                  f"`trailscope {COMMAND}`, or {CARD} of a model that `trailscope "
                                  "train` made.")
    config = content.get("config")
    version = (content.get("format_version", CARD_VERSION) if command is None else
               config.get("format_version") if isinstance(config, dict) else None)
    known = CARD_VERSION if command is None else FORMAT_VERSION
    if version != known:
        raise TrainingRecordError(f"{source} is of format version {str(version)[:40]}, this "
                                  f"TrailScope reads version {known}; make it anew.")


def _from_record(content: Mapping[str, Any]) -> TrainingRecord:
    result = content["result"]
    measured = {name: _estimate(result["measured"][name]) for name in MEASURED
                if name in result["measured"] or name not in SHARES}
    config = dict(content["config"]["measurement"])
    for name, value in config.items():
        config[name] = _text(value) if isinstance(value, str) else _count(value)
    return _from_card(content["config"]["card"], measured, config)


def _from_card(
    card: Mapping[str, Any], measured: Mapping[str, Estimate] | None = None,
    config: Mapping[str, Any] | None = None,
) -> TrainingRecord:
    training, data = card["training"], card.get("data") or {}
    settings = training.get("config") or {}
    rows = tuple(sorted(map(_row, training.get("validation") or ()), key=lambda row: row["step"]))
    if len(rows) > _MAX_ROWS:
        raise ValueError(f"{len(rows):,} rows were measured on the way, more than {_MAX_ROWS:,}")
    graphs = data.get("graphs")
    mix = _finite(settings.get("mix", 0.0))
    if not 0 <= mix <= 1:
        raise TrainingRecordError(f"the share of random orders is {mix:g}, which lies outside "
                                  "[0, 1]; give a record as it was written.")
    return TrainingRecord(
        name=_text(card["name"]), strategy=Strategy.from_name(_text(card["strategy"])).name,
        mix=mix,
        dataset=_text(data.get("name", "not recorded")),
        graphs=None if graphs is None else _count(graphs), is_subset="subset_seed" in data,
        steps=_count(training.get("steps", settings.get("steps", 0))),
        batch_size=_count(settings.get("batch_size", 0)), seed=_count(settings.get("seed", 0)),
        preset=_text(card["preset"]), rows=rows, measured=measured or {}, config=config or {},
    )


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers alone, so that a page can draw them."""
    counts = {name: _count(row[name]) for name in ("held_out", "sampled") if name in row}
    found = {name: _finite(row[name]) for name in (*ALONG, *_ENDS) if row.get(name) is not None}
    for name in ALONG[2:]:
        if not 0 <= found.get(name, 0) <= 1:
            raise ValueError(f"the share {found[name]:g} lies outside [0, 1]")
    return {"step": _count(row["step"]), **counts, **found}


def _estimate(row: Mapping[str, Any]) -> Estimate:
    found = Estimate.from_json(row)
    for number in (found.value, *(() if found.interval is None else
                                  (found.interval.low, found.interval.high))):
        _finite(number)
    if found.reason is not None:
        _text(found.reason, _MAX_REASON)
    return found


def _share(row: Mapping[str, Any], name: str) -> Estimate:
    """A share with Wilson's interval, of all samples, the valid, or the different ones among them.

    Counts are told by the shares, which are those of whole numbers.
    """
    whole = row.get("sampled", 0)
    for part in {"unique": ("valid",), "novel": ("valid", "unique")}.get(name, ()):
        whole = round(whole * row.get(part, 0.0))
    return Share(round(row[name] * whole), whole).estimate if whole else Estimate(row[name])


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number


def _count(value: Any) -> int:
    number = int(value)
    if not 0 <= number <= _MAX_COUNT:
        raise ValueError("a count is negative or too large")
    return number


def _text(value: Any, most: int = _MAX_NAME) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise ValueError(f"a name is not text of 1 to {most} characters")
    return value
