"""AutoGraph's checkpoints come in with their numbers, and nothing that they carry is run."""

import os
import pickle
import zipfile

import pytest
import torch

from core.chemistry.chemistry import AUTOGRAPH_GUACAMOL, AUTOGRAPH_MOSES, QM9
from core.errors import InputError
from core.model.checkpoints import load_checkpoint
from core.model.foreign.kinds import SIZES
from core.model.foreign.lightning import import_lightning_checkpoint
from core.model.generation import SamplingConfig, sample_tokens
from core.sent.strategies import ANCHOR_EXPANSION
from core.sent.vocabulary import PAD
from tests.unit.core.model.foreign.autograph import (
    KINDS,
    TINY,
    cast,
    configuration,
    reference,
    tiny_size,  # noqa: F401
    write,
)

pytestmark = pytest.mark.usefixtures("tiny_size")

LONG = 150
"""Tokens of a test sequence: far apart, kinds of rotation differ more."""


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


def bring_in(source, folder, **options):
    return import_lightning_checkpoint(source, folder, name="foreign", strategy=ANCHOR_EXPANSION,
                                       **options)


def logits_of(model, num_tokens):
    tokens = torch.randint(num_tokens, (2, LONG), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return model(input_ids=tokens).logits


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dataset", "num_tokens", "chemistry", "max_nodes"), [
    ("QM9", 44, QM9, 29), ("MOSES", 45, AUTOGRAPH_MOSES, 27),
    ("Guacamol", 110, AUTOGRAPH_GUACAMOL, 88), ("planar", 70, None, 64), ("sbm", 193, None, 187),
])
def test_every_kind_and_vocabulary_computes_what_the_foreign_model_did(
    kind, dataset, num_tokens, chemistry, max_nodes, tmp_path,
):
    model = reference(kind, num_tokens)
    config = configuration(f"{kind}-tiny", dataset, labeled_graph=chemistry is not None)
    card = bring_in(write(tmp_path / "a.ckpt", model, config), tmp_path / "out")
    assert (card.name, card.preset, card.strategy) == ("foreign", "imported", ANCHOR_EXPANSION)
    assert (card.chemistry, card.vocabulary.max_nodes) == (chemistry, max_nodes)
    assert card.data["name"].lower() == dataset.lower()
    imported = load_checkpoint(tmp_path / "out")
    torch.testing.assert_close(logits_of(imported.model, num_tokens), logits_of(model, num_tokens))


def test_the_kinds_are_different_functions():
    """Otherwise the test above could not tell them apart."""
    llama, llama2, llama3 = (logits_of(reference(kind, 44), 44) for kind in KINDS)
    assert (llama - llama2).abs().max() > 0.1
    assert (llama2 - llama3).abs().max() > 0.1


def test_slow_rotations_of_llama3_are_slowed_down_further(tmp_path):
    """Wavelengths beyond 8,192 tokens are stretched eightfold, those below 2,048 stay."""
    write(tmp_path / "a.ckpt", reference("llama3", 44), configuration("llama3-tiny"))
    bring_in(tmp_path / "a.ckpt", tmp_path / "out")
    found = load_checkpoint(tmp_path / "out").model.model.rotary_emb.inv_freq
    plain = 500_000.0 ** -(torch.arange(0, 16, 2) / 16)
    wavelengths = 2 * torch.pi / plain
    between = (8192 / wavelengths - 1) / (4 - 1)
    expected = torch.where(wavelengths > 8192, plain / 8, torch.where(
        wavelengths < 2048, plain, (1 - between) * plain / 8 + between * plain))
    assert (wavelengths > 8192).any()
    assert (wavelengths < 2048).any()
    torch.testing.assert_close(found, expected)


def test_what_is_sampled_has_the_likelihood_that_the_foreign_model_gives_it(tmp_path):
    """Generation keeps keys and values, whose rotations must be those of a full pass."""
    model = reference("llama3", 45)
    write(tmp_path / "a.ckpt", model, configuration("llama3-tiny", "MOSES"))
    bring_in(tmp_path / "a.ckpt", tmp_path / "out")
    tokens, nll, _ = sample_tokens(
        load_checkpoint(tmp_path / "out"), 6, generator=torch.Generator().manual_seed(0),
        config=SamplingConfig(max_tokens=90))
    assert tokens.shape[1] > 40
    with torch.inference_mode():
        log_p = model(input_ids=tokens[:, :-1]).logits.log_softmax(-1)
    chosen = log_p.gather(2, tokens[:, 1:, None]).squeeze(2)
    expected = -(chosen * (tokens[:, 1:] != PAD)).sum(1)
    torch.testing.assert_close(nll.float(), expected, rtol=1e-4, atol=1e-3)


def test_a_real_size_in_bfloat16(tmp_path):
    """AutoGraph trains in bfloat16; its smallest model has 6 layers of 384 and 12 heads."""
    model = cast(reference("llama2", 45, SIZES["xs"]), torch.bfloat16)
    config = configuration("llama2-xs", "MOSES", labeled_graph=True)
    bring_in(write(tmp_path / "a.ckpt", model, config), tmp_path / "out")
    imported = load_checkpoint(tmp_path / "out")
    assert imported.model.config.num_attention_heads == 12
    tokens = torch.tensor([[0, 6, 33, 41, 7, 33, 4]])
    with torch.inference_mode():
        expected = cast(model, torch.float32)(input_ids=tokens).logits
        torch.testing.assert_close(imported.model(input_ids=tokens).logits, expected)


@pytest.mark.parametrize("prefix", ["", "model.", "_orig_mod.model.model."])
def test_wrappers_around_the_model_do_not_matter(prefix, tmp_path):
    model = reference("llama", 44)
    state = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    state |= {f"{prefix}model.rotary_emb.inv_freq": torch.ones(3),
              "loss.weight": torch.ones(2, dtype=torch.float64)}
    torch.save({"state_dict": state, "callbacks": {Settings: {"best": torch.tensor(0.5)}},
                "rng": torch.get_rng_state()}, tmp_path / "a.ckpt")
    bring_in(tmp_path / "a.ckpt", tmp_path / "out", kind="llama")
    imported = load_checkpoint(tmp_path / "out")
    torch.testing.assert_close(logits_of(imported.model, 44), logits_of(model, 44))


def test_views_and_half_precision_keep_their_numbers(tmp_path):
    """Tensors may share one storage, with offsets and strides of their own."""
    model = reference("llama", 44)
    with torch.no_grad():
        layer = model.model.layers[0].mlp
        layer.down_proj.weight.copy_(layer.up_proj.weight.T)
    state = model.state_dict()
    both = torch.stack([state["model.layers.0.mlp.up_proj.weight"],
                        state["model.layers.0.mlp.gate_proj.weight"]])
    state["model.layers.0.mlp.up_proj.weight"] = both[0]
    state["model.layers.0.mlp.down_proj.weight"] = both[0].T
    state["model.layers.0.mlp.gate_proj.weight"] = both[1]
    state = {f"model.{name}": tensor.bfloat16() if name == "model.norm.weight" else tensor
             for name, tensor in state.items()}
    torch.save({"state_dict": state}, tmp_path / "a.ckpt")
    bring_in(tmp_path / "a.ckpt", tmp_path / "out", kind="llama")
    found = load_checkpoint(tmp_path / "out").model.state_dict()
    expected = model.state_dict()
    expected["model.norm.weight"] = expected["model.norm.weight"].bfloat16().float()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name


def test_objects_in_the_file_are_not_built(tmp_path):
    source = write(tmp_path / "a.ckpt", reference("llama", 44), configuration(),
                   trap=Trap(tmp_path / "sprung"))
    bring_in(source, tmp_path / "out")
    assert not (tmp_path / "sprung").exists()
    torch.load(source, weights_only=False)
    assert (tmp_path / "sprung").exists()  # the trap does work


def test_nor_where_a_value_is_read(tmp_path):
    config = {"model": {"model_name": Trap(tmp_path / "a")}, "datamodule": Trap(tmp_path / "b")}
    source = write(tmp_path / "a.ckpt", reference("llama2", 44), config)
    card = bring_in(source, tmp_path / "out", kind="llama2")
    assert card.data["name"] == "QM9"
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()


def write_plain_pickle(path, trap):
    path.write_bytes(pickle.dumps(trap))


def write_legacy_file(path, trap):
    torch.save({"state_dict": trap}, path, _use_new_zipfile_serialization=False)


def write_zip(path, trap):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": trap}))


@pytest.mark.parametrize("write_trap", [write_plain_pickle, write_legacy_file, write_zip])
def test_no_kind_of_file_is_run(write_trap, tmp_path):
    write_trap(tmp_path / "a.ckpt", Trap(tmp_path / "sprung"))
    with pytest.raises(InputError):
        bring_in(tmp_path / "a.ckpt", tmp_path / "out")
    assert not (tmp_path / "sprung").exists()
    assert not (tmp_path / "out").exists()


def refusal(source, folder, **options):
    """What an import is refused with; nothing is written."""
    with pytest.raises(InputError) as raised:
        bring_in(source, folder, **options)
    assert "\n" not in str(raised.value)
    assert not folder.exists()
    return str(raised.value)


@pytest.mark.parametrize(("name", "message"), [
    ("gpt2-s", "holds a gpt2 model (gpt2-s); only the kinds llama, llama2, llama3 can be"),
    ("gpt_neox-m", "holds a gpt_neox model (gpt_neox-m); only the kinds"),
    ("mamba-xs", "holds a mamba model (mamba-xs); only the kinds"),
    ("rwkv-s", "says that it holds 'rwkv-s'; known are the kinds llama, llama2, llama3 in the "
               "sizes xs, s, m"),
    ("llama3-xl", "says that it holds 'llama3-xl'; known are the kinds"),
    ("llama", "says that it holds 'llama'; known are the kinds"),
    ("llama2-xs", "are 2 × 64, intermediate 96, but the file says xs (6 × 384, intermediate "
                  "1,536)."),
])
def test_a_model_of_another_kind_or_size_is_refused_by_name(name, message, tmp_path):
    source = write(tmp_path / "a.ckpt", reference("llama", 44), configuration(name))
    assert message in refusal(source, tmp_path / "out")


@pytest.mark.parametrize(("weight", "found"), [
    ("transformer.wte.weight", "a gpt2 model"), ("gpt_neox.embed_in.weight", "a gpt_neox model"),
    ("backbone.embeddings.weight", "a mamba model"),
    ("net.weight", "no Llama model (its weights are called model.model.net.weight …)"),
])
def test_a_file_that_says_nothing_is_refused_by_its_weights(weight, found, tmp_path):
    torch.save({"state_dict": {f"model.model.{weight}": torch.ones(2)}}, tmp_path / "a.ckpt")
    assert f"a.ckpt holds {found}; only the kinds" in refusal(tmp_path / "a.ckpt", tmp_path / "out")


def test_the_kind_is_asked_for_where_the_file_does_not_say(tmp_path):
    model = reference("llama3", 44)
    source = write(tmp_path / "a.ckpt", model)
    assert ("does not say which kind of Llama model it holds; give --kind, one of llama, llama2, "
            "llama3.") in refusal(source, tmp_path / "out")
    assert "Unknown kind 'llama4'" in refusal(source, tmp_path / "out", kind="llama4")
    bring_in(source, tmp_path / "out", kind="llama3")
    imported = load_checkpoint(tmp_path / "out")
    torch.testing.assert_close(logits_of(imported.model, 44), logits_of(model, 44))


def test_a_kind_that_the_file_contradicts_is_refused(tmp_path):
    source = write(tmp_path / "a.ckpt", reference("llama2", 44), configuration("llama2-tiny"))
    assert ("says that it holds llama2-tiny; leave out --kind llama."
            in refusal(source, tmp_path / "out", kind="llama"))
    bring_in(source, tmp_path / "out", kind="llama2")


def test_weights_of_no_known_size_are_refused_where_only_they_can_tell(tmp_path, monkeypatch):
    """How many heads they have cannot be seen."""
    monkeypatch.delitem(SIZES, "tiny")
    source = write(tmp_path / "a.ckpt", reference("llama", 44, TINY))
    message = refusal(source, tmp_path / "out", kind="llama")
    assert "are 2 × 64, intermediate 96, but AutoGraph's sizes are xs (6 × 384" in message
    assert "save_pretrained" in message


def test_a_setting_that_changes_the_function_is_not_overlooked(tmp_path):
    source = write(tmp_path / "a.ckpt", reference("llama", 44),
                   configuration(model={"rope_theta": 1e6, "attention_dropout": 0.5}))
    assert "a.ckpt sets rope_theta of its model" in refusal(source, tmp_path / "out")


def spoil(**changes):
    return {"state_dict": reference("llama", 44).state_dict() | changes}


@pytest.mark.parametrize(("content", "message"), [
    ({"weights": 1}, "has no state_dict; give a Lightning .ckpt file."),
    ([1, 2], "has no state_dict; give a Lightning .ckpt file."),
    ({"state_dict": {}}, "holds no weights"),
    (spoil(**{"model.norm.weight": torch.ones(3)}), "are not those of a Llama model"),
    (spoil(**{"model.extra.bias": torch.ones(3)}), "are not those of a Llama model"),
    ({"state_dict": {"model.embed_tokens.weight": torch.ones(44, 128)}},
     "are not those of a Llama model"),
    ({"state_dict": {"model.embed_tokens.weight": torch.ones(44)}},
     "are not those of a Llama model"),
], ids=["no state", "a list", "an empty state", "a wrong shape", "an extra weight",
        "only an embedding", "an embedding of one axis"])
def test_wrong_content_is_refused_in_one_sentence(content, message, tmp_path):
    torch.save(content, tmp_path / "a.ckpt")
    assert message in refusal(tmp_path / "a.ckpt", tmp_path / "out", kind="llama")


def test_wrong_files_are_refused(tmp_path):
    (tmp_path / "text.ckpt").write_text("not a checkpoint")
    with pytest.raises(InputError, match=r"text\.ckpt is not a PyTorch checkpoint"):
        bring_in(tmp_path / "text.ckpt", tmp_path / "out")
    with pytest.raises(InputError, match=r"There is no file .*none\.ckpt; give a Lightning"):
        bring_in(tmp_path / "none.ckpt", tmp_path / "out")
    truncated = write(tmp_path / "a.ckpt", reference("llama", 44)).read_bytes()[:-2000]
    (tmp_path / "half.ckpt").write_bytes(truncated)
    with pytest.raises(InputError, match=r"half\.ckpt is not a PyTorch checkpoint"):
        bring_in(tmp_path / "half.ckpt", tmp_path / "out")
