"""A data set is one file and one registry line: every command takes it from there."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from core.chemistry.chemistry import MOSES, Chemistry
from core.chemistry.molecules import from_smiles
from core.cli import main
from core.data.dataset import DataOptions, DataPart, Dataset
from core.data.packing import PackedGraphs
from core.data.registry import DATASETS
from core.model.card import read_card


@dataclass(frozen=True)
class Chlorides(Dataset):
    """Straight alkyl chlorides of one to twelve carbons, every third in one part."""

    chemistry: Chemistry | None = MOSES

    name = "chlorides"
    title = "Chlorides"
    about = "straight alkyl chlorides"

    def adapted(self, options: DataOptions) -> "Chlorides":
        return replace(self, chemistry=options.chemistry or self.chemistry)

    def load(self, split, *, source=None, progress=None) -> DataPart:
        self.check_split(split)
        packed = PackedGraphs.from_graphs([
            from_smiles("C" * n + "Cl", self.chemistry).graph for n in range(1, 13)])
        rows = np.arange(self.splits.index(split), 12, 3)
        return DataPart(packed, rows, lambda row: f"C{row + 1}", {
            "name": self.title, "split": split, "graphs": len(rows)}, self.chemistry, self.title)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model that was trained on it, for two steps."""
    folder = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS, "chlorides", Chlorides())
        run("train", folder / "model", "--strategy", "random_order", "--dataset", "chlorides",
            "--preset", "tiny", "--steps", 2, "--batch-size", 4, "--warmup-steps", 1,
            "--run-folder", folder / "run")
    return folder / "model"


@pytest.fixture(autouse=True)
def registered(monkeypatch, tmp_path):
    monkeypatch.setitem(DATASETS, "chlorides", Chlorides())
    monkeypatch.chdir(tmp_path)


def run(*words):
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert stop.value.code == 0


def lines_of(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def record_of(folder):
    return json.loads(Path(folder, "record.json").read_text())


def test_its_model_says_so(trained):
    card = read_card(trained)
    assert card.data == {"name": "Chlorides", "split": "train", "graphs": 4}
    assert card.chemistry == MOSES


def test_it_is_what_its_model_is_evaluated_on(trained, capsys):
    run("evaluate", "--model", trained, "--output", "out", "--permutations", 2,
        "--fit-temperature", 2)
    [row] = lines_of(capsys)
    assert row["graphs"] == 4
    record = record_of("out")
    assert (record["config"]["dataset"], record["config"]["split"]) == ("Chlorides", "test")


def test_its_molecules_are_what_is_novel_beside(trained, capsys):
    run("triage", "--model", trained, "--output", "out", "--number", 3, "--permutations", 2,
        "--dataset", "chlorides")
    assert record_of("out")["config"]["dataset"] == "Chlorides"


def test_weights_are_scored_and_tuned_on_it(trained, capsys):
    run("salience", "--model", trained, "--output", "scores", "--dataset", "chlorides",
        "--number", 2)
    [row] = lines_of(capsys)
    assert row["examples"] == 2
    run("finetune", "--model", trained, "--output", "tuned", "--steps", 1, "--batch-size", 2,
        "--count", 5, "--criterion", "magnitude")
    assert record_of("tuned")["config"]["stream"]["name"] == "Chlorides"


def test_an_unknown_name_lists_it(trained, capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", "--model", str(trained), "--output", "out", "--dataset", "bromides"])
    assert "use qm9, moses, planar, file, chlorides." in capsys.readouterr().err
