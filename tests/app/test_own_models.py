"""A visitor brings a model: it is offered and used on the pages of that visitor alone."""

import io
import json
import zipfile
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.cli import main
from core.model.checkpoints import save_checkpoint
from core.model.local_models import zip_checkpoint
from core.sent.strategies import MAX_DEGREE_FIRST
from dashboard.shared.visitors import Visitor
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def own(make_checkpoint):
    """A model that ships nowhere, with its zip."""
    return make_checkpoint("my-own", strategy=MAX_DEGREE_FIRST, seed=77)


@pytest.fixture
def open_view(full_assets, monkeypatch, tmp_path):
    """Open a page as a visitor of a hosted dashboard, every time as another one."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(full_assets))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    st.cache_resource.clear()

    def open_(view: str, **query: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "dashboard" / "views" / view / "page.py"),
                                 default_timeout=120)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_


def upload(page, content, *, name="model.zip"):
    uploader = next(one for one in page.file_uploader if one.label == "Zip")
    uploader.set_value((name, content, "application/zip"))
    page.run()
    assert not page.exception, page.exception
    return page


def errors(page):
    return [error.value for error in page.error]


def test_salience_takes_a_model_and_offers_it(open_view, own):
    """As do the other pages, below."""
    page = upload(open_view("salience"), zip_checkpoint(own.card.path))
    assert page.selectbox(key="lm").value == "my-own"
    assert page.button(key="remove-my-own")
    assert not errors(page)


def test_explore_under_it_says_what_the_command_says(open_view, own, capsys):
    page = open_view("explore", smiles="CCO", k="4", seed="3")
    upload(page, zip_checkpoint(own.card.path))
    assert not errors(page)
    shown = [metric.value for metric in page.metric]
    with pytest.raises(SystemExit):
        main(["score", "CCO", "--permutations", "4", "--seed", "3", "--model",
              str(own.card.path)])
    said = json.loads(capsys.readouterr().out)
    assert shown == [f"{said['lu']:.3f}", f"{said['nll_mean_nats']:.2f} nats",
                     f"{said['nll_per_token_nats']:.3f} nats",
                     f"{said['nll_marginal_nats']:.2f} nats"]


def test_it_is_of_its_visitor_alone(open_view, own, tmp_path):
    page = upload(open_view("explore", k="2"), zip_checkpoint(own.card.path))
    other = open_view("explore", k="2", model="my-own")
    assert "which this server does not have; it has qm9-" in other.warning[0].value
    assert "my-own" not in other.selectbox(key="model").options
    page.run()
    assert page.selectbox(key="model").value == "my-own"
    assert not (tmp_path / "models").exists()
    page.button(key="remove-my-own").click().run()
    assert page.selectbox(key="model").value != "my-own"
    assert not errors(page)


def test_nothing_of_it_is_shared(open_view, own):
    """Two visitors bring models of one name and the same weights, of which one has another norm."""
    def numbers(content):
        page = upload(open_view("explore", k="2", smiles="CCO"), content)
        assert page.selectbox(key="model").value == "my-own"
        return [metric.value for metric in page.metric]

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in own.card.path.iterdir():
            content = path.read_bytes()
            if path.name == "config.json":
                content = json.dumps(json.loads(content) | {"rms_norm_eps": 0.5}).encode()
            archive.writestr(path.name, content)
    first, second = numbers(zip_checkpoint(own.card.path)), numbers(packed.getvalue())
    assert first != second
    assert numbers(zip_checkpoint(own.card.path)) == first


def test_a_name_never_stands_for_two_models(open_view, own, full_assets, tmp_path):
    shipped = full_assets / "checkpoints" / "qm9-random_order"
    page = upload(open_view("explore", k="2", model="planar-random_order"),
                  zip_checkpoint(shipped))
    assert page.selectbox(key="model").value == "qm9-random_order"  # which it is
    assert not [button for button in page.button if button.key.startswith("remove-")]
    named = save_checkpoint(tmp_path / "named", own.model,
                            replace(own.card, name="qm9-random_order"))
    upload(page, zip_checkpoint(named.path))
    called = page.selectbox(key="model").value
    assert called.startswith("qm9-random_order-")
    assert len(called) == len("qm9-random_order-") + 6
    page.button(key=f"remove-{called}").click().run()
    upload(page, zip_checkpoint(named.path))
    assert page.selectbox(key="model").value == called


def test_what_is_no_model_is_said_there(open_view, monkeypatch, own):
    page = upload(open_view("explore", k="2"), b"no zip", name="*notes*.zip")
    [said] = errors(page)
    assert "notes" in said
    assert "This is no whole zip file" in said
    assert page.metric
    monkeypatch.setenv("TRAILSCOPE_MODEL_MB", "1")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("model.safetensors", bytes(2_000_000))
        archive.writestr("config.json", "{}")
        archive.writestr("trailscope.json", "{}")
    assert "and 1 MB are the most here" in errors(upload(page, packed.getvalue()))[0]
    monkeypatch.setattr(Visitor, "num_bytes", 100e6)
    assert "0 of the 100 MB that a visitor has here are left" in errors(
        upload(page, zip_checkpoint(own.card.path)))[0]


def test_at_home_it_joins_what_was_made_here(open_view, monkeypatch, own, tmp_path):
    monkeypatch.delenv("TRAILSCOPE_HOSTED")
    page = upload(open_view("explore", k="2"), zip_checkpoint(own.card.path))
    assert page.selectbox(key="model").value == "my-own"
    assert (tmp_path / "models" / "my-own" / "model.safetensors").is_file()
    assert not [button for button in page.button if button.key.startswith("remove-")]
    assert "my-own" in open_view("explore", k="2", model="my-own").selectbox(key="model").value


def elsewhere(function, *args, progress):
    """What a process beside this one does, which knows nothing of the visitor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dashboard.shared.visitors.visitor", None)
        return function(*args, progress=progress)


@pytest.mark.parametrize(("view", "box", "query", "button"), [
    ("triage", "generator", {"source": "live", "n": "2", "permutations": "2"}, "generate"),
    ("finetune", "base", {"tuning": "Your run", "data": "my molecules", "own": "CCO\nCCN",
                          "steps": "1", "batch": "2", "test": "16", "method": "LoRA"},
     "start-finetune"),
])
def test_work_in_another_process_is_about_it(open_view, monkeypatch, own, view, box, query, button):
    asked = []

    def work_aside(function, *args, progress):
        asked.append(args[:2])
        return elsewhere(function, *args, progress=progress)

    monkeypatch.setattr("dashboard.views.finetune.data.PERMUTATIONS", 2)
    monkeypatch.setattr("core.stats.molecule_bootstrap.RESAMPLES", 50)
    monkeypatch.setattr(f"dashboard.views.{view}.data.work_aside", work_aside)
    page = upload(open_view(view, **query), zip_checkpoint(own.card.path))
    assert page.selectbox(key=box).value == "my-own"
    page.button(key=button).click().run()
    assert not page.exception, page.exception
    assert not errors(page)
    assert {weights for _, weights in asked} == {own.card.weights_sha256}
    assert all(folder.endswith("/models/my-own") for folder, _ in asked)
