"""The columns of a scored set: what is said of a row, and what the input said of it itself.

A scored set has one row per row of the input, in the input's order (docs/definitions.md, Scored
sets). First stand the row's place and names, then the input's own columns under their own names,
then the results. Databases do not tell `LU` from `lu`, so a name of the input that differs from one
of ours in nothing but its case counts as the same and gets a suffix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from core.errors import plain_line
from core.units import with_unit

PLACE_TYPES: dict[str, pa.DataType] = {
    "row": pa.int64(), "file": pa.dictionary(pa.int32(), pa.string()), "id": pa.string(),
    "smiles": pa.string(),
}
"""Columns that stand first: the place in the whole input, from 1; the name of the file; the row's
own name, or its place in its file; the molecule as given, missing for graphs that came without."""

RESULT_TYPES: dict[str, pa.DataType] = {
    "num_nodes": pa.int32(), "valid": pa.bool_(), "stable": pa.bool_(),
    "nll_mean": pa.float64(), "nll_std": pa.float64(), "nll_per_token": pa.float64(),
    "lu": pa.float64(), "lu_low": pa.float64(), "lu_high": pa.float64(),
    "nll_marginal": pa.float64(), "effective_sample_size": pa.float64(),
    "notes": pa.string(), "error": pa.string(), "graph_key": pa.string(), "key": pa.string(),
}
"""Columns that stand last.

`error` says why a row was not scored, and then all others but `valid`, which is false, are missing;
`notes` what of the molecule its graph does not encode, and whether it is strained. `valid` and
`stable` are those of `core.triage.judge.judge`; `stable` is missing where hydrogens are implicit.
NLLs are in nats, LU without unit, its interval missing where there is none. `graph_key` is equal
for equal graphs whatever scored them; `key` for equal numbers (`core.library.keys`).
"""

NUMBERS = ("num_nodes", "valid", "stable", "nll_mean", "nll_std", "nll_per_token", "lu", "lu_low",
           "lu_high", "nll_marginal", "effective_sample_size")
"""Those that depend on the graph alone, so that equal graphs share them."""

SUFFIX = "_input"
"""Behind the name of an input's column that is called as one of ours."""

_GIVEN = ("id", "smiles")


def own_names(columns: Iterable[str]) -> dict[str, str]:
    """Under which name each column of an input is kept.

    Args:
        columns: names in the input but for those that are read as `id` and `smiles`.

    Returns:
        By name in the input, in its order; all different, whatever their case, and one line of
        characters that print: databases end a name at NUL.

    >>> own_names(["Name", "LU", "lu_input", "logP"])
    {'Name': 'Name', 'LU': 'LU_input', 'lu_input': 'lu_input_2', 'logP': 'logP'}
    """
    ours = {*PLACE_TYPES, *RESULT_TYPES, *map(with_unit, RESULT_TYPES)}
    taken = set(ours)
    names: dict[str, str] = {}
    for column in columns:
        wanted = plain_line(column) or "column"
        if wanted.lower() in taken:
            wanted += SUFFIX if wanted.lower() in ours else ""
        name, number = wanted, 2
        while name.lower() in taken:
            name, number = f"{wanted}_{number}", number + 1
        taken.add(name.lower())
        names[column] = name
    return names


def schema(own: Mapping[str, pa.DataType]) -> pa.Schema:
    """Of a set whose input has these columns, by the names under which they are kept."""
    return pa.schema([*PLACE_TYPES.items(), *own.items(), *RESULT_TYPES.items()])
