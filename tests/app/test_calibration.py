"""The Calibration page without a browser: diagrams, temperature, bins and their tokens, faults."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.calibration.token_types import TokenType
from core.evaluation.result import Evaluation
from dashboard.views.calibration.query import BIN_OPTIONS, SECTIONS
from tests.app.caches import forget_other_assets
from tests.conftest import ROOT
from tests.evaluations import MODELS, ORDERS, PLANAR_MODEL

RANDOM, MAX = ORDERS
BIASED = MODELS[1]


@pytest.fixture
def open_calibration(evaluated_assets, monkeypatch) -> Callable[..., AppTest]:
    """Open the Calibration page with URL parameters."""

    def open_(assets=evaluated_assets, **query: str) -> AppTest:
        monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
        forget_other_assets()
        page = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)
        page.query_params.update(query)
        # What AppTest.switch_page does, which goes by the name of the page's file.
        page._page_hash = calc_hash("calibration")
        return page.run()

    return open_


def evaluation(assets: Path, model: str, order: str) -> Evaluation:
    return Evaluation.load(assets / "results" / "evaluations" / model / order)


def texts(elements) -> list[str]:
    return [element.value for element in elements]


def eces(page: AppTest) -> list[str]:
    assert not page.exception
    assert not page.error
    return [metric.value for metric in page.metric]


def cards(page: AppTest) -> list[str]:
    return [caption for caption in texts(page.caption) if re.match(r"token \d+ of \d+ · ", caption)]


def test_the_own_order_stands_beside_random_order(open_calibration, evaluated_assets):
    page = open_calibration(evaluated=BIASED)
    found = [evaluation(evaluated_assets, BIASED, order).reliability(TokenType.ALL)
             for order in (MAX, RANDOM)]
    assert eces(page) == [f"{one.ece.value:#.3g}" for one in found]
    assert [metric.delta for metric in page.metric] == [
        f"95%: {one.ece.interval.low:#.3g} – {one.ece.interval.high:#.3g}" for one in found]
    assert f"**{MAX}** · own order · T = 1" in texts(page.markdown)
    assert f"**{RANDOM}** · T = 1" in texts(page.markdown)
    band = found[0].ece_if_calibrated
    assert any(f"would show {band.low:#.3g} – {band.high:#.3g}" in text
               for text in texts(page.markdown))


def test_a_chosen_order_stands_beside_the_own_one(open_calibration):
    assert len(eces(open_calibration(evaluated=MODELS[0]))) == 1
    assert len(eces(open_calibration(evaluated=MODELS[0], under=MAX))) == 2


def test_the_page_opens_on_a_biased_model(open_calibration):
    assert open_calibration().selectbox(key="evaluated").value == BIASED


def test_diagrams_have_equal_axes_and_every_bin(open_calibration, evaluated_assets):
    page = open_calibration(evaluated=BIASED, type="edge label")
    charts = [json.loads(one.proto.spec) for one in page.get("plotly_chart")]
    assert charts[0]["layout"]["xaxis"]["range"] == charts[1]["layout"]["yaxis"]["range"]
    for order, chart in zip((MAX, RANDOM), charts, strict=True):
        found = evaluation(evaluated_assets, BIASED, order).reliability(TokenType.EDGE_LABEL)
        bars = [trace for trace in chart["data"] if trace["type"] == "bar"]
        assert all(len(trace["hovertext"]) == 15 for trace in bars)
        for text, count in zip(bars[1]["hovertext"], found.counts, strict=True):
            assert f"{count:,} tokens" in text
        points = [trace for trace in chart["data"] if trace.get("error_y")]
        assert sum(len(trace["hovertext"]) for trace in points) == (found.counts > 0).sum()


def test_the_slider_recomputes_from_stored_bins(open_calibration, evaluated_assets):
    page = open_calibration(evaluated=BIASED)
    page.select_slider(key="at").set_value("2.00").run()
    found = [evaluation(evaluated_assets, BIASED, order).reliability(TokenType.ALL, 2.0)
             for order in (MAX, RANDOM)]
    assert eces(page) == [f"{one.ece.value:#.3g}" for one in found]
    assert f"**{RANDOM}** · T = 2" in texts(page.markdown)


def test_every_order_has_its_own_fitted_temperature(open_calibration, evaluated_assets):
    page = open_calibration(evaluated=MODELS[0], under=MAX, fitted="true", section="Temperature")
    found = [evaluation(evaluated_assets, MODELS[0], order) for order in (RANDOM, MAX)]
    fitted = [one.fitted_temperature for one in found]
    assert eces(page) == [f"{one.reliability(TokenType.ALL, at).ece.value:#.3g}"
                          for one, at in zip(found, fitted, strict=True)]
    assert page.select_slider(key="at").disabled
    table = page.dataframe[0].value
    assert table["temperature"].tolist() == [f"1 → {at:.3f}" for at in fitted]
    assert sum("none of which are shown here" in text for text in texts(page.caption)) == 2
    assert any("the optimum may lie beyond" in text for text in texts(page.caption)) == (
        any(one.details["temperature_fit"]["is_at_limit"] for one in found))


def test_without_a_fit_there_is_no_fitted_temperature(open_calibration):
    page = open_calibration(evaluated=PLANAR_MODEL, fitted="true", section="Temperature")
    assert eces(page)
    assert page.toggle(key="fitted").disabled
    assert any("no temperature was fitted" in text for text in texts(page.caption))


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("query", [{"evaluated": BIASED, "type": "node label"},
                                   {"evaluated": PLANAR_MODEL, "type": "revisit"},
                                   {"evaluated": BIASED, "fitted": "true"}])
def test_every_section_shows(open_calibration, section, query):
    page = open_calibration(section=section, **query)
    assert eces(page)
    assert not page.warning
    assert all(one.proto.alt for one in page.get("plotly_chart"))


def test_a_bin_says_how_many_of_its_tokens_are_right(open_calibration, evaluated_assets):
    found = evaluation(evaluated_assets, BIASED, RANDOM).reliability(TokenType.NODE_LABEL)
    number = int(found.counts.argmax())
    page = open_calibration(evaluated=BIASED, type="node label", bin=BIN_OPTIONS[number + 1],
                            shown=RANDOM)
    (said,) = (text for text in texts(page.markdown) if text.startswith("**Bin "))
    assert f"{found.counts[number]:,} tokens, **{found.accuracy[number]:.1%} right**" in said
    assert f"mean confidence of {found.confidence[number]:.1%}" in said


def test_the_bin_at_first_adds_most_to_ece(open_calibration, evaluated_assets):
    found = evaluation(evaluated_assets, BIASED, RANDOM).reliability(TokenType.SPECIAL)
    known = found.counts > 0
    shares = np.where(known, found.counts * np.abs(found.accuracy - found.confidence), 0)
    page = open_calibration(evaluated=BIASED, type="special")
    low = found.edges[np.nanargmax(shares)]
    assert any(f"**Bin {low:.2f} – " in text for text in texts(page.markdown))


def word(found: Evaluation, token: int) -> str:
    name = found.vocabulary.token_name(token)
    marks = {"reset": "jump", "ladj": "list opens", "radj": "list closes", "eos": "end"}
    bonds = ("single", "double", "triple", "aromatic")
    return marks.get(name) or (f"visit {name}" if name.isdigit() else
                               f"{name} bond" if name in bonds else f"atom {name}")


def test_cards_are_the_sampled_tokens_with_links_to_explore(open_calibration, evaluated_assets):
    found = evaluation(evaluated_assets, BIASED, RANDOM)
    number = int(found.reliability(TokenType.NODE_LABEL).counts.argmax())
    sampled = found.tokens_in(TokenType.NODE_LABEL, number)
    page = open_calibration(evaluated=BIASED, type="node label", bin=BIN_OPTIONS[number + 1])
    assert cards(page) == [
        f"token {row.position} of {len(row.tokens) - 1} · {row.smiles}"
        for row in sampled.itertuples()]
    for row, said in zip(sampled.itertuples(), [text for text in texts(page.markdown)
                                                if "predicted **" in text], strict=True):
        icon = "check_circle" if row.correct else "cancel"
        was = "right" if row.correct else f"was **{word(found, row.target)}**"
        assert said == (f":{'blue' if row.correct else 'orange'}[:material/{icon}:] predicted "
                        f"**{word(found, row.predicted)}** ({row.confidence:.2f}), {was}")
    links = [parse_qs(link.proto.query_string) for link in page.get("page_link")]
    assert [link["smiles"] for link in links] == [[smiles] for smiles in sampled["smiles"]]
    assert {(link["model"][0], link["strategy"][0]) for link in links} == {(BIASED, RANDOM)}


def test_right_and_wrong_predictions_can_be_seen_alone(open_calibration):
    query = {"evaluated": BIASED, "type": "new node", "shown": MAX}
    every = cards(open_calibration(**query))
    right = cards(open_calibration(**query, answers="right"))
    wrong = cards(open_calibration(**query, answers="wrong"))
    assert sorted(right + wrong) == sorted(every)


def test_an_empty_bin_is_said(open_calibration, evaluated_assets):
    found = evaluation(evaluated_assets, BIASED, RANDOM).reliability(TokenType.NODE_LABEL)
    option = BIN_OPTIONS[1 + int(found.counts.argmin())]
    assert found.counts.min() == 0
    page = open_calibration(evaluated=BIASED, type="node label", bin=option)
    assert eces(page)
    assert any("holds no" in text for text in texts(page.markdown))
    assert not cards(page)


def test_planar_tokens_lead_to_their_graph(open_calibration):
    page = open_calibration(evaluated=PLANAR_MODEL, type="revisit")
    assert cards(page)
    link = parse_qs(page.get("page_link")[0].proto.query_string)
    assert link["model"] == [PLANAR_MODEL]
    assert {"graph", "number"} < set(link)
    assert "strategy" not in link


def test_changing_the_model_forgets_what_it_does_not_have(open_calibration):
    page = open_calibration(evaluated=BIASED, under=RANDOM, shown=RANDOM, type="node label")
    page.pills(key="evaluated_dataset").set_value("Planar").run()
    assert page.selectbox(key="evaluated").value == PLANAR_MODEL
    assert len(eces(page)) == 1
    assert page.segmented_control(key="type").value == "all"
    assert page.selectbox(key="under").value == MAX
    page.pills(key="evaluated_dataset").set_value("QM9").run()
    page.selectbox(key="evaluated").set_value(MODELS[0]).run()
    assert len(eces(page)) == 2


@pytest.mark.parametrize(("query", "reason"), [
    ({"evaluated": "gpt-7"}, "it has qm9-random_order"),
    ({"under": "alphabetical"}, "there are random_order, max_degree_first"),
    ({"type": "commas"}, "there are all, node index"), ({"at": "7"}, "there are 0.50, 0.54"),
    ({"section": "Nowhere"}, "there are Tokens of a bin"), ({"bin": "2"}, "there are largest"),
    ({"answers": "maybe"}, "there are all, right, wrong"), ({"fitted": "x"}, "true, false"),
])
def test_impossible_address_is_one_sentence(open_calibration, query, reason):
    page = open_calibration(**query)
    (warning,) = texts(page.warning)
    assert reason in warning
    assert len(eces(page)) == 2
    page.segmented_control(key="answers").set_value("right").run()
    assert not page.warning


def test_without_results_the_page_says_how_to_make_them(open_calibration, assets):
    page = open_calibration(assets)
    assert not page.exception
    assert "no evaluations" in page.info[0].value


def test_other_weights_are_said(open_calibration, evaluated_assets, tmp_path):
    folder = shutil.copytree(evaluated_assets, tmp_path / "assets")
    path = folder / "results" / "evaluations" / BIASED / MAX / "record.json"
    record = json.loads(path.read_text())
    record["checkpoint"] = "0" * 64
    path.write_text(json.dumps(record))
    page = open_calibration(folder, evaluated=BIASED)
    (warning,) = texts(page.warning)
    assert "were computed with other weights" in warning
    assert len(eces(page)) == 2


def test_a_stored_sequence_that_is_none_is_said(open_calibration, evaluated_assets, tmp_path):
    folder = shutil.copytree(evaluated_assets, tmp_path / "assets")
    path = folder / "results" / "evaluations" / BIASED / RANDOM / "tokens.parquet"
    tokens = pd.read_parquet(path)
    tokens["tokens"] = [[0, 6, 6, 4, 4, 4]] * len(tokens)
    tokens["position"] = np.int16(2)
    tokens.to_parquet(path)
    page = open_calibration(folder, evaluated=BIASED)
    assert not page.exception
    assert any("expected a node label" in text for text in texts(page.error))
    assert len(page.metric) == 2
