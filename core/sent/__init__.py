"""How graphs are linearized: strategies, SENT walks, their tokens, and the way back.

The names below are imported on first use: half of them need torch, which takes longer to import
than most commands take to run.
"""

from importlib import import_module
from typing import Any

_MODULE_OF = {
    "DecodeError": "decoder",
    "decode": "decoder",
    "decode_lenient": "decoder",
    "GraphBatch": "batch",
    "VocabularyError": "batch",
    "GraphSeed": "randomness",
    "SequenceDistribution": "probability",
    "TooManySequencesError": "probability",
    "enumerate_sequences": "probability",
    "sample_trails": "sampler",
    "ANCHOR_EXPANSION": "strategies",
    "MAX_DEGREE_FIRST": "strategies",
    "MIN_DEGREE_FIRST": "strategies",
    "RANDOM_ORDER": "strategies",
    "STRATEGIES": "strategies",
    "Bias": "strategies",
    "Strategy": "strategies",
    "TieBreak": "strategies",
    "TrailBatch": "trails",
    "PLANAR_VOCABULARY": "vocabulary",
    "QM9_VOCABULARY": "vocabulary",
    "TokenKind": "vocabulary",
    "Vocabulary": "vocabulary",
    "write_tokens": "writer",
}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
