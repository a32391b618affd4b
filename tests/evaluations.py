"""Small evaluations of the tiny models, made by the real code."""

from collections.abc import Sequence
from pathlib import Path

from core.chemistry import from_smiles
from core.evaluation.graph_set import GraphSet
from core.evaluation.run import EvaluationConfig, EvaluationRun
from core.graph.planar import planar_graph
from core.model.checkpoints import load_checkpoint
from core.sent.strategies import MAX_DEGREE_FIRST, RANDOM_ORDER

MOLECULES = ("CC=O", "CCO", "CCN", "C#N", "C1CC1", "CC(=O)N", "OCC=O", "CO", "FC", "NC=O", "C=C",
             "C#CC", "CN", "O=C=O", "COC", "CCC", "C1CO1", "N#CC")
"""Enough for intervals, which need 16."""

ORDERS = (RANDOM_ORDER.name, MAX_DEGREE_FIRST.name)
PLANAR_MODEL = "planar-max_degree_first"
MODELS = tuple(f"qm9-{order}" for order in ORDERS)


def evaluate_all(assets: Path, work: Path) -> None:
    """Evaluate two models of molecules under two orders, one of planar graphs under its own."""
    molecules = [from_smiles(smiles, name=f"row {row + 1}").graph
                 for row, smiles in enumerate(MOLECULES)]
    planar = [planar_graph(index, seed=0, split="test").graph for index in range(2)]
    for model in MODELS:
        _evaluate(assets, work, model, ORDERS, GraphSet("QM9", "test", tuple(molecules)),
                  GraphSet("QM9", "validation", tuple(molecules[:3])))
    _evaluate(assets, work, PLANAR_MODEL, ORDERS[1:], GraphSet("planar", "test", tuple(planar)),
              None)


def _evaluate(
    assets: Path, work: Path, model: str, orders: Sequence[str], graphs: GraphSet,
    validation: GraphSet | None,
) -> None:
    checkpoint = load_checkpoint(assets / "checkpoints" / model)
    for order in orders:
        run = EvaluationRun(checkpoint, graphs, EvaluationConfig(order, permutations=2),
                            run_folder=work / model / order, validation=validation)
        for _ in run.steps():
            pass
        run.result().save(assets / "results" / "evaluations" / model / order)
