"""Substructures of generated molecules are found, hydrogens as atoms or counted."""

import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.molecules import from_smiles
from core.chemistry.substructures import Pattern
from core.model.card import ModelCard
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY, vocabulary_of
from core.triage.generation import Generation
from core.triage.quality import judge
from core.triage.samples import SAMPLE_TYPES, Samples, SamplesConfig, as_samples
from core.triage.search import searched_molecules
from tests.generated_molecules import made_up_samples, without_last_hydrogen


def generation(chemistry, graphs):
    vocabulary = vocabulary_of(chemistry)
    trails = sample_trails(graphs, vocabulary, RANDOM_ORDER, permutations=1,
                           generator=GraphSeed(0))
    table = as_samples(dict.fromkeys(SAMPLE_TYPES) | judge(graph, chemistry) | {
        "tokens": trails.sequence(row, 0)} for row, graph in enumerate(graphs))
    samples = Samples("m", "", "random_order", None, "", SamplesConfig(len(graphs)), table)
    return Generation(samples, ModelCard("m", vocabulary, RANDOM_ORDER, "tiny",
                                         chemistry=chemistry))


def found_in(generation, smarts):
    pattern = Pattern.from_smarts(smarts)
    heard = []
    molecules = searched_molecules(generation, hydrogens=pattern.has_hydrogens,
                                   progress=lambda *report: heard.append(report))
    rows = pattern.find(molecules)
    assert heard[0] == (0, len(generation.table))
    return rows


def test_under_valent_atoms_keep_the_hydrogens_that_they_have():
    samples = made_up_samples(number=80)
    found = Generation(samples, ModelCard("m", QM9_VOCABULARY, RANDOM_ORDER, "tiny"))
    table = samples.table
    nitriles = table["smiles"].str.contains("C#N|N#C", regex=True).fillna(False)
    assert found_in(found, "C#N").tolist() == nitriles.tolist()
    assert not found_in(found, "[#6]")[~table["valid"]].any()
    assert (found_in(found, "[#6][H]") == found_in(found, "[#6;!H0]")).all()
    radical = generation(QM9, [without_last_hydrogen(from_smiles("CC").graph)])
    assert radical.table["stable"].tolist() == [False]
    assert found_in(radical, "[CH2][CH3]").tolist() == [True]
    assert found_in(radical, "[CH3][CH3]").tolist() == [False]


@pytest.mark.parametrize(("smarts", "expected"), [
    ("[OX2H]", [True, False, False]), ("[#8][H]", [True, False, False]),
    ("c1ccccc1", [False, True, False]), ("[CH3]", [True, True, False]),
])
def test_hydrogens_that_are_no_nodes_are_filled_in(smarts, expected):
    graphs = [from_smiles(smiles, MOSES).graph for smiles in ("CO", "Cc1ccccc1", "ClBr")]
    assert found_in(generation(MOSES, graphs), smarts).tolist() == expected
