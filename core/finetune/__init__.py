"""Training chosen weights: methods, runs, and what is written of them."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "FinetuneConfig": "config",
    "entries_to_train": "config",
    "LearningSet": "learning_set",
    "merged_checkpoint": "export",
    "write_adapter": "export",
    "write_model": "export",
    "lora_parameters": "low_rank",
    "FinetuneRun": "run",
    "SparseAdapter": "sparse_adapter",
    "GraphStream": "streams",
    "SequenceStream": "streams",
})
