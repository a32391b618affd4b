"""The Training page: shipped pictures, a visitor's molecules and records, and what is wrong."""

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.stats.estimates import Estimate, Interval
from core.study import Diversity
from core.study.training_record import TrainingRecord
from dashboard.views.training.charts import by_mixture
from dashboard.views.training.text import (
    EXAMPLE,
    MIX_PANELS,
    course_finding,
    mix_finding,
    size_finding,
)
from tests.app.caches import forget_other_assets
from tests.conftest import ROOT
from tests.trainings import MOLECULES, record


@pytest.fixture
def open_training(full_assets, monkeypatch, tmp_path):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(full_assets))
    monkeypatch.setenv("TRAILSCOPE_RESULTS", str(tmp_path / "results"))
    forget_other_assets()
    st.cache_resource.clear()

    def open_(**query: str) -> AppTest:
        page = AppTest.from_file(
            str(ROOT / "dashboard" / "views" / "training" / "page.py"), default_timeout=60)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_


class File:
    """What the uploader gives."""

    def __init__(self, name, content):
        self.name, self._content = name, content

    def getvalue(self):
        return self._content if isinstance(self._content, bytes) else self._content.encode()


@pytest.fixture
def brought(monkeypatch):
    """Let visitors bring files, which AppTest cannot."""
    files = []
    monkeypatch.setattr(st, "file_uploader", lambda label, *_, **options: (
        files if options.get("accept_multiple_files") else None))
    return files


def shown(page, *kinds):
    assert not page.exception, page.exception
    return [one.value for kind in kinds or ("markdown", "caption", "info", "warning", "error")
            for one in getattr(page, kind)]


def chart(page, key):
    """The figure of a chart."""
    [found] = [one for one in page.get("plotly_chart") if one.proto.id.endswith(f"-{key}")]
    return json.loads(found.proto.spec)


def names(figure):
    return [trace["name"] for trace in figure["data"] if trace.get("showlegend", True)]


def test_each_picture_says_what_it_shows(open_training):
    page = open_training()
    said = shown(page)
    assert any(text.startswith("Different sequences among 10 linearizations of a graph, mean of 16")
               and "**random_order**" in text for text in said)
    assert any("**min_degree_first, 128 graphs** runs into the memorization wall" in text
               and "lowest at step 50" in text for text in said)
    assert any("from 128 to 100,000 graphs the gap goes from 0.237 [0.214 – 0.261] to 0.100 "
               "[0.0900 – 0.110] nats per token, LU from 0.351" in text for text in said)
    assert any(text.startswith("10% random orders in **min_degree_first** take LU")
               and "under its own order goes from 0.300 [0.270 – 0.330] to 0.310" in text
               for text in said)
    assert "All took 100 steps of 128 graphs." in " ".join(said)
    assert len(page.dataframe[0].value) == 7


def test_models_of_one_size_are_compared_at_it(open_training, full_assets, tmp_path, monkeypatch):
    for order in ("random_order", "min_degree_first"):
        folder = tmp_path / "assets" / "results" / "training" / order
        folder.mkdir(parents=True)
        (folder / "record.json").write_text(json.dumps(record(order, 1000)))
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path / "assets"))
    said = shown(open_training(), "markdown")
    assert any(text.startswith("All learnt 1,000 graphs") and "0.167 [0.150 – 0.183]" in text
               for text in said)


def test_the_example_has_the_numbers_that_ship():
    curves = Diversity.load(ROOT / "assets" / "results" / "diversity" / "qm9").curves
    at_100 = curves[(curves["samples"] == 100) & (curves["share"] == 0)]
    share = dict(zip(at_100["strategy"], at_100["unique_ratio"], strict=True))
    said = " ".join(EXAMPLE.split())
    assert (f"on average {100 * share['random_order']:.1f} differ under `random_order` and "
            f"{100 * share['min_degree_first']:.1f} under `min_degree_first`") in said


def test_a_record_that_does_not_say_how_many_graphs_leaves_the_others(open_training, brought):
    unknown = record("max_degree_first", 5, name="unknown")
    del unknown["config"]["card"]["data"]["graphs"]
    brought.append(File("record.json", json.dumps(unknown)))
    page = open_training()
    assert len(page.dataframe[0].value) == 8
    assert "max_degree_first" not in {trace["name"] for trace in chart(page, "size")["data"]}


def test_lines_are_the_records(open_training):
    page = open_training()
    course = chart(page, "course")
    assert len(names(course)) == 7
    page = open_training(trainsize="128")
    assert names(chart(page, "course")) == ["min_degree_first", "random_order"]
    own = chart(page, "course")["data"]
    under = chart(open_training(trainsize="128", trainunder="random order"), "course")["data"]
    line, other = (next(trace["y"] for trace in of if trace.get("name") == "random_order")
                   for of in (own, under))
    assert [b - a for a, b in zip(line, other, strict=True)] == pytest.approx([0.5] * 3)
    size = chart(page, "size")
    assert {trace["name"] for trace in size["data"]} == {"min_degree_first", "random_order"}
    mixture = chart(page, "mixture")["data"]
    assert [trace["x"] for trace in mixture if trace["name"] == "min_degree_first"] == [[0, 10]] * 3


def test_seeds_stand_beside_each_other_and_are_compared(open_training, brought):
    for seed, lu in ((1, 0.2), (2, 0.4)):
        other = record("random_order", 128, seed=seed, name=f"seed {seed}")
        other["result"]["measured"]["lu"]["value"] = lu
        brought.append(File(f"{seed}.json", json.dumps(other)))
    page = open_training()
    assert any("Over 3 seeds of **random_order** at 128 graphs the gap goes from 0.237 to 0.237, "
               "novelty from 35.1% to 35.1%, LU from 0.200 to 0.400." in text
               for text in shown(page))
    line, points = (next(trace for trace in chart(page, "size")["data"][-4:]
                         if trace["mode"] == mode) for mode in ("lines", "markers"))
    assert line["y"][0] == pytest.approx((0.2 + 0.4 + 0.3512) / 3, abs=1e-3)
    assert len(set(points["x"])) == len(points["x"]) == 5
    # Nine lines would hide each other: few graphs come first.
    assert len(names(chart(page, "course"))) == 4


def test_sizes_and_seeds_are_compared_within_a_budget():
    longer = record("random_order", 100_000, seed=1)
    longer["config"]["card"]["training"] |= {"steps": 20_000}
    said = size_finding([TrainingRecord.from_text(json.dumps(one)) for one in (
        record("random_order", 128), record("random_order", 1000), longer)])
    assert said.startswith("**random_order, small, 100 × 128**: from 128 to 1,000 graphs ")
    assert "seeds" not in said
    assert "100,000" not in said


def test_seeds_of_one_size_are_told_too():
    said = size_finding([
        TrainingRecord.from_text(json.dumps(record("random_order", 1000, seed=seed)))
        for seed in (0, 1)])
    assert said.startswith("All learnt 1,000 graphs")
    assert "Over 2 seeds of **random_order** at 1,000 graphs" in said


def test_a_mixture_is_compared_with_a_training_of_its_seed():
    records = [TrainingRecord.from_text(json.dumps(one)) for one in (
        record("min_degree_first", 1000, seed=1), record("min_degree_first", 1000),
        record("min_degree_first", 1000, mix=0.1))]
    records[0].measured["test_nll_per_token"] = Estimate(0.0)
    assert "goes from 0.300 [0.270 – 0.330] to 0.310" in mix_finding(records)


def test_a_mixture_is_not_compared_with_a_training_of_another_size_or_budget():
    longer = record("min_degree_first", 1000)
    longer["config"]["card"]["training"] |= {"steps": 20_000}
    records = [TrainingRecord.from_text(json.dumps(one)) for one in (
        longer, record("min_degree_first", 128), record("min_degree_first", 1000, mix=0.1))]
    assert mix_finding(records).startswith("No training with a share of random orders")
    figure = by_mixture(records, MIX_PANELS, dark=False)
    lines = {trace.name: list(trace.x) for trace in figure.data if trace.showlegend}
    assert lines == {"min_degree_first, 1,000 graphs, small, 20,000 × 128": [0],
                     "min_degree_first, 128 graphs, small, 100 × 128": [0],
                     "min_degree_first, 1,000 graphs, small, 100 × 128": [10]}


def test_every_share_of_random_orders_is_told():
    records = [TrainingRecord.from_text(json.dumps(record("min_degree_first", 1000, mix=mix)))
               for mix in (0.3, 0.0, 0.1)]
    said = mix_finding(records)
    assert said.startswith("10% random orders in **min_degree_first** take LU under random order "
                           "from 0.300 [0.270 – 0.330] to 0.250 ")
    assert "30% random orders in **min_degree_first** take it from 0.300" in said


def test_no_winner_is_named_among_those_that_are_not_told_apart():
    records = [TrainingRecord.from_text(json.dumps(record(order, 1000)))
               for order in ("random_order", "min_degree_first", "max_degree_first")]
    for one, vun in zip(records, (0.8, 0.78, 0.6), strict=True):
        one.measured["vun"] = Estimate(vun, Interval(vun - 0.02, vun + 0.02))
    assert ("Of the samples of random_order 80.0% [78.0–82.0%] are valid, unique and novel at the "
            "end; another training is not told apart from it.") in course_finding(
                records, "own order")
    records[1].measured["vun"] = records[2].measured["vun"]
    assert "at the end, more than of all others." in course_finding(records, "own order")


def test_a_course_that_rises_within_its_interval_is_judged_by_the_gap():
    made = record("min_degree_first", 1000)
    rows = made["config"]["card"]["training"]["validation"]
    for row, nll, novel in zip(rows, (1.0, 0.40, 0.41), (1.0, 0.98, 0.75), strict=True):
        row |= {"nll_per_token_own_nats": nll, "nll_per_token_own_nats_low": nll - 0.02,
                "nll_per_token_own_nats_high": nll + 0.02, "novel": novel}
    said = course_finding([TrainingRecord.from_text(json.dumps(made))], "own order")
    assert ("lowest at step 50 (0.400 nats per token) and stands at 0.410 at step 100; after it, "
            "graphs that it did not learn cost 0.167 [0.150 – 0.183] nats per token more than "
            "those that it did. Of its different samples 97.5% were novel at step 50, 75.0% are at "
            "the end.") in said
    made["result"]["measured"]["gap_nll_per_token"]["interval"] = [-0.1, 0.3]
    said = course_finding([TrainingRecord.from_text(json.dumps(made))], "own order")
    assert said.startswith("No training shown here has run into the memorization wall")


def test_a_mixture_is_shown_beside_random_order(open_training):
    found = chart(open_training(divmix="10%", divmeasure="3-gram entropy"), "diversity")
    assert names(found) == ["random_order", "min_degree_first, 10% random"]


def test_own_molecules_are_measured_live(open_training):
    page = open_training(divset="Your molecules", divsamples="100")
    assert any("Paste molecules or drop a file" in text for text in shown(page, "info"))
    typed = "\n".join((*MOLECULES, "C1CC"))
    page.text_area(key="divtext").set_value(typed).run()
    assert any(text.startswith("16 molecules, written as `qm9`") and "1 cannot" in text
               for text in shown(page, "caption"))
    page.button(key="start-diversity").click().run()
    assert any(text.startswith("Different sequences among 100 linearizations")
               for text in shown(page, "markdown"))
    assert len(names(chart(page, "diversity"))) == 4


@pytest.mark.parametrize(("rows", "is_cut"), [(3, False), (4, True)])
def test_more_rows_than_are_read_are_told_of(rows, is_cut, open_training, monkeypatch):
    for module in ("data", "text"):
        monkeypatch.setattr(f"dashboard.views.training.{module}.MOST_MOLECULES", 3)
    page = open_training(divset="Your molecules")
    page.text_area(key="divtext").set_value("\n".join(MOLECULES[:rows])).run()
    [said] = [text for text in shown(page, "caption") if text.startswith("3 molecules")]
    assert said.endswith("There are more rows; the first 3 are read.") == is_cut


def test_one_molecule_has_no_interval_and_says_so(open_training):
    page = open_training(divset="Your molecules")
    page.text_area(key="divtext").set_value("CCO").run()
    page.button(key="start-diversity").click().run()
    assert any("1 is too few for that" in text for text in shown(page, "caption"))


def test_drug_like_molecules_are_written_without_hydrogens(open_training):
    page = open_training(divset="Your molecules")
    page.text_area(key="divtext").set_value("CC(C)Cc1ccc(cc1)C(C)C(=O)O ibuprofen").run()
    assert any("written as `moses`" in text for text in shown(page, "caption"))


@pytest.mark.parametrize(("typed", "reason"), [
    ("C1CC", "holds no molecule that can be written"),
    ("[Fe]", "holds no molecule that can be written"),
])
def test_molecules_that_cannot_be_written_are_one_sentence(open_training, typed, reason):
    page = open_training(divset="Your molecules")
    page.text_area(key="divtext").set_value(typed).run()
    [error] = shown(page, "error")
    assert reason in error
    assert "/" not in error.partition(":")[0]
    assert page.dataframe  # the trainings stand below all the same


def test_a_seed_outside_its_range_does_not_start(open_training):
    page = open_training(divset="Your molecules")
    page.text_area(key="divtext").set_value("CO").run()
    page.number_input(key="divseed").set_value(-1).run()
    assert any("Seed must be a whole number" in text for text in shown(page, "error"))
    assert page.button(key="start-diversity-refused").disabled


def test_a_record_of_ones_own_joins_the_pictures(open_training, brought):
    brought.append(File("record.json", json.dumps(record(
        "max_degree_first", 500, name="![x](//a.b)"))))
    page = open_training()
    assert "max_degree_first, 500 graphs" in names(chart(page, "course"))
    assert "max_degree_first" in {trace["name"] for trace in chart(page, "size")["data"]}
    assert not shown(page, "error")


def test_records_made_here_are_shown_but_not_to_strangers(open_training, monkeypatch, tmp_path):
    folder = tmp_path / "results" / "training" / "mine"
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(json.dumps(record("max_degree_first", 500)))
    assert len(open_training().dataframe[0].value) == 8
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    assert len(open_training().dataframe[0].value) == 7


def test_a_card_of_a_model_joins_the_course(open_training, brought):
    card = record("anchor_expansion", 500)["config"]["card"]
    brought.append(File("trailscope.json", json.dumps(card)))
    page = open_training()
    assert "anchor_expansion, 500 graphs" in names(chart(page, "course"))
    assert len(page.dataframe[0].value) == 8


@pytest.mark.parametrize(("content", "reason"), [
    ("nonsense", "no JSON"),
    (b"\xff\xfe\x00", "is no text"),
    (json.dumps(record("random_order", 5) | {"command": "evaluate"}), "of `evaluate`, not"),
    (json.dumps(record("random_order", 5)).replace('"format_version": 1', '"format_version": 7'),
     "format version 7"),
    (json.dumps(record("my own", 5)), "damaged"),
    (json.dumps(record("random_order", 5)).replace("gap_nll", "gap"), "damaged"),
    (json.dumps(record("random_order", 5, mix=2)), "outside [0, 1]"),
])
def test_a_record_that_cannot_be_read_is_one_sentence(open_training, brought, content, reason):
    brought.append(File("mine.json", content))
    page = open_training()
    [error] = shown(page, "error")
    assert reason in error.replace("\\", "")
    assert "mine.json" in error
    assert len(page.dataframe[0].value) == 7


def test_without_results_the_page_says_what_to_do(open_training, assets, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
    page = open_training()
    assert any("no training records" in text for text in shown(page, "info"))


@pytest.mark.parametrize(("query", "reason"), [
    ({"divset": "gone"}, "set of graphs 'gone'"), ({"divmix": "90%"}, "'90%', which does not"),
    ({"divseed": "-4"}, "whole number from 0"), ({"trainsize": "7"}, "does not have"),
])
def test_an_impossible_address_is_one_sentence(open_training, query, reason):
    page = open_training(**query)
    [warning] = shown(page, "warning")
    assert reason in warning.replace("\\", "")


def test_strangers_measure_their_molecules_in_a_folder_of_their_own(open_training, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    page = open_training(divset="Your molecules")
    page.text_area(key="divtext").set_value("\n".join(MOLECULES)).run()
    assert any("of computing in an hour" in text for text in shown(page, "caption"))
    page.button(key="start-diversity").click().run()
    assert any(text.startswith("Different sequences among 100 linearizations")
               for text in shown(page, "markdown"))


def test_a_visitor_with_too_many_files_is_told_so(open_training, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    monkeypatch.setattr("dashboard.views.training.data.files_fault", lambda: "Too many files.")
    page = open_training(divset="Your molecules")
    page.text_area(key="divtext").set_value("CO").run()
    assert shown(page, "error") == ["Too many files."]
