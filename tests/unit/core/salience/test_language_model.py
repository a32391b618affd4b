"""Any causal LM opens from a folder; what is none is refused by name."""

import copy
import shutil

import pytest
import torch
from transformers import BertConfig, BertModel

from core.model.card import CheckpointError
from core.salience import LanguageModel, SalienceError, compute_salience, open_language_model
from core.salience.language_model import sha256_of_weights
from core.salience.matrices import find_matrices


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / f"my-{tiny_model.name}"
    tiny_model.model.save_pretrained(folder)
    return folder


def test_a_saved_folder_opens_as_the_same_model(tiny_model, saved, make_examples):
    opened = open_language_model(saved)
    assert opened.name == saved.name
    assert opened.weights_sha256 == tiny_model.weights_sha256
    assert opened.checkpoint is None
    assert opened.matrices == tiny_model.matrices
    assert (opened.vocab_size, opened.max_tokens) == (23, 32)
    assert not opened.model.training
    examples = make_examples(3)
    found, expected = (compute_salience(model, "snip", examples) for model in (opened, tiny_model))
    for name, scores in expected.scores.items():
        torch.testing.assert_close(found.scores[name], scores)


def test_a_checkpoint_of_ours_keeps_its_card(tiny):
    model = open_language_model(tiny.card.path)
    assert model.checkpoint is not None
    assert (model.name, model.weights_sha256) == ("tiny", tiny.card.weights_sha256)
    assert model.vocab_size == len(tiny.vocabulary)
    assert model.device == torch.device("cpu")
    assert LanguageModel.from_checkpoint(tiny).model is tiny.model


def test_a_digest_tells_weights_apart(tiny_llama, tiny_gpt2):
    assert sha256_of_weights(tiny_llama.model) == tiny_llama.weights_sha256
    assert tiny_llama.weights_sha256 != tiny_gpt2.weights_sha256


def test_matrices_are_those_of_the_blocks(tiny_llama, tiny_gpt2):
    assert [matrix.module for matrix in tiny_llama.matrices[:7]] == [
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
    assert [(m.module, m.shape, m.is_transposed) for m in tiny_gpt2.matrices[4:]] == [
        ("attn.c_attn", (16, 48), True), ("attn.c_proj", (16, 16), True),
        ("mlp.c_fc", (16, 64), True), ("mlp.c_proj", (64, 16), True)]
    for model in (tiny_llama, tiny_gpt2):
        assert [matrix.layer for matrix in model.matrices] == sorted(
            matrix.layer for matrix in model.matrices)
        for matrix in model.matrices:
            assert model.model.get_parameter(matrix.name).shape == matrix.shape


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(SalienceError, match=r"cannot be loaded as a causal LM .*; give a shipped"):
        open_language_model(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "missing", "pickled"])
def test_damaged_or_unsafe_weights_are_refused(tiny_llama, tmp_path, damage):
    folder = tmp_path / "model"
    tiny_llama.model.save_pretrained(folder)
    weights = folder / "model.safetensors"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:100])
    else:
        weights.unlink()
    if damage == "pickled":
        torch.save(tiny_llama.model.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(SalienceError, match="cannot be loaded as a causal LM"):
        open_language_model(folder)


def test_a_model_of_another_kind_is_refused(tmp_path):
    config = BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=8)
    BertModel(config).save_pretrained(tmp_path / "bert")
    shutil.copy(tmp_path / "bert" / "config.json", tmp_path / "config.json")
    with pytest.raises(SalienceError, match="cannot be loaded as a causal LM"):
        open_language_model(tmp_path)


def test_blocks_without_linear_maps_are_refused(tiny_llama):
    model = copy.deepcopy(tiny_llama.model)
    model.model.layers = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
    with pytest.raises(SalienceError, match="2 blocks of this LlamaForCausalLM hold no linear map"):
        find_matrices(model)
    model.model.layers = torch.nn.ModuleList([torch.nn.Identity()])
    with pytest.raises(SalienceError, match="has no list of 2 decoder blocks"):
        find_matrices(model)


def test_a_name_without_an_owner_is_answered_with_how_hub_names_look():
    with pytest.raises(CheckpointError, match=r"There is no model 'gpt2'; .*its owner, such as"):
        open_language_model("gpt2")
