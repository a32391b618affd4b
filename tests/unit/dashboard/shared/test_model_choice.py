"""Models stand under the data set that they learnt, those made here last."""

from pathlib import Path

from core.chemistry.chemistry import AUTOGRAPH_GUACAMOL, MOSES, QM9
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import PLANAR_VOCABULARY, Vocabulary, vocabulary_of
from dashboard.shared.model_choice import MADE_HERE, by_dataset


def card(name, vocabulary, data=None, path=Path("shipped"), chemistry=None):
    return ModelCard(name, vocabulary, RANDOM_ORDER, "tiny", data=data or {},
                     path=path / name, chemistry=chemistry)


def test_models_stand_under_their_data_set(monkeypatch, tmp_path):
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path))
    models = {found.name: found for found in (
        card("mine", vocabulary_of(QM9), {"name": "QM9"}, tmp_path, QM9),
        card("q", vocabulary_of(QM9), {"name": "QM9"}, chemistry=QM9),
        card("m", vocabulary_of(MOSES), {"name": "moses"}, chemistry=MOSES),
        card("unsaid", vocabulary_of(QM9), chemistry=QM9),
        card("p", PLANAR_VOCABULARY, {"name": "planar"}),
        card("g", vocabulary_of(AUTOGRAPH_GUACAMOL), chemistry=AUTOGRAPH_GUACAMOL),
        card("roads", Vocabulary(4, ("red", "blue"), ("road", "rail"))),
    )}
    assert by_dataset(models) == {
        "QM9": ("q", "unsaid"), "MOSES": ("m",), "Planar": ("p",), "Other": ("g", "roads"),
        MADE_HERE: ("mine",)}
