"""Which weights matter: salience scores, masks, and sparse fine-tuning with them."""

from core.lazy import lazy_exports

__all__, __getattr__ = lazy_exports(__name__, {
    "Agreement": "agreement",
    "mask_stability": "agreement",
    "CRITERIA": "criteria",
    "Criterion": "criteria",
    "compute_salience": "criteria",
    "compute_saliences": "criteria",
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
    "SalienceError": "errors",
})
