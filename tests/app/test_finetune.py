"""The Fine-tune page without a browser: shipped results, live runs, errors."""

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.model.card import read_card
from core.model.checkpoints import load_checkpoint
from dashboard.shared.format import estimate, short
from dashboard.views.finetune import data
from tests.generated_molecules import made_up_samples
from tests.repairs import MODEL, save_repairs

DASHBOARD = Path(__file__).parents[2] / "dashboard" / "views"
RUN = {"tuning": "Your run", "base": MODEL, "steps": "2", "batch": "4", "test": "16",
       "molecules": "20"}


@pytest.fixture(scope="module")
def results(evaluated_assets, tmp_path_factory) -> Path:
    """An assets folder with tiny models, generated molecules and repairs."""
    root = tmp_path_factory.mktemp("finetune") / "assets"
    shutil.copytree(evaluated_assets, root)
    weights = read_card(root / "checkpoints" / MODEL).weights_sha256
    made_up_samples(MODEL, number=60, weights_sha256=weights).save(
        root / "results" / "samples" / MODEL, device="cpu")
    save_repairs(root)
    return root


@pytest.fixture(autouse=True)
def little_work(monkeypatch):
    """Numbers are tested elsewhere; here they need not be exact."""
    monkeypatch.setattr("dashboard.views.finetune.data.PERMUTATIONS", 2)
    monkeypatch.setattr("core.stats.molecule_bootstrap.RESAMPLES", 50)


@pytest.fixture
def open_page(results, monkeypatch, tmp_path):
    """Open the page with URL parameters, as from a fresh browser."""
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(results))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path / "data"))
    st.cache_resource.clear()

    def open_(view="finetune", **query: str) -> AppTest:
        page = AppTest.from_file(str(DASHBOARD / view / "page.py"), default_timeout=120)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return open_


def texts(page):
    assert not page.exception, page.exception
    return [element.value for element in (*page.markdown, *page.caption)]


def metrics(page):
    assert not page.exception, page.exception
    return {metric.label: metric.value for metric in page.metric}


def downloads(page):
    """Help of every download button by its label."""
    return {button.proto.label: button.proto.help for button in page.get("download_button")}


def run(page):
    texts(page)
    page.button(key="start-finetune").click().run()
    texts(page)
    return page


def test_opens_with_the_shipped_comparison(open_page):
    page = open_page()
    said = " ".join(texts(page))
    assert "Largest reduction: **all weights** takes LU under random_order from " in said
    [panel] = [one for one in page.expander if one.label.startswith("Its size")]
    assert "**all weights** trains 9,000 parameters, 90.00% of the model: LU " in (
        panel.markdown[0].value)
    assert page.selectbox(key="arm").value == "full"
    assert not page.error
    assert not page.warning


def test_address_restores_arm_measure_and_filters(open_page, results):
    page = open_page(arm="sparse-snip-local-40", measure="ECE", scopes="local", criteria="snip")
    found = data.shipped().found[MODEL]["sparse-snip-local-40"]
    assert metrics(page)["LU, new order"] == short(
        found.estimates["random_order"]["lu"].value)
    assert page.selectbox(key="arm").options == ["sparse-snip-local-40", "lora-rank-1", "full"]
    assert not page.warning


def test_numbers_and_code(open_page):
    page = open_page(tuning="All numbers")
    texts(page)
    numbers = page.dataframe[0].value
    assert len(numbers) == 16  # a row each per order
    assert numbers["arm"].nunique() == 8
    page = open_page(tuning="Code", method="LoRA", rank="2")
    texts(page)
    code = " ".join(block.value for block in page.code)
    assert "trailscope finetune --model" in code
    assert "--method lora --rank 2" in code
    assert "trailscope repair" in code


@pytest.mark.parametrize(("key", "value", "said"), [
    ("steps", 0, "Steps must be a whole number from 1 to"),
    ("batch", -1, "Batch size must be a whole number from 1 to"),
    ("molecules", 0, "The number of graphs must be a whole number from 1 to"),
])
def test_a_number_outside_its_range_says_why_and_does_not_start(open_page, key, value, said):
    page = open_page(**RUN)
    page.number_input(key=key).set_value(value).run()
    assert any(said in one.value for one in page.sidebar.markdown)
    assert page.error[0].value.startswith(said)
    assert not [one for one in page.button if one.key == "start-finetune"]
    assert page.button(key="start-finetune-refused").disabled
    page.number_input(key=key).set_value(2).run()
    assert not page.error
    assert not page.button(key="start-finetune").disabled
    texts(page)


def curve(page):
    """What the chart of scaled changes says, for those who cannot see it."""
    return next(one.proto.alt for one in page.get("plotly_chart") if "scaled" in one.key)


def test_a_change_is_scaled_from_the_address(open_page):
    page = open_page(arm="lora-rank-1", alpha="0.5", beside="full")
    said = " ".join(texts(page))
    found = data.shipped().found[MODEL]["lora-rank-1"].scaled.estimates
    own, new = found[0.5].values()
    assert f"**LoRA, rank 1** at α = 0.5: LU **{estimate(new['lu'])}** under random_order" in said
    assert f"({short(found[0]['random_order']['lu'].value)} at α = 0, " in said
    assert "std of NLL, nats: 4.50; ECE: " in said
    assert f"NLL per token **{estimate(own['nll_per_token'])}** nats under max_degree_first" in said
    assert "first 12 test graphs" in said
    assert "all weights: α 0: " in curve(page)
    assert "`hindsight` trains the weights that the run of all weights changed most" in said
    page.slider(key="alpha").set_value(1.5).run()
    assert "**LoRA, rank 1** at α = 1.5: LU" in " ".join(texts(page))
    assert not page.warning


def test_a_result_without_scaled_changes_says_how_they_are_made(open_page):
    page = open_page(arm="sparse-snip-local-40")
    assert ("is older than the measuring of scaled changes and holds none. This command measures "
            "them for all arms:") in " ".join(texts(page))
    assert any("trailscope repair --model" in block.value for block in page.code)
    assert not [one for one in page.slider if one.key == "alpha"]


def test_the_change_of_a_run_is_scaled_where_it_was_made(open_page, monkeypatch):
    monkeypatch.setattr("core.repair.scaling.ALPHAS", (0.0, 0.25, 1.0))
    page = run(open_page(**RUN, alpha="0.25"))
    page.button(key="start-scaling").click().run()
    said = " ".join(texts(page))
    [finished] = page.session_state["finetune_finished"].values()
    before, after = finished.before.estimates, finished.after.estimates
    scaled = finished.after.scaled.estimates
    for order in after:
        for measure in ("lu", "ece", "nll_per_token"):
            assert scaled[0][order][measure] == before[order][measure]
            assert scaled[1][order][measure] == after[order][measure]
    assert "at α = 0.25: LU **" in said
    assert any(block.value.startswith(f"trailscope scale --model {MODEL} --tuned")
               and "--alpha 0.25" in block.value for block in page.code)
    assert not [button for button in page.button if button.key == "start-scaling"]


def test_without_shipped_repairs_the_page_says_how(open_page, assets, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(assets))
    page = open_page(tuning="Methods compared")
    assert not page.exception
    assert "No repairs ship" in page.info[0].value
    assert "trailscope repair" in page.code[0].value


def test_a_run_is_kept_and_opens_in_explore_by_its_name(open_page, tmp_path):
    page = run(open_page(**RUN))
    assert not page.error
    assert "Training 20 parameters" in page.success[0].value
    [entry] = page.session_state["finetune_finished"].items()
    after = entry[1].after
    assert metrics(page)["LU, new order"] == short(after.estimates["random_order"]["lu"].value)
    page.button(key="keep-finetuned").click().run()
    texts(page)
    [kept] = (tmp_path / "models").iterdir()
    assert kept.name.startswith(f"{MODEL}-sparse-gradient-")
    assert load_checkpoint(kept.name).card.training["fine_tuning"]["parameters"] == (
        after.num_parameters)
    explore = open_page("explore", model=kept.name, k="2")
    assert not explore.warning
    assert explore.selectbox(key="model").value == kept.name
    shutil.rmtree(kept)
    gone = open_page("explore", model=kept.name, k="2")
    assert "this server does not have" in gone.warning[0].value


def test_a_hosted_page_keeps_no_models(open_page, monkeypatch, tmp_path):
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    page = run(open_page(**RUN))
    assert page.success
    assert not [button for button in page.button if button.key == "keep-finetuned"]
    (said,) = (text for text in texts(page) if "displace another's" in text)
    assert "`Checkpoint`" in said
    assert "Checkpoint" in downloads(page)
    assert not (tmp_path / "models").exists()


def test_runs_with_other_settings_stand_beside_each_other(open_page):
    page = run(open_page(**RUN))
    page.number_input(key="steps").set_value(3)
    page.query_params["steps"] = "3"  # as a browser does; fixed fields go by it
    run(page.run())
    digests = list(page.session_state["finetune_finished"])
    assert len(digests) == 2
    page.segmented_control(key="tuning").set_value("Methods compared").run()
    texts(page)
    (plot,) = (one for one in page.get("plotly_chart") if one.key == "pareto")
    for digest in digests:
        assert f"your run {digest}: sparse" in plot.proto.alt


def test_runs_are_compared_where_no_repairs_ship(open_page, results, tmp_path, monkeypatch):
    bare = tmp_path / "bare"
    shutil.copytree(results, bare)
    shutil.rmtree(bare / "results" / "repair")
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(bare))
    page = run(open_page(**RUN))
    (digest,) = page.session_state["finetune_finished"]
    page.segmented_control(key="tuning").set_value("Methods compared").run()
    said = " ".join(texts(page))
    assert "No repairs ship" in page.info[0].value
    assert "Largest reduction: **gradient, global, static" in said
    assert "Your finished runs" in said
    assert "the shipped ones on more" not in said
    (plot,) = (one for one in page.get("plotly_chart") if one.key == "pareto")
    assert f"your run {digest}: sparse" in plot.proto.alt
    assert not [box for box in page.selectbox if box.key == "arm"]
    page.segmented_control(key="tuning").set_value("All numbers").run()
    texts(page)
    assert page.dataframe[0].value["arm"].tolist()[0] == "before"


@pytest.mark.parametrize(("every", "label"), [("0", "Mask"), ("1", "First mask")])
def test_the_mask_of_a_dynamic_run_is_called_the_first(open_page, every, label):
    found = downloads(run(open_page(**RUN, every=every)))
    assert [name for name in found if "ask" in name] == [label]
    assert ("first" in found[label]) == (label == "First mask")


def test_bad_rows_of_own_molecules_say_why(open_page):
    page = open_page(**RUN, data="my molecules", own="CCO\nC[Si]C\n[13CH3]N", method="LoRA")
    assert "2 molecules to learn from." in texts(page)
    bad, notes = (table.value for table in page.dataframe[:2])
    assert bad["SMILES"].tolist() == ["C[Si]C"]
    assert notes["note"].tolist() == ["Isotopes are not encoded and are ignored. (row 3)"]
    assert run(page).success


@pytest.mark.parametrize(("query", "said"), [
    ({"data": "my molecules"}, "no molecules to learn from"),
    ({"share": "0.01%", "over": "local"}, "leave none"),
    ({"method": "LoRA", "rank": "60"}, "A rank lies between"),
    ({"method": "all weights", "steps": "20", "rate": "0.3", "batch": "1"}, None),
])
def test_what_is_wrong_is_one_sentence(open_page, query, said, monkeypatch):
    if said is None:
        said = "not finite"
        monkeypatch.setattr("dashboard.views.finetune.query.WARMUP_STEPS", 1)
        monkeypatch.setattr("dashboard.views.finetune.query.RATES", {"0.3": 1e30})
    page = open_page(**{**RUN, **query})
    if not page.error:
        run(page)
    assert said in page.error[0].value
    assert not page.exception
    assert not page.success


def test_planar_graphs_are_made_by_seed(open_page):
    page = run(open_page(**{**RUN, "base": "planar-max_degree_first", "steps": "1", "batch": "1",
                            "molecules": "2"}))
    assert page.success


def test_an_arm_that_the_address_itself_filters_out_is_told(open_page):
    page = open_page(arm="sparse-snip-local-40", scopes="global")
    (warning,) = page.warning
    assert "sparse-snip-local-40, which its own filters leave out" in warning.value


def test_impossible_addresses_are_told(open_page):
    page = open_page(tuning="Nowhere", base="gpt", steps="0", made="nobody",
                     criteria=["beauty", "snip"], beside=["nothing"], alpha="7")
    said = " ".join(warning.value for warning in page.warning)
    assert "'nobody'" in said
    assert "'beauty'" in said
    assert "'snip'" not in said
    assert "'Nowhere'" in said
    assert "'gpt'" in said
    assert "'nothing'" in said
    assert "'7'" in said
    assert "'0'" in said


def test_an_address_that_names_no_model_opens_what_it_always_has():
    """Repairs of one model shipped for long: links did not name it."""
    shipped = data.ShippedRepairs({"another": {}, "qm9-min_degree_first": {}}, ())
    assert shipped.default == "qm9-min_degree_first"
    assert data.ShippedRepairs({"another": {}, "third": {}}, ()).default == "another"
    assert data.ShippedRepairs({}, ()).default is None
