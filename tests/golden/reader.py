"""The golden files as Python values."""

import gzip
import json
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def golden_molecules() -> list[dict]:
    """200 molecules of QM9."""
    return _rows("qm9_sent.jsonl.gz")


@cache
def golden_planar() -> list[dict]:
    """10 planar graphs."""
    return _rows("planar_sent.jsonl.gz")


@cache
def golden_frequencies() -> dict[str, dict]:
    """By SMILES: a graph, and how often each strategy wrote each sequence in 100,000 samples."""
    return json.loads((_FOLDER / "sequence_frequencies.json").read_text())


def _rows(name: str) -> list[dict]:
    with gzip.open(_FOLDER / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
