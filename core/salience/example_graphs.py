"""Calibration examples from molecules or graphs, without a download.

The shipped evaluations name the molecules that they were made on, 1,000 of QM9's test split, so
that every criterion can be computed right after installation. Planar graphs are made.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch

from core.chemistry.molecules import from_smiles
from core.evaluation.graph_set import GraphSet
from core.evaluation.result import shipped_evaluations
from core.graph.graph import Graph
from core.graph.planar import planar_graph
from core.salience.errors import SalienceError
from core.salience.examples import TokenSequences, from_graphs
from core.sent.strategies import Strategy
from core.sent.vocabulary import Vocabulary

PLANAR_GRAPHS = 200
"""Planar graphs that calibration examples are drawn from: the first of the validation stream."""


def shipped_graphs(vocabulary: Vocabulary) -> GraphSet:
    """Graphs that a vocabulary can write and that need no download.

    Raises:
        SalienceError: if no evaluation on molecules ships.
    """
    if not vocabulary.is_labelled:
        graphs = tuple(planar_graph(index, seed=0, split="validation").graph
                       for index in range(PLANAR_GRAPHS))
        return GraphSet("planar", "validation", graphs, details={"stream_seed": 0})
    for folder in shipped_evaluations().values():
        try:
            table = pd.read_parquet(folder / "graphs.parquet", columns=["id", "smiles"])
        except (OSError, ValueError):
            continue
        if len(table) and bool(table["smiles"].notna().all()):
            return GraphSet("QM9", "test", tuple(
                from_smiles(smiles, name=name).graph
                for name, smiles in table[["id", "smiles"]].itertuples(index=False)
            ), details={"part": "shipped"})
    raise SalienceError("No molecules ship with this installation, so there is nothing to "
                        "calibrate on; give a file of molecules, or make an evaluation with "
                        "`trailscope evaluate`.")


def draw_examples(
    graphs: GraphSet,
    vocabulary: Vocabulary,
    strategy: Strategy,
    *,
    number: int,
    seed: int,
    permutations: int = 1,
) -> TokenSequences:
    """Linearizations of graphs drawn at random, without replacement.

    With the same seed, more graphs hold those of fewer.

    Args:
        graphs: what to draw from.
        vocabulary: must hold all graphs.
        strategy: how they are linearized.
        number: graphs to draw.
        seed: fixes which are drawn and how they are linearized.
        permutations: linearizations of each.

    Raises:
        SalienceError: for more graphs than there are, or none.
        VocabularyError: for a graph that the vocabulary cannot write.
    """
    if not 1 <= number <= len(graphs.graphs):
        raise SalienceError(f"There are {len(graphs.graphs):,} graphs to draw calibration examples "
                            f"from, so between 1 and {len(graphs.graphs):,} can be used, got "
                            f"{number:,}.")
    order = torch.randperm(len(graphs.graphs), generator=torch.Generator().manual_seed(seed))
    drawn: list[Graph] = [graphs.graphs[place] for place in order[:number].tolist()
                          for _ in range(permutations)]
    return from_graphs(drawn, vocabulary, strategy, seed=seed, source=_source(
        graphs, number, permutations))


def _source(graphs: GraphSet, number: int, permutations: int) -> dict[str, Any]:
    return {"data": graphs.name, "split": graphs.split, "drawn_from": len(graphs.graphs),
            "number": number, "permutations": permutations, **graphs.details}
