"""Every page says in one sentence what it answers, and explains itself by an example."""

import re

import pytest

from dashboard.shared.introduction import SPELT_OUT
from dashboard.views.explore import text as explore
from dashboard.views.score import text as score
from tests.snapshots.pages import PAGES, open_page, texts


@pytest.fixture(autouse=True)
def shipped_like(full_assets, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(full_assets))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(full_assets / "models"))


@pytest.mark.parametrize("page", [page for page in PAGES if page != "glossary"],
                         ids=lambda page: page or "explore")
def test_a_page_explains_itself(page):
    opened = open_page(page)
    assert [text for text in opened.markdown if "**Example" in text.value]


@pytest.mark.parametrize("page", [page for page in PAGES if page != "glossary"],
                         ids=lambda page: page or "explore")
def test_what_a_page_shortens_it_spells_out_first(page):
    opened = open_page(page)
    said = " ".join(texts(opened))
    short = {name for name in SPELT_OUT if re.search(rf"\b{name}\b", said)}
    spelt = {name for text in opened.caption for name in SPELT_OUT
             if f"**{name}**: {SPELT_OUT[name]}" in text.value}
    assert short <= spelt


@pytest.mark.parametrize("query", ["smiles=CCCl", "smiles=C(("])
def test_explore_explains_itself_beside_what_is_wrong(query):
    opened = open_page("", query)
    assert opened.error
    assert explore.QUESTION in [text.value for text in opened.caption]
    [example] = [text.value for text in opened.markdown if "**Example" in text.value]
    assert "1.78 / 25.40 = 0.070." in example


def test_score_asks_one_question():
    [question, *_] = [text.value for text in open_page("score").caption
                      if text.value == score.QUESTION]
    assert len(question) < 110
    assert question.endswith("?")


def test_the_example_on_explore_has_the_numbers_of_the_page():
    opened = open_page("", "smiles=CCO&k=8")
    [example] = [text.value for text in opened.markdown if "**Example" in text.value]
    lu, nll = opened.metric[0].value, opened.metric[1].value.removesuffix(" nats")
    assert f"/ {nll} = {lu}." in example
    assert example.count(nll) == 2
