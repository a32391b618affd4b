"""Numbers with intervals, whatever they are of: bootstrap, AUC, ECE, risk and coverage."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "benjamini_hochberg": "conformal",
    "conformal_p_values": "conformal",
    "Estimate": "estimates",
    "Interval": "estimates",
    "LabelNames": "labels",
    "RankingError": "labels",
    "RiskCoverage": "risk_coverage",
    "AucDifference": "roc",
    "ScoreComparison": "roc",
    "ScoreRoc": "roc",
    "compare_scores": "roc",
})
