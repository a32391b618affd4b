"""What is to be scored and how, as the address says it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from core.data.records import FILE_SUFFIXES
from core.library.run import Reading
from core.library.settings import ScoringSettings
from core.quotas import is_hosted, quotas
from dashboard.rows.columns import Keys
from dashboard.shared.choices import MAX_SEED, PRECISIONS, STRATEGY_OPTIONS
from dashboard.shared.query_params import Choice, Number, faults

MIN_PERMUTATIONS, DEFAULT_PERMUTATIONS, MAX_PERMUTATIONS = 2, 32, 1024
MAX_TYPED = 100_000
MAX_UPLOAD_MB = 200
FILE_TYPES = [suffix.removeprefix(".") for suffix in FILE_SUFFIXES] + ["gz"]
KEYS = Keys(filter="scoredfilter", smarts="scoredsmarts", sort="scoredsort",
            direction="scoreddirection", look="scoredas", page="scoredpage")
"""Of the list of scored rows, which uses the page alone."""

_SITTING_SEQUENCES = 512
"""Linearizations of a part: some seconds of work that a click can lose."""


def max_upload_mb() -> int:
    """Megabytes of a file that a visitor may bring."""
    return min(MAX_UPLOAD_MB, quotas().visitor_mb) if is_hosted() else MAX_UPLOAD_MB


def max_rows() -> int | None:
    """Rows that one job may be about; None for any number."""
    return quotas().visitor_rows if is_hosted() else None


def address_faults(query: Mapping[str, str], models: tuple[str, ...]) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken as it stands.

    Args:
        query: the address's parameters.
        models: names of the models that there are.
    """
    return faults(query, {
        "scorer": Choice("model", models, is_of_server=True),
        "scoreorder": Choice("order", STRATEGY_OPTIONS),
        "scorek": Number("number of permutations", MIN_PERMUTATIONS, MAX_PERMUTATIONS),
        "scoreseed": Number("seed", 0, MAX_SEED),
        "scoreprecision": Choice("precision", PRECISIONS),
        "scoredpage": Number("page", 1, MAX_SEED),
    })


@dataclass(frozen=True)
class ScoreQuery:
    """A job.

    Attributes:
        model: name of the model.
        settings: how to score.
        name: of the file, or `typed_name` of the text.
        content: its bytes.
        smiles_column, id_column: as the visitor named them; empty for the usual ones.
    """

    model: str
    settings: ScoringSettings
    name: str
    content: bytes
    smiles_column: str = ""
    id_column: str = ""

    @property
    def reading(self) -> Reading:
        """How the file is read; small parts, so that a click loses little."""
        return Reading(self.smiles_column or None, self.id_column or None,
                       max(1, _SITTING_SEQUENCES // self.settings.permutations))

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def digest(self) -> str:
        """Another for another file or other settings."""
        said = json.dumps([self.sha256, self.settings.to_json(), self.smiles_column,
                           self.id_column], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:8]

    @property
    def set_name(self) -> str:
        """Of the folder of the set: the file's name, so that people know it, and the digest.

        >>> settings = ScoringSettings("m", "0", "random_order")
        >>> ScoreQuery("m", settings, "../My hits!.csv.gz", b"").set_name
        'My-hits-afd0fdad'
        """
        stem = re.sub(r"[^A-Za-z0-9]+", "-", PurePath(self.name).name.partition(".")[0]).strip("-")
        return f"{stem[:40] or 'molecules'}-{self.digest}"


def command(query: ScoreQuery) -> str:
    """The command line that scores the same."""
    of = query.settings
    words = ["trailscope score", query.name, "--output", f"runs/library/{query.set_name}",
             "--model", query.model, "--strategy", of.strategy,
             "--permutations", str(of.permutations), "--seed", str(of.seed),
             "--precision", of.precision]
    for option, column in (("--smiles-column", query.smiles_column),
                           ("--id-column", query.id_column)):
        words += [option, column] if column else []
    return " ".join([words[0], *(_quoted(word) for word in words[1:])])


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w./=-]+", word, re.ASCII) else "'" + word.replace(
        "'", "'\\''") + "'"
