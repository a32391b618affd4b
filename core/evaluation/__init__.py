"""A model on a set of graphs: what is measured, in a run that can be resumed."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "GraphSet": "graph_set",
    "Evaluation": "result",
    "EvaluationError": "result",
    "shipped_evaluations": "result",
    "EvaluationConfig": "run",
    "EvaluationRun": "run",
})
