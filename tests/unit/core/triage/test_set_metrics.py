"""Set metrics equal literal loops over RDKit, and say why they are missing."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from core.chemistry.chemistry import MOSES
from core.chemistry.molecules import from_smiles, to_valid_rdkit
from core.errors import InputError
from core.stats.proportions import wilson_interval
from core.triage.molecule_set import MoleculeSet
from core.triage.samples import SAMPLE_TYPES, as_samples
from core.triage.set_metrics import (
    NO_COMMON_SCAFFOLD,
    NO_FCD,
    NO_FCD_INTERVAL,
    NO_MOLECULE,
    NO_REFERENCE,
    NO_SCAFFOLD,
    NOT_LOOKED_UP,
    SET_METRICS,
    TOO_FEW_FOR_FCD,
    SetMetrics,
    internal_diversity,
    nearest_similarity,
    scaffold_similarity,
    set_metrics,
)
from tests.oracles import set_metrics as literal

DRUGS = (
    "CC(=O)Oc1ccccc1C(=O)O", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "CC(=O)Nc1ccc(O)cc1",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "CN1CCCC1c1cccnc1", "O=C(Nc1ccncc1)c1ccccc1",
    "O=C(Nc1ccncc1)c1ccc(F)cc1", "c1ccc2[nH]ccc2c1", "Cc1ccc2[nH]ccc2c1", "c1ccc(-c2ccccn2)cc1",
    "O=S(=O)(Nc1ccccc1)c1ccc(Cl)cc1", "CCO", "C1CCC(CC1)N1CCOCC1", "CC(C)NCC(O)c1ccc2ccccc2c1",
)


def molecules(smiles, name="test set"):
    return MoleculeSet.of(name, map(Chem.MolFromSmiles, smiles))


def table_of(*smiles, undecoded=0, novel=None):
    """A table of samples by SMILES, None for an invalid molecule."""
    rows = [dict.fromkeys(SAMPLE_TYPES) | {
        "smiles": None if one is None else Chem.CanonSmiles(one), "valid": one is not None,
        "num_nodes": 5, "fragments": 1} for one in smiles]
    rows += [dict.fromkeys(SAMPLE_TYPES) | {"valid": False}] * undecoded
    table = as_samples(rows)
    unique = (~table["smiles"].duplicated()).astype("boolean").where(table["valid"], pd.NA)
    return table.assign(unique=unique, novel=pd.array([novel] * len(table), dtype="boolean"))


samples_of_drugs = st.lists(st.sampled_from(DRUGS), min_size=1, max_size=6)


@settings(max_examples=40)
@given(samples_of_drugs, samples_of_drugs)
def test_metrics_equal_the_loops(first, second):
    found, reference = molecules(first), molecules(second)
    for power in (1, 2):
        assert internal_diversity(found, power).value == pytest.approx(
            literal.internal_diversity(first, power), abs=1e-6)
    assert nearest_similarity(found, reference).value == pytest.approx(
        literal.nearest_similarity(first, second), abs=1e-6)
    cosine = scaffold_similarity(found, reference)
    if literal.scaffolds(first) and literal.scaffolds(second):
        assert cosine.value == pytest.approx(literal.scaffold_similarity(first, second))
    else:
        assert cosine is None


def test_metrics_in_literal_numbers():
    """Two pyridine amides share a scaffold, indole has another; a third reference has none."""
    found = molecules(["O=C(Nc1ccncc1)c1ccccc1", "O=C(Nc1ccncc1)c1ccc(F)cc1", "c1ccc2[nH]ccc2c1"])
    reference = molecules(["O=C(Nc1ccncc1)c1ccc(Cl)cc1", "Cc1ccc2[nH]ccc2c1", "CCO"])
    assert scaffold_similarity(found, reference).value == pytest.approx(3 / np.sqrt(5 * 2))
    assert nearest_similarity(found, found).value == 1
    alike = molecules(["CCO", "OCC"])
    assert internal_diversity(alike).value == 0
    # Ethane sets one bit, methane another: no pair but of a molecule with itself is alike.
    apart = molecules(["CC", "C"])
    assert internal_diversity(apart).value == 0.5
    assert internal_diversity(apart, 2).value == pytest.approx(1 - np.sqrt(0.5))
    assert nearest_similarity(apart, molecules(["C"])).value == 0.5


def test_shares_of_a_table_in_literal_numbers():
    table = table_of("CCO", "OCC", "CC", None, undecoded=2, novel=True)
    found = set_metrics(table)
    assert [found[key].number for key in ("valid", "unique_1k", "unique_10k", "novel")] == [
        6, 3, 3, 2]
    assert found["valid"].estimate.value == 0.5
    assert found["valid"].estimate.interval == wilson_interval(3, 6)
    assert found["unique_1k"].estimate.value == pytest.approx(2 / 3)
    assert found["novel"].estimate.value == 1
    assert found.undecoded == 2


def test_unique_at_k_looks_at_the_first_k_valid_molecules():
    different = [f"[{isotope}{atom}]" for atom in ("CH4", "NH3") for isotope in range(1, 501)]
    table = table_of(None, *different, *different[:250])
    found = set_metrics(table)
    assert (found["unique_1k"].estimate.value, found["unique_1k"].number) == (1, 1000)
    assert (found["unique_10k"].estimate.value, found["unique_10k"].number) == (0.8, 1250)


def test_all_metrics_of_a_sample_beside_its_references():
    smiles = [DRUGS[place % len(DRUGS)] for place in range(20)]
    references = {"test": molecules(DRUGS[:8], "MOSES test set"),
                  "scaffolds": molecules(DRUGS[8:], "MOSES scaffold test set")}
    heard = []
    found = set_metrics(table_of(*smiles, novel=False), references,
                        fcd=lambda found, reference: float(len(reference)),
                        progress=lambda *report: heard.append(report))
    assert [value.metric.key for value in found.values] == list(SET_METRICS)
    for key in ("snn_test", "scaffold_similarity_scaffolds", "internal_diversity_2"):
        estimate = found[key].estimate
        assert estimate.interval.low < estimate.value < estimate.interval.high
    assert found["snn_scaffolds"].estimate.value == pytest.approx(
        literal.nearest_similarity(smiles, DRUGS[8:]), abs=1e-6)
    assert found["fcd_test"].estimate.value == 8
    assert found["fcd_test"].estimate.reason == NO_FCD_INTERVAL
    assert found.references == {"MOSES test set": 8, "MOSES scaffold test set": 6}
    assert heard[-1] == ("Comparing with MOSES scaffold test set", 6, 6)
    stored = json.loads(json.dumps(found.to_json()))
    assert SetMetrics.from_json(stored) == found


def test_what_cannot_be_known_says_why():
    found = set_metrics(table_of("CCO", "CC"), {"test": molecules(["CCO"])})
    reasons = {value.metric.key: value.reason for value in found.values}
    assert reasons["novel"] == NOT_LOOKED_UP
    assert reasons["snn_scaffolds"] == NO_REFERENCE
    assert reasons["scaffold_similarity_test"] == NO_SCAFFOLD
    assert reasons["fcd_test"] == NO_FCD
    assert reasons["snn_test"] is None
    assert found["snn_test"].estimate.reason == (
        "An interval needs at least 16 molecules, here are 2.")
    few = set_metrics(table_of("CCO"), {"test": molecules(["CCO"])}, fcd=lambda *sets: 0.0)
    assert few["fcd_test"].reason == TOO_FEW_FOR_FCD
    indole, biaryl = molecules([DRUGS[7]] * 20), molecules([DRUGS[9]])
    assert scaffold_similarity(indole, biaryl).reason == NO_COMMON_SCAFFOLD
    nothing = set_metrics(table_of(None, undecoded=1), {"test": molecules(["CCO"])})
    assert {value.reason for value in nothing.values if value.estimate is None} == {
        NO_MOLECULE, NO_REFERENCE}
    with pytest.raises(InputError, match="at least one graph"):
        set_metrics(table_of())


def test_molecules_are_described_without_those_that_are_none():
    described = MoleculeSet.of("some", [None, Chem.MolFromSmiles("OCC")])
    assert described.smiles == ("CCO",)
    assert described.fingerprints.shape == (1, 128)
    assert described.scaffolds == (None,)
    assert len(MoleculeSet.of("none", [])) == 0


def test_intervals_hold_what_larger_samples_say():
    """Coverage over samples of 60 from a made-up population; docs/intervals.md, Set metrics."""
    rng = np.random.default_rng(0)
    everything = molecules(DRUGS)
    shares = rng.dirichlet(np.ones(len(DRUGS)))
    reference = molecules(DRUGS[::2] * 2)
    size, repeats = 60, 300

    def draw(number):
        rows = rng.choice(len(DRUGS), number, p=shares)
        return MoleculeSet("drawn", tuple(everything.smiles[row] for row in rows),
                           everything.fingerprints[rows],
                           tuple(everything.scaffolds[row] for row in rows))

    for measure in (internal_diversity, lambda drawn: internal_diversity(drawn, 2),
                    lambda drawn: nearest_similarity(drawn, reference),
                    lambda drawn: scaffold_similarity(drawn, reference)):
        found = [measure(draw(size)) for _ in range(repeats)]
        truth = np.mean([one.value for one in found])
        held = np.mean([one.interval.holds(truth) for one in found])
        assert 0.89 <= held <= 0.985
        halved = [abs(one.value - truth) <= (one.interval.high - one.interval.low) / 4
                  for one in found]
        assert np.mean(halved) < 0.8


def test_graphs_of_the_chemistry_are_described_as_their_smiles():
    graphs = [from_smiles(smiles, MOSES).graph for smiles in DRUGS]
    by_graph = MoleculeSet.of("graphs", (to_valid_rdkit(graph, MOSES) for graph in graphs))
    by_smiles = molecules(DRUGS)
    assert by_graph.smiles == by_smiles.smiles
    assert by_graph.scaffolds == by_smiles.scaffolds
    np.testing.assert_array_equal(by_graph.fingerprints, by_smiles.fingerprints)
