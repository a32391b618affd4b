"""Models on disk: what is saved comes back, and what does not fit is refused in one sentence."""

import json
import os
import pickle
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.assets import assets_folder
from core.errors import InputError
from core.model.card import (
    CheckpointError,
    ModelCard,
    find_shipped_models,
    read_card,
    resolve_model,
    shipped_models,
)
from core.model.checkpoints import load_checkpoint, save_checkpoint
from core.model.transformer import build_model
from core.records import sha256_of
from core.sent.strategies import ANCHOR_EXPANSION, STRATEGIES, Strategy
from core.sent.vocabulary import QM9_VOCABULARY, Vocabulary


def small_model(seed=0, vocabulary=QM9_VOCABULARY):
    return build_model(vocabulary, "tiny", generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def folder(tiny, tmp_path):
    """A copy of a good checkpoint folder, to be spoilt."""
    return shutil.copytree(tiny.card.path, tmp_path / "model")


def change_card(folder, **changes):
    path = folder / "trailscope.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def change_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def change_weights(folder, change):
    """Rewrite the weights and their hash, as if the folder had been made so."""
    path = folder / "model.safetensors"
    weights = change({name: tensor.clone() for name, tensor in load_file(path).items()})
    save_file(weights, path, metadata={"format": "pt"})
    change_card(folder, weights_sha256=sha256_of(path))


def refusal(folder):
    with pytest.raises(CheckpointError) as raised:
        load_checkpoint(folder)
    message = str(raised.value)
    assert isinstance(raised.value, InputError)
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 400 + 2 * len(str(folder))
    return message.replace(str(folder), "FOLDER")


def test_what_is_saved_comes_back(tmp_path):
    model = small_model()
    card = ModelCard(
        name="mine", vocabulary=QM9_VOCABULARY, strategy=ANCHOR_EXPANSION, preset="tiny",
        data={"name": "QM9", "graphs": 3}, training={"wall_s": 7, "loss": [[1, 0.5]]},
    )
    written = save_checkpoint(tmp_path / "mine", model, card)
    loaded = load_checkpoint(tmp_path / "mine")
    assert loaded.card == written
    assert written == replace(card, path=tmp_path / "mine",
                              weights_sha256=sha256_of(tmp_path / "mine" / "model.safetensors"))
    assert not loaded.model.training
    assert loaded.device == torch.device("cpu")
    for (name, saved), found in zip(model.state_dict().items(),
                                    loaded.model.state_dict().values(), strict=True):
        assert found.dtype == torch.float32
        assert torch.equal(found, saved.half().float()), name
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}  # left alone


def test_weights_are_stored_in_half_precision(folder):
    stored = load_file(folder / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}


def test_saving_and_loading_leave_the_global_stream_alone(tmp_path):
    before = torch.get_rng_state()
    save_checkpoint(tmp_path / "a", small_model(),
                    ModelCard("a", QM9_VOCABULARY, ANCHOR_EXPANSION, "tiny"))
    load_checkpoint(tmp_path / "a")
    assert torch.equal(torch.get_rng_state(), before)


def test_other_vocabularies_and_custom_strategies_come_back(tmp_path):
    vocabulary = Vocabulary(4, ("a", "b"), ("x",))
    strategy = Strategy.from_name("max_degree/random/min_degree")
    save_checkpoint(tmp_path / "a", small_model(vocabulary=vocabulary),
                    ModelCard("a", vocabulary, strategy, "tiny"))
    loaded = load_checkpoint(tmp_path / "a")
    assert loaded.vocabulary == vocabulary
    assert loaded.card.strategy == strategy


def test_changed_weights_are_noticed(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert refusal(folder) == (
        "FOLDER/model.safetensors is not the file that trailscope.json describes (its SHA-256 "
        "differs); get the folder again.")


def test_a_truncated_file_is_refused_even_if_its_hash_fits(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    assert "SHA-256 differs" in refusal(folder)
    change_card(folder, weights_sha256=sha256_of(path))
    assert refusal(folder).startswith("FOLDER cannot be loaded")


def test_a_folder_without_a_card_is_refused(folder):
    (folder / "trailscope.json").unlink()
    assert refusal(folder) == (
        "FOLDER is not a TrailScope checkpoint: it has no trailscope.json. A model of "
        "AutoGraph, LU or transformers is brought in with `trailscope import-checkpoint`.")


def test_missing_weights_are_named(folder):
    (folder / "model.safetensors").unlink()
    assert refusal(folder) == "FOLDER has no model.safetensors; get the folder again."


def test_a_missing_or_broken_config_is_refused(folder):
    (folder / "config.json").write_text("{")
    assert refusal(folder).startswith("FOLDER cannot be loaded")
    (folder / "config.json").unlink()
    assert refusal(folder).startswith("FOLDER cannot be loaded")


def test_another_format_version_is_refused(folder):
    change_card(folder, format_version=2)
    assert refusal(folder) == ("FOLDER/trailscope.json has format version 2; this TrailScope reads "
                               "version 1.")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format_version": 1}', "null", "1"])
def test_a_damaged_card_is_refused(content, folder):
    (folder / "trailscope.json").write_text(content)
    message = refusal(folder)
    assert message.startswith("FOLDER/trailscope.json is damaged (")
    assert message.endswith("); get the folder again.")


@pytest.mark.parametrize("changes", [
    {"strategy": "sideways"}, {"vocabulary": {"max_nodes": 0, "node_names": [], "edge_names": []}},
    {"vocabulary": {"max_nodes": 3}}, {"vocabulary": 7},
])
def test_a_card_that_makes_no_sense_is_refused(changes, folder):
    change_card(folder, **changes)
    assert "is damaged" in refusal(folder)


def test_a_vocabulary_that_does_not_fit_the_config_is_refused(folder):
    change_card(folder, vocabulary=Vocabulary(64).to_json())
    assert refusal(folder) == ("FOLDER says 70 tokens in trailscope.json, but 44 in config.json; "
                               "get the folder again.")


@pytest.mark.parametrize("changes", [
    {"hidden_size": 64}, {"num_hidden_layers": 3}, {"num_hidden_layers": 1},
    {"intermediate_size": 32}, {"num_attention_heads": 7},
])
def test_a_config_that_does_not_fit_the_weights_is_refused(changes, folder):
    change_config(folder, **changes)
    assert refusal(folder).startswith("FOLDER cannot be loaded")


def test_missing_and_extra_weights_are_refused(folder):
    change_weights(folder, lambda weights: {**weights, "model.more.weight": torch.ones(2)})
    assert refusal(folder).startswith("FOLDER cannot be loaded")
    del_norm = "model.norm.weight"
    change_weights(folder, lambda weights: {name: tensor for name, tensor in weights.items()
                                            if name not in (del_norm, "model.more.weight")})
    assert refusal(folder).startswith("FOLDER cannot be loaded")


class Trap:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_of_weights_is_not_read(folder, tmp_path):
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    load_checkpoint(folder)
    (folder / "model.safetensors").unlink()
    assert "has no model.safetensors" in refusal(folder)
    assert not (tmp_path / "sprung").exists()


@pytest.fixture
def assets(tiny, tmp_path, monkeypatch):
    """An assets folder with a model per strategy, made in another order than theirs."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    for name in sorted(STRATEGIES):
        folder = shutil.copytree(tiny.card.path, tmp_path / "checkpoints" / f"qm9-{name}")
        change_card(folder, name=f"qm9-{name}", strategy=name)
    return tmp_path


def test_shipped_models_come_in_the_strategies_order(assets):
    assert assets_folder() == assets
    assert [card.name for card in shipped_models()] == [f"qm9-{name}" for name in STRATEGIES]
    change_card(assets / "checkpoints" / "qm9-random_order", strategy="random/random/max_degree")
    assert shipped_models()[-1].name == "qm9-random_order"  # custom strategies behind


def test_planar_models_come_behind_those_of_molecules(assets, tiny_planar):
    shutil.copytree(tiny_planar.card.path, assets / "checkpoints" / "a-planar-model")
    assert [card.name for card in shipped_models()] == [
        *(f"qm9-{name}" for name in STRATEGIES), "tiny-planar"]


def test_a_damaged_folder_does_not_hide_the_others(assets):
    change_card(assets / "checkpoints" / "qm9-random_order", data=7)
    change_card(assets / "checkpoints" / "qm9-anchor_expansion", format_version=99)
    found = find_shipped_models()
    assert [card.name for card in found.cards] == ["qm9-max_degree_first", "qm9-min_degree_first"]
    version, broken = found.faults
    assert "qm9-anchor_expansion" in version
    assert "has format version 99" in version
    assert "qm9-random_order" in broken
    assert "get the folder again" in broken
    with pytest.raises(CheckpointError, match="has format version 99"):
        shipped_models()
    with pytest.raises(CheckpointError, match="one of: qm9-max_degree_first, qm9-min_degree_first"):
        load_checkpoint("qm9-random")


def test_a_model_is_found_by_name_or_by_folder(assets, tiny):
    expected = assets / "checkpoints" / "qm9-anchor_expansion"
    assert resolve_model("qm9-anchor_expansion") == expected
    assert resolve_model(expected) == expected
    assert resolve_model(str(tiny.card.path)) == tiny.card.path
    assert read_card(resolve_model("qm9-anchor_expansion")).strategy == ANCHOR_EXPANSION


@pytest.mark.parametrize("name", ["qm9", "../checkpoints/qm9-random_order", "no/such/folder"])
def test_an_unknown_model_lists_the_known_ones(name, assets):
    with pytest.raises(CheckpointError) as raised:
        load_checkpoint(name)
    assert str(raised.value) == (
        f"There is no model {name!r}; give a checkpoint folder or one of: qm9-random_order, "
        "qm9-max_degree_first, qm9-min_degree_first, qm9-anchor_expansion.")


def test_no_shipped_models_is_said_so(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    assert shipped_models() == []
    with pytest.raises(CheckpointError, match="or one of: none"):
        resolve_model("qm9-random_order")
