"""The Explore page on planar graphs: their inputs, address, numbers and words."""

import contextlib
import io
import re

import pytest
import torch

from core.data.files import read_input
from core.likelihood.analysis import summarize
from core.model.card import ModelCard
from core.model.checkpoints import load_checkpoint, save_checkpoint
from core.model.transformer import build_model
from core.sent.strategies import RANDOM_ORDER, STRATEGIES
from core.sent.vocabulary import Vocabulary
from dashboard.views.explore.query import VIEWS

MODEL = "planar-random_order"


def numbers(page):
    assert not page.exception
    return [metric.value for metric in page.metric]


def messages(elements):
    return [element.value for element in elements]


def texts_of(page):
    """Everything that is written on the page, sidebar and tooltips included."""
    parts = [*page.markdown, *page.caption, *page.title, *page.header, *page.info]
    widgets = [*page.number_input, *page.toggle, *page.segmented_control]
    return " ".join([*messages(parts), *(widget.label for widget in widgets),
                     *(getattr(shown, "help", "") or "" for shown in [*page.metric, *page.toggle])])


@pytest.mark.parametrize(("model", "strategy"), [
    (MODEL, "own"), ("planar-max_degree_first", "random_order"),
])
def test_shows_what_the_command_line_prints(open_page, model, strategy):
    page = open_page(model=model, strategy=strategy, graph="2", number="5", k="16", seed="3")
    checkpoint = load_checkpoint(model)
    chosen = checkpoint.card.strategy if strategy == "own" else STRATEGIES[strategy]
    rows = list(read_input("planar:2:5", max_atoms=64))
    (row,) = summarize(checkpoint, rows, chosen, permutations=16, seed=3)
    assert numbers(page) == [
        f"{row['lu']:.3f}", f"{row['nll_mean']:.2f} nats", f"{row['nll_per_token']:.3f} nats",
        f"{row['nll_marginal']:.2f} nats",
    ]
    assert not page.error
    assert not page.warning


@pytest.mark.parametrize("view", ["Where", "Models", "Permutations"])
def test_a_model_of_smaller_graphs_is_shown_one_of_them(open_page, monkeypatch, tmp_path, view):
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path))
    vocabulary = Vocabulary(max_nodes=16)
    save_checkpoint(
        tmp_path / "planar16",
        build_model(vocabulary, "tiny", generator=torch.Generator().manual_seed(0)),
        ModelCard("planar16", vocabulary, RANDOM_ORDER, "tiny",
                  data={"name": "planar", "nodes": 16}))
    page = open_page(model="planar16", number="3", k="4", view=view)
    assert not page.exception
    assert not page.error
    assert [text for text in messages(page.caption) if "16 nodes, " in text]
    if view == "Models":  # those of larger graphs would score another one
        assert page.dataframe[0].value["model"].tolist() == ["planar16"]
    [row] = summarize(load_checkpoint(tmp_path / "planar16"),
                      list(read_input("planar:0:3", max_atoms=16, planar_nodes=16)),
                      RANDOM_ORDER, permutations=4, seed=0)
    assert page.metric[1].value == f"{row['nll_mean']:.2f} nats"


def test_the_title_says_which_graph_and_what_it_is(open_page):
    page = open_page(model=MODEL, number="3", k="16")
    assert "planar:0:3" in page.title[0].value
    (summary,) = [text for text in messages(page.caption) if "nodes" in text and "edges" in text]
    assert "64 nodes, 180 edges, connected and planar" in summary
    assert "Test graph 3 of seed 0" in summary


def test_the_model_decides_what_is_asked_for(open_page):
    page = open_page(smiles="CCN", k="16")
    assert [box.key for box in page.number_input] == ["k", "seed"]
    page.pills(key="model_dataset").set_value("Planar").run()
    assert page.selectbox(key="model").value == MODEL
    assert [box.key for box in page.number_input] == ["graph", "number", "k", "seed"]
    assert not page.text_input
    assert not page.toggle  # no hydrogens
    assert page.pills(key="model_dataset").value == "Planar"
    assert "planar:0:0" in page.title[0].value


def test_switching_data_sets_keeps_order_molecule_and_graph(open_page):
    page = open_page(smiles="CCN", k="16", model="qm9-max_degree_first")
    page.pills(key="model_dataset").set_value("Planar").run()
    assert page.selectbox(key="model").value == "planar-max_degree_first"
    page.number_input(key="number").set_value(7).run()
    page.selectbox(key="model").set_value(MODEL).run()
    page.pills(key="model_dataset").set_value("QM9").run()
    assert page.selectbox(key="model").value == "qm9-max_degree_first"
    assert page.text_input(key="smiles").value == "CCN"
    assert "CCN" in page.title[0].value
    page.pills(key="model_dataset").set_value("Planar").run()
    assert page.selectbox(key="model").value == MODEL
    assert "planar:0:7" in page.title[0].value
    assert page.number_input(key="k").value == 16


@pytest.mark.parametrize("view", VIEWS)
def test_every_section_shows_in_words_of_graphs(open_page, view):
    page = open_page(model=MODEL, view=view, k="16")
    assert len(numbers(page)) == 4
    assert not page.error
    assert not re.search(r"\b(atom|bond|molecule|SMILES)", texts_of(page))


def test_only_planar_models_are_compared(open_page):
    page = open_page(model=MODEL, view="Models", k="16")
    assert page.dataframe[0].value["model"].tolist() == [MODEL, "planar-max_degree_first"]
    page = open_page(smiles="CO", view="Models", k="16")
    assert page.dataframe[0].value["model"].str.startswith("qm9-").all()


def test_there_is_no_exact_value(open_page):
    page = open_page(model=MODEL, view="Convergence", exact="true", k="16")
    (info,) = messages(page.info)
    assert info == ("This graph has more than 1,000 sequences under random_order, too many to list "
                    "them all here.")


def test_permutations_start_at_nodes(open_page):
    page = open_page(model=MODEL, view="Permutations", k="16")
    table = page.dataframe[0].value
    assert table["start"].str.fullmatch(r"node \d+").all()
    assert (table["tokens"] > 200).all()


def test_printed_python_gives_the_numbers(open_page):
    page = open_page(model="planar-max_degree_first", graph="1", number="2", k="16", view="Code")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(page.code[1].value, {})  # what a visitor would paste
    lu = float(printed.getvalue().split("lu=")[1].split(",")[0])
    assert f"{lu:.3f}" == numbers(page)[0]
    assert page.code[0].value.startswith("trailscope score planar:1:2 ")


@pytest.mark.parametrize(("query", "reason"), [
    ({"graph": "-3"}, "the graph seed '-3'; it must be a whole number from 0 to 2,147,483,647"),
    ({"number": "ten"},
     "the graph number 'ten'; it must be a whole number from 0 to 2,147,483,647"),
    ({"graph": "99999999999"}, "the graph seed '99999999999'; it must be a whole number"),
    ({"smiles": "CCO"}, "which reads planar graphs; leave out one of the two"),
])
def test_impossible_address_is_said_and_the_page_stays_usable(open_page, query, reason):
    page = open_page(model=MODEL, k="16", **query)
    (warning,) = messages(page.warning)
    assert reason in warning
    assert len(numbers(page)) == 4
    page.number_input(key="number").set_value(1).run()
    assert len(numbers(page)) == 4
    assert not page.warning


def test_a_graph_without_its_model_is_said(open_page):
    page = open_page(graph="3", k="16")
    (warning,) = messages(page.warning)
    assert warning.endswith(f"add model={MODEL}.")
    assert len(numbers(page)) == 4
