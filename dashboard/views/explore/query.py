"""What a visitor can choose, and how it stands in the address.

Every choice is a widget bound to a URL parameter of the same name, so that a copied address opens
the same view. Streamlit drops a parameter that its widget cannot take; `address_faults` says so
before it happens.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.chemistry.chemistry import QM9, Chemistry
from core.graph.planar import MAX_PLANAR_NUMBER, PLANAR_NODES, PlanarName
from dashboard.shared.choices import MAX_SEED, STRATEGY_OPTIONS
from dashboard.shared.guide_steps import PARAMETER, parameter
from dashboard.shared.links import EXPLORE
from dashboard.shared.query_params import Choice, Number, Parameters, faults, shortened

MIN_PERMUTATIONS, MAX_PERMUTATIONS, DEFAULT_PERMUTATIONS = 2, 1024, 32

RANKED = ("lowest", "median", "highest")
"""Names for permutations by NLL; any permutation can also be chosen by its number."""

VIEWS = ("Where", "Compare", "Convergence", "Models", "Permutations", "Code")
"""Sections below the trail player. Streamlit writes a choice into the address as it is labelled."""

COMPARISONS = ("own order", "chosen order")
"""Under which order the models of the comparison table are scored."""


@dataclass(frozen=True)
class ExploreQuery:
    """What the numbers on the Explore page depend on.

    Attributes:
        smiles: the molecule as typed; empty for a planar graph.
        model: a shipped model's name.
        weights_sha256: of its weights, so that nothing is cached under a mere name.
        strategy: a registered name, never `own`.
        permutations: K.
        seed: of the sequences and intervals.
        planar: the planar graph, None for a molecule.
        chemistry: what the labels of a molecule mean to the model; None for a planar graph.
        planar_nodes: nodes of the planar graph, as many as those that the model learnt have.
    """

    smiles: str
    model: str
    weights_sha256: str
    strategy: str
    permutations: int
    seed: int
    planar: PlanarName | None = None
    chemistry: Chemistry | None = QM9
    planar_nodes: int = PLANAR_NODES

    @property
    def molecule_chemistry(self) -> Chemistry:
        """The chemistry of a query that is about a molecule."""
        assert self.chemistry is not None
        return self.chemistry

    @property
    def input(self) -> str:
        """What the command line takes for the molecule or graph."""
        return self.smiles if self.planar is None else str(self.planar)

    @property
    def command(self) -> str:
        """The command line that prints the page's numbers."""
        return (f"trailscope score {shlex.quote(self.input)} --model {self.model} "
                f"--strategy {shlex.quote(self.strategy)} --permutations {self.permutations} "
                f"--seed {self.seed}")

    @property
    def python(self) -> str:
        """The Python that gives the page's numbers."""
        before, model = "", f"load_checkpoint({self.model!r})"
        if self.planar is not None:
            package, maker = "graph", "planar_graph"
            nodes = "" if self.planar_nodes == PLANAR_NODES else f", num_nodes={self.planar_nodes}"
            graph = (f'planar_graph({self.planar.index}, seed={self.planar.seed}, split="test"'
                     f"{nodes})")
        else:
            package, maker, graph = "chemistry", "from_smiles", f"from_smiles({self.smiles!r})"
            if self.chemistry != QM9:
                before, model = f"checkpoint = {model}\n", "checkpoint"
                graph = f"from_smiles({self.smiles!r}, checkpoint.card.chemistry)"
        return f"""\
from core.{package} import {maker}
from core.likelihood import analyse
from core.model import load_checkpoint
from core.sent import Strategy

{before}analysis = analyse(
    {model},
    [{graph}.graph],
    Strategy.from_name({self.strategy!r}),
    permutations={self.permutations},
    seed={self.seed},
)
print(analysis.uncertainties[0])
print(analysis.likelihoods.nll[0])  # one NLL per permutation, nats
"""


def permutation_options(permutations: int) -> list[str]:
    """What the permutation boxes offer: ranks, then numbers from 1."""
    return [*RANKED, *(str(number) for number in range(1, permutations + 1))]


def permutation_index(option: str, nll: Sequence[float]) -> int:
    """Row of the permutation that an option means."""
    by_nll = sorted(range(len(nll)), key=lambda row: (nll[row], row))
    places = {"lowest": 0, "median": (len(nll) - 1) // 2, "highest": len(nll) - 1}
    return by_nll[places[option]] if option in places else int(option) - 1


def address_faults(
    query: Mapping[str, str], models: Sequence[str], planar_models: Collection[str] = ()
) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken as it stands.

    Args:
        query: the address's parameters.
        models: names of all models.
        planar_models: those that read planar graphs.
    """
    is_planar = query.get("model") in planar_models
    if is_planar and "smiles" in query:
        conflicts = [f"The address asks for the molecule {shortened(query['smiles'])} under "
                     f"{query['model']}, which reads planar graphs; leave out one of the two."]
    elif not is_planar and planar_models and ("graph" in query or "number" in query):
        conflicts = ["The address asks for a planar graph under a model of molecules; add "
                     f"model={next(iter(planar_models))}."]
    else:
        conflicts = []
    of_graph = _PLANAR_PARAMETERS if is_planar and not conflicts else {}
    k = int(_K.read(query.get("k", "")) or DEFAULT_PERMUTATIONS)
    permutation = Choice("permutation", permutation_options(k),
                         f"{', '.join(RANKED)} and the numbers from 1 to {k}")
    return conflicts + faults(query, {
        "model": Choice("model", models, is_of_server=True), **of_graph, **_PARAMETERS,
        **dict.fromkeys(("trail", "a", "b"), permutation), "view": Choice("section", VIEWS)})


_K = Number("number of permutations", MIN_PERMUTATIONS, MAX_PERMUTATIONS)
_PARAMETERS: Parameters = {
    PARAMETER: parameter(EXPLORE),
    "strategy": Choice("order", STRATEGY_OPTIONS), "k": _K, "seed": Number("seed", 0, MAX_SEED)}
_PLANAR_PARAMETERS: Parameters = {
    "graph": Number("graph seed", 0, MAX_PLANAR_NUMBER),
    "number": Number("graph number", 0, MAX_PLANAR_NUMBER)}
