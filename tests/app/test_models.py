"""The Models page without a browser: heatmap, finding, opened cell, tables, faults."""

import json
import shlex
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from typer.main import get_command

from core.calibration.token_types import TokenType
from core.cli import build_app
from core.evaluation.result import FORMAT_VERSION, Evaluation
from tests.app.caches import forget_other_assets
from tests.conftest import ROOT
from tests.evaluations import MODELS, ORDERS, PLANAR_MODEL


@pytest.fixture
def open_models(evaluated_assets, monkeypatch) -> Callable[..., AppTest]:
    """Open the Models page with URL parameters."""

    def open_(assets=evaluated_assets, **query: str) -> AppTest:
        monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
        forget_other_assets()
        page = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)
        page.query_params.update(query)
        # What AppTest.switch_page does, which goes by the name of the page's file.
        page._page_hash = calc_hash("models")
        return page.run()

    return open_


@pytest.fixture
def changed_assets(evaluated_assets, tmp_path) -> Path:
    """A copy that a test may break."""
    return shutil.copytree(evaluated_assets, tmp_path / "assets")


def results(assets: Path, model: str, order: str) -> Path:
    return assets / "results" / "evaluations" / model / order


def evaluation(assets: Path, model: str, order: str) -> Evaluation:
    return Evaluation.load(results(assets, model, order))


def chart(page: AppTest, key: str) -> dict:
    (found,) = (one for one in page.get("plotly_chart") if one.key == key)
    return json.loads(found.proto.spec)


def text_with(page: AppTest, part: str) -> str:
    """The first text that contains it."""
    return next(found.value for found in page.markdown if part in found.value)


def values(page: AppTest) -> dict[tuple[str, str], str]:
    """What the alternative text of the heatmap says of every cell."""
    (found,) = (one for one in page.get("plotly_chart") if one.key == "heatmap")
    cells = found.proto.alt.split("(column). ")[1].removesuffix(".").split("; ")
    named = (cell.split(": ") for cell in cells)
    return {tuple(name.split(" under ")): value for name, value in named}


def test_the_heatmap_shows_the_stored_estimates(open_models, evaluated_assets):
    page = open_models()
    assert not page.exception
    assert not page.error
    assert not page.warning
    shown = values(page)
    assert set(shown) == {(model, order) for model in MODELS for order in ORDERS}
    for (model, order), value in shown.items():
        found = evaluation(evaluated_assets, model, order).reliability(TokenType.ALL).ece
        assert value == (f"{found.value:#.3g} "
                         f"[{found.interval.low:#.3g} – {found.interval.high:#.3g}]")


@pytest.mark.parametrize(("metric", "read"), [
    ("LU", lambda found: found.lu), ("std of NLL", lambda found: found.nll_std),
    ("NLL per token", lambda found: found.nll_per_token),
    ("Brier score", lambda found: found.reliability(TokenType.ALL).brier),
    ("smooth ECE", lambda found: found.reliability(TokenType.ALL).smooth_ece),
])
def test_the_address_chooses_the_metric(open_models, evaluated_assets, metric, read):
    shown = values(open_models(metric=metric))
    expected = read(evaluation(evaluated_assets, MODELS[1], ORDERS[0])).value
    assert shown[MODELS[1], ORDERS[0]].startswith(f"{expected:#.3g} ")


def test_every_type_of_tokens_has_its_heatmap(open_models, evaluated_assets):
    shown = values(open_models(tokens="edge label"))
    found = evaluation(evaluated_assets, MODELS[0], ORDERS[1])
    expected = found.reliability(TokenType.EDGE_LABEL).ece.value
    assert shown[MODELS[0], ORDERS[1]].startswith(f"{expected:#.3g} ")


def test_the_finding_names_the_model_with_the_lowest_worst_case(open_models, evaluated_assets):
    page = open_models()
    worst = {model: max(evaluation(evaluated_assets, model, order).reliability("all").ece.value
                        for order in ORDERS) for model in MODELS}
    finding = text_with(page, "has the lowest worst case")
    assert f"**{min(worst, key=worst.get)}** has the lowest worst case" in finding
    assert f"{min(worst.values()):#.3g} [" in finding


def test_the_address_opens_a_cell(open_models, evaluated_assets):
    page = open_models(row=MODELS[0], column=ORDERS[1], tokens="node label")
    assert page.header[0].value == f"{MODELS[0]} under {ORDERS[1]}"
    found = evaluation(evaluated_assets, MODELS[0], ORDERS[1]).reliability(TokenType.NODE_LABEL)
    assert text_with(page, f"**{found.ece.value:#.3g} [")
    diagram = chart(page, "cell")
    (line,) = (trace for trace in diagram["data"] if trace.get("mode") == "lines+markers")
    assert len(line["customdata"]) <= (found.counts > 0).sum()
    (link,) = page.get("page_link")
    assert link.proto.page == "calibration"
    assert link.proto.query_string == (
        f"evaluated={MODELS[0]}&under={ORDERS[1]}&type=node+label")


@pytest.mark.parametrize("spelt", ["Planar", "planar"])
def test_a_data_set_of_graphs_has_a_table_of_its_own(open_models, spelt):
    page = open_models(dataset=spelt, tokens="revisit")
    assert page.segmented_control(key="dataset").options == ["QM9", "Planar"]
    assert page.segmented_control(key="dataset").value == "Planar"
    assert not page.warning
    assert not page.exception
    assert list(values(page)) == [(PLANAR_MODEL, ORDERS[1])]
    assert "node label" not in page.segmented_control(key="tokens").options
    assert any("too few" in text.value for text in page.markdown)


def test_a_type_that_graphs_do_not_have_is_forgotten(open_models):
    page = open_models(tokens="node label")
    page.segmented_control(key="dataset").set_value("Planar").run()
    assert not page.exception
    assert page.segmented_control(key="tokens").value == "all"
    assert list(values(page)) == [(PLANAR_MODEL, ORDERS[1])]


def test_the_tables_hold_all_numbers_and_all_models(open_models, evaluated_assets):
    page = open_models()
    scores, numbers, models = (frame.value for frame in page.dataframe)
    assert scores["tokens"].tolist()[0] == "all"
    assert len(numbers) == 4
    found = evaluation(evaluated_assets, MODELS[1], ORDERS[1])
    is_own = numbers["trained_under"] == numbers["evaluated_under"]
    row = numbers[(numbers["model"] == MODELS[1]) & is_own].iloc[0]
    assert row["ece_edge_label"] == pytest.approx(found.reliability("edge_label").ece.value)
    assert row["lu"] == pytest.approx(found.lu.value)
    assert set(models["model"]) >= {*MODELS, PLANAR_MODEL}


def test_the_download_holds_intervals(open_models):
    page = open_models()
    csv = next(one.proto for one in page.get("bidi_component") if "numbers" in str(one.key))
    text = json.loads(csv.json)["csv"] if csv.json else None
    table = pd.read_csv(StringIO(text))
    assert (table["ece_all_low"] <= table["ece_all"]).all()
    assert np.isfinite(table["smooth_ece_special_high"]).all()


@pytest.mark.parametrize(("query", "reason"), [
    ({"metric": "AUC"}, "there are ECE, smooth ECE"),
    ({"tokens": "commas"}, "there are all, node index"),
    ({"row": "gpt-7"}, "it has qm9-random_order"),
    ({"column": "alphabetical"}, "there are random_order, max_degree_first"),
    ({"dataset": "ZINC"}, "it has QM9, Planar"),
])
def test_impossible_address_is_one_sentence(open_models, query, reason):
    page = open_models(**query)
    (warning,) = page.warning
    assert reason in warning.value
    assert not page.exception
    assert len(values(page)) == 4


def test_results_of_another_version_leave_the_others(open_models, changed_assets):
    path = results(changed_assets, MODELS[0], ORDERS[1]) / "record.json"
    record = json.loads(path.read_text())
    record["config"]["format_version"] = FORMAT_VERSION + 1
    path.write_text(json.dumps(record))
    page = open_models(changed_assets)
    (warning,) = page.warning
    assert f"is of format version {FORMAT_VERSION + 1}" in warning.value
    assert not page.exception
    assert set(values(page)) == {(MODELS[0], ORDERS[0]), *((MODELS[1], order) for order in ORDERS)}


@pytest.mark.parametrize("damage", ["not json", "{}", "[1]", '{"command": "train", "config": {}}'])
def test_damaged_results_leave_the_others(open_models, changed_assets, damage):
    (results(changed_assets, MODELS[0], ORDERS[1]) / "record.json").write_text(damage)
    page = open_models(changed_assets)
    assert len(page.warning) == 1
    assert not page.exception
    assert len(values(page)) == 3


@pytest.mark.parametrize("columns", [["ece"], ["counts"], ["bin"], ["token_type"]])
def test_tables_without_a_column_leave_the_others(open_models, changed_assets, columns):
    path = results(changed_assets, MODELS[0], ORDERS[1]) / "bins.parquet"
    pd.read_parquet(path).drop(columns=columns).to_parquet(path)
    page = open_models(changed_assets)
    assert len(page.warning) == 1
    assert not page.exception
    assert len(values(page)) == 3


def test_other_weights_are_said(open_models, changed_assets):
    path = results(changed_assets, MODELS[1], ORDERS[0]) / "record.json"
    record = json.loads(path.read_text())
    record["checkpoint"] = "0" * 64
    path.write_text(json.dumps(record))
    page = open_models(changed_assets)
    (warning,) = page.warning
    assert (f"The results of {MODELS[1]} were computed with other weights (00000000…)"
            in warning.value)
    assert not any("SHA-256 compared" in caption.value for caption in page.caption)


def test_the_weights_are_compared(open_models):
    assert any("SHA-256 compared" in caption.value for caption in open_models().caption)


def test_without_results_the_page_says_how_to_make_them(open_models, assets):
    page = open_models(assets)
    assert not page.exception
    (info,) = page.info
    assert "no evaluations" in info.value
    name, command, *options = shlex.split(page.code[0].value)
    assert (name, command) == ("trailscope", "evaluate")
    with get_command(build_app()).commands[command].make_context(command, options) as context:
        assert context.params["strategy"] == "all"
    assert len(page.dataframe) == 1  # the models are listed all the same


def test_without_models_the_results_are_shown(open_models, changed_assets):
    shutil.rmtree(changed_assets / "checkpoints")
    page = open_models(changed_assets)
    assert not page.exception
    assert len(values(page)) == 4
    assert any("is no longer shipped" in text.value for text in page.warning)


def test_a_model_that_was_measured_here_stands_beside_those_that_ship(
    open_models, evaluated_assets, tmp_path, monkeypatch
):
    """Once it is among the models, the page says how to measure it; then it is in the heatmap."""
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TRAILSCOPE_RESULTS", str(tmp_path / "results"))
    shutil.copytree(evaluated_assets / "checkpoints" / MODELS[0], tmp_path / "models" / "mine")
    page = open_models()
    assert "mine" in page.dataframe[-1].value["model"].tolist()
    [said] = [one.value for one in page.caption if "Not yet in the heatmap" in one.value]
    assert "mine" in said
    assert f"--strategy all --output {tmp_path / 'results'}" in said
    shipped = len(chart(page, "heatmap")["data"][0]["y"])
    for order in ORDERS:
        found = evaluation(evaluated_assets, MODELS[0], order)
        object.__setattr__(found, "model", "mine")
        found.save(tmp_path / "results" / "mine" / order)
    page = open_models()
    assert not page.exception
    assert len(chart(page, "heatmap")["data"][0]["y"]) == shipped + 1
    assert not [one for one in page.caption if "heatmap and on Calibration: mine" in one.value]
