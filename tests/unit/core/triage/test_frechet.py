"""The Fréchet distance against SciPy's matrix square root, and a machine without ChemNet."""

import numpy as np
import pytest
from rdkit import Chem
from scipy.linalg import sqrtm

from core.triage import frechet
from core.triage.frechet import ChemNet, FcdError, Moments, frechet_distance
from core.triage.molecule_set import MoleculeSet


def test_moments_of_pieces_are_those_of_the_whole():
    values = np.random.default_rng(0).normal(size=(50, 4))
    found = Moments.of([values[:7], values[7:30], values[30:]])
    np.testing.assert_allclose(found.mean, values.mean(axis=0))
    np.testing.assert_allclose(found.covariance, np.cov(values.T))


def test_distance_by_the_formula():
    rng = np.random.default_rng(1)
    first, second = (Moments.of([rng.normal(size=(30, 5)) @ rng.normal(size=(5, 5))])
                     for _ in range(2))
    root = sqrtm(first.covariance @ second.covariance).real
    expected = ((first.mean - second.mean) ** 2).sum() + np.trace(
        first.covariance + second.covariance - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_distance_in_literal_numbers():
    """Of normal distributions on a line: (m₁ − m₂)² + (s₁ − s₂)²."""
    first = Moments(np.array([1.0]), np.array([[4.0]]))
    second = Moments(np.array([4.0]), np.array([[25.0]]))
    assert frechet_distance(first, second) == pytest.approx(9 + 9)


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(frechet, "find_spec", lambda name: None)
    with pytest.raises(FcdError, match=r"pip install 'trailscope\[fcd\]'"):
        ChemNet()


def test_chemnet_agrees_with_its_package():
    package = pytest.importorskip("fcd_torch")
    smiles = ["CCO", "CCN", "c1ccccc1", "CC(=O)O", "CCCC"], ["CCC", "CO", "c1ccncc1", "CC#N"]
    first, second = (MoleculeSet.of("some", map(Chem.MolFromSmiles, some)) for some in smiles)
    heard = []
    network = ChemNet()
    found = network.distance(first, second, progress=lambda *report: heard.append(report))
    expected = package.FCD(device="cpu")(list(first.smiles), list(second.smiles))
    assert found == pytest.approx(expected, rel=1e-3)
    assert heard[0] == ("ChemNet on some", 5, 5)
    assert network.distance(first, second) == found
    # Views would keep what the network remembers of every position: 17 GB for half of MOSES's test.
    assert all(piece.base is None for piece in network._activations(first, None))
