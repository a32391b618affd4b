"""Checkpoint files as AutoGraph's code writes them, with random weights, and what they compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from core.model.foreign.kinds import SIZES
from core.model.transformer import Preset

TINY = Preset(layers=2, hidden=64, heads=4, intermediate=96)
"""A size of the tests' own, added to AutoGraph's."""

KINDS: dict[str, dict[str, Any]] = {
    "llama": {},
    "llama2": {"rms_norm_eps": 1e-5, "max_position_embeddings": 4096},
    "llama3": {
        "max_position_embeddings": 131072, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
        "rope_scaling": {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
                         "original_max_position_embeddings": 8192, "rope_type": "llama3"},
    },
}
"""What each kind gives to `LlamaConfig`, which has an epsilon of 1e-6 by itself."""


class Wrapper(nn.Module):
    """Calls what it wraps `model`, as both of AutoGraph's classes do."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model


@pytest.fixture
def tiny_size(monkeypatch):
    monkeypatch.setitem(SIZES, "tiny", TINY)


def reference(kind: str, num_tokens: int, size: Preset = TINY, **settings: Any) -> LlamaForCausalLM:
    """A model of a kind by an explicit configuration; weights as after storage in fp16."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=num_tokens, hidden_size=size.hidden, num_hidden_layers=size.layers,
        num_attention_heads=size.heads, intermediate_size=size.intermediate,
        attn_implementation="eager", **(KINDS[kind] | settings))
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Small embeddings make the epsilon felt, large weights the positions.
            scale = 0.01 if "embed" in name else 0.1
            noise = scale * torch.randn_like(parameter)
            parameter.copy_((noise + (parameter.ndim == 1)).half().float())
    return model


def cast(model: LlamaForCausalLM, dtype: torch.dtype) -> LlamaForCausalLM:
    """Give the weights another precision; positions keep theirs."""
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)
    return model


def configuration(model_name: str = "llama-tiny", dataset_names: Any = "QM9", *,
                  model: dict[str, Any] | None = None, **datamodule: Any) -> Any:
    """AutoGraph's configuration object."""
    return OmegaConf.create({
        "seed": 0,
        "datamodule": {
            "_target_": "autograph.datamodules.GraphDataset", "root": "./datasets",
            "dataset_names": dataset_names, "batch_size": 128, **datamodule},
        "sampling": {"top_k": 10, "batch_size": "${datamodule.batch_size}"},
        "train": {"optimizer": {"lr": 6e-4, "betas": [0.9, 0.95]}},
        "model": {
            "_target_": "autograph.models.seq_models.HFSequenceModel", "model_name": model_name,
            "attention_dropout": 0.0, "attn_implementation": "sdpa", "pretrained_path": None,
            **(model or {})},
        "logs": {"prefix": "logs/${datamodule.dataset_names}/${model.model_name}"},
    })


def write(path: Path, model: nn.Module, config: Any = None, **content: Any) -> Path:
    """A file as Lightning writes it; `config` is kept under `hyper_parameters.cfg`."""
    kept = {} if config is None else {"hparams_name": "kwargs", "hyper_parameters": {"cfg": config}}
    torch.save({"epoch": 3, "global_step": 7, "pytorch-lightning_version": "2.5.0",
                "state_dict": Wrapper(Wrapper(model)).state_dict(), **kept, **content}, path)
    return path
