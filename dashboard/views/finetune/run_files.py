"""What a finished run of the Fine-tune page can be saved as, and how it is kept for Explore."""

from __future__ import annotations

import io
import zipfile

from core.finetune.export import LOW_RANK_FOLDER, MASK_FILE, SPARSE_ADAPTER_FILE
from core.model.card import ModelCard
from core.model.local_models import keep_model, zip_checkpoint
from core.records import RECORD
from core.repair.session import FinetuneSession
from dashboard.shared.checkpoints import models


def keep(found: FinetuneSession) -> ModelCard:
    """Make a trained model one that all pages can open, under its own name.

    Raises:
        InputError: if it cannot be written.
    """
    return keep_model(found.model_folder)


def is_kept(found: FinetuneSession) -> bool:
    """Whether a trained model is one that all pages can open."""
    return found.name in models()


def adapter_name(found: FinetuneSession) -> str:
    """What a run's adapter is called: a safetensors file, or a zip of peft's folder."""
    is_sparse = (found.output / SPARSE_ADAPTER_FILE).is_file()
    return SPARSE_ADAPTER_FILE if is_sparse else f"{LOW_RANK_FOLDER}.zip"


def adapter_file(found: FinetuneSession) -> bytes:
    """A run's adapter, in the file that `adapter_name` says."""
    if (found.output / SPARSE_ADAPTER_FILE).is_file():
        return (found.output / SPARSE_ADAPTER_FILE).read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((found.output / LOW_RANK_FOLDER).iterdir()):
            archive.write(path, f"{LOW_RANK_FOLDER}/{path.name}")
    return packed.getvalue()


def mask_file(found: FinetuneSession) -> bytes:
    """A sparse run's mask, as `trailscope mask` writes it."""
    return (found.output / MASK_FILE).read_bytes()


def checkpoint_file(found: FinetuneSession) -> bytes:
    """The merged checkpoint as a zip."""
    return zip_checkpoint(found.model_folder)


def record_file(found: FinetuneSession) -> str:
    """The run's record as JSON."""
    return (found.output / RECORD).read_text(encoding="utf-8")
