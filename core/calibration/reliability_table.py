"""Reliability diagrams as rows of a table, one per bin, and back.

The numbers that belong to a whole diagram (ECE and the like) are repeated in each of its rows, so
that the table can be filtered and read by anything that opens Parquet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from core.calibration.token_types import NUM_BINS, Reliability, TokenType
from core.stats.estimates import Estimate, Interval

_ESTIMATES = ("ece", "brier", "nll", "smooth_ece")
_PER_BIN = ("counts", "confidence", "accuracy", "band_low", "band_high")


def reliability_rows(found: Iterable[Reliability]) -> pd.DataFrame:
    """A row per diagram and bin."""
    tables = []
    for reliability in found:
        columns: dict[str, Any] = {
            "token_type": reliability.token_type.value,
            "temperature": reliability.temperature,
            "bin": range(NUM_BINS),
            "low": reliability.edges[:-1],
            "high": reliability.edges[1:],
        }
        columns |= {name: getattr(reliability, name) for name in _PER_BIN}
        for name in _ESTIMATES:
            columns |= _estimate_columns(name, getattr(reliability, name))
        columns |= _interval_columns("ece_if_calibrated", reliability.ece_if_calibrated)
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def reliability_from_rows(rows: pd.DataFrame) -> Reliability:
    """The diagram that these 15 rows of `reliability_rows` describe."""
    rows = rows.sort_values("bin")
    if rows["bin"].tolist() != list(range(NUM_BINS)):
        raise ValueError(f"A diagram needs one row for each of {NUM_BINS} bins, got bins "
                         f"{rows['bin'].tolist()}.")
    first = rows.iloc[0]
    smooth = _estimate(first, "smooth_ece")
    return Reliability(
        token_type=TokenType(first["token_type"]),
        temperature=float(first["temperature"]),
        edges=np.append(rows["low"].to_numpy(), rows["high"].iloc[-1]),
        **{name: rows[name].to_numpy() for name in _PER_BIN},
        ece=_estimate(first, "ece"),
        ece_if_calibrated=_interval(first, "ece_if_calibrated"),
        brier=_estimate(first, "brier"),
        nll=_estimate(first, "nll"),
        smooth_ece=None if math.isnan(smooth.value) else smooth,
    )


def _estimate_columns(name: str, estimate: Estimate | None) -> dict[str, Any]:
    known = estimate or Estimate(math.nan)
    return {name: known.value, **_interval_columns(name, known.interval),
            f"{name}_reason": known.reason}


def _interval_columns(name: str, interval: Interval | None) -> dict[str, float]:
    low, high = (math.nan, math.nan) if interval is None else (interval.low, interval.high)
    return {f"{name}_low": low, f"{name}_high": high}


def _estimate(row: pd.Series, name: str) -> Estimate:
    reason = row[f"{name}_reason"]
    return Estimate(float(row[name]), _interval(row, name),
                    reason if isinstance(reason, str) else None)


def _interval(row: pd.Series, name: str) -> Interval | None:
    low, high = float(row[f"{name}_low"]), float(row[f"{name}_high"])
    return None if math.isnan(low) else Interval(low, high)
