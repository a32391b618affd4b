"""What scores and generates: the transformer, its checkpoints, training and sampling."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "Checkpoint": "checkpoints",
    "CheckpointError": "card",
    "ModelCard": "card",
    "ShippedModels": "card",
    "find_shipped_models": "card",
    "load_checkpoint": "checkpoints",
    "save_checkpoint": "checkpoints",
    "shipped_models": "card",
    "write_trained_checkpoint": "export",
    "GeneratedGraph": "generation",
    "SamplingConfig": "generation",
    "generate": "generation",
    "sample_tokens": "generation",
    "import_lightning_checkpoint": "foreign.lightning",
    "import_pretrained_folder": "foreign.pretrained",
    "TrainingConfig": "training",
    "TrainingError": "training",
    "TrainingStep": "training",
    "train": "training",
    "PRESETS": "transformer",
    "build_model": "transformer",
    "num_parameters": "transformer",
})
