"""The Generate & triage page without a browser: sources, filters, rankings, errors."""

import contextlib
import io
import re
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pandas as pd
import pytest
import streamlit as st
import torch
from rdkit import Chem
from streamlit.testing.v1 import AppTest

from core.chemistry.chemistry import MOSES
from core.chemistry.molecules import from_smiles, without_hydrogens
from core.library.export import KINDS
from core.likelihood.analysis import analyse
from core.model.card import ModelCard, read_card
from core.model.checkpoints import load_checkpoint, save_checkpoint
from core.model.transformer import build_model
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import MOSES_VOCABULARY, vocabulary_of
from core.stats.labels import RankingError
from core.triage.keep_list import keep_list_of_samples
from core.triage.molecule_set import MoleculeSet
from core.triage.quality import mark_unique
from core.triage.ranking import compare_samples
from core.triage.run import sample_and_score
from core.triage.samples import SAMPLE_TYPES, Samples, SamplesConfig, as_samples
from core.triage.scores import VALIDITY
from core.triage.set_metrics import NO_FCD_INTERVAL, NO_REFERENCE, set_metrics
from dashboard.views.triage import data
from dashboard.views.triage.query import LIVE_CHUNK, SET_METRICS, VIEWS, LiveQuery
from tests.app.caches import forget_other_assets
from tests.generated_molecules import made_up_samples

PAGE = Path(__file__).parents[2] / "dashboard" / "views" / "triage" / "page.py"
MODEL = "qm9-random_order"
NUMBER = 80


def can_go_on(page) -> bool:
    """Whether a live run can be started or continued."""
    return "generate" in {button.key for button in page.button}


def save(root, samples, kind="samples", name=""):
    samples.save(root / "results" / kind / samples.model / name, device="cpu")


@pytest.fixture(scope="module")
def results(assets, tmp_path_factory) -> Path:
    """An assets folder with tiny models and made-up results."""
    root = tmp_path_factory.mktemp("triage")
    shutil.copytree(assets / "checkpoints", root / "checkpoints")
    weights = read_card(root / "checkpoints" / MODEL).weights_sha256
    save(root, made_up_samples(number=NUMBER, weights_sha256=weights))
    for step in (100, 400):
        save(root, made_up_samples(number=80, seed=step, step=step), "milestones",
             f"step-{step:05}")
    one_class = made_up_samples("qm9-max_degree_first", number=20, bad_share=0)
    save(root, one_class)
    nothing = made_up_samples("qm9-min_degree_first", number=5)
    table = nothing.table.assign(valid=False, smiles=None, stable=None, unique=None, lu=None)
    save(root, replace(nothing, table=table.astype(nothing.table.dtypes)))
    return root


@pytest.fixture
def open_page(results, monkeypatch):
    """Open the page with URL parameters, as from a fresh browser."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(results))

    def open_(**query: str) -> AppTest:
        forget_other_assets()
        page = AppTest.from_file(str(PAGE), default_timeout=120)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_


def metrics(page):
    assert not page.exception
    return {metric.label: metric.value for metric in page.metric}


def texts(page):
    assert not page.exception
    return [element.value for element in (*page.markdown, *page.caption)]


def shown(page):
    """How many rows the page says that it shows."""
    [line] = [text for text in texts(page) if re.search(r"\bshown\.", text)]
    return int(re.match(r"[\d,]+", line).group().replace(",", ""))


def uncluttered(table):
    """The rows that a page shows unless it is asked for more."""
    return table[table["unique"].fillna(True) & (table["fragments"].fillna(1) < 2)]


def marks(page):
    return [text for text in texts(page) if re.match(r":small\[:(green|orange|red)\[", text)]


def addresses(page):
    return [parse_qs(link.proto.url.removeprefix("./?")) for link in page.get("link_button")]


def test_opens_with_shares_and_molecules(open_page):
    page = open_page()
    quality = made_up_samples(number=NUMBER).quality
    found = metrics(page)
    assert found["Valid"] == f"{quality.valid.value:.1%}"
    assert found["Stable"] == f"{quality.stable_molecules.value:.1%}"
    assert shown(page) == NUMBER - 1  # of which one is there twice
    assert len(marks(page)) == 12
    assert not page.error
    assert not page.warning


def test_address_restores_every_choice(open_page):
    page = open_page(sort="mean NLL", direction="highest first", smarts="[OX2H]", show="unstable",
                     unique="true", page="2", part="Molecules", source="shipped",
                     generator=MODEL)
    table = made_up_samples(number=NUMBER).table
    assert page.selectbox(key="sort").value == "mean NLL"
    assert page.text_input(key="smarts").value == "[OX2H]"
    assert page.toggle(key="unique").value is True
    assert 0 < shown(page) < (~table["stable"].fillna(True)).sum()
    assert not page.warning


@pytest.mark.parametrize(("label", "direction"), [
    ("LU", "lowest first"), ("LU", "highest first"), ("self NLL", "highest first"),
    ("mean NLL", "lowest first"), ("order-marginal NLL", "highest first"),
])
def test_grid_is_sorted(open_page, label, direction):
    page = open_page(sort=label, direction=direction, show="stable", part="Molecules")
    column = {"LU": "lu", "self NLL": "self_nll", "mean NLL": "nll_mean",
              "order-marginal NLL": "nll_marginal"}[label]
    table = uncluttered(made_up_samples(number=NUMBER).table)
    best = table[table["stable"].fillna(False)].sort_values(
        column, ascending=direction == "lowest first")["lu"].head(12)
    cards = [text for text in texts(page) if text.startswith("**LU ")]
    assert [re.match(r"\*\*LU ([\d.]+)", card).group(1) for card in cards] == [
        f"{lu:.3f}" for lu in best]


@pytest.mark.parametrize(("show", "mark"), [
    ("stable", "stable"), ("unstable", "unstable"), ("invalid", "invalid")])
def test_kinds_are_told_apart(open_page, show, mark):
    page = open_page(show=show)
    table = uncluttered(made_up_samples(number=NUMBER).table)
    count = {"stable": table["stable"].fillna(False).sum(),
             "unstable": (~table["stable"].fillna(True)).sum(),
             "invalid": (~table["valid"]).sum()}[show]
    assert shown(page) == count
    assert all(re.search(rf"\] {mark}\b", text) for text in marks(page))


def test_substructures_are_found(open_page):
    page = open_page(smarts="C#N")
    table = made_up_samples(number=NUMBER).table
    assert shown(page) == table["smiles"].str.contains("C#N|N#C", regex=True).sum()
    page.text_input(key="smarts").set_value("[#6][H]").run()
    assert shown(page) > 40


def test_a_bad_pattern_gets_one_sentence_and_nothing_is_lost(open_page):
    page = open_page(sort="LU")
    page.text_input(key="smarts").set_value("C(").run()
    (error,) = page.error
    assert "is not a valid SMARTS" in error.value
    page.text_input(key="smarts").set_value("").run()
    assert shown(page) == NUMBER - 1
    assert page.selectbox(key="sort").value == "LU"


def test_repeats_and_molecules_in_pieces_are_hidden_until_asked_for(
    open_page, results, tmp_path, monkeypatch
):
    root = tmp_path / "assets"
    shutil.copytree(results, root)
    samples = made_up_samples(number=NUMBER)
    table = samples.table
    table.loc[4:9, "fragments"] = 2
    save(root, replace(samples, table=table))
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(root))
    page = open_page()
    assert shown(page) == NUMBER - 7
    assert any(text.endswith("6 in several pieces and 1 repeat are hidden.")
               for text in texts(page))
    page.toggle(key="pieces").set_value(True).run()
    assert shown(page) == NUMBER - 1
    assert any(text.endswith("shown. 1 repeat is hidden.") for text in texts(page))
    page.toggle(key="repeats").set_value(True).run()
    assert shown(page) == NUMBER
    assert not any("hidden" in text for text in texts(page))
    page.toggle(key="repeats").set_value(False).run()
    assert shown(page) == NUMBER - 1
    linked = open_page(pieces="true", repeats="true")
    assert shown(linked) == NUMBER
    alone = open_page(show="invalid")  # which are looked at for what is wrong with them
    assert shown(alone) == (~table["valid"]).sum()


def test_pages_turn_and_a_filter_goes_back_to_the_first(open_page):
    page = open_page()
    first = marks(page), addresses(page)
    [buttons] = page.get("pagination")
    assert buttons.proto.num_pages == 7
    page.session_state["page"] = 2
    page.run()
    assert addresses(page) != first[1]
    page.selectbox(key="sort").select("LU").run()
    assert page.session_state["page"] == 1
    page = open_page(page="999")
    assert "There are 7 pages; this is the last one." in texts(page)
    assert page.session_state["page"] == 7
    assert len(marks(page)) == (NUMBER - 1) % 12


def test_links_open_explore_on_the_same_numbers(open_page):
    page = open_page(show="stable")
    table = made_up_samples(number=NUMBER).table
    first = table[table["stable"].fillna(False)].iloc[0]
    query = addresses(page)[0]
    assert query["model"] == [MODEL]
    assert query["k"] == ["32"]
    assert query["seed"] == ["0"]
    graph = from_smiles(query["smiles"][0]).graph
    assert graph.num_nodes == first["num_nodes"]


@pytest.mark.parametrize("view", VIEWS)
def test_every_section_shows(open_page, view):
    page = open_page(part=view)
    assert metrics(page)
    assert not page.error


def test_ranking_shows_the_numbers_of_the_library(open_page):
    page = open_page(part="Ranking")
    compared = compare_samples(made_up_samples(number=NUMBER).table, seed=0)
    aucs, differences, pooled = (frame.value for frame in page.dataframe)
    assert aucs["AUC"][0] == compared.roc("lu").auc.value
    assert aucs["stable"][0] == compared.positives
    assert len(differences) == 6
    assert pooled["molecules of"].tolist() == [MODEL, "all 3, pooled"]  # others are of one class
    assert any("so a pooled AUC also ranks the models" in text for text in texts(page))


def test_keep_list_shows_the_numbers_of_the_library(open_page):
    page = open_page(part="Keep-list", fdr="30", score="LU", split="3")
    kept = keep_list_of_samples(made_up_samples(number=NUMBER).table, "lu", fdr=0.3, seed=3)
    assert any(kept.sentence in text for text in texts(page))
    assert any(kept.keep_list.guarantee in text for text in texts(page))
    assert len(marks(page)) == min(12, len(kept.kept_rows))


def test_too_strict_a_rate_is_said(open_page):
    page = open_page(part="Keep-list", fdr="1")
    assert any("Nothing can be kept at a rate of 1%" in info.value for info in page.info)


def test_along_training_says_when_lu_leads(open_page):
    page = open_page(part="Along training")
    text = " ".join(texts(page))
    for other in ("self NLL", "mean NLL", "order-marginal NLL"):
        assert re.search(rf"(better than|does not overtake) {other}", text)
    other_model = open_page(part="Along training", generator="qm9-max_degree_first")
    assert any("trailscope triage" in info.value for info in other_model.info)


@pytest.mark.parametrize("view", ["Ranking", "Risk and coverage", "Keep-list"])
def test_a_generation_without_valid_molecules_is_said(open_page, view):
    page = open_page(part=view, generator="qm9-min_degree_first")
    assert metrics(page)["Valid"] == "0.0%"
    (info,) = page.info
    assert "None of the 5 molecules is valid" in info.value


def test_one_class_only_is_said(open_page):
    page = open_page(part="Ranking", generator="qm9-max_degree_first")
    (info,) = page.info
    assert "are all 17 stable" in info.value


def test_results_that_do_not_ship_are_said_with_the_command(open_page):
    page = open_page(generator="qm9-anchor_expansion")
    (error,) = page.error
    assert "trailscope triage --model qm9-anchor_expansion --output" in error.value


@pytest.mark.parametrize(("change", "reason"), [
    (lambda folder: (folder / "record.json").write_text(
        (folder / "record.json").read_text().replace('"format_version": 1',
                                                     '"format_version": 9')),
     "is of format version 9, this TrailScope reads version 1"),
    (lambda folder: (folder / "samples.parquet").write_bytes(b"PAR1"), "damaged samples"),
    (lambda folder: (folder / "record.json").write_text("{"), "is damaged"),
])
def test_results_that_cannot_be_read_are_said(open_page, results, tmp_path, monkeypatch, change,
                                              reason):
    root = tmp_path / "assets"
    shutil.copytree(results, root)
    change(root / "results" / "samples" / MODEL)
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(root))
    page = open_page()
    (error,) = page.error
    assert reason in error.value
    assert not page.exception


@pytest.mark.parametrize(("query", "reason"), [
    ({"generator": "gpt-7"}, "which this server does not have"),
    ({"source": "dream"}, "there are shipped, live"),
    ({"sort": "beauty"}, "there are as generated, name"),
    ({"part": "Nowhere"}, "there are Molecules, Set metrics"),
    ({"page": "zero"}, "it must be a whole number from 1"),
    ({"part": "Keep-list", "fdr": "99"}, "from 0.5 to 50.0"),
    ({"source": "live", "temperature": "nan"}, "from 0.1 to 5.0"),
    ({"source": "live", "n": "99999"}, "from 1 to 1,000"),
])
def test_impossible_address_is_said_and_the_page_stays_usable(open_page, query, reason):
    page = open_page(**query)
    (warning,) = page.warning
    assert reason in warning.value
    assert not page.exception
    page.run()
    assert not page.warning


def test_a_live_run_is_what_the_library_samples(open_page):
    page = open_page(source="live", n="30", permutations="16", runseed="4", part="Molecules",
                     pieces="true", repeats="true")
    assert not metrics(page)
    page.button(key="generate").click().run()
    config = SamplesConfig(30, 16, 4, chunk=LIVE_CHUNK)
    table = pd.concat(sample_and_score(load_checkpoint(MODEL), config), ignore_index=True)
    assert metrics(page)["Valid"] == f"{table['valid'].mean():.1%}"
    assert shown(page) == 30
    cards = [text for text in texts(page) if text.startswith("**LU ")]
    best = table["lu"][:12].dropna()
    assert [card[5:10] for card in cards] == [f"{lu:.3f}" for lu in best]
    assert not can_go_on(page)  # nothing is left to do
    first = addresses(page)[0]
    [alone] = analyse(load_checkpoint(MODEL), [from_smiles(first["smiles"][0]).graph],
                      load_checkpoint(MODEL).card.strategy, permutations=int(first["k"][0]),
                      seed=int(first["seed"][0])).uncertainties
    assert f"{alone.lu:.3f}" == cards[0][5:10]


def test_molecules_grow_from_a_fragment(open_page):
    page = open_page(source="live", n="3", permutations="2", fragment="c1ccncc1", open="2,4")
    assert "Open: 2, 4. Click an atom to open or close it." in texts(page)
    page.button(key="generate").click().run()
    config = SamplesConfig(3, 2, 0, chunk=LIVE_CHUNK, fragment="c1ccncc1", open_atoms=(2, 4))
    table = pd.concat(sample_and_score(load_checkpoint(MODEL), config), ignore_index=True)
    assert metrics(page)["Valid"] == f"{table['valid'].mean():.1%}"
    [finding] = [text for text in texts(page) if "holds the fragment" in text]
    assert finding.startswith(
        "Every graph that was read holds the fragment unchanged; in 3 of them nothing was bonded "
        f"to it. Writing it takes {table['prefix_nll'].mean():.1f} nats on average")
    page.segmented_control(key="part").set_value("Code").run()
    [command] = [code.value for code in page.code if "trailscope triage" in code.value]
    assert "--from c1ccncc1 --open 2,4" in command
    page.text_input(key="fragment").set_value("CC(C)C").run()
    assert page.text_input(key="open").value == ""
    assert [text for text in texts(page) if text.startswith("Open: 0, 1, 2. ")]


@pytest.mark.parametrize(("query", "sentence"), [
    ({"fragment": "c1cc"}, "is not a valid SMILES"),
    ({"fragment": "CBr"}, "Element Br is outside the vocabulary"),
    ({"fragment": "CC", "open": "x"}, "'x' does not name atoms"),
    ({"fragment": "CC(C)C", "open": "0,2,3"}, "it can leave open 0 and 2."),
    ({"fragment": "CC", "open": "2"}, "The fragment has no atom 2"),
])
def test_a_fragment_that_does_not_fit_gets_one_sentence(open_page, query, sentence):
    page = open_page(source="live", n="2", **query)
    [error] = page.error
    assert sentence in error.value
    assert not page.exception
    page.text_input(key="fragment").set_value("").run()
    assert not page.error


def test_a_fragment_of_another_chemistry_is_offered_a_model_that_reads_it(
    open_page, monkeypatch, tmp_path
):
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path))
    vocabulary = vocabulary_of(MOSES)
    save_checkpoint(
        tmp_path / "drug-like",
        build_model(vocabulary, "tiny", generator=torch.Generator().manual_seed(0)),
        ModelCard("drug-like", vocabulary, RANDOM_ORDER, "tiny", chemistry=MOSES))
    page = open_page(source="live", n="2", generator="qm9-random_order", fragment="CCCl")
    [error] = page.error
    assert "Element Cl is outside the vocabulary" in error.value
    [offer] = [button for button in page.button if button.label.startswith("Open it under ")]
    assert offer.label == "Open it under drug-like"
    offer.click().run()
    assert not page.error
    assert page.session_state["generator"] == "drug-like"


def test_graphs_without_labels_have_no_fragment(open_page):
    page = open_page(source="live", generator="planar-random_order", fragment="CC")
    assert "fragment" not in [box.key for box in page.text_input]
    assert not page.error


@pytest.mark.parametrize(("key", "value", "said"), [
    ("n", 0, "Sequences must be a whole number from 1 to"),
    ("temperature", -0.5, "Temperature must be a number from 0.1 to"),
    ("topk", -1, "Top k must be a whole number from 0 to"),
])
def test_a_number_outside_its_range_says_why_and_does_not_start(open_page, key, value, said):
    page = open_page(source="live", fragment="CO")
    page.number_input(key=key).set_value(value).run()
    assert any(said in one.value for one in page.sidebar.markdown)
    assert page.error[0].value.startswith(said)
    assert page.button(key="generate-refused").disabled
    page.number_input(key=key).set_value(3).run()
    assert not page.error
    assert page.text_input(key="fragment").value == "CO"
    assert not page.button(key="generate").disabled


def test_a_longer_run_begins_with_what_there_is(open_page, monkeypatch):
    page = open_page(source="live", n=str(LIVE_CHUNK), permutations="2", pieces="true",
                     repeats="true")
    page.button(key="generate").click().run()
    before = addresses(page)
    page.number_input(key="n").set_value(LIVE_CHUNK + 1)
    page.query_params["n"] = str(LIVE_CHUNK + 1)  # as a browser does; fixed fields go by it
    page.run()
    assert page.button(key="generate").label == "Continue: 1 more"
    assert shown(page) == LIVE_CHUNK
    assert addresses(page) == before
    page.button(key="generate").click().run()
    assert shown(page) == LIVE_CHUNK + 1
    other = open_page(source="live", n=str(LIVE_CHUNK), permutations="2", runseed="1")
    assert other.button(key="generate").label == f"Generate {LIVE_CHUNK}"


def test_one_live_molecule_is_not_ranked_and_nothing_breaks(open_page):
    page = open_page(source="live", n="1", permutations="2", runseed="9", part="Ranking")
    page.button(key="generate").click().run()
    assert page.info
    for view in VIEWS:
        page.segmented_control(key="part").set_value(view).run()
        assert metrics(page)


def test_planar_graphs_are_drawn_and_ranked_by_validity(open_page):
    page = open_page(source="live", generator="planar-random_order", n="2", permutations="2")
    page.button(key="generate").click().run()
    assert list(metrics(page)) == ["Valid", "Unique"]
    assert len(marks(page)) == 2
    assert not addresses(page)
    assert any("nodes" in text and "connected" in text for text in texts(page))
    for view in ("Ranking", "Risk and coverage", "Keep-list", "Along training"):
        page.segmented_control(key="part").set_value(view).run()
        assert not page.error
        told = [*texts(page), *(info.value for info in page.info)]
        assert view == "Along training" or any("invalid" in text and "graphs" in text
                                               for text in told)


def test_a_damaged_model_is_said_and_the_run_ends(open_page, results, tmp_path, monkeypatch):
    root = tmp_path / "assets"
    shutil.copytree(results, root)
    weights = root / "checkpoints" / MODEL / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(root))
    page = open_page(source="live", n="5")
    page.button(key="generate").click().run()
    (error,) = page.error
    assert "SHA-256 differs" in error.value
    page.run()
    assert page.button(key="generate").label == "Generate 5"


def test_a_cancelled_chunk_leaves_the_finished_ones(results, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(results))
    st.cache_resource.clear()
    card = read_card(results / "checkpoints" / MODEL)
    choice = LiveQuery(MODEL, card.weights_sha256, SamplesConfig(8, 2, 0, chunk=4))
    heard = []
    data.sample_more(choice, lambda *report: heard.append(report))
    assert heard[0] == ("sampling", 0, 4)

    def cancel(*report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        data.sample_more(choice, cancel)
    assert len(data.live(choice, card).table) == 4
    data.sample_more(choice, lambda *report: None)
    whole = data.live(choice, card)
    assert len(whole.table) == 8
    once = pd.concat(sample_and_score(load_checkpoint(MODEL), choice.config), ignore_index=True)
    assert whole.table["self_nll"].tolist() == pytest.approx(once["self_nll"].tolist())
    shorter = LiveQuery(MODEL, card.weights_sha256, SamplesConfig(3, 2, 0, chunk=4))
    assert len(data.live(shorter, card).table) == 3


def test_printed_python_gives_the_numbers(open_page):
    page = open_page(part="Code")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(page.code[1].value, {})  # what a visitor would paste
    samples = made_up_samples(number=NUMBER)
    auc = compare_samples(samples.table, seed=0).roc("lu").auc.value
    assert f"LU Estimate(value={auc}" in printed.getvalue()
    assert str(samples.quality.to_json()) in printed.getvalue()


@pytest.mark.parametrize("model", [MODEL, "planar-random_order"])
def test_printed_python_of_a_live_run_samples_the_same(open_page, model):
    page = open_page(source="live", n="26", permutations="2", part="Code", runseed="4",
                     generator=model)
    page.button(key="generate").click().run()
    printed, names = io.StringIO(), {}
    # Random weights write no stable molecule, and that is what ranking says.
    refused = pytest.raises(RankingError, match="unstable") if model == MODEL else (
        contextlib.nullcontext())
    with contextlib.redirect_stdout(printed), refused:
        exec(page.code[1].value, names)
    assert names["config"] == SamplesConfig(26, 2, 4, chunk=LIVE_CHUNK)
    assert f"{names['table']['valid'].mean():.1%}" == metrics(page)["Valid"]
    assert str(names["sample_quality"](names["table"]).to_json()) in printed.getvalue()


def test_sdf_of_many_molecules_is_prepared_first(open_page, monkeypatch):
    monkeypatch.setattr("dashboard.rows.shown._QUICK_ROWS", dict.fromkeys(KINDS, 10))
    page = open_page(show="unstable")
    prepare = page.button(key="prepare-page-sdf")
    count = int(re.search(r"\d+", prepare.label).group())
    prepare.click().run()
    assert not page.exception
    labels = [button.label for button in page.get("download_button")]
    assert f"SDF, {count} molecules" in labels


def test_a_model_without_hydrogen_nodes_is_ranked_by_validity(
    open_page, results, make_checkpoint, tmp_path, monkeypatch
):
    """Nothing is stable or unstable there, and the word is on no card, filter or section."""
    root = tmp_path / "assets"
    shutil.copytree(results / "checkpoints", root / "checkpoints")
    make_checkpoint("moses-random_order", MOSES_VOCABULARY,
                    folder=root / "checkpoints" / "moses-random_order")
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(root))
    page = open_page(source="live", generator="moses-random_order", n="50", permutations="2",
                     runseed="1")
    while can_go_on(page):
        page.button(key="generate").click().run()
    found = metrics(page)
    assert list(found) == ["Valid", "Unique", "Novel", "Fragmented"]
    assert page.segmented_control(key="show").options == ["all", "valid", "invalid"]
    assert len(marks(page)) == 12
    assert SET_METRICS in page.segmented_control(key="part").options
    page.text_input(key="smarts").set_value("[#6][H]").run()
    assert 0 < shown(page) < 50
    config = SamplesConfig(50, 2, 1, chunk=LIVE_CHUNK)
    model = load_checkpoint("moses-random_order")
    table = pd.concat(sample_and_score(model, config), ignore_index=True)
    compared = compare_samples(table, seed=1, label=VALIDITY)
    for view in ("Ranking", "Risk and coverage", "Keep-list", "Along training", "Code"):
        page.segmented_control(key="part").set_value(view).run()
        assert not page.error
        assert not any("stable" in text for text in texts(page)), view
        if view == "Ranking":
            [aucs, _] = (frame.value for frame in page.dataframe)
            assert aucs["AUC"][0] == compared.roc("lu").auc.value
            assert (aucs["valid"][0], aucs["invalid"][0]) == (
                compared.positives, compared.negatives)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(page.code[1].value, {})
    assert f"LU Estimate(value={compared.roc('lu').auc.value}" in printed.getvalue()


@pytest.fixture
def moses_samples(open_page, results, make_checkpoint, tmp_path, monkeypatch):
    """An assets folder with a MOSES model; saves samples of it."""
    root = tmp_path / "assets"
    shutil.copytree(results / "checkpoints" / MODEL, root / "checkpoints" / MODEL)
    name = "moses-random_order"
    card = make_checkpoint(name, MOSES_VOCABULARY, folder=root / "checkpoints" / name).card
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(root))

    def save_samples(set_metrics=None):
        rows = [dict.fromkeys(SAMPLE_TYPES) | {
            "id": f"{name}:0:{number}", "tokens": (0, 4), "valid": True, "smiles": smiles,
            "num_nodes": 9, "fragments": 1, "self_nll": 1.0}
            for number, smiles in enumerate(["c1ccc2[nH]ccc2c1", "CCO"] * 10)]
        rows.append(rows[0] | {"valid": False, "smiles": None, "num_nodes": None})
        table = mark_unique(as_samples(rows), MOSES_VOCABULARY)
        samples = Samples(name, card.weights_sha256, "random_order", 1, "moses",
                          SamplesConfig(len(rows)), table, set_metrics=set_metrics)
        save(root, samples)
        return samples

    return save_samples


def test_set_metrics_of_samples_show_as_they_are_stored(moses_samples, open_page, monkeypatch):
    table = moses_samples().table
    reference = MoleculeSet.of("MOSES test set", map(Chem.MolFromSmiles, ["CCO", "CCN", "CC"]))
    stored = set_metrics(table, {"test": reference}, fcd=lambda *sets: 12.5)
    moses_samples(stored)
    monkeypatch.setattr("core.triage.generation.set_metrics", None)  # is not computed again
    page = open_page(part=SET_METRICS, generator="moses-random_order")
    assert not page.exception
    [shown_table] = (frame.value for frame in page.dataframe)
    by_name = shown_table.set_index("metric")
    assert by_name["value"]["Valid"] == f"{20 / 21:.3f}"
    assert by_name["value"]["SNN, test"] == f"{stored['snn_test'].estimate.value:.3f}"
    low, high = (f"{end:.3f}" for end in (stored["snn_test"].estimate.interval.low,
                                          stored["snn_test"].estimate.interval.high))
    assert by_name["95% interval"]["SNN, test"] == f"{low} – {high}"
    assert (by_name["value"]["FCD, test"], by_name["better"]["FCD, test"]) == ("12.500", "lower")
    assert f"SNN, test scaffolds; Scaf, test scaffolds; FCD, test scaffolds: {NO_REFERENCE}" in (
        texts(page))
    assert f"FCD, test: {NO_FCD_INTERVAL}" in texts(page)
    [caption] = [text for text in texts(page) if text.startswith("Metrics of the MOSES benchmark")]
    assert "the MOSES test set (3 molecules)" in caption
    assert "1 sequence is no graph" in caption
    assert any(text.endswith("no graph at all: 1 of 21.") for text in texts(page))


def test_samples_without_stored_set_metrics_show_what_needs_no_reference(
    moses_samples, open_page
):
    samples = moses_samples()
    page = open_page(part=SET_METRICS, generator="moses-random_order")
    assert not page.exception
    values = page.dataframe[0].value.set_index("metric")["value"]
    computed = set_metrics(samples.table)
    assert values["IntDiv₁"] == f"{computed['internal_diversity_1'].estimate.value:.3f}"
    assert values["SNN, test"] == values["Novel"] == "–"


def test_molecules_with_hydrogen_nodes_have_no_set_metrics(open_page):
    page = open_page(part=SET_METRICS)
    assert SET_METRICS not in page.segmented_control(key="part").options
    assert not page.exception
    assert shown(page) == NUMBER - 1


def test_graphs_show_as_a_table_and_are_filtered_by_any_number(open_page):
    page = open_page(**{"as": "table", "samplefilter": "num_nodes >= 20; lu <= 0.2", "sort": "LU"})
    table = made_up_samples(number=NUMBER).table
    chosen = table[(table["num_nodes"] >= 20) & (table["lu"] <= 0.2)].sort_values("lu")
    assert shown(page) == len(chosen)
    shown_rows = page.dataframe[0].value
    assert shown_rows["id"].tolist() == chosen["id"].tolist()
    assert shown_rows["smiles"].dropna().tolist() == [  # as on the cards
        without_hydrogens(smiles) for smiles in chosen["smiles"].dropna()]
    labels = [button.label for button in page.get("download_button")]
    assert labels == [f"CSV, {len(chosen)} rows", f"SDF, {len(chosen)} molecules",
                      f"SMILES, {len(chosen)} molecules", f"Parquet, {len(chosen)} rows",
                      f"JSON, {len(chosen)} rows"]
    page.text_input(key="samplefilter").set_value("beauty >= 1").run()
    (error,) = page.error
    assert "This library has no column" in error.value
