"""Models that are made here: kept whole, bounded in number, found by name."""

import io
import json
import zipfile
from dataclasses import replace

import pytest

from core.assets import models_folder
from core.errors import InputError
from core.model.card import CheckpointError, read_card, resolve_model
from core.model.checkpoints import load_checkpoint, save_checkpoint
from core.model.given_model import model_digest
from core.model.local_models import (
    add_model,
    find_local_models,
    keep_model,
    remove_model,
    zip_checkpoint,
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, assets):
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))


@pytest.fixture
def made(tiny, tmp_path):
    """A function that makes a checkpoint folder of a name."""

    def make(name):
        return save_checkpoint(tmp_path / "made" / name, tiny.model,
                               replace(tiny.card, name=name)).path

    return make


def names():
    return [card.name for card in find_local_models().cards]


def test_a_kept_model_is_found_and_loaded_by_its_name(made, tiny):
    card = keep_model(made("mine"))
    assert names() == ["mine"]
    assert resolve_model("mine") == card.path == models_folder() / "mine"
    assert load_checkpoint("mine").card.weights_sha256 == card.weights_sha256
    assert not list(models_folder().glob(".*"))


def test_only_the_last_ones_stay_and_strangers_are_left_alone(made):
    by_hand = models_folder() / "by-hand"
    zip_ = zipfile.ZipFile(io.BytesIO(zip_checkpoint(made("by-hand"))))
    zip_.extractall(models_folder())
    assert load_checkpoint("by-hand")
    for number in range(4):
        keep_model(made(f"model-{number}"), limit=2)
    assert names() == ["by-hand", "model-2", "model-3"]
    keep_model(made("model-2"), limit=2)  # again: now the newest
    keep_model(made("model-4"), limit=2)
    assert names() == ["by-hand", "model-2", "model-4"]
    assert by_hand.is_dir()


def test_names_that_cannot_be_kept(made, tmp_path):
    with pytest.raises(CheckpointError, match="name of a shipped model"):
        keep_model(made("qm9-random_order"))
    with pytest.raises(CheckpointError, match="folder's name"):
        keep_model(made("a/b"))
    with pytest.raises(CheckpointError, match="not a TrailScope checkpoint"):
        keep_model(tmp_path)
    assert names() == []


def test_a_damaged_model_hides_no_other(made):
    keep_model(made("good"))
    keep_model(made("bad"))
    (models_folder() / "bad" / "trailscope.json").write_text("{")
    found = find_local_models()
    assert [card.name for card in found.cards] == ["good"]
    [fault] = found.faults
    assert "bad" in fault


def test_a_folder_of_a_shipped_name_means_the_shipped_model(made):
    keep_model(made("mine"))
    (models_folder() / "mine").rename(models_folder() / "qm9-random_order")
    assert names() == []
    assert "rename" in find_local_models().faults[0]
    assert resolve_model("qm9-random_order").parent != models_folder()


def test_a_place_that_cannot_be_written_is_said(made, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path / "file"))
    with pytest.raises(InputError, match="TRAILSCOPE_MODELS"):
        keep_model(made("mine"))


def test_an_added_model_stays_and_keeps_its_name(made):
    add_model(made("mine"))
    added = add_model(made("mine"), name="other")
    assert read_card(added.path).name == "other"
    assert model_digest(added.path) == model_digest(models_folder() / "mine")
    keep_model(made("kept"), limit=0)
    assert names() == ["mine", "other"]
    with pytest.raises(CheckpointError, match="already"):
        add_model(made("other"))
    remove_model("mine")
    assert names() == ["other"]
    with pytest.raises(CheckpointError, match="holds: other"):
        remove_model("mine")


def test_another_config_is_another_model(made):
    one, other = add_model(made("one")), add_model(made("one"), name="other")
    config = json.loads((other.path / "config.json").read_text())
    config["rms_norm_eps"] = 0.1
    (other.path / "config.json").write_text(json.dumps(config))
    assert model_digest(one.path) != model_digest(other.path)


def test_a_link_is_removed_and_not_what_it_leads_to(made):
    there = made("mine")
    models_folder().mkdir()
    (models_folder() / "mine").symlink_to(there)
    remove_model("mine")
    assert names() == []
    assert load_checkpoint(there)
