"""The Explore page without a browser: inputs, address, numbers, errors."""

import contextlib
import io
import re
import shlex

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.data.files import read_input
from core.likelihood.analysis import summarize
from core.model.checkpoints import load_checkpoint
from core.sent.strategies import STRATEGIES
from dashboard.views.explore.query import VIEWS


def numbers(page: AppTest) -> list[str]:
    assert not page.exception
    return [metric.value for metric in page.metric]


def messages(elements) -> list[str]:
    return [element.value for element in elements]


def test_opens_with_numbers_of_a_molecule(open_page):
    page = open_page()
    assert len(numbers(page)) == 4
    assert not page.error
    assert not page.warning


@pytest.mark.parametrize(("model", "strategy"), [
    ("qm9-random_order", "own"), ("qm9-min_degree_first", "own"),
    ("qm9-anchor_expansion", "random_order"),
])
def test_shows_what_the_command_line_prints(open_page, model, strategy):
    page = open_page(smiles="CC=O", model=model, strategy=strategy, k="16", seed="3")
    checkpoint = load_checkpoint(model)
    chosen = checkpoint.card.strategy if strategy == "own" else STRATEGIES[strategy]
    (row,) = summarize(checkpoint, list(read_input("CC=O")), chosen, permutations=16, seed=3)
    lu, nll, per_token, marginal = numbers(page)
    assert lu == f"{row['lu']:.3f}"
    assert nll == f"{row['nll_mean']:.2f} nats"
    assert per_token == f"{row['nll_per_token']:.3f} nats"
    assert marginal == f"{row['nll_marginal']:.2f} nats"


def test_address_restores_every_choice(open_page):
    query = {"smiles": "CCN", "model": "qm9-max_degree_first", "strategy": "random_order",
             "k": "20", "seed": "5", "trail": "7", "view": "Compare", "a": "3", "b": "lowest",
             "hydrogens": "false"}
    page = open_page(**query)
    assert numbers(page)
    assert page.text_input(key="smiles").value == "CCN"
    assert page.selectbox(key="model").value == "qm9-max_degree_first"
    assert page.selectbox(key="strategy").value == "random_order"
    assert page.number_input(key="k").value == 20
    assert page.number_input(key="seed").value == 5
    assert page.selectbox(key="trail").value == "7"
    assert page.segmented_control(key="view").value == "Compare"
    assert page.selectbox(key="a").value == "3"
    assert page.selectbox(key="b").value == "lowest"
    assert page.toggle(key="hydrogens").value is False
    assert not page.warning


def test_a_name_is_a_molecule(open_page):
    named, drawn = open_page(smiles="ethyl alcohol", k="4"), open_page(smiles="CCO", k="4")
    assert not named.error
    assert named.title[0].value == drawn.title[0].value
    assert [card.value for card in named.metric] == [card.value for card in drawn.metric]
    [error] = open_page(smiles="vitamin D").error
    assert error.value.startswith("'vitamin D' is no SMILES, nor a name")
    [error] = open_page(smiles="ethanoll").error
    assert error.value.endswith("a name that is known here; give the molecule's SMILES. "
                                "Did you mean Ethanol?")


def test_one_click_draws_as_many_permutations_as_are_needed(open_page):
    page = open_page(smiles="CCO", k="20")
    [verdict] = [text.value for text in page.markdown if "tell this LU from one that" in text.value]
    [number] = re.findall(r"about ([\d,]+) would do so for 10%", verdict)
    offered = min(int(number.replace(",", "")), 1024)
    button = page.button(key="draw_more")
    assert re.fullmatch(rf"Draw {offered:,}(, for about 1\d%)? \(about [1-9]\d* s\)", button.label)
    button.click().run()
    assert page.number_input(key="k").value == offered
    assert not page.exception


@pytest.mark.parametrize(("query", "reason"), [
    ({"k": "99999"}, "it must be a whole number from 2 to 1,024"),
    ({"k": "1000000000", "trail": "1"}, "it must be a whole number from 2 to 1,024"),
    ({"k": "many"}, "it must be a whole number from 2 to 1,024"),
    ({"seed": "-1"}, "the seed '-1'; it must be a whole number"),
    ({"model": "gpt-7"}, "which this server does not have"),
    ({"strategy": "alphabetical"}, "there are own, random_order"),
    ({"trail": "500"}, "the numbers from 1 to 32"),
    ({"view": "Nowhere"}, "there are Where, Compare"),
])
def test_impossible_address_is_said_and_the_page_stays_usable(open_page, query, reason):
    page = open_page(smiles="CO", **query)
    (warning,) = messages(page.warning)
    assert reason in warning
    assert len(numbers(page)) == 4
    page.text_input(key="smiles").set_value("CN").run()
    assert len(numbers(page)) == 4
    assert not page.warning


@pytest.mark.parametrize(("smiles", "reason"), [
    ("", "empty"),
    ("C1CC", "not a valid SMILES"),
    ("CC(C)(C)(C)C", "not a possible molecule"),
    ("CCCl", "Element Cl is outside the vocabulary"),
    ("CCCCCCCCCCCC", "at most 29 are possible"),
    ("C" * 10_000, "10,000 characters"),
    ("<script>alert(1)</script>", "not a valid SMILES"),
])
def test_bad_molecule_gets_one_sentence_and_nothing_is_lost(open_page, smiles, reason):
    page = open_page(smiles="CO", seed="4")
    page.text_input(key="smiles").set_value(smiles).run()
    (error,) = messages(page.error)
    assert reason in error
    assert not numbers(page)
    page.text_input(key="smiles").set_value("CCO").run()
    assert len(numbers(page)) == 4
    assert page.number_input(key="seed").value == 4


@pytest.mark.parametrize(("smiles", "note"), [
    ("C.O", "2 fragments"),
    ("C[NH3+]", "Formal charges are not encoded"),
    ("[2H]C", "Isotopes are not encoded"),
    ("C[C@H](N)O", "Stereochemistry is not encoded"),
    ("Cn1c(=O)c2c(ncn2C)n(C)c1=O", "the model extrapolates"),
    ("[H]", "Unpaired electrons"),
])
def test_unusual_molecules_score_with_a_note(open_page, smiles, note):
    page = open_page(smiles=smiles, k="16")
    assert len(numbers(page)) == 4
    assert any(note in caption for caption in messages(page.caption))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("hydrogens", ["true", "false"])
def test_every_section_shows(open_page, view, hydrogens):
    page = open_page(smiles="CC(=O)N", view=view, hydrogens=hydrogens, k="16")
    assert len(numbers(page)) == 4
    assert not page.error


def test_small_molecules_have_an_exact_value(open_page):
    page = open_page(smiles="CO", view="Convergence", exact="true")
    assert any("All 18 sequences listed" in text for text in messages(page.markdown))


def test_large_molecules_say_why_there_is_no_exact_value(open_page):
    page = open_page(smiles="CC(N)C(=O)O", view="Convergence", exact="true")
    (info,) = messages(page.info)
    assert "sequences" in info
    assert len(numbers(page)) == 4


def test_single_sequence_is_called_exact(open_page):
    page = open_page(smiles="CO", strategy="max_degree_first")
    assert numbers(page)[0] == "0.000"
    assert any("exactly 0" in text for text in messages(page.markdown))


def test_gallery_sets_the_molecule(open_page):
    page = open_page()
    page.button(key="gallery-0").click().run()
    assert page.text_input(key="smiles").value == "CO"
    assert len(numbers(page)) == 4


def test_all_models_are_compared(open_page):
    page = open_page(smiles="CCO", view="Models", compare="chosen order", strategy="random_order")
    table = page.dataframe[0].value
    assert list(table["model"]) == [f"qm9-{name}" for name in STRATEGIES]
    assert set(table["order"]) == {"random_order"}


def test_printed_python_gives_the_numbers(open_page):
    page = open_page(smiles="CCN", k="16", seed="2", view="Code")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(page.code[1].value, {})  # what a visitor would paste
    lu = float(printed.getvalue().split("lu=")[1].split(",")[0])
    assert f"{lu:.3f}" == numbers(page)[0]


def test_printed_command_names_every_choice(open_page):
    page = open_page(smiles="C(=O)N", k="16", seed="2", view="Code", strategy="anchor_expansion")
    assert shlex.split(page.code[0].value) == [
        "trailscope", "score", "C(=O)N", "--model", "qm9-random_order", "--strategy",
        "anchor_expansion", "--permutations", "16", "--seed", "2",
    ]


def test_missing_checkpoints_are_said(open_page, monkeypatch, tmp_path, assets):
    for name in ("logo.svg", "wordmark.svg"):
        (tmp_path / name).write_bytes((assets / name).read_bytes())
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path))
    page = open_page()
    (error,) = messages(page.error)
    assert "There are no checkpoints" in error
    assert not page.exception


@pytest.mark.parametrize("view", ["Where", "Models"])
def test_damaged_checkpoint_is_said(open_page, assets, view):
    weights = assets / "checkpoints" / "qm9-max_degree_first" / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-100])
    try:
        model = "qm9-max_degree_first" if view == "Where" else "qm9-random_order"
        page = open_page(smiles="CO", model=model, view=view, k="16")
        (error,) = messages(page.error)
        assert "SHA-256 differs" in error
        assert not page.exception
        if view == "Models":
            assert page.dataframe[0].value["model"].tolist() == [
                f"qm9-{name}" for name in STRATEGIES if name != "max_degree_first"]
    finally:
        weights.write_bytes(whole)


@pytest.fixture
def damaged_cards(assets):
    """Damage the cards of these models for the time of a test."""
    changed = {}

    def damage(*names):
        for name in names:
            card = assets / "checkpoints" / name / "trailscope.json"
            changed[card] = card.read_text()
            card.write_text('{"format_version": 1}')
        st.cache_resource.clear()

    yield damage
    for card, whole in changed.items():
        card.write_text(whole)
    st.cache_resource.clear()


def test_a_damaged_folder_is_said_and_the_others_work(open_page, damaged_cards):
    damaged_cards("qm9-min_degree_first")
    page = open_page(smiles="CO", k="16", view="Models")
    (warning,) = messages(page.warning)
    assert "qm9-min_degree_first" in warning
    assert "is damaged" in warning
    assert len(numbers(page)) == 4
    assert page.dataframe[0].value["model"].tolist() == [
        f"qm9-{name}" for name in STRATEGIES if name != "min_degree_first"]
    assert "qm9-min_degree_first" not in page.selectbox(key="model").options


def test_where_all_planar_models_are_damaged_only_molecules_are_offered(open_page, damaged_cards):
    damaged_cards("planar-random_order", "planar-max_degree_first")
    page = open_page(smiles="CO", k="16")
    assert len(messages(page.warning)) == 2
    assert len(numbers(page)) == 4
    assert "model_dataset" not in [bar.key for bar in page.pills]


def test_where_every_folder_is_damaged_each_is_said(open_page, damaged_cards):
    damaged_cards(*(f"qm9-{name}" for name in STRATEGIES), "planar-random_order",
                  "planar-max_degree_first")
    page = open_page(smiles="CO")
    assert sum("is damaged" in warning for warning in messages(page.warning)) == 6
    assert messages(page.error) == [
        "Of the 6 models here none can be read; get them again, or set TRAILSCOPE_ASSETS."]
    assert not page.exception
