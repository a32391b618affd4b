"""Tables of samples made of known molecules and made-up scores, without a model."""

from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from core.chemistry.chemistry import QM9
from core.chemistry.molecules import from_smiles, is_stable
from core.graph.graph import Graph
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY
from core.triage.judge import judge
from core.triage.quality import mark_unique
from core.triage.samples import SAMPLE_TYPES, Samples, SamplesConfig, as_samples
from tests.golden.reader import golden_molecules


def without_last_hydrogen(graph: Graph) -> Graph:
    """The graph with an under-valent atom."""
    assert graph.node_labels is not None
    assert graph.edge_labels is not None
    gone = int(np.flatnonzero(graph.node_labels == 0)[-1])
    kept = (graph.edges != gone).all(axis=1)
    edges = graph.edges[kept] - (graph.edges[kept] > gone)
    return Graph(graph.num_nodes - 1, edges, np.delete(graph.node_labels, gone),
                 graph.edge_labels[kept])


def made_up_samples(
    model: str = "qm9-random_order", *, number: int = 60, bad_share: float = 0.2, seed: int = 0,
    weights_sha256: str = "0" * 64, step: int | None = 1600, separation: float = 1.0,
    broken: int = 3, permutations: int = 32,
) -> Samples:
    """Molecules of QM9 as if they had been generated, one of them twice.

    Args:
        model, weights_sha256, step: as the table says.
        number: of sequences, at most 150.
        bad_share: share of molecules that miss a hydrogen.
        seed: of the made-up scores.
        separation: how far LU tells unstable ones apart, in standard deviations.
        broken: sequences at the end that do not end.
        permutations: K, as the table says.
    """
    rng = np.random.default_rng(seed)
    known = (from_smiles(row["smiles"]).graph for row in golden_molecules())
    graphs = list(islice(filter(is_stable, known), number - 1))
    is_bad = (np.arange(len(graphs)) % round(1 / bad_share) == 1) if bad_share else (
        np.zeros(len(graphs), dtype=bool))
    graphs = [without_last_hydrogen(graph) if bad and 0 in graph.node_labels else graph
              for graph, bad in zip(graphs, is_bad, strict=True)]
    graphs.insert(1, graphs[0])
    trails = sample_trails(graphs, QM9_VOCABULARY, RANDOM_ORDER, permutations=1,
                           generator=GraphSeed(0))
    rows = []
    for number_, graph in enumerate(graphs):
        tokens = trails.sequence(number_, 0)
        row: dict[str, Any] = dict.fromkeys(SAMPLE_TYPES) | {
            "id": f"{model}:{seed}:{number_}", "self_nll": float(rng.normal(33, 5))}
        if number_ >= len(graphs) - broken:
            rows.append(row | {"valid": False, "tokens": tokens[:-1]})
            continue
        row["graph_key"] = graph.key
        judged = judge(graph, QM9)
        lu = float(np.exp(rng.normal(-2.3, 0.4) + 0.4 * separation * (not judged["stable"])))
        mean = float(rng.normal(36, 4))
        rows.append(row | judged | {
            "tokens": tokens, "lu": lu, "lu_low": 0.8 * lu, "lu_high": 1.4 * lu,
            "nll_mean": mean, "nll_std": lu * mean, "nll_marginal": mean - 18 + rng.normal(),
            "effective_sample_size": 4.0})
    config = SamplesConfig(len(rows), permutations, seed)
    return Samples(model, weights_sha256, "random_order", step, "QM9", config,
                   mark_unique(as_samples(rows), QM9_VOCABULARY))


def table_of_samples(number: int = 400) -> pd.DataFrame:
    """Made-up labels and LU.

    Every tenth sequence is invalid, rows 5 and 15 are the same molecule, row 25 has no LU.
    """
    rng = np.random.default_rng(1)
    valid = np.arange(number) % 10 != 0
    good = rng.random(number) < 0.6
    lu = np.where(valid, rng.normal(size=number) - 3 * good, np.nan)
    smiles = [f"C{row}" if ok else None for row, ok in enumerate(valid)]
    table = pd.DataFrame({
        "smiles": pd.array(smiles, dtype="string"), "valid": valid, "lu": lu,
        "stable": pd.array(np.where(valid, good, None), dtype="boolean"),
    })
    table.loc[15, ["smiles", "stable", "lu"]] = table.loc[5, ["smiles", "stable", "lu"]]
    table.loc[25, "lu"] = np.nan
    return table
