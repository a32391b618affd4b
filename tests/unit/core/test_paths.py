"""What is saved and opened takes the name of a folder or file as text as well as a path."""

import pytest

from core.evaluation.result import Evaluation
from core.library.store import Library
from core.study.run import Diversity
from core.triage.samples import Samples
from tests.conftest import ROOT


@pytest.mark.parametrize(("kind", "opened"), [
    ("samples/qm9-random_order", Samples.load),
    ("samples/qm9-random_order", Library.open),
    ("evaluations/qm9-random_order/random_order", Evaluation.load),
])
def test_a_folder_is_opened_by_its_name(kind, opened):
    assert opened(str(ROOT / "assets/results" / kind)).model == "qm9-random_order"


def test_what_is_of_no_model_is_too():
    found = Diversity.load(str(ROOT / "assets/results/diversity/qm9"))
    assert found.record["result"]["num_graphs"] == 500
