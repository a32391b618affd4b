"""Substructures are found in the rows of a library, hydrogens as atoms or counted."""

import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.molecules import from_smiles
from core.chemistry.substructures import PatternError
from core.library.selection import Selection
from core.library.store import Library
from core.model.card import ModelCard
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import vocabulary_of
from core.triage.judge import judge
from core.triage.samples import SAMPLE_TYPES, Samples, SamplesConfig, as_samples
from dashboard.rows import data
from tests.generated_molecules import made_up_samples, without_last_hydrogen


def samples_of(folder, chemistry, graphs):
    vocabulary = vocabulary_of(chemistry)
    trails = sample_trails(graphs, vocabulary, RANDOM_ORDER, permutations=1,
                           generator=GraphSeed(0))
    table = as_samples(dict.fromkeys(SAMPLE_TYPES) | judge(graph, chemistry) | {
        "id": str(row), "self_nll": 1.0, "tokens": trails.sequence(row, 0)}
        for row, graph in enumerate(graphs))
    Samples("m", "", "random_order", None, "", SamplesConfig(len(graphs)), table).save(
        folder, device="cpu")
    return Library.open(folder, card=ModelCard("m", vocabulary, RANDOM_ORDER, "tiny",
                                               chemistry=chemistry))


def test_under_valent_atoms_keep_the_hydrogens_that_they_have(tmp_path):
    radical = samples_of(tmp_path, QM9, [without_last_hydrogen(from_smiles("CC").graph)])
    assert data.matching(radical, Selection(), "[CH2][CH3]") == (1,)
    assert data.matching(radical, Selection(), "[CH3][CH3]") == ()


@pytest.mark.parametrize(("smarts", "rows"), [
    ("[OX2H]", (1,)), ("[#8][H]", (1,)), ("c1ccccc1", (2,)), ("[CH3]", (1, 2)),
])
def test_hydrogens_that_are_no_nodes_are_filled_in(smarts, rows, tmp_path):
    graphs = [from_smiles(smiles, MOSES).graph for smiles in ("CO", "Cc1ccccc1", "ClBr")]
    assert data.matching(samples_of(tmp_path, MOSES, graphs), Selection(), smarts) == rows


def test_large_libraries_are_searched_among_the_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "MAX_SEARCHED", 10)
    made_up_samples(number=40).save(tmp_path, device="cpu")
    library = Library.open(tmp_path)
    last = Selection(rows=None, ranges=(("row", 31, None),))
    assert set(data.matching(library, last, "[#6,#7,#8]")) <= set(range(31, 41))
    assert set(data.matching(library, Selection(), "[#6,#7,#8]")) <= set(range(1, 11))
    with pytest.raises(PatternError, match="is not a valid SMARTS"):
        data.matching(library, Selection(), "C(")
