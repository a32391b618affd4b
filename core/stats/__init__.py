"""Numbers with intervals, whatever they are of: bootstrap, AUC, ECE, risk and coverage."""

from core.lazy import lazy_exports

__all__, __getattr__ = lazy_exports(__name__, {
    "Estimate": "estimates",
    "Interval": "estimates",
    "LabelNames": "molecule_scores",
    "RankingError": "molecule_scores",
    "select_molecules": "molecule_scores",
    "RiskCoverage": "risk_coverage",
    "AucDifference": "roc",
    "ScoreComparison": "roc",
    "ScoreRoc": "roc",
    "compare_samples": "roc",
    "compare_scores": "roc",
})
