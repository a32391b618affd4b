"""Which weights matter: criteria, their scores, masks, and how far these agree."""

from core.lazy import lazy_exports

__all__, __getattr__ = lazy_exports(__name__, {
    "Agreement": "agreement",
    "mask_stability": "agreement",
    "CRITERIA": "criteria",
    "Criterion": "criteria",
    "compute_salience": "criteria",
    "compute_saliences": "criteria",
    "SalienceError": "errors",
    "TokenSequences": "examples",
    "read_token_file": "examples",
    "LanguageModel": "language_model",
    "open_language_model": "language_model",
    "Mask": "masks",
    "select": "masks",
    "WeightMatrix": "matrices",
    "find_matrices": "matrices",
    "RankedScores": "ranked",
    "rank_scores": "ranked",
    "Salience": "salience",
})
