"""Foreign checkpoints come in with their numbers, and nothing that they carry is run."""

import os
import pickle
import zipfile
from collections import OrderedDict

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from core.errors import InputError
from core.model.checkpoints import load_checkpoint
from core.model.lightning import import_lightning_checkpoint
from core.sent.strategies import ANCHOR_EXPANSION
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY


class Trap:
    """Creates a file when unpickled by an ordinary reader."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


class Settings(dict):
    """A configuration object of a package that is not installed where the file is read."""

    def __init__(self, **values):
        super().__init__(values)
        self.lists = [values]


def foreign_model(num_tokens=44, hidden=128, heads=2):
    config = LlamaConfig(
        vocab_size=num_tokens, hidden_size=hidden, num_hidden_layers=2, intermediate_size=64,
        num_attention_heads=heads, rms_norm_eps=1e-6, tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    return LlamaForCausalLM(config).eval()


def save_lightning(path, model, *, prefix="model.", **extra):
    state = OrderedDict((prefix + name, tensor) for name, tensor in model.state_dict().items())
    state[prefix + "model.rotary_emb.inv_freq"] = torch.ones(3)
    state["loss.weight"] = torch.ones(2, dtype=torch.float64)
    torch.save({
        "epoch": 3, "state_dict": state, "hyper_parameters": Settings(strategy="random"),
        "callbacks": {Settings: {"best": torch.tensor(0.5)}}, "rng": torch.get_rng_state(), **extra,
    }, path)
    return path


def bring_in(source, folder, **options):
    return import_lightning_checkpoint(source, folder, name="foreign", strategy=ANCHOR_EXPANSION,
                                       **options)


@pytest.mark.parametrize("prefix", ["", "model.", "module.model."])
def test_the_imported_model_computes_what_the_foreign_one_did(prefix, tmp_path):
    model = foreign_model()
    card = bring_in(save_lightning(tmp_path / "a.ckpt", model, prefix=prefix), tmp_path / "out")
    assert (card.name, card.preset, card.vocabulary) == ("foreign", "imported", QM9_VOCABULARY)
    imported = load_checkpoint(tmp_path / "out")
    assert imported.card.strategy == ANCHOR_EXPANSION
    tokens = torch.tensor([[0, 6, 36, 40, 7, 35, 4]])
    expected = model.half().float()(input_ids=tokens).logits
    torch.testing.assert_close(imported.model(input_ids=tokens).logits, expected)


@pytest.mark.parametrize(("num_tokens", "hidden", "heads", "vocabulary"), [
    (70, 384, 12, PLANAR_VOCABULARY), (44, 768, 12, QM9_VOCABULARY), (44, 128, 2, QM9_VOCABULARY),
])
def test_heads_and_vocabulary_follow_from_the_sizes(num_tokens, hidden, heads, vocabulary,
                                                    tmp_path):
    source = save_lightning(tmp_path / "a.ckpt", foreign_model(num_tokens, hidden, heads))
    bring_in(source, tmp_path / "out", rms_norm_eps=1e-5)
    imported = load_checkpoint(tmp_path / "out")
    assert imported.vocabulary == vocabulary
    assert imported.model.config.num_attention_heads == heads
    assert imported.model.config.rms_norm_eps == 1e-5


def test_views_and_half_precision_keep_their_numbers(tmp_path):
    """Tensors may share one storage, with offsets and strides of their own."""
    model = foreign_model()
    with torch.no_grad():
        layer = model.model.layers[0].mlp
        layer.down_proj.weight.copy_(layer.up_proj.weight.T)
    state = model.state_dict()
    both = torch.stack([state["model.layers.0.mlp.up_proj.weight"],
                        state["model.layers.0.mlp.gate_proj.weight"]])
    state["model.layers.0.mlp.up_proj.weight"] = both[0]
    state["model.layers.0.mlp.down_proj.weight"] = both[0].T
    state["model.layers.0.mlp.gate_proj.weight"] = both[1]
    state = {f"model.{name}": tensor.bfloat16() if "norm" in name else tensor
             for name, tensor in state.items()}
    torch.save({"state_dict": state}, tmp_path / "a.ckpt")
    bring_in(tmp_path / "a.ckpt", tmp_path / "out")
    found = load_checkpoint(tmp_path / "out").model.state_dict()
    for name, tensor in model.half().float().state_dict().items():
        assert torch.equal(found[name], tensor), name


def test_objects_in_the_file_are_not_built(tmp_path):
    source = save_lightning(tmp_path / "a.ckpt", foreign_model(), trap=Trap(tmp_path / "sprung"))
    bring_in(source, tmp_path / "out")
    assert not (tmp_path / "sprung").exists()
    torch.load(source, weights_only=False)
    assert (tmp_path / "sprung").exists()  # the trap does work


def write_plain_pickle(path, trap):
    path.write_bytes(pickle.dumps(trap))


def write_legacy_file(path, trap):
    torch.save({"state_dict": trap}, path, _use_new_zipfile_serialization=False)


def write_zip(path, trap):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": trap}))


@pytest.mark.parametrize("write", [write_plain_pickle, write_legacy_file, write_zip])
def test_no_kind_of_file_is_run(write, tmp_path):
    write(tmp_path / "a.ckpt", Trap(tmp_path / "sprung"))
    with pytest.raises(InputError):
        bring_in(tmp_path / "a.ckpt", tmp_path / "out")
    assert not (tmp_path / "sprung").exists()
    assert not (tmp_path / "out").exists()


def spoil(state, **changes):
    return {"state_dict": {f"model.{name}": tensor for name, tensor in (state | changes).items()}}


@pytest.mark.parametrize(("content", "message"), [
    ({"weights": 1}, "has no state_dict; give a Lightning .ckpt file."),
    ([1, 2], "has no state_dict; give a Lightning .ckpt file."),
    ({"state_dict": {"net.weight": torch.ones(2)}}, "holds no Llama model"),
    (spoil(foreign_model(45).state_dict()), "The checkpoint has 45 tokens; known are 44 (QM9) and "
                                            "70 (planar graphs)."),
    (spoil(foreign_model().state_dict(), **{"model.norm.weight": torch.ones(3)}),
     "are not those of a Llama model"),
    (spoil(foreign_model().state_dict(), **{"model.extra.bias": torch.ones(3)}),
     "are not those of a Llama model"),
    ({"state_dict": {"model.embed_tokens.weight": torch.ones(44, 128)}},
     "are not those of a Llama model"),
    ({"state_dict": {"model.embed_tokens.weight": torch.ones(44)}},
     "are not those of a Llama model"),
], ids=["no state", "a list", "no llama", "45 tokens", "a wrong shape", "an extra weight",
        "only an embedding", "an embedding of one axis"])
def test_wrong_content_is_refused_in_one_sentence(content, message, tmp_path):
    torch.save(content, tmp_path / "a.ckpt")
    with pytest.raises(InputError) as raised:
        bring_in(tmp_path / "a.ckpt", tmp_path / "out")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_wrong_files_are_refused(tmp_path):
    (tmp_path / "text.ckpt").write_text("not a checkpoint")
    with pytest.raises(InputError, match=r"text\.ckpt is not a PyTorch checkpoint"):
        bring_in(tmp_path / "text.ckpt", tmp_path / "out")
    with pytest.raises(InputError, match=r"There is no file .*none\.ckpt; give a Lightning"):
        bring_in(tmp_path / "none.ckpt", tmp_path / "out")
    truncated = save_lightning(tmp_path / "a.ckpt", foreign_model()).read_bytes()[:-2000]
    (tmp_path / "half.ckpt").write_bytes(truncated)
    with pytest.raises(InputError, match=r"half\.ckpt is not a PyTorch checkpoint"):
        bring_in(tmp_path / "half.ckpt", tmp_path / "out")
