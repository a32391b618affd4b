"""What an order does to learning: diversity of linearizations, and how a model does meanwhile."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "DiversityCurves": "diversity",
    "measure_diversity": "diversity",
    "DiversityError": "mixture",
    "Mixture": "mixture",
    "Diversity": "run",
    "DiversityConfig": "run",
    "DiversityRun": "run",
    "Validator": "validation",
    "read_validation": "validation",
})
