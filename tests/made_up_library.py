"""Scored sets with made-up numbers, for tests that ask and show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.chemistry.chemistry import QM9, Chemistry
from core.library.manifest import InputFile, Manifest, Part
from core.library.settings import ScoringSettings

SMILES = ("CO", "CCO", "C#N", "NC=O", "CC", "C=O", "N", "O", "CC=O", "C1CC1")


def made_up_table(rows: int, *, seed: int = 0) -> pd.DataFrame:
    """As the parts of a set hold it; every tenth row failed, every fifth repeats an earlier one."""
    rng = np.random.default_rng(seed)
    molecule = np.where(np.arange(rows) % 5 == 4, np.arange(rows) // 2, np.arange(rows))
    lu = rng.gamma(4.0, 0.02, rows)[molecule]
    nll = rng.normal(30.0, 5.0, rows)[molecule]
    table = pd.DataFrame({
        "row": np.arange(1, rows + 1), "file": "mine.csv",
        "id": [f"m{row}" for row in range(rows)],
        "smiles": [SMILES[number % len(SMILES)] for number in molecule],
        "logP": rng.normal(0.0, 1.0, rows).round(2), "lot": [f"00{row % 7}" for row in range(rows)],
        "count": rng.integers(0, 9, rows), "works": rng.random(rows) < 0.7,
        "num_nodes": rng.integers(5, 20, rows).astype("int32"), "valid": True, "stable": True,
        "nll_mean": nll, "nll_std": lu * nll, "nll_per_token": nll / 60.0, "lu": lu,
        "lu_low": 0.8 * lu, "lu_high": 1.2 * lu, "nll_marginal": nll - 10.0,
        "effective_sample_size": 1.0 + rng.random(rows), "notes": None, "error": None,
        "graph_key": [f"{number:032x}" for number in molecule],
        "key": [f"{number + 1:032x}" for number in molecule],
    })
    failed = np.arange(rows) % 10 == 9
    numbers = list(table.columns[table.columns.get_loc("num_nodes"):])
    table = table.astype(dict.fromkeys(numbers, object))
    table.loc[failed, numbers] = None
    table.loc[failed, "error"] = "Element Cl is outside the vocabulary."
    table.loc[failed, "valid"] = False
    return table


def save_library(
    folder: Path, table: pd.DataFrame, *, part_rows: int = 16, total: int | None = None,
    own: dict[str, str] | None = None, chemistry: Chemistry = QM9, has_units: bool = True,
    **settings: Any,
) -> Path:
    """Write a table as the scored set of a folder.

    Args:
        folder: to be made.
        table: see `made_up_table`.
        part_rows: rows of a part.
        total: rows of the input; by default those of the table.
        chemistry: of its model.
        own: kinds of the input's own columns, if others than those of `made_up_table`.
        has_units: of the names of columns in its files; sets of old have none.
        settings: other than usual.
    """
    kinds = own or {
        "logP": "number", "lot": "text", "count": "whole number", "works": "yes or no"}
    manifest = Manifest(
        inputs=(InputFile("mine.csv", "0" * 64, total or len(table)),),
        settings={**ScoringSettings("scorer", "1" * 64, "random_order").to_json(), **settings,
                  "part_rows": part_rows},
        chemistry=chemistry.to_json(), own=kinds, columns={name: name for name in kinds},
        has_units=has_units)
    folder.mkdir(parents=True)
    for number, first in enumerate(range(0, len(table), part_rows)):
        part = table.iloc[first : first + part_rows]
        name = f"part-{number:06d}.parquet"
        rows = pa.Table.from_pandas(part, schema=manifest.schema, preserve_index=False)
        pq.write_table(rows.rename_columns(list(manifest.stored_as)), folder / name)
        manifest = manifest.with_part(Part(name, len(part), int(part["error"].notna().sum()),
                                           f"{number:064x}"))
    manifest.write(folder)
    return folder
