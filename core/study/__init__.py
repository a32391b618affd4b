"""What an order does to learning: how diverse the linearizations of a strategy are."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "DiversityCurves": "diversity",
    "measure_diversity": "diversity",
    "DiversityError": "mixture",
    "Mixture": "mixture",
    "Diversity": "run",
    "DiversityConfig": "run",
    "DiversityRun": "run",
})
