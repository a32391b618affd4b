"""What a model's likelihood says: token NLLs, linearization uncertainty, where it comes from."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "SUMMARY_COLUMNS": "analysis",
    "Analysis": "analysis",
    "analyse": "analysis",
    "summarize": "analysis",
    "Attribution": "attribution",
    "LocatedSurprisal": "attribution",
    "attribute": "attribution",
    "locate": "attribution",
    "ExactUncertainty": "order_marginal",
    "exact_uncertainty": "order_marginal",
    "order_marginal": "order_marginal",
    "Likelihoods": "scoring",
    "next_token_probabilities": "scoring",
    "score_sequences": "scoring",
    "score_trails": "scoring",
    "Uncertainty": "uncertainty",
    "Verdict": "uncertainty",
    "judge_permutations": "uncertainty",
    "linearization_uncertainty": "uncertainty",
    "lu_convergence": "uncertainty",
})
