"""Which weights matter: criteria, their scores, masks, and how far these agree."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "Agreement": "agreement",
    "mask_stability": "agreement",
    "compute_salience": "compute",
    "compute_saliences": "compute",
    "CRITERIA": "criteria",
    "Criterion": "criteria",
    "TokenSequences": "examples",
    "draw_examples": "examples",
    "read_token_file": "examples",
    "shipped_graphs": "examples",
    "hindsight_scores": "hindsight",
    "LanguageModel": "language_model",
    "open_language_model": "language_model",
    "Mask": "masks",
    "RankedScores": "masks",
    "rank_scores": "masks",
    "select": "masks",
    "SalienceError": "matrices",
    "WeightMatrix": "matrices",
    "find_matrices": "matrices",
    "Salience": "salience",
})
