"""How graphs are linearized: strategies, SENT walks, their tokens, and the way back."""

from core.lazy import lazy_exports

__all__, __getattr__ = lazy_exports(__name__, {
    "DecodeError": "decoder",
    "decode": "decoder",
    "decode_lenient": "decoder",
    "GraphBatch": "batch",
    "VocabularyError": "batch",
    "Grammar": "grammar",
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
    "TokenSubjects": "anatomy",
    "token_subjects": "anatomy",
    "PLANAR_VOCABULARY": "vocabulary",
    "QM9_VOCABULARY": "vocabulary",
    "VOCABULARIES": "vocabulary",
    "TokenKind": "vocabulary",
    "Vocabulary": "vocabulary",
    "write_tokens": "writer",
})
