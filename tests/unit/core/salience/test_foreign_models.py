"""What would open as another model than the one given, or gives no likelihood, is refused."""

import copy
import json

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertLMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    OPTConfig,
    OPTForCausalLM,
)

from core.salience import (
    LanguageModel,
    SalienceError,
    compute_salience,
    open_language_model,
    select,
)
from core.salience.language_model import check_causal
from core.salience.masks import SCOPES, rank_scores
from core.salience.matrices import decoder_blocks, find_matrices


@pytest.fixture
def folder(tiny_llama, tmp_path):
    """A Llama as `save_pretrained` wrote it."""
    tiny_llama.model.save_pretrained(tmp_path / "llama")
    return tmp_path / "llama"


def rewrite(folder, change):
    """The folder's weights, changed in place by a function."""
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(("change", "said"), [
    (lambda weights: weights.pop("model.layers.1.mlp.up_proj.weight"),
     r"weights of .* lack model\.layers\.1\.mlp\.up_proj\.weight, so"),
    (lambda weights: [weights.pop(f"model.layers.{layer}.mlp.up_proj.weight") for layer in (0, 1)],
     r"lack model\.layers\.0\.mlp\.up_proj\.weight and 1 more, so"),
    (lambda weights: weights.update({"lm_head.weight": torch.zeros(5, 16)}),
     r"have another shape of lm_head\.weight, so"),
    (lambda weights: weights.update({"model.layers.2.mlp.up_proj.weight": torch.zeros(24, 16)}),
     r"have more than config\.json says: model\.layers\.2\.mlp\.up_proj\.weight, so"),
])
def test_weights_of_another_model_are_refused(folder, change, said):
    rewrite(folder, change)
    with pytest.raises(SalienceError, match=said):
        open_language_model(folder)


def test_fewer_layers_in_the_config_are_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 1}))
    with pytest.raises(SalienceError, match=r"have more than config\.json says"):
        open_language_model(folder)


def test_an_adapter_is_refused(tiny_llama, folder, tmp_path):
    """`transformers` would load what its config names as the base, and the adapter into it."""
    adapter = get_peft_model(
        type(tiny_llama.model).from_pretrained(folder), LoraConfig(target_modules=["q_proj"]))
    adapter.save_pretrained(tmp_path / "adapter")
    with pytest.raises(SalienceError, match="holds an adapter, which would open as the model"):
        open_language_model(tmp_path / "adapter")


@pytest.mark.filterwarnings("ignore")
def test_a_model_that_looks_ahead_is_refused(tmp_path):
    """BERT opens as a causal LM unless its config says that it is none."""
    config = BertConfig(vocab_size=19, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=8, max_position_embeddings=16, initializer_range=0.5)
    BertLMHeadModel(config).save_pretrained(tmp_path / "bert")
    with pytest.raises(SalienceError, match="is not causal: its predictions depend on tokens"):
        open_language_model(tmp_path / "bert")
    config.is_decoder = True
    BertLMHeadModel(config).save_pretrained(tmp_path / "decoder")
    opened = open_language_model(tmp_path / "decoder")
    assert opened.matrices[0].name == "bert.encoder.layer.0.attention.self.query.weight"


def test_infinite_logits_are_refused(folder):
    rewrite(folder, lambda weights: weights["lm_head.weight"].fill_(float("inf")))
    with pytest.raises(SalienceError, match="gives logits that are not finite"):
        open_language_model(folder)


def test_models_of_three_families_are_causal(tiny_model):
    check_causal(tiny_model.name, tiny_model.model)


def test_blocks_are_those_of_the_decoder(tiny_llama):
    """A tower of as many layers before it is not taken for them."""
    model = copy.deepcopy(tiny_llama.model)
    tower = torch.nn.Module()
    tower.layers = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(2)])
    model._modules = {"tower": tower, **model._modules}
    assert decoder_blocks(model)[0] == "model.layers"
    model.model.others = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(2)])
    with pytest.raises(SalienceError, match="more than one list of 2 decoder blocks"):
        decoder_blocks(model)
    model.model.others = torch.nn.ModuleList([torch.nn.LayerNorm(2) for _ in range(2)])
    assert decoder_blocks(model)[0] == "model.layers"


def test_blocks_of_a_decoder_inside_a_decoder_are_found():
    model = OPTForCausalLM(OPTConfig(
        vocab_size=9, hidden_size=8, ffn_dim=8, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=8, word_embed_proj_dim=8))
    assert decoder_blocks(model)[0] == "model.decoder.layers"


def test_fused_experts_are_refused():
    model = MixtralForCausalLM(MixtralConfig(
        vocab_size=9, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, num_local_experts=2))
    with pytest.raises(SalienceError, match=r"experts fused into one tensor, which salience would"):
        find_matrices(model)


def test_equal_scores_choose_nothing():
    """Behind a LayerNorm, an embedding of ones is all zeros: nothing flows."""
    model = LanguageModel(GPTNeoXForCausalLM(GPTNeoXConfig(
        vocab_size=9, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=8)).eval(), "neox", "")
    salience = compute_salience(model, "synflow")
    assert all(not scores.any() for scores in salience.scores.values())
    for scope in SCOPES:
        for choose in (lambda scope: select(salience, density=0.5, scope=scope),
                       lambda scope: rank_scores(salience, scope)):
            with pytest.raises(SalienceError, match="All scores by synflow are equal"):
                choose(scope)
