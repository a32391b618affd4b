"""A criterion is one entry of `CRITERIA`: commands, pages and the experiment take it from there."""

import os
import subprocess
import sys

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from core.cli import main
from core.finetune import FinetuneConfig
from core.repair.arms import repair_arms
from core.salience import CRITERIA, Criterion, LanguageModel, Mask, compute_salience, select
from tests.conftest import ROOT

ENTRY = """\
CRITERIA["smallest"] = Criterion(
    "smallest", "−|W|", "How small the weight is.", "nobody",
    lambda weight, _: -weight.abs(), is_signed=True)
"""
MODEL = "qm9-random_order"


@pytest.fixture
def dummy(monkeypatch) -> Criterion:
    """The registry with one more entry."""
    found: dict = {}
    exec(ENTRY, {"CRITERIA": found, "Criterion": Criterion})
    monkeypatch.setitem(CRITERIA, "smallest", found["smallest"])
    return found["smallest"]


def smallest(model: LanguageModel, mask: Mask) -> bool:
    """Whether a mask holds the weights nearest to 0."""
    sizes = torch.cat([model.model.get_parameter(m.name).detach().abs().flatten()
                       for m in model.matrices])
    chosen = torch.cat([mask.entries[m.name].flatten() for m in model.matrices])
    return float(sizes[chosen].max()) <= float(sizes[~chosen].min())


def test_it_cuts_masks(dummy, tiny):
    model = LanguageModel.from_checkpoint(tiny)
    mask = select(compute_salience(model, "smallest"), density=0.1)
    assert smallest(model, mask)
    assert not smallest(model, select(compute_salience(model, "magnitude"), density=0.1))


def test_commands_offer_and_take_it(dummy, tiny, tmp_path, capsys):
    program = (f"from core.salience.criteria import CRITERIA, Criterion\n{ENTRY}"
               "from core.cli import main\nmain()")
    shown = subprocess.run(
        [sys.executable, "-c", program, "salience", "--help"], cwd=ROOT, text=True,
        capture_output=True, check=True, env={**os.environ, "COLUMNS": "200"}).stdout
    assert "id3, smallest." in shown
    for words in (["salience", "--model", tiny.card.path, "--criterion", "smallest",
                   "--output", tmp_path],
                  ["mask", tmp_path / "smallest.safetensors", "--density", "0.1",
                   "--output", tmp_path / "mask.safetensors"]):
        with pytest.raises(SystemExit) as stop:
            main(list(map(str, words)))
        assert stop.value.code == 0
    capsys.readouterr()
    mask = Mask.load(tmp_path / "mask.safetensors")
    assert mask.criterion == "smallest"
    assert smallest(LanguageModel.from_checkpoint(tiny), mask)


def test_the_page_offers_describes_and_shows_it(dummy, evaluated_assets, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(evaluated_assets))
    st.cache_resource.clear()
    script = ROOT / "dashboard" / "views" / "salience" / "page.py"
    page = AppTest.from_file(str(script), default_timeout=120)
    for name, value in {"lm": MODEL, "criterion": "smallest", "examples": "2"}.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    assert not page.error
    assert not page.warning  # the address is right
    assert page.selectbox(key="criterion").value == "smallest"
    assert "smallest" in page.selectbox(key="criterion").options
    texts = "\n".join(element.value for element in (*page.markdown, *page.caption))
    assert "How small the weight is. Score: −|W| (nobody). It needs no data." in texts
    assert "**smallest** (−|W|; nobody)" in texts
    (agreement,) = (one for one in page.get("plotly_chart") if one.key == "agreement")
    assert "smallest" in agreement.proto.alt


def test_runs_and_the_experiment_take_it(dummy, tiny):
    assert FinetuneConfig(criterion="smallest", count=3).criterion == "smallest"
    arms = repair_arms(LanguageModel.from_checkpoint(tiny).matrices)
    assert {arm.name for arm in arms if arm.criterion == "smallest"} == {
        f"sparse-smallest-{arm.count}" for arm in arms if arm.criterion == "magnitude"}
