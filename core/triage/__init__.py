"""Generated graphs: sampled, judged, scored, ranked, and which of them to keep."""

from core.lazy import lazy_exports

__all__, __getattr__ = lazy_exports(__name__, {
    "CalibrationSplit": "keep_list",
    "KeepList": "keep_list",
    "split_for_calibration": "keep_list",
    "SplitKeepList": "ranking",
    "keep_list_of_samples": "ranking",
    "risk_coverage_of_samples": "ranking",
})
