"""Fine-tuned in many ways and measured under two orders: the repair experiment."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "Arm": "arms",
    "repair_arms": "arms",
    "RepairConfig": "experiment",
    "RepairExperiment": "experiment",
    "RepairResult": "result",
    "spurious_repairs": "spurious",
    "shipped_repairs": "result",
})
