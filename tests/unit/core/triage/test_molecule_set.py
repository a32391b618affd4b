"""Molecules of a data set are described by all cores as by one."""

from dataclasses import replace

import numpy as np
import pytest

from core.chemistry.chemistry import MOSES
from core.chemistry.molecules import from_smiles, to_smiles, to_valid_rdkit
from core.data import pieces
from core.data.dataset import DataPart
from core.data.packing import PackedGraphs
from core.triage.molecule_set import MoleculeSet, part_smiles

SMILES = ("O=C(Nc1ccncc1)c1ccccc1", "CCO", "c1ccc2[nH]ccc2c1", "OCC", "CC(=O)Nc1ccc(O)cc1", "CC",
          "Cc1ccc2[nH]ccc2c1", "C")


@pytest.fixture
def part():
    """Eleven molecules in another order than they are packed in, some of them not valid."""
    graphs = [from_smiles(smiles, MOSES).graph for smiles in SMILES]
    fluorine = MOSES.elements.index("F")
    invalid = replace(from_smiles("C=C", MOSES).graph, node_labels=np.full(2, fluorine))
    assert to_valid_rdkit(invalid, MOSES) is None
    packed = PackedGraphs.from_graphs([*graphs, invalid])
    rows = np.array([8, 3, 1, 0, 2, 8, 7, 6, 5, 4, 3])
    return DataPart(packed, rows, str, {}, MOSES, "MOSES")


@pytest.fixture(params=["this process", "all cores"])
def calls(request, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_ROWS", 3)
    monkeypatch.setattr(pieces, "SMALL_ROWS", 0 if request.param == "all cores" else 20_000)
    return []


def test_a_part_is_described_as_its_molecules_one_by_one(part, calls):
    found = MoleculeSet.of_part("some", part, MOSES, progress=lambda *call: calls.append(call))
    plain = MoleculeSet.of("some", (to_valid_rdkit(graph, MOSES) for graph in part.graphs()))
    assert (found.name, found.smiles, found.scaffolds) == (
        plain.name, plain.smiles, plain.scaffolds)
    np.testing.assert_array_equal(found.fingerprints, plain.fingerprints)
    assert found.fingerprints.dtype == plain.fingerprints.dtype
    assert len(found) == 9
    assert calls == [("Describing some", done, 11) for done in (0, 3, 6, 9, 11)]


def test_smiles_of_a_part_are_those_of_its_graphs(part, calls):
    found = part_smiles(part, MOSES, progress=lambda *call: calls.append(call))
    assert found == {to_smiles(graph, MOSES) for graph in part.graphs()} - {None}
    assert len(found) == 7  # ethanol is there twice
    assert calls == [(done, 11) for done in (0, 3, 6, 9, 11)]
