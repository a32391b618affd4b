"""Samples that are made up, and the same as a library."""

import pytest

from core.library.store import Library
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY
from tests.generated_molecules import made_up_samples


@pytest.fixture(scope="module")
def samples():
    return made_up_samples(number=40)


@pytest.fixture(scope="session")
def card():
    """Of the model that they would be of."""
    return ModelCard("m", QM9_VOCABULARY, RANDOM_ORDER, "tiny")


@pytest.fixture(scope="module")
def library(samples, card, tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    samples.save(folder, device="cpu")
    return Library.open(folder, card=card)
