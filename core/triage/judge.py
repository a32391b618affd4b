"""What a generated graph is by itself: valid, stable, whole.

Definitions: docs/definitions.md, Generation and quality.
"""

from __future__ import annotations

from typing import Any

from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import is_stable, stable_atoms, to_smiles
from core.graph.graph import Graph
from core.graph.planar import is_valid_planar


def judge(
    graph: Graph | None, chemistry: Chemistry | None, *, is_planar: bool = True
) -> dict[str, Any]:
    """What a graph is by itself: size, SMILES, validity, stability, fragments.

    A molecule is valid if RDKit sanitizes it; a graph without a chemistry if it is connected, and
    planar where it is to be. Where hydrogens are implicit no atom is unstable, so nothing is said
    of stability.

    Args:
        graph: None if nothing could be read.
        chemistry: None for graphs without labels.
        is_planar: as of `core.triage.scores.quality_label`.

    Returns:
        Columns of `core.triage.samples.SAMPLE_TYPES`.
    """
    if graph is None:
        return {"valid": False, "num_nodes": None}
    if chemistry is None:
        is_valid = is_valid_planar(graph) if is_planar else graph.num_components == 1
        return {"num_nodes": graph.num_nodes, "valid": is_valid,
                "fragments": graph.num_components}
    smiles = to_smiles(graph, chemistry)
    found = {"num_nodes": graph.num_nodes, "smiles": smiles, "valid": smiles is not None,
             "fragments": graph.num_components}
    if chemistry.has_hydrogen_nodes:
        found["stable"] = None if smiles is None else is_stable(graph, chemistry)
        found["atoms_stable"] = int(stable_atoms(graph, chemistry).sum())
    return found
