"""Links from page to page that open the other one on the same thing.

Pages share session state, and a parameter bound on one page is taken out of a link to another: each
page therefore has keys of its own. What they are called is written here once more, so that no page
imports another.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from core.graph.planar import PlanarName

EXPLORE = "views/explore/page.py"
CALIBRATION = "views/calibration/page.py"
LIBRARY = "views/library/page.py"
TRIAGE = "views/triage/page.py"

SAMPLES = " samples"
"""Behind the name of a model: what the Library page calls its samples that ship."""


def explore_query(
    model: str, *, smiles: str = "", planar: PlanarName | None = None, strategy: str = "",
    permutations: int | None = None, seed: int | None = None,
) -> dict[str, str]:
    """Parameters that open the Explore page; what is not given is left to its defaults.

    Args:
        model: name of the model.
        smiles: the molecule, or else
        planar: the planar graph, of a test stream.
        strategy: order of the linearizations, by default the model's own.
        permutations: K.
        seed: of the linearizations.

    >>> explore_query("planar-random_order", planar=PlanarName(0, 3))
    {'model': 'planar-random_order', 'graph': '0', 'number': '3'}
    """
    graph = {} if planar is None else {"graph": planar.seed, "number": planar.index}
    query = {"smiles": smiles or None, "model": model, "strategy": strategy or None,
             "k": permutations, "seed": seed, **graph}
    return {name: str(value) for name, value in query.items() if value is not None}


def explore_address(model: str, **of_query: Any) -> str:
    """The same as an address; arguments as of `explore_query`.

    >>> explore_address("qm9-random_order", smiles="C#N", permutations=16)
    './?smiles=C%23N&model=qm9-random_order&k=16'
    """
    return "./?" + urlencode(explore_query(model, **of_query))


def calibration_query(model: str, strategy: str, tokens: str) -> dict[str, str]:
    """Parameters that open the reliability diagrams of a model under an order.

    Args:
        model: name of the model.
        strategy: order of the linearizations.
        tokens: name of the type of tokens.
    """
    return {"evaluated": model, "under": strategy, "type": tokens}


def library_query(name: str) -> dict[str, str]:
    """Parameters that open a set on the Library page.

    Args:
        name: of the set.
    """
    return {"library": name}


def library_address(name: str) -> str:
    """The same as an address.

    >>> library_address("qm9-random_order samples")
    './library?library=qm9-random_order+samples'
    """
    return "./library?" + urlencode(library_query(name))
