"""Generated graphs: sampled, judged, scored, ranked, and which of them to keep."""

from core.lazy import lazy_exports

__all__, __getattr__ = lazy_exports(__name__, {
    "Generation": "generation",
    "KeepList": "keep_list",
    "Milestone": "milestones",
    "QualityLabel": "scores",
    "PooledRanking": "pooling",
    "ReferenceSplit": "keep_list",
    "SCORES": "scores",
    "STABILITY": "scores",
    "SampleQuality": "quality",
    "Samples": "samples",
    "SamplesConfig": "samples",
    "Score": "scores",
    "SplitKeepList": "keep_list",
    "VALIDITY": "scores",
    "compare_samples": "ranking",
    "keep_list_of_samples": "keep_list",
    "mark_novel": "quality",
    "mark_unique": "quality",
    "overtaking": "milestones",
    "pool_samples": "pooling",
    "quality_label": "scores",
    "ranking_of": "ranking",
    "risk_coverage_of_samples": "ranking",
    "sample_and_score": "run",
    "sample_quality": "quality",
    "select_molecules": "scores",
    "shipped_samples": "samples",
    "split_off_reference": "keep_list",
})
