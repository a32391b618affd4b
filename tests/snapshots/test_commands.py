"""What every command says of itself, and what one small run of each prints and writes."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from safetensors import safe_open

import core.cli.app
from core.cli import build_app, main
from tests.conftest import ROOT
from tests.evaluations import MOLECULES
from tests.snapshots.store import check, names

COMMANDS = tuple(typer.main.get_command(build_app()).commands)

SEQUENCE = {"id": "methanol", "tokens": [
    0, 6, 38, 40, 7, 35, 1, 8, 36, 2, 40, 6, 3, 40, 9, 35, 1, 10, 35, 2, 40, 8, 3, 1, 11, 35, 2, 40,
    8, 3, 4]}

RUNS: dict[str, tuple[object, ...]] = {
    "linearize": ("CCO", "--permutations", 2, "--seed", 5),
    "decode": ("sequences.jsonl",),
    "enumerate": ("CO", "--strategy", "max_degree_first"),
    "score": ("molecules.smi", "--permutations", 4, "--format", "csv"),
    "generate": ("--number", 3, "--seed", 1, "--mask", "strict"),
    "models": (),
    "import-checkpoint": ("foreign", "out", "--strategy", "max_degree_first",
                          "--dataset", "qm9"),
    "app": ("--port", 9000),
    "train": ("out", "--strategy", "anchor_expansion", "--data", "QM9.csv", "--preset", "tiny",
              "--batch-size", 4, "--precision", "fp32", "--warmup-steps", 1, "--steps", 2,
              "--run-folder", "run"),
    "evaluate": ("--output", "out", "--input", "molecules.smi", "--permutations", 2,
                 "--run-folder", "run"),
    "diversity": ("CO", "--output", "out", "--samples", "1,4", "--strategy", "random_order"),
    "study": ("trained", "--output", "out", "--data", "QM9.csv", "--number", 2, "--permutations", 2,
              "--samples", 3, "--run-folder", "run-of-study"),
    "triage": ("--output", "out", "--number", 4, "--permutations", 2, "--run-folder", "run"),
    "report": ("CCO", "--permutations", 4, "--output", "out/molecule.html"),
    "results": (),
    "salience": ("--output", "out", "--criterion", "magnitude,gradient", "--input",
                 "molecules.smi", "--number", 3),
    "mask": ("scores", "--density", 0.1, "--output", "out", "--compare"),
    "finetune": ("--output", "out", "--model", "qm9-anchor_expansion", "--input", "molecules.smi",
                 "--steps", 2, "--batch-size", 3, "--calibration", 3, "--count", 50,
                 "--run-folder", "run", "--precision", "fp32"),
    "scale": ("--model", "qm9-anchor_expansion", "--tuned", "qm9-random_order", "--alpha", 0.5,
              "--output", "out"),
    "repair": ("--output", "out", "--model", "qm9-anchor_expansion", "--data", "QM9.csv",
               "--arms", "none,lora-rank-1", "--steps", 2, "--batch-size", 2, "--permutations", 2,
               "--run-folder", "run", "--precision", "fp32"),
}
"""Words after the command's name; paths lie in the folder that it runs in."""

SHIPPED = ("results", "models")
"""Commands that run on what ships; the others on tiny models under the shipped names."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_MASKS = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<SHA-256>"),
    (re.compile(r'("(?:wall_s|[a-z_]*per_s)": )[-+.\de]+'), r"\1<seconds>"),
    (re.compile(r"[\d,.]+ (\w+)/s"), r"<number> \1/s"),
    (re.compile(r"[\d:]+ left"), "<time> left"),
)


@pytest.fixture(scope="module")
def inputs(tiny, tmp_path_factory) -> Path:
    """A folder of what the commands read."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "molecules.smi").write_text("CCO\nCC(=O)N\nC1CC1\n", encoding="utf-8")
    (folder / "QM9.csv").write_text("\n".join(("smiles", *MOLECULES)) + "\n", encoding="utf-8")
    (folder / "sequences.jsonl").write_text(json.dumps(SEQUENCE) + "\n", encoding="utf-8")
    tiny.model.save_pretrained(folder / "foreign")
    return folder


@pytest.fixture
def trailscope(capsys, monkeypatch):
    """Run a command line on a page of 100 columns; what it prints, and its status."""
    monkeypatch.setattr(sys, "argv", ["trailscope"])
    monkeypatch.setattr(sys.modules["__main__"], "__package__", "")  # the rest of a usage line
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: object) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        # Rich fills tables to their width, which says nothing.
        text = re.sub(r" +$", "", _COLOURS.sub("", f"{out}--- stderr\n{err}"), flags=re.MULTILINE)
        for mask, written in _MASKS:
            text = mask.sub(written, text)
        return f"$ trailscope {' '.join(map(str, words))}\n{text}--- status {stop.value.code}\n"

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_as_it_was(command, trailscope):
    check(f"help/{command}.txt", trailscope(command, "--help"))


@pytest.mark.parametrize("command", RUNS)
def test_a_small_run_gives_what_it_gave(
    command, trailscope, assets, inputs, tmp_path, monkeypatch,
):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(ROOT / "assets" if command in SHIPPED else assets))
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("TRAILSCOPE_MODELS", raising=False)
    work = shutil.copytree(inputs, tmp_path / "work")
    monkeypatch.chdir(work)
    if command == "app":  # would not come back
        monkeypatch.setattr(os, "execv", lambda program, words: print("runs", *words[1:]))
        monkeypatch.setattr(core.cli.app, "check_free", lambda address, port: None)
    if command == "mask":
        trailscope("salience", "--output", "scores", *RUNS["salience"][2:])
    if command == "study":
        trailscope("train", "trained", *RUNS["train"][1:])
    text = trailscope(command, *RUNS[command])
    for path, name in ((work, "<work>"), (tmp_path / "cache", "<cache>"), (assets, "<assets>"),
                       (ROOT, "<project>")):
        text = text.replace(str(path), name)
    check(f"commands/{command}.txt", "\n".join((text, *_written(work / "out"))))


def test_there_are_the_same_commands(trailscope):
    check("trailscope.txt", trailscope("--help"))
    assert set(COMMANDS) == names("help") == names("commands") == set(RUNS)


def _written(place: Path) -> Iterator[str]:
    """The files in a folder, and what is to be found in each."""
    paths = [place] if place.is_file() else sorted(place.rglob("*"))
    for path in paths:
        match path.suffix:
            case _ if path.is_dir():
                continue
            case ".json":
                parts = sorted(set(_keys(json.loads(path.read_text(encoding="utf-8")))))
            case ".parquet":
                parts = [f"{field.name}: {field.type}" for field in pq.read_schema(path)]
            case ".safetensors":
                with safe_open(path, "numpy") as tensors:
                    parts = [*tensors.keys(), *(f"metadata {name}" for name in sorted(
                        tensors.metadata() or {}))]
            case _:
                parts = []
        yield f"--- {path.relative_to(place.parent)}"
        yield from (f"    {part}" for part in parts)


def _keys(value: object, place: str = "") -> Iterator[str]:
    """Where the values of a JSON document are; all entries of a list are at one place."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _keys(inner, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _keys(inner, f"{place}[]")
    else:
        yield place
