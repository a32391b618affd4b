"""How graphs are linearized: strategies, SENT walks, their tokens, and the way back."""

from core.lazy import lazy_exports

__all__, __getattr__ = lazy_exports(__name__, {
    "GraphBatch": "batch",
    "VocabularyError": "batch",
    "DecodeError": "decoder",
    "decode": "decoder",
    "decode_lenient": "decoder",
    "Grammar": "grammar",
    "SequenceDistribution": "probability",
    "TooManySequencesError": "probability",
    "enumerate_sequences": "probability",
    "GraphSeed": "randomness",
    "sample_trails": "sampler",
    "ANCHOR_EXPANSION": "strategies",
    "MAX_DEGREE_FIRST": "strategies",
    "MIN_DEGREE_FIRST": "strategies",
    "RANDOM_ORDER": "strategies",
    "STRATEGIES": "strategies",
    "Bias": "strategies",
    "Strategy": "strategies",
    "TieBreak": "strategies",
    "TokenSubjects": "token_roles",
    "token_subjects": "token_roles",
    "TrailBatch": "trails",
    "PLANAR_VOCABULARY": "vocabulary",
    "QM9_VOCABULARY": "vocabulary",
    "VOCABULARIES": "vocabulary",
    "TokenKind": "vocabulary",
    "Vocabulary": "vocabulary",
    "write_tokens": "writer",
})
