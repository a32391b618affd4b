"""The views of a first visit: four of one molecule, which of them an address asks for, and how they
are reached. No streamlit here.

The step stands in the address, as `guide`, and nowhere else: Back and Forward walk the views, and a
copied address opens one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.shared.choices import DEFAULT_SMILES
from dashboard.shared.links import CALIBRATION, EXPLORE, TRIAGE
from dashboard.shared.query_params import Number

PARAMETER = "guide"
"""What the address calls the step. No widget is bound to it."""

SUBJECT = "molecule"
"""What the address calls the molecule on pages that have no widget for one."""

MODEL = "qm9-min_degree_first"
"""The model of the tour: of those that ship, its likelihoods depend on the order enough to show."""


WHERE = "Where"
"""The section of the Explore page that the second view is of."""


@dataclass(frozen=True)
class Step:
    """A view.

    Attributes:
        page: its file.
        title: what it answers.
    """

    page: str
    title: str


STEPS = (
    Step(EXPLORE, "Why two numbers?"),
    Step(EXPLORE, "Where does it come from?"),
    Step(CALIBRATION, "Is the model calibrated?"),
    Step(TRIAGE, "Which molecules to trust?"),
)


def parameter(page: str) -> Number:
    """What the address of a page can say of the guide.

    >>> parameter(CALIBRATION).fault("1")
    "The address asks for the step of the guide '1'; it must be a whole number from 3 to 3."
    """
    numbers = [number for number, step in enumerate(STEPS, 1) if step.page == page]
    return Number("step of the guide", numbers[0], numbers[-1])


def query_of(number: int, model: str, smiles: str) -> dict[str, str]:
    """Parameters that open a view.

    Args:
        number: of the step, from 1.
        model: name of the model.
        smiles: the molecule.

    >>> query_of(4, "m", "CO")
    {'generator': 'm', 'part': 'Ranking', 'molecule': 'CO', 'guide': '4'}
    """
    of_page = {
        EXPLORE: {"smiles": smiles, "model": model},
        CALIBRATION: {"evaluated": model, SUBJECT: smiles},
        TRIAGE: {"generator": model, "part": "Ranking", SUBJECT: smiles},
    }
    section = {"view": WHERE} if number == 2 else {}
    return {**of_page[STEPS[number - 1].page], **section, PARAMETER: str(number)}


def step_here(page: str, query: Mapping[str, str]) -> int | None:
    """The step that an address asks a page for; None outside the guide, or for another page's."""
    asked = query.get(PARAMETER)
    found = None if asked is None else parameter(page).read(asked)
    return None if found is None else int(found)


def molecule_of(query: Mapping[str, str]) -> str:
    """The molecule that an address of a page without one carries along."""
    return query.get(SUBJECT) or DEFAULT_SMILES
