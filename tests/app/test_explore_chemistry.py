"""The Explore page on a model of drug-like molecules, whose hydrogens are no nodes."""

import contextlib
import io

import pytest
import torch

from core.chemistry.chemistry import MOSES
from core.model.checkpoints import ModelCard, save_checkpoint
from core.model.transformer import build_model
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import vocabulary_of
from dashboard.views.explore.data import by_name
from dashboard.views.explore.query import VIEWS

MODEL = "drug-like"
SMILES = "CC(C)NS(=O)(=O)c1ccc(Br)c(Cl)c1"


@pytest.fixture
def open_drug(open_page, monkeypatch, tmp_path):
    """Open the page under a tiny model that writes MOSES's molecules."""
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path))
    vocabulary = vocabulary_of(MOSES)
    model = build_model(vocabulary, "tiny", generator=torch.Generator().manual_seed(0))
    card = ModelCard(MODEL, vocabulary, RANDOM_ORDER, "tiny", chemistry=MOSES)
    save_checkpoint(tmp_path / MODEL, model, card)
    return lambda **query: open_page(**{"model": MODEL, "smiles": SMILES, "k": "4"} | query)


@pytest.mark.parametrize("view", VIEWS)
def test_every_section_shows(open_drug, view):
    page = open_drug(view=view)
    assert not page.exception
    assert not page.error
    assert "C₉H₁₁BrClNO₂S" in page.title[0].value
    assert page.text_input(key="smiles").help.endswith("at most 27 atoms without hydrogens.")
    assert "hydrogens" not in [toggle.key for toggle in page.toggle]
    if view == "Models":  # those of QM9 write other graphs
        assert page.dataframe[0].value["model"].tolist() == [MODEL]
    if view == "Permutations":
        starts = page.dataframe[0].value["start"]
        assert {start.split()[0] for start in starts} <= {"C", "N", "S", "O", "Br", "Cl"}


def test_the_gallery_has_what_is_typical_of_the_model(open_drug):
    page = open_drug()
    page.button(key="gallery-0").click().run()
    assert not page.error
    assert page.text_input(key="smiles").value == "CC(C)Cc1ccc(cc1)C(C)C(=O)O"


def test_a_molecule_that_another_model_reads_opens_there(open_drug):
    page = open_drug(model="qm9-random_order")
    (error,) = page.error
    assert error.value == "Elements Br, Cl, S are outside the vocabulary, which has H, C, N, O, F."
    (offer,) = [button for button in page.button if button.key == "model_reader"]
    assert offer.label == f"Open it under {MODEL}"
    offer.click().run()
    assert not page.error
    assert page.selectbox(key="model").value == MODEL
    assert page.pills(key="model_dataset").value == "Made here"
    assert "C₉H₁₁BrClNO₂S" in page.title[0].value
    page.pills(key="model_dataset").set_value("QM9").run()
    assert page.selectbox(key="model").value == "qm9-random_order"


def test_a_molecule_that_no_model_reads_leads_to_the_likest_one(open_drug):
    page = open_drug(model="qm9-random_order", smiles="OCCO[Si](C)(C)C")
    [offer] = [button for button in page.button if button.key == "likest"]
    name = offer.label.removeprefix("Open ").removesuffix(", which is most like it")
    offer.click().run()
    assert not page.error
    assert page.text_input(key="smiles").value == by_name(name)


def test_a_molecule_like_no_other_leads_to_one_that_the_model_reads(open_drug):
    page = open_drug(model="qm9-random_order", smiles="[Fe]")
    assert "No model that is here knows Fe." in [caption.value for caption in page.caption]
    [offer] = [button for button in page.button if button.key == "likest"]
    assert offer.label == "Open Methanol instead"
    offer.click().run()
    assert not page.error
    assert page.text_input(key="smiles").value == by_name("Methanol")


def test_a_foreign_element_is_refused_by_the_models_own_chemistry(open_drug):
    (error,) = open_drug(smiles="CCI").error
    assert "Element I is outside the vocabulary, which has C, N, S" in error.value


def test_printed_python_gives_the_numbers(open_drug):
    page = open_drug(view="Code")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(page.code[1].value, {})  # what a visitor would paste
    lu = float(printed.getvalue().split("lu=")[1].split(",")[0])
    assert f"{lu:.3f}" == page.metric[0].value
