"""What the atom picker sends to the browser and takes from it."""

import json

import pytest

from core.chemistry.chemistry import MOSES
from core.chemistry.molecules import from_smiles
from dashboard.components.atom_picker.picker import _atoms, picker_json
from dashboard.drawing.layouts import layout


def test_the_browser_gets_the_drawing_and_what_is_chosen():
    found = picker_json(layout(from_smiles("CCO", MOSES).graph, MOSES), (2, 0), (0, 1, 2))
    assert json.dumps(found)
    assert found["layout"]["symbols"] == ["C", "C", "O"]
    assert (found["chosen"], found["possible"]) == ([0, 2], [0, 1, 2])


@pytest.mark.parametrize(("sent", "expected"), [
    ([2, 0], (0, 2)), ([0, 0], (0,)), ([5, 1], (1,)), ([], ()), (None, ()), ("12", ()),
    ([1, "2", None], (1,)),
])
def test_only_atoms_that_can_be_open_are_taken(sent, expected):
    assert _atoms(sent, (0, 1, 2)) == expected
