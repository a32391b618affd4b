"""Folders of `transformers` come in with their numbers."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel

from core.chemistry.chemistry import AUTOGRAPH_MOSES, MOSES
from core.errors import InputError
from core.model.checkpoints import load_checkpoint
from core.model.foreign.pretrained import import_pretrained_folder
from core.sent.strategies import MIN_DEGREE_FIRST
from tests.unit.core.model.foreign.autograph import cast, reference


def bring_in(source, folder, **options):
    return import_pretrained_folder(source, folder, name="foreign", strategy=MIN_DEGREE_FIRST,
                                    **({"dataset": "moses"} | options))


def logits_of(model):
    tokens = torch.randint(45, (2, 60), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return model(input_ids=tokens).logits


@pytest.mark.parametrize(("kind", "settings"), [
    ("llama", {}), ("llama3", {}), ("llama2", {"num_key_value_heads": 2, "attention_bias": True}),
    ("llama", {"tie_word_embeddings": True}), ("llama", {"head_dim": 8, "hidden_act": "gelu"}),
    ("llama", {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}),
])
@pytest.mark.parametrize("shard", ["10GB", "100KB"])
def test_a_folder_computes_what_the_model_did(kind, settings, shard, tmp_path):
    model = reference(kind, 45, **settings)
    model.save_pretrained(tmp_path / "in", max_shard_size=shard)
    assert (tmp_path / "in" / "model.safetensors.index.json").is_file() == (shard == "100KB")
    card = bring_in(tmp_path / "in", tmp_path / "out")
    assert (card.name, card.strategy, card.chemistry) == ("foreign", MIN_DEGREE_FIRST,
                                                          AUTOGRAPH_MOSES)
    assert card.data == {"name": "MOSES", "source": "in"}
    imported = load_checkpoint(tmp_path / "out")
    torch.testing.assert_close(logits_of(imported.model), logits_of(model))
    assert imported.model.config.eos_token_id == 4


def test_an_older_config_says_the_rotation_in_another_place(tmp_path):
    model = reference("llama3", 45)
    cast(model, torch.bfloat16).save_pretrained(tmp_path / "in")
    path = tmp_path / "in" / "config.json"
    row = json.loads(path.read_text())
    rope = row.pop("rope_parameters")
    row |= {"rope_theta": rope.pop("rope_theta"), "rope_scaling": rope, "torch_dtype": "bfloat16"}
    path.write_text(json.dumps(row))
    bring_in(tmp_path / "in", tmp_path / "out")
    imported = load_checkpoint(tmp_path / "out")
    torch.testing.assert_close(logits_of(imported.model), logits_of(cast(model, torch.float32)))


def test_a_chemistry_says_how_molecules_are_written(tmp_path):
    reference("llama", 45).save_pretrained(tmp_path / "in")
    assert bring_in(tmp_path / "in", tmp_path / "out", dataset=None,
                    chemistry="moses").chemistry == MOSES


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    reference("llama", 45).save_pretrained(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def refusal(saved, tmp_path):
    """What a folder is refused with after a change of its config.json or its files."""

    def refuse(files=(), without=(), options=None, **changes):
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        config = json.loads(saved["config.json"]) | changes
        there = saved | {"config.json": json.dumps(config).encode()} | dict(files)
        for name in there.keys() - set(without):
            (folder / name).write_bytes(there[name])
        with pytest.raises(InputError) as raised:
            bring_in(folder, tmp_path / "out", **(options or {}))
        assert "\n" not in str(raised.value)
        assert not (tmp_path / "out").exists()
        return str(raised.value)

    return refuse


def test_what_its_tokens_mean_must_be_said_and_fit(refusal):
    assert "does not say what its 45 tokens mean; give --dataset" in refusal(
        options={"dataset": None})
    assert "has 45 tokens, but guacamol-aromatic has 110;" in refusal(
        options={"dataset": "guacamol"})
    assert "has 45 tokens, but planar has 70;" in refusal(options={"dataset": "planar"})


@pytest.mark.parametrize(("changes", "message"), [
    ({"model_type": "mistral"}, "holds a model of type 'mistral'; only llama can be imported."),
    ({"model_type": None}, "holds a model of type 'None'"),
    ({"quantization_config": {"bits": 4}}, "are quantized; give the model as it was before."),
    ({"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}},
     "rotates by position as dynamic, which depends on a sequence's length"),
    ({"hidden_size": "wide"}, "config.json does not describe a Llama model"),
    ({"hidden_size": 32}, "are not those of a Llama model"),
    ({"num_hidden_layers": 1}, "are not those of a Llama model"),
    ({"num_hidden_layers": 3}, "are not those of a Llama model"),
    ({"hidden_act": "sideways"}, "are not those of a Llama model"),
])
def test_another_model_is_refused_by_name(changes, message, refusal):
    assert message in refusal(**changes)


def test_pickled_and_damaged_weights_are_refused(refusal, tmp_path):
    weights = "model.safetensors"
    pickled = [("pytorch_model.bin", b"never opened")]
    assert ("are pickled (pytorch_model.bin), and opening a pickle can run anything; write them as "
            "model.safetensors") in refusal(files=pickled, without=[weights])
    (tmp_path / "in" / "pytorch_model.bin").unlink()
    assert "in has no model.safetensors; write the model there" in refusal(without=[weights])
    index = "model.safetensors.index.json"
    assert "names no files of weights" in refusal(files=[(index, b"{}")], without=[weights])
    assert "is not JSON" in refusal(files=[(index, b"{")], without=[weights])
    missing = json.dumps({"weight_map": {"lm_head.weight": "../none.safetensors"}}).encode()
    assert "in/none.safetensors cannot be read" in refusal(files=[(index, missing)],
                                                           without=[weights])
    assert "model.safetensors cannot be read" in refusal(files=[(weights, b"nothing")])


def test_folders_of_something_else(tmp_path):
    with pytest.raises(InputError, match=r"in has no config\.json; give a Lightning"):
        bring_in(tmp_path / "in", tmp_path / "out")
    GPT2LMHeadModel(GPT2Config(vocab_size=45, n_embd=8, n_layer=1, n_head=1)
                    ).save_pretrained(tmp_path / "gpt2")
    with pytest.raises(InputError, match="holds a model of type 'gpt2'; only llama"):
        bring_in(tmp_path / "gpt2", tmp_path / "out")
    reference("llama", 45).save_pretrained(tmp_path / "same")
    with pytest.raises(InputError, match="same is the folder to read; give another one to write"):
        bring_in(tmp_path / "same", tmp_path / "same")
    state = load_file(tmp_path / "same" / "model.safetensors")
    save_file({f"base.{name}": tensor for name, tensor in state.items()},
              tmp_path / "same" / "model.safetensors")
    with pytest.raises(InputError, match="are not those of a Llama model"):
        bring_in(tmp_path / "same", tmp_path / "out")
