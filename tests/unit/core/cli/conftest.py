"""Run the `trailscope` command in this process, with tiny models in the place of the shipped."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch

from core.cli import main
from core.likelihood.scoring import score_sequences
from core.sent.strategies import STRATEGIES
from core.sent.vocabulary import PAD


@dataclass(frozen=True)
class Result:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def table(self) -> list[dict[str, str]]:
        """Standard output as CSV."""
        return list(csv.DictReader(StringIO(self.out)))


def nll_of(checkpoint, rows):
    """NLL of rows with tokens, nats, scored all at once."""
    width = max(len(row["tokens"]) for row in rows)
    padded = [row["tokens"] + [PAD] * (width - len(row["tokens"])) for row in rows]
    return score_sequences(checkpoint, torch.tensor(padded)).double().sum(1).numpy()


@pytest.fixture(scope="session")
def assets(make_checkpoint, tmp_path_factory) -> Path:
    """An assets folder with two models under shipped names."""
    folder = tmp_path_factory.mktemp("assets")
    for seed, name in enumerate(("random_order", "anchor_expansion")):
        make_checkpoint(f"qm9-{name}", strategy=STRATEGIES[name], seed=seed,
                        folder=folder / "checkpoints" / f"qm9-{name}")
    return folder


@pytest.fixture
def trailscope(assets, tmp_path, monkeypatch, capsys) -> Callable[..., Result]:
    """Run a command line given as separate words; caches and runs go to a temporary folder."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path / "models"))

    def run(*words: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Result(stop.value.code, out, err)  # type: ignore[arg-type]

    return run


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """Write a file of lines; lines that are no text are written as JSON."""

    def write_lines(name: str, *lines: Any) -> Path:
        path = tmp_path / name
        text = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(text) + "\n", encoding="utf-8")
        return path

    return write_lines
