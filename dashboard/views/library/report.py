"""The report on a library, or on the rows of one that are chosen: what they are like together, and
the first of them one by one.

No streamlit here: the page's button and `trailscope report` both make it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from core.chemistry.molecules import without_hydrogens
from core.data.files import InputRow
from core.library.selection import Selection
from core.library.store import Library
from core.library.structure import structure
from core.records import package_versions
from dashboard.report.blocks import Provenance, Report
from dashboard.report.molecules import MAX_ROWS, ScoredMolecules, molecule_sections
from dashboard.report.provenance import DEFAULT_FILE, own_version, report_command
from dashboard.rows.columns import own_columns

_NUMBERS = ("num_nodes", "nll_mean", "nll_std", "nll_per_token", "lu", "lu_low", "lu_high",
            "nll_marginal", "effective_sample_size", "error")


def library_report(
    library: Library, selection: Selection, source: str, *, file: str = DEFAULT_FILE
) -> Report:
    """Numbers and histograms of the chosen rows, and the first of them.

    Args:
        library: where the rows are.
        selection: of them, in the order of the table.
        source: what `trailscope report` takes for the library.
        file: name of the report.
    """
    condition = selection.to_text()
    notes = [f"{library.count(selection):,} of {library.rows:,} rows are chosen: {condition}."
             if condition else ""]
    if selection.rows is not None:
        notes.append("Only rows that were marked by hand or found by a substructure; no command "
                     "repeats that.")
    if library.rows < library.total:
        notes.append(f"{library.rows:,} of {library.total:,} rows were scored when this was made.")
    found = ScoredMolecules.of(_rows(library, selection))
    word = "molecules" if library.chemistry is not None else "graphs"
    return Report(
        f"{found.num_rows:,} {word}", library.folder.name, list(filter(None, notes)),
        molecule_sections(found, library.chemistry, seed=library.seed),
        _provenance(library, selection, source, file))


def _provenance(library: Library, selection: Selection, source: str, file: str) -> Provenance:
    options = {"filter": selection.to_text() or None,
               "sort": None if selection.sort == "row" else selection.sort,
               "descending": selection.descending}
    settings = {"model": library.model, "scored under": library.strategy,
                "permutations": str(library.permutations), "seed": str(library.seed)}
    hashes, versions = {"weights": library.weights_sha256}, package_versions()
    if library.manifest is not None:
        settings["precision"] = str(library.manifest.settings.get("precision", "fp32"))
        settings["device"] = library.manifest.device
        hashes |= {file.name: file.sha256 for file in library.manifest.inputs}
        versions = dict(library.manifest.versions)
    return Provenance((report_command(source, options, file),), settings, hashes,
                      {"trailscope": own_version(), **versions})


def _rows(library: Library, selection: Selection) -> Iterator[tuple[InputRow, dict[str, Any]]]:
    """Rows with their summaries; only the first ones are read whole."""
    own = list(own_columns(library))
    first = library.page(selection, 0, MAX_ROWS)
    for row in first.to_dict("records"):
        yield _read(row, own, library), _summary(row)
    columns = ["row", *(name for name in _NUMBERS if name in library.columns)]
    before = 0
    with library.batches(selection, columns) as batches:
        for batch in batches:
            for row in batch.iloc[max(0, MAX_ROWS - before):].to_dict("records"):
                yield _NOTHING, _summary(row)
            before += len(batch)


_NOTHING = InputRow("", None, None)


def _read(row: dict[str, Any], own: list[str], library: Library) -> InputRow:
    smiles = row.get("smiles") if isinstance(row.get("smiles"), str) else None
    read, notes = structure(library, row), row.get("notes")
    if library.is_samples and smiles is not None:  # as on its card
        smiles = read.smiles or without_hydrogens(smiles)
    return InputRow(str(row["id"]), smiles, read.graph, error=row.get("error"),
                    notes=(notes,) if isinstance(notes, str) and not library.is_samples else (),
                    columns={name: None if pd.isna(row[name]) else row[name] for name in own})


def _summary(row: dict[str, Any]) -> dict[str, Any]:
    """As `core.likelihood.analysis.summarize` gives it; what was not scored has an error."""
    found: dict[str, Any] = {
        name: None if pd.isna(value := row.get(name)) else value for name in _NUMBERS}
    if found["lu"] is None and found["error"] is None:
        found["error"] = "Not scored."
    return found
