"""What tests of fine-tuning share: a few molecules as a stream, and short runs."""

from pathlib import Path
from typing import Any

import torch

from core.chemistry.molecules import from_smiles
from core.finetune.config import FinetuneConfig
from core.finetune.run import FinetuneRun
from core.finetune.streams import GraphStream
from core.model.checkpoints import Checkpoint
from core.salience.language_model import LanguageModel
from core.salience.masks import Mask
from core.sent.batch import GraphBatch
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY

MOLECULES = tuple(from_smiles(smiles, name=smiles).graph for smiles in (
    "C", "N", "O", "CO", "C=O", "C#N", "CC", "C#C", "C1CC1", "CCO"))
METHODS: dict[str, dict[str, Any]] = {
    "static": {"method": "sparse", "count": 97},
    "dynamic": {"method": "sparse", "count": 97, "reselect_every": 2},
    "lora": {"method": "lora", "rank": 2},
    "pissa": {"method": "pissa", "rank": 2},
    "full": {"method": "full"},
}


def stream_of(seed: int = 0) -> GraphStream:
    """The molecules in random order."""
    batch = GraphBatch.from_graphs(MOLECULES, with_automorphisms=False)
    return GraphStream(batch, QM9_VOCABULARY, RANDOM_ORDER, seed=seed)


def config_of(**settings: Any) -> FinetuneConfig:
    """Short, exact and quick to learn."""
    return FinetuneConfig(**{"steps": 5, "batch_size": 4, "learning_rate": 0.01,
                             "warmup_steps": 1, "precision": "fp32", "micro_batch": 3,
                             "num_examples": 6, **settings})


def start(
    checkpoint: Checkpoint, folder: Path, *, mask: Mask | None = None, **settings: Any
) -> FinetuneRun:
    """A run in a folder, not a step done yet."""
    return FinetuneRun(LanguageModel.from_checkpoint(checkpoint), stream_of(),
                       config_of(**settings), run_folder=folder, mask=mask)


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Copies of all weights."""
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def are_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """To the bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
