"""The command lines and the Python that the page prints run, and come to the same weights."""

import contextlib
import io
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli import build_app
from core.evaluation.result import Evaluation
from core.finetune.config import FinetuneConfig
from core.finetune.learning_set import own_set
from core.model.card import read_card
from core.repair.arms import Arm
from dashboard.views.finetune.query import (
    OWN,
    FinetuneQuery,
    Source,
    command,
    python,
    shipped_command,
    shipped_python,
)
from tests.repairs import MODEL, save_repairs

CONFIG = FinetuneConfig(
    criterion="snip", scope="local", reselect_every=1, count=205, num_examples=4, steps=2,
    batch_size=2, learning_rate=0.03, seed=3, precision="fp32")
SPARSE = FinetuneQuery(
    model="qm9-min_degree_first", weights_sha256="0" * 64, own_order="min_degree_first",
    order="random_order", source=Source(OWN, 4, text="CCO\nC[Si]C\nCN\nC=O"), config=CONFIG,
    density=0.01, matched_rank=None, test=2)


def with_method(source=SPARSE.source, model=SPARSE.model, **settings):
    config = replace(CONFIG, count=None, reselect_every=0, **settings)
    return replace(SPARSE, model=model, source=source, config=config, density=None)


QUERIES = {
    "sparse": SPARSE,
    "as rank": replace(SPARSE, density=None, matched_rank=1, order="min_degree_first",
                       config=replace(CONFIG, scope="global", reselect_every=0)),
    "lora": with_method(Source("QM9 train", 6), method="lora", rank=2),
    "full": with_method(Source("planar graphs", 3), "planar-max_degree_first", method="full"),
}


@pytest.fixture
def place(assets, tmp_path, monkeypatch):
    """A folder to work in, with tiny models in the place of the shipped, and a little QM9."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "qm9.csv").write_text("smiles\n" + "CCO\nCC\nCN\nCO\nC=O\n" * 4)
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
    monkeypatch.setenv("TRAILSCOPE_DATA", str(data))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_lines(lines):
    for line in lines.splitlines():
        program, *words = shlex.split(line)
        assert program == "trailscope"
        build_app()(words, standalone_mode=False)


def run_python(code):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "page", "exec"), {})
    return out.getvalue()


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_command_and_python_learn_the_same(query, place, assets):
    if query.source.kind == OWN:
        card = read_card(assets / "checkpoints" / query.model)
        learnt = own_set(query.source.text, None, card, number=4, progress=lambda *_: None)
        Path(query.molecules_file).write_text(learnt.csv)
    run_lines(command(query))
    said = run_python(python(query))
    assert [line.split()[0] for line in said.splitlines()] == ["1", "2"]
    by_command, by_python = read_card(Path(query.name) / "checkpoint"), read_card(Path("repaired"))
    assert by_command.weights_sha256 == by_python.weights_sha256
    assert by_python.name == query.name
    for order in query.orders:
        assert Evaluation.load(place / query.name / order).weights_sha256 == (
            by_command.weights_sha256)


def test_code_of_the_shipped_comparison_runs(evaluated_assets, place, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(evaluated_assets))
    found = save_repairs(evaluated_assets)
    arm = Arm("lora", rank=1).name
    said = run_python(shipped_python(MODEL, arm)).splitlines()
    assert [line.split()[0] for line in said] == list(found[arm].orders)
    assert str(found[arm].estimates["random_order"]["lu"].value) in said[1]
    run_lines(f"{shipped_command(MODEL)} --arms none --steps 1 --permutations 2 --number 2")
    assert (place / "assets" / "results" / "repair" / MODEL / "none" / "record.json").is_file()
