"""Files of a run: adapters go back onto the same weights and no others, checkpoints open."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from core.finetune.export import MASK_FILE, merged_checkpoint, write_adapter, write_model
from core.finetune.run import FinetuneRun
from core.finetune.sparse_adapter import SparseAdapter
from core.finetune.streams import SequenceStream
from core.model.checkpoints import load_checkpoint
from core.salience.language_model import LanguageModel, open_language_model
from core.salience.masks import Mask
from core.salience.matrices import SalienceError
from tests.unit.core.finetune.finetuning import (
    METHODS,
    are_equal,
    config_of,
    start,
    stream_of,
    weights,
)


def finished(checkpoint, folder, name):
    run = start(checkpoint, folder, **METHODS[name])
    for _ in run.steps():
        pass
    return run


@pytest.mark.parametrize("name", ["static", "dynamic"])
def test_a_sparse_adapter_gives_the_trained_model_to_the_bit(tiny, tmp_path, name):
    run = finished(tiny, tmp_path / "run", name)
    adapter = SparseAdapter.load(write_adapter(run, tmp_path / "out"))
    target = replace(LanguageModel.from_checkpoint(tiny), model=deepcopy(tiny.model))
    adapter.apply(target)
    assert are_equal(weights(target.model), weights(run.tuning.model))
    assert adapter.nnz >= 97
    assert adapter.settings["criterion"] == "gradient"
    assert adapter.settings["stream"]["strategy"] == "random_order"
    assert Mask.load(tmp_path / "out" / MASK_FILE).nnz == 97


@pytest.mark.parametrize("name", ["lora", "pissa"])
def test_a_low_rank_adapter_opens_with_peft_on_the_first_weights(tiny, tmp_path, name):
    run = finished(tiny, tmp_path / "run", name)
    folder = write_adapter(run, tmp_path / "out")
    opened = PeftModel.from_pretrained(deepcopy(tiny.model), folder).eval()
    tokens = stream_of().batch(9, 4).tokens
    with torch.no_grad():
        found = opened(input_ids=tokens).logits
        first = tiny.model(input_ids=tokens).logits
        expected = run.tuning.merged()(input_ids=tokens).logits
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert (first - expected).abs().max() > 0.01


def test_all_weights_have_no_adapter(tiny, tmp_path):
    run = finished(tiny, tmp_path / "run", "full")
    with pytest.raises(SalienceError, match="has no adapter; keep its merged checkpoint"):
        write_adapter(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", METHODS)
def test_a_merged_checkpoint_opens_as_any_other(tiny, tmp_path, name):
    run = finished(tiny, tmp_path / "run", name)
    in_memory = merged_checkpoint(run, name="mine")
    loaded = load_checkpoint(write_model(run, tmp_path / "mine", name="mine"))
    assert loaded.card.name == "mine"
    assert loaded.card.strategy == tiny.card.strategy
    record = loaded.card.training["fine_tuning"]
    assert record["from"] == {"model": "tiny", "weights_sha256": tiny.card.weights_sha256}
    assert record["parameters"] == run.num_parameters
    assert record["stream"]["strategy"] == "random_order"
    # What was measured in memory is what the folder holds, rounding to fp16 included.
    assert are_equal(weights(loaded.model), weights(in_memory.model))


def test_an_adapter_fits_its_own_weights_only(tiny, make_checkpoint, tmp_path):
    run = finished(tiny, tmp_path / "run", "static")
    adapter = SparseAdapter.load(write_adapter(run, tmp_path / "out"))
    other = LanguageModel.from_checkpoint(make_checkpoint("other", seed=3))
    before = weights(other.model)
    with pytest.raises(SalienceError, match="weights of tiny, which are not those of other"):
        adapter.apply(other)
    assert are_equal(weights(other.model), before)


def test_a_foreign_model_is_written_as_transformers_does(tiny_gpt2, make_examples, tmp_path):
    run = FinetuneRun(tiny_gpt2, SequenceStream(make_examples(), seed=0),
                      config_of(**METHODS["static"]), run_folder=tmp_path / "run")
    for _ in run.steps():
        pass
    folder = write_model(run, tmp_path / "mine", name="mine")
    loaded = AutoModelForCausalLM.from_pretrained(folder)
    assert are_equal(weights(loaded), weights(run.tuning.merged()))
    assert open_language_model(folder).matrices == tiny_gpt2.matrices
    with pytest.raises(SalienceError, match="is no TrailScope checkpoint"):
        merged_checkpoint(run, name="mine")


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_what_is_no_adapter_is_told(tiny, tmp_path, content):
    path = tmp_path / "adapter.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SalienceError, match=r"adapter\.safetensors cannot be read"):
        SparseAdapter.load(path)


def test_a_mask_is_not_taken_for_an_adapter(tiny, tmp_path):
    run = start(tiny, tmp_path / "run", **METHODS["static"])
    run.mask.save(tmp_path / "mask.safetensors")
    with pytest.raises(SalienceError, match="is not a file of `trailscope finetune`"):
        SparseAdapter.load(tmp_path / "mask.safetensors")
