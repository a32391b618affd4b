"""What the Score page says."""

from __future__ import annotations

import pandas as pd

from core.data.column_choice import ID_OPTION, SMILES_OPTION
from core.library.check import SHOWN, Checked
from core.library.manifest import Manifest
from dashboard.shared.format import duration

QUESTION = "How likely are your own molecules to a model, and how much does order matter to each?"
"""What the page answers."""

EXAMPLE = """\
Bring molecules of any generator: paste them or drop a file. The result is a set on the Library
page, with your own columns beside the numbers.

Every molecule is written in K orders, and the model says how likely each of these sequences is.

**Example.** Paste `CCO ethanol`: the row says the NLL in nats (lower is likelier), LU with its
interval (0 means that no order matters) and the order-marginal NLL, which counts all orders
together. A molecule that the model cannot read keeps its row and says why.
"""
"""How to read the page."""

TYPED_HELP = ("A SMILES per line, then a name if you like; or CSV, TSV or SDF as it stands in a "
              "file.")
FILE_HELP = ("SMILES, CSV, TSV, SDF, Parquet or JSON Lines, also gzipped. Taken instead of the "
             "text. A file is no part of the address.")
SMILES_FIELD, NAMES_FIELD = "Of SMILES", "Of names"
"""Fields for the names of columns."""

COLUMN_HELP = "If the column is not called {name}."
NOTHING_YET = "Paste molecules or drop a file to begin."
PROMISE = "Finished rows stay; you can go on later."


def of_page(fault: object) -> str:
    """What is wrong with a file, in words of this page rather than of the command line.

    >>> of_page("mine.csv has no such column; name one with --smiles-column.")
    'mine.csv has no such column; name one with “Of SMILES”.'
    """
    said = str(fault)
    for option, field in ((SMILES_OPTION, SMILES_FIELD), (ID_OPTION, NAMES_FIELD)):
        said = said.replace(option, f"“{field}”")
    return said


def readable(checked: Checked) -> str:
    """How much of a file can be scored."""
    good = checked.rows - checked.failed
    if not checked.failed:
        if checked.rows == 1:
            return "The row can be scored."
        return f"All {_rows(checked.rows)} can be scored."
    return f"{good:,} of {_rows(checked.rows)} can be scored, {checked.failed:,} cannot."


def offer(checked: Checked) -> str:
    """On the button that begins."""
    good = checked.rows - checked.failed
    return f"Score {good:,} {'molecule' if good == 1 else 'molecules'}"


def bad_title(checked: Checked) -> str:
    """Above the table of rows that cannot be scored."""
    shown = f", the first {SHOWN:,}" if checked.failed > SHOWN else ""
    return f"{_rows(checked.failed)} that cannot be scored, and why{shown}"


def bad_table(checked: Checked) -> pd.DataFrame:
    """Rows that cannot be scored."""
    return pd.DataFrame([(one.row, one.id, one.smiles, of_page(one.reason)) for one in checked.bad],
                        columns=["Row", "Name", "SMILES", "Why not"])


def estimate(rows: int, each_s: float) -> str:
    """How long so many molecules take."""
    return (f"About {duration(rows * each_s)} on this machine, if no molecule is there twice; each "
            "is computed once.")


def progress(done: int, total: int, pace: str = "") -> str:
    """Beside the bar; `pace` as of `Pace.heard`."""
    return f"{done:,} of {_rows(total)} scored{pace}"


def left(seconds: float) -> str:
    """In place of a pace, while there is only an estimate."""
    return f", about {duration(seconds)} left"


def finished(found: Manifest) -> str:
    """Above the result."""
    failed = "" if not found.failed else (
        f"; {found.failed:,} could not be scored and say why in the column `error`")
    return f"All {_rows(found.rows)} are done{failed}."


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"
