"""Made-up training records and real diversity of a few molecules, for pages to show."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.chemistry.molecules import from_smiles
from core.evaluation.graph_set import GraphSet
from core.graph.planar import planar_graph
from core.records import RECORD
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY
from core.study.run import DiversityConfig, DiversityRun
from core.study.training_record import COMMAND, FORMAT_VERSION, MEASURED

MOLECULES = ("CO", "CC=O", "CC#N", "C1CC1", "CCN", "C=O", "CC", "OCC=O", "C#C", "NC=O",
             "CCC", "COC", "CC(C)O", "C1CO1", "N", "O")
SIZES = (128, 1000, 100_000)
STEPS = (25, 50, 100)


def record(
    strategy: str, graphs: int, *, mix: float = 0.0, seed: int = 0, name: str = ""
) -> dict[str, Any]:
    """A record as `trailscope study` writes it; few graphs of a biased order are memorized."""
    copies = strategy != "random_order" and graphs < 1000
    rows = [{
        "step": step, "nll_per_token_own_nats": nll, "nll_per_token_own_nats_low": nll - 0.01,
        "nll_per_token_own_nats_high": nll + 0.01, "nll_per_token_random_nats": nll + 0.5,
        "nll_per_token_random_nats_low": nll + 0.4, "nll_per_token_random_nats_high": nll + 0.6,
        "held_out": 128, "sampled": 100, "valid": valid, "unique": 1.0, "novel": 0.5,
        "vun": valid / 2,
    } for step, nll, valid in zip(STEPS, (1.0, 0.4, 0.7 if copies else 0.3), (0.2, 0.4, 0.8),
                                  strict=True)]
    share = np.log10(graphs) / 6
    values = dict.fromkeys(MEASURED, share) | {
        "gap_nll_per_token": 0.5 / np.log10(graphs), "lu_random": 0.3 - mix / 2,
        "ece_random": 0.2 - mix / 4, "test_nll_per_token": 0.3 + mix / 10}
    card = {
        "format_version": 1, "name": name or f"qm9-{strategy}-{graphs}", "strategy": strategy,
        "preset": "small", "data": {"name": "QM9", "graphs": graphs, "subset_seed": seed},
        "training": {"steps": 100, "validation": rows,
                     "config": {"steps": 100, "batch_size": 128, "seed": seed, "mix": mix}},
    }
    measured = {measure: {"value": value, "interval": [0.9 * value, 1.1 * value], "reason": None}
                for measure, value in values.items()}
    return {
        "command": COMMAND,
        "config": {"format_version": FORMAT_VERSION, "card": card, "measurement": {
            "test_graphs": 300, "training_graphs": min(graphs, 300), "permutations": 8,
            "samples": 1000, "seed": 0, "precision": "fp32"}},
        "result": {"measured": measured}, "seed": 0,
    }


def save_trainings(assets: Path) -> None:
    """Records of two orders by size and of one mixture."""
    records = [record(strategy, size) for strategy in ("random_order", "min_degree_first")
               for size in SIZES]
    records.append(record("min_degree_first", SIZES[-1], mix=0.1, name="qm9-mixed"))
    for one in records:
        folder = assets / "results" / "training" / one["config"]["card"]["name"]
        folder.mkdir(parents=True)
        (folder / RECORD).write_text(json.dumps(one))


def save_diversity(assets: Path, run_folder: Path) -> None:
    """Diversity of a few molecules and planar graphs."""
    molecules = tuple(from_smiles(smiles).graph for smiles in MOLECULES)
    planar = tuple(planar_graph(number, seed=0, num_nodes=6).graph for number in range(16))
    for name, title, graphs, vocabulary in (
        ("qm9", "QM9", molecules, QM9_VOCABULARY), ("planar", "planar", planar, PLANAR_VOCABULARY),
    ):
        config = DiversityConfig(("random_order", "min_degree_first"), (0.0, 0.1, 0.3), (1, 3, 10),
                                 limit=20)
        run = DiversityRun(GraphSet(title, "test", graphs), vocabulary, config,
                           run_folder=run_folder / name)
        list(run.steps())
        run.result().save(assets / "results" / "diversity" / name)
