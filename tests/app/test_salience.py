"""The Salience page without a browser: masks, insides, comparisons, addresses, faults."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from core.model.card import read_card
from core.salience import open_language_model, select
from core.salience.agreement import agreement
from core.salience.compute import compute_salience
from core.salience.criteria import CRITERIA, names_where
from core.salience.examples import draw_examples, shipped_graphs
from core.sent.strategies import STRATEGIES
from dashboard.shared.file_age import age
from dashboard.views.salience import data
from dashboard.views.salience.cells import Grid, cell_percent, label
from dashboard.views.salience.query import MaskQuery, SalienceQuery
from tests.app.caches import forget_other_assets
from tests.evaluations import MOLECULES

PAGE = Path(__file__).parents[2] / "dashboard" / "views" / "salience" / "page.py"
MODEL = "qm9-max_degree_first"
FEW = {"examples": "6"}


@pytest.fixture
def open_page(evaluated_assets, monkeypatch):
    """Open the page with URL parameters, as from a fresh browser."""

    def open_(assets=evaluated_assets, **query: str) -> AppTest:
        monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
        forget_other_assets()
        page = AppTest.from_file(str(PAGE), default_timeout=120)
        for name, value in {**FEW, **query}.items():
            page.query_params[name] = value
        return page.run()

    return open_


@pytest.fixture
def mask_of(evaluated_assets, monkeypatch):
    """The mask that the page should show, made without the page."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(evaluated_assets))

    def cut(criterion="gradient", *, strategy="max_degree_first", number=6, seed=0, density=0.01,
            scope="global", model=MODEL):
        opened = open_language_model(model)
        card = opened.checkpoint.card
        examples = draw_examples(shipped_graphs(card), card.vocabulary, STRATEGIES[strategy],
                                 number=number, seed=seed)
        return select(compute_salience(opened, criterion, examples, seed=seed),
                      density=density, scope=scope)

    return cut


def alt(page, key):
    assert not page.exception
    (found,) = (one for one in page.get("plotly_chart") if one.key == key)
    return found.proto.alt


def chart(page, key):
    (found,) = (one for one in page.get("plotly_chart") if one.key == key)
    return json.loads(found.proto.spec)


def cells(page, key="matrices"):
    """What the alternative text of a heatmap says of every matrix."""
    text = alt(page, key).split("per module. ")[1].removesuffix(".")
    return dict(cell.split(": ") for cell in text.split("; "))


def texts(page):
    assert not page.exception
    return "\n".join(element.value for element in (*page.markdown, *page.caption))


def expected_cells(mask):
    return {label(matrix): cell_percent(mask.densities()[matrix.name])
            for matrix in mask.matrices}


def csv(page, key):
    """The table behind a row of download buttons."""
    row = next(one.proto for one in page.get("bidi_component") if key in str(one.key))
    return json.loads(row.json)["csv"]


def test_the_heatmap_shows_the_mask(open_page, mask_of):
    page = open_page()
    mask = mask_of()
    assert cells(page) == expected_cells(mask)
    assert not page.error
    assert not page.warning
    shown = texts(page)
    assert f"{mask.nnz:,} of {mask.num_entries:,} entries selected" in shown
    assert f"6 of {len(MOLECULES)} QM9 test molecules, `max_degree_first`, seed 0" in shown
    assert f"The densest matrix is **{label(mask.densest)}**" in shown


def test_the_address_chooses_everything(open_page, mask_of):
    page = open_page(lm="qm9-random_order", criterion="snip", calibration="max_degree_first",
                     examples="4", draw="7", density="20%", scope="local", matrix="layer 1 up")
    mask = mask_of("snip", model="qm9-random_order", number=4, seed=7, density=0.2, scope="local")
    assert cells(page) == expected_cells(mask)
    (matrix,) = (m for m in mask.matrices if label(m) == "layer 1 up")
    chosen = int(mask.entries[matrix.name].sum())
    assert f"**{chosen:,}** of {matrix.numel:,} entries selected" in texts(page)
    assert "layer 1 up" in alt(page, "inside")
    assert f"the {chosen:,} highest" in alt(page, "histogram")


def test_the_slider_cuts_kept_scores(open_page, mask_of, monkeypatch):
    page = open_page()

    def refuse(*_, **__):
        raise AssertionError("scores are computed again")

    monkeypatch.setattr(data, "compute_saliences", refuse)
    page.select_slider(key="density").set_value("10%").run()
    assert cells(page) == expected_cells(mask_of(density=0.1))
    page.selectbox(key="criterion").set_value("id3").run()  # shares the gradient
    assert cells(page) == expected_cells(mask_of("id3", density=0.1))


def test_cells_can_show_the_mean_score(open_page):
    page = open_page(cells="mean score", criterion="random")
    assert {text[:3] for text in cells(page).values()} <= {"0.4", "0.5"}
    assert "does not depend on the mask" in texts(page)


@pytest.mark.parametrize("criterion", ["force", "synflow", "grasp"])
def test_every_kind_of_criterion_has_its_page(open_page, criterion):
    page = open_page(criterion=criterion, lab="All matrices", density="10%")
    assert not page.exception
    assert not page.error
    assert CRITERIA[criterion].formula in texts(page)
    (table,) = (frame.value for frame in page.dataframe)
    assert len(table) == 14
    assert table["selected"].sum() == round(0.1 * table["entries"].sum())


def test_options_of_a_criterion_change_its_scores(open_page):
    page = open_page(criterion="id3", lab="Code")
    before = cells(page)
    page.number_input(key="option_power").set_value(9.0).run()
    assert cells(page) != before
    assert "--option power=9" in page.code[0].value
    assert "power 9" in texts(page)


def test_criteria_are_compared_beside_chance(open_page, mask_of):
    page = open_page(lab="Criteria", density="10%")
    names = names_where(lambda criterion: not criterion.is_slow)
    text = alt(page, "agreement")
    pairs = re.findall(r"(\w+) and (\w+): ([\d.<]+) \(chance ([\d.]+)\)", text)
    assert len(pairs) == len(names) * (len(names) - 1) / 2
    found = {(first, second): float(value) for first, second, value, _ in pairs}
    assert found["snip", "taylor"] == 1
    expected = agreement(mask_of("gradient", density=0.1), mask_of("magnitude", density=0.1))
    assert found["magnitude", "gradient"] == pytest.approx(expected.jaccard, rel=0.01)
    assert "which always select the same" in texts(page)
    table = pd.read_csv(pd.io.common.StringIO(csv(page, "agreement")))
    assert len(table) == len(pairs)
    page.toggle(key="slow").set_value(True).run()
    assert "fisher and grasp:" in alt(page, "agreement")


def test_two_settings_are_compared(open_page, mask_of):
    page = open_page(lab="Two settings", density="5%")
    first, second = mask_of(density=0.05), mask_of(strategy="random_order", density=0.05)
    found = agreement(first, second)
    assert f"**{found.jaccard:#.3g}**" in texts(page)
    assert f"{found.only_first:,} are only in the first" in texts(page)
    again = agreement(first, mask_of(density=0.05, seed=1))
    assert (f"drawn with seed 1 instead, has a Jaccard index of {again.jaccard:#.3g} with itself"
            in texts(page))
    layers = page.dataframe[0].value
    assert layers["both"].sum() == found.both
    assert "layer 1 up" in alt(page, "difference-cells")
    page.segmented_control(key="scope2").set_value("local").run()
    page.selectbox(key="criterion2").set_value("magnitude").run()
    other = mask_of("magnitude", density=0.05, scope="local")
    assert f"**{agreement(first, other).jaccard:#.3g}**" in texts(page)


def test_two_criteria_are_compared_on_the_same_examples(open_page, mask_of):
    page = open_page(lab="Two settings", draw="7", criterion2="snip", calibration2="own")
    assert page.number_input(key="draw2").value == 7
    page.number_input(key="draw").set_value(5).run()
    assert page.number_input(key="draw2").value == 5
    found = agreement(mask_of(seed=5), mask_of("snip", seed=5))
    assert f"**{found.jaccard:#.3g}**" in texts(page)
    page.number_input(key="draw2").set_value(4).run()
    page.number_input(key="draw").set_value(6).run()
    assert page.number_input(key="draw2").value == 4
    assert open_page(lab="Two settings", draw="7", draw2="2").number_input(key="draw2").value == 2


def test_the_same_setting_twice_is_said(open_page):
    page = open_page(lab="Two settings", calibration2="own")
    (info,) = page.info
    assert "Both settings are the same" in info.value
    page.number_input(key="draw2").set_value(4).run()
    assert not page.info
    assert "seed 4" in texts(page)


def test_a_single_molecule_stands_beside_the_set(open_page, evaluated_assets):
    page = open_page(lab="One molecule", one="CC=O", onek="4", density="5%")
    model = open_language_model(MODEL)
    setting = SalienceQuery(MODEL, model.weights_sha256, "gradient", "max_degree_first", 4, 0,
                            smiles="CC=O")
    mask = data.mask(MaskQuery(setting, "global", 0.05))
    assert mask.origin["examples"]["permutations"] == 4
    assert cells(page, "one-cells") == expected_cells(mask)
    assert cells(page, "set-cells") == cells(page)
    assert "4 linearizations of the molecule" in texts(page)
    lines, snippet = (block.value for block in page.code)
    assert "--input CC=O --permutations 4" in lines
    assert "from_smiles('CC=O', card.chemistry" in snippet
    page.text_input(key="one").set_value("XYZ").run()
    (error,) = page.error
    assert "XYZ" in error.value
    page.text_input(key="one").set_value("").run()
    assert "Type a molecule" in page.info[0].value


def test_a_criterion_without_data_gives_way_for_a_molecule(open_page):
    page = open_page(lab="One molecule", criterion="magnitude", onek="2")
    assert "magnitude does not depend on molecules" in page.info[0].value
    assert "gradient" in texts(page)


def test_other_draws_show_how_stable_a_mask_is(open_page, mask_of):
    page = open_page(lab="Stability", examples="4", density="5%")
    assert "3 seeds (0, 1, 2; `max_degree_first`)" in texts(page)
    assert not [one for one in page.get("plotly_chart") if one.key == "stability-chart"]
    page.button(key="draw-again").click().run()
    masks = [mask_of(number=4, seed=seed, density=0.05) for seed in range(3)]
    pairs = [agreement(masks[a], masks[b]).jaccard for a, b in ((0, 1), (0, 2), (1, 2))]
    assert f"**{sum(pairs) / 3:#.3g}** on average over 3 pairs" in alt(page, "stability-chart")
    page.select_slider(key="density").set_value("10%").run()
    assert alt(page, "stability-chart")  # cut anew from the same draws
    page.number_input(key="draw").set_value(5).run()
    assert page.button(key="draw-again")


def test_draws_are_cancelled_in_the_midst_of_one(evaluated_assets, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(evaluated_assets))
    monkeypatch.setattr(data, "_TOKEN_BUDGET", 1)  # a report for every example
    st.cache_resource.clear()
    weights = read_card(evaluated_assets / "checkpoints" / MODEL).weights_sha256
    cut = MaskQuery(SalienceQuery(MODEL, weights, "gradient", "max_degree_first", 4, 0),
                    "global", 0.05)
    heard = []

    def cancel(done, total):
        heard.append((done, total))
        if done == 4:  # of draws of 1, 1, 1, 2, … examples: between the two of the fourth
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        data.stability(cut, cancel)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert {total for _, total in heard} == {3 * (1 + 2 + 4)}


@pytest.mark.parametrize(("criterion", "reason"), [
    ("magnitude", "needs no data"), ("random", "agree by chance alone")])
def test_masks_without_draws_say_so(open_page, criterion, reason):
    assert reason in open_page(lab="Stability", criterion=criterion).info[0].value


def test_examples_of_planar_models_are_planar_graphs(open_page, monkeypatch):
    monkeypatch.setattr("core.salience.examples.MADE_GRAPHS", 3)
    page = open_page(lm="planar-max_degree_first", examples="2", lab="One molecule")
    assert "2 of 3 planar graphs" in texts(page)
    assert "does not read molecules" in page.info[0].value


def test_any_causal_lm_can_be_named(open_page, foreign_model):
    page = open_page(models="other", path=str(foreign_model / "tiny-gpt2"), criterion="synflow")
    assert not page.exception
    assert not page.error
    assert len(cells(page)) == 12
    assert "tiny-gpt2" in texts(page)
    page.selectbox(key="criterion").set_value("gradient").run()
    assert not page.error
    assert page.info[0].value == (
        "Name a file of token sequences, or choose a criterion that needs no data (random, "
        "magnitude, synflow, lamp).")
    assert page.select_slider(key="density")
    page.text_input(key="tokenfile").set_value(str(foreign_model / "tokens.jsonl")).run()
    assert not page.error
    assert "3 token sequences of tokens.jsonl" in texts(page)
    page.segmented_control(key="lab").set_value("Stability").run()
    assert "no other draw" in page.info[0].value
    page.segmented_control(key="lab").set_value("Two settings").run()
    page.selectbox(key="criterion").set_value("magnitude").run()
    page.text_input(key="tokenfile").set_value("").run()
    page.selectbox(key="criterion2").set_value("snip").run()
    assert not page.error
    assert page.info[0].value.startswith("Name a file of token sequences")


def test_an_edited_file_of_tokens_is_scored_anew(open_page, foreign_model, tmp_path):
    file = tmp_path / "tokens.jsonl"
    file.write_text("[1, 2, 3]\n[4, 5]\n")
    page = open_page(models="other", path=str(foreign_model / "tiny-gpt2"), tokenfile=str(file),
                     cells="mean score")
    assert "2 token sequences" in texts(page)
    before = cells(page)
    file.write_text("[1, 2, 3]\n[4, 5]\n[6, 7, 8, 9]\n")
    page.run()
    assert "3 token sequences" in texts(page)
    assert cells(page) != before


def test_a_path_that_cannot_be_one_is_one_sentence(open_page, foreign_model):
    assert age("a\0b") == age("") == ""
    model = str(foreign_model / "tiny-gpt2")
    for query in ({"path": "a\0b"}, {"path": model, "tokenfile": "a\0b"}):
        page = open_page(models="other", **query)
        assert not page.exception
        assert "NUL" in page.error[0].value


@pytest.mark.parametrize(("query", "reason"), [
    ({"matrix": "layer 9 up"}, "the matrix 'layer 9 up'"),
    ({"examples": "4"}, "from 1 to 3")])
def test_limits_of_the_model_itself_are_told(open_page, monkeypatch, query, reason):
    monkeypatch.setattr("core.salience.examples.MADE_GRAPHS", 3)
    page = open_page(**{"lm": "planar-max_degree_first", "examples": "2", **query})
    (warning,) = page.warning
    assert reason in warning.value


@pytest.mark.parametrize(("path", "reason"), [
    ("", "Name a model"), ("/nowhere/at-all", "/nowhere/at-all")])
def test_what_is_no_model_is_one_sentence(open_page, path, reason):
    page = open_page(models="other", path=path)
    assert not page.exception
    assert reason in (*page.info, *page.error)[0].value


def test_a_hosted_page_offers_no_paths(open_page, foreign_model, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    page = open_page(models="other", path=str(foreign_model / "tiny-gpt2"))
    assert not page.exception
    assert not [box for box in page.text_input if box.key == "path"]
    assert MODEL in texts(page)


@pytest.mark.parametrize(("query", "reason"), [
    ({"lm": "gpt-7"}, "there are qm9-random_order"), ({"criterion": "gut"}, "there are random"),
    ({"density": "3%"}, "there are 0.01%"), ({"examples": "0"}, "a whole number from 1 to 512")])
def test_impossible_addresses_are_one_sentence(open_page, query, reason):
    page = open_page(**query)
    assert not page.exception
    (warning,) = page.warning
    assert reason.removeprefix("there are ") in warning.value


def test_a_density_that_selects_nothing_is_one_sentence(open_page):
    page = open_page(scope="local", density="0.01%")
    (error,) = page.error
    assert "selects none of the" in error.value
    assert page.select_slider(key="density")  # to choose another


def test_without_molecules_criteria_without_data_remain(open_page, assets, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(assets, bare)
    page = open_page(bare)
    (error,) = page.error
    assert "No molecules of QM9 ship" in error.value
    page = open_page(bare, criterion="magnitude", lab="All matrices")
    assert not page.error
    assert len(cells(page)) == 14


def test_the_mask_can_be_downloaded(evaluated_assets, monkeypatch, tmp_path, mask_of):
    from core.salience import Mask

    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(evaluated_assets))
    weights = read_card(evaluated_assets / "checkpoints" / MODEL).weights_sha256
    cut = MaskQuery(SalienceQuery(MODEL, weights, "snip", "max_degree_first", 6, 0), "local", 0.1)
    path = tmp_path / "mask.safetensors"
    path.write_bytes(data.mask_file(cut))
    mask, expected = Mask.load(path), mask_of("snip", density=0.1, scope="local")
    assert all(torch.equal(mask.entries[name], entries)
               for name, entries in expected.entries.items())


def test_a_grid_has_all_labels(mask_of):
    grid = Grid(mask_of("magnitude").matrices)
    assert len(grid.labels) == len(grid.matrices) == len(grid.layers) * len(grid.modules)
