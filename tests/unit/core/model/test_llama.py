"""Our own forward pass says what the one of `transformers` says, on every shipped model."""

import subprocess
import sys

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from core.model.card import shipped_models
from core.model.checkpoints import load_checkpoint
from core.model.llama import KeyValueCache, Llama, LlamaSettings

SMALL = {"vocab_size": 23, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 3,
         "num_attention_heads": 4, "max_position_embeddings": 64}
KINDS = {
    "plain": {},
    "grouped": {"num_key_value_heads": 2},
    "wide heads": {"head_dim": 16, "rms_norm_eps": 1e-2},
    "with biases": {"attention_bias": True, "mlp_bias": True},
    "other activation": {"hidden_act": "gelu"},
    "other base": {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0}},
    "linear": {"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 4.0}},
    "llama3": {"rope_parameters": {
        "rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0,
        "high_freq_factor": 4.0, "original_max_position_embeddings": 32}},
    "yarn": {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0,
                                 "original_max_position_embeddings": 16}},
}


@pytest.fixture(params=KINDS)
def pair(request):
    """A model of `transformers` and ours with the same weights."""
    torch.manual_seed(0)
    theirs = LlamaForCausalLM(LlamaConfig(**SMALL | KINDS[request.param])).eval()
    for one in theirs.parameters():  # biases and norms start out as no others
        torch.nn.init.normal_(one, std=0.2)
    settings = LlamaSettings.from_json(theirs.config.to_dict())
    return theirs, Llama.of(settings, theirs.state_dict())


def random_tokens(vocab_size, *shape):
    return torch.randint(vocab_size, shape, generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def test_it_says_the_same(pair):
    theirs, ours = pair
    tokens = random_tokens(SMALL["vocab_size"], 3, 40)
    torch.testing.assert_close(ours(tokens), theirs(input_ids=tokens).logits, rtol=1e-5, atol=1e-5)


@torch.inference_mode()
def test_it_says_the_same_of_tokens_that_come_one_by_one(pair):
    _, ours = pair
    tokens = random_tokens(SMALL["vocab_size"], 4, 40)  # more than a cache has room for at first
    whole, rows = ours(tokens), torch.tensor([3, 1])
    cache = [KeyValueCache() for _ in range(SMALL["num_hidden_layers"])]
    for place in range(30):
        said = ours(tokens[:, place:place + 1], cache)[:, 0]
        torch.testing.assert_close(said, whole[:, place], rtol=1e-5, atol=1e-5)
    for layer in cache:
        layer.select(rows)
    for place in range(30, 40):
        said = ours(tokens[rows, place:place + 1], cache)[:, 0]
        torch.testing.assert_close(said, whole[rows, place], rtol=1e-5, atol=1e-5)


@torch.inference_mode()
def test_positions_behind_the_kept_ones_are_turned_alike():
    config = LlamaConfig(**SMALL | {"max_position_embeddings": 4_096})
    torch.manual_seed(0)
    theirs = LlamaForCausalLM(config).eval()
    ours = Llama.of(LlamaSettings.from_json(config.to_dict()), theirs.state_dict())
    tokens = random_tokens(SMALL["vocab_size"], 1, 1_030)
    torch.testing.assert_close(ours(tokens), theirs(input_ids=tokens).logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [card.name for card in shipped_models()])
@torch.inference_mode()
def test_every_shipped_model_says_the_same(name):
    checkpoint = load_checkpoint(name)
    tokens = random_tokens(len(checkpoint.vocabulary), 2, 90)
    theirs = checkpoint.model(input_ids=tokens).logits.log_softmax(-1)
    torch.testing.assert_close(checkpoint.network(tokens).log_softmax(-1), theirs,
                               rtol=1e-5, atol=1e-5)


@torch.inference_mode()
def test_bf16_is_as_close_to_the_truth_as_autocast(pair):
    theirs, ours = pair
    tokens = random_tokens(SMALL["vocab_size"], 8, 40)
    with torch.autocast("cpu", torch.bfloat16):
        cast = theirs(input_ids=tokens).logits.float()
    truth = ours(tokens)
    error = (ours.in_bf16()(tokens) - truth).abs().mean()
    assert 0 < error < 1.2 * (cast - truth).abs().mean()


@torch.inference_mode()
def test_bf16_follows_weights_that_change(pair):
    _, ours = pair
    tokens = random_tokens(SMALL["vocab_size"], 2, 10)
    before, low = ours.in_bf16()(tokens), ours.in_bf16()
    assert ours.in_bf16() is low
    with torch.no_grad():
        ours.lm_head.weight.mul_(2.0)
    torch.testing.assert_close(ours.in_bf16()(tokens), 2 * before)


def test_weights_are_shared_and_checked(pair):
    theirs, ours = pair
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert mine.data_ptr() == other.data_ptr()
        assert not mine.requires_grad
    with pytest.raises(RuntimeError, match="lm_head"):
        Llama.of(ours.settings, {name: one for name, one in theirs.state_dict().items()
                                 if "lm_head" not in name})


def test_settings_that_make_no_llama_are_refused():
    row = LlamaConfig(**SMALL).to_dict()
    with pytest.raises(ValueError, match="unknown activation 'tanh'"):
        LlamaSettings.from_json(row | {"hidden_act": "tanh"})
    with pytest.raises(KeyError):
        LlamaSettings.from_json({})


def test_scoring_and_sampling_do_not_import_what_takes_seconds(tiny):
    script = ("import sys, torch; from core.likelihood.analysis import analyse; "
              "from core.model.checkpoints import load_checkpoint; "
              "from core.model.generation import generate; "
              "from core.chemistry.molecules import from_smiles; "
              f"checkpoint = load_checkpoint({str(tiny.card.path)!r}); "
              "analyse(checkpoint, [from_smiles('CCO').graph], checkpoint.card.strategy, "
              "permutations=4, seed=0); "
              "list(generate(checkpoint, 2, generator=torch.Generator().manual_seed(0))); "
              "print([name for name in ('transformers', 'torch._dynamo', 'peft') "
              "if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                          check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
