"""What an order does to learning: diversity of linearizations, and what models come to be like."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "DiversityCurves": "diversity",
    "measure_diversity": "diversity",
    "DiversityError": "mixture",
    "Mixture": "mixture",
    "Diversity": "run",
    "DiversityConfig": "run",
    "DiversityRun": "run",
    "StudyConfig": "measurement",
    "StudyRun": "measurement",
    "check_trained": "measurement",
    "TrainingRecord": "training_record",
    "TrainingRecordError": "training_record",
    "own_records": "training_record",
    "shipped_records": "training_record",
    "Validator": "validation",
    "read_validation": "validation",
})
