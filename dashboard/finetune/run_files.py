"""What a finished run of the Fine-tune page can be saved as, and how it is kept for Explore."""

from __future__ import annotations

import io
import zipfile

from core.finetune.export import LOW_RANK_FOLDER, MASK_FILE, SPARSE_ADAPTER_FILE
from core.model.card import ModelCard
from core.model.local_models import keep_model, zip_checkpoint
from core.records import RECORD
from core.repair.session import Trial
from dashboard.shared.checkpoints import models


def keep(found: Trial) -> ModelCard:
    """Make a trained model one that all pages can open, under its own name.

    Raises:
        InputError: if it cannot be written.
    """
    return keep_model(found.model_folder)


def is_kept(found: Trial) -> bool:
    """Whether a trained model is one that all pages can open."""
    return found.name in models()


def adapter_name(found: Trial) -> str:
    """What a run's adapter is called: a safetensors file, or a zip of peft's folder."""
    is_sparse = (found.output / SPARSE_ADAPTER_FILE).is_file()
    return SPARSE_ADAPTER_FILE if is_sparse else f"{LOW_RANK_FOLDER}.zip"


def adapter_file(found: Trial) -> bytes:
    """A run's adapter, in the file that `adapter_name` says."""
    if (found.output / SPARSE_ADAPTER_FILE).is_file():
        return (found.output / SPARSE_ADAPTER_FILE).read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((found.output / LOW_RANK_FOLDER).iterdir()):
            archive.write(path, f"{LOW_RANK_FOLDER}/{path.name}")
    return packed.getvalue()


def mask_file(found: Trial) -> bytes:
    """A sparse run's mask, as `trailscope mask` writes it."""
    return (found.output / MASK_FILE).read_bytes()


def checkpoint_file(found: Trial) -> bytes:
    """The merged checkpoint as a zip."""
    return zip_checkpoint(found.model_folder)


def record_file(found: Trial) -> str:
    """The run's record as JSON."""
    return (found.output / RECORD).read_text(encoding="utf-8")
