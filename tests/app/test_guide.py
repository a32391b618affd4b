"""The guide without a browser: four views, each with its strip, its figures and its links."""

import re
from urllib.parse import parse_qs, urlencode

import pytest

from dashboard.shared.guide_steps import MODEL, STEPS, query_of
from dashboard.shared.links import CALIBRATION, EXPLORE, TRIAGE
from tests.app.caches import forget_other_assets
from tests.conftest import SAMPLED
from tests.snapshots.pages import open_page

PATHS = {EXPLORE: "", CALIBRATION: "calibration", TRIAGE: "triage"}
SMILES = "CC(N)C(=O)O"


@pytest.fixture(autouse=True)
def tiny_assets(full_assets, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(full_assets))
    monkeypatch.setenv("TRAILSCOPE_MODELS", str(full_assets / "models"))
    forget_other_assets()


def open_step(number, smiles=SMILES, model=SAMPLED):
    page = open_page(PATHS[STEPS[number - 1].page], urlencode(query_of(number, model, smiles)))
    assert not page.exception
    return page


def strip(page):
    found = [text.value for text in page.markdown if re.match(r":gray\[\d of 4\]", text.value)]
    return found[0] if found else None


@pytest.mark.parametrize("query", ["", "smiles=CCO&k=4", "model=planar-random_order&k=4"])
def test_the_start_page_offers_it_and_says_no_more(query):
    page = open_page("", query)
    assert strip(page) is None
    page.button(key="guide-offer").click().run()
    assert strip(page).startswith(":gray[1 of 4]")
    assert page.session_state["smiles"] == SMILES
    assert page.session_state["model"] == MODEL
    assert page.query_params["guide"] in ("1", ["1"])
    assert "guide-offer" not in [button.key for button in page.button]


def test_views_of_one_page_are_walked_and_left():
    page = open_step(1)
    page.segmented_control(key="view").set_value("Code").run()
    page.button(key="guide-2").click().run()
    assert strip(page).startswith(":gray[2 of 4]")
    assert page.segmented_control(key="view").value == "Where"
    assert page.query_params["guide"] in ("2", ["2"])
    page.button(key="guide-1").click().run()
    assert strip(page).startswith(":gray[1 of 4]")
    page.button(key="guide-leave").click().run()
    assert strip(page) is None
    assert "guide" not in page.query_params
    assert page.session_state["model"] == SAMPLED  # which stays in view


@pytest.mark.parametrize(("number", "leads"), [
    (2, {"Next: Is the model calibrated?": 3}),
    (3, {"Back": 2, "Next: Which molecules to trust?": 4}),
    (4, {"Back": 3}),
])
def test_views_of_other_pages_are_links(number, leads):
    page = open_step(number)
    assert strip(page).startswith(f":gray[{number} of 4] &ensp;**{STEPS[number - 1].title}**")
    assert not page.warning
    found = {link.proto.label: {name: value for name, [value] in
                                parse_qs(link.proto.query_string).items()}
             for link in page.get("page_link") if link.proto.label in leads}
    assert found == {label: query_of(step, SAMPLED, SMILES) for label, step in leads.items()}
    page.button(key="guide-leave").click().run()
    assert strip(page) is None
    assert not {"guide", "molecule"} & set(page.query_params)


def test_the_first_view_has_the_numbers_of_the_page():
    page = open_step(1, "CCO")
    lu, marginal = page.metric[0].value, float(page.metric[3].value.removesuffix(" nats"))
    assert f"LU, {lu}, is" in strip(page)
    assert f"order-marginal NLL, {marginal:.1f} nats" in strip(page)
    assert "Written in 32 orders" in strip(page)


@pytest.mark.parametrize("hydrogens", ["true", "false"])
def test_the_second_view_names_the_darkest_atom_of_its_picture(hydrogens):
    query = query_of(2, SAMPLED, "CCO") | {"hydrogens": hydrogens}
    page = open_page("", urlencode(query))
    pictures = [image.alt for element in page.get("image") for image in element.proto.imgs]
    [mean] = [alt for alt in pictures if alt.startswith("Mean surprisal")]
    atom, nats = re.search(r"highest on (\w+ \d+) with ([\d.]+) nats", mean).groups()
    assert f"No atom surprises the model more than {atom}, by {nats} nats" in strip(page)


@pytest.mark.parametrize("model", [SAMPLED, "qm9-max_degree_first"])
def test_the_third_view_has_the_errors_of_both_diagrams(model):
    page = open_step(3, model=model)
    eces = [float(metric.value) for metric in page.metric if metric.label == "ECE"]
    for ece in eces:
        assert f"off by {ece:.3f}" in strip(page)
    assert len(eces) == len(re.findall("off by", strip(page)))


def test_the_fourth_view_says_where_the_molecule_stands():
    lu = open_step(1, "CCO").metric[0].value
    page = open_step(4, "CCO")
    assert re.search(r"a lower LU than unstable ones in \d+% of pairs", strip(page))
    assert f"has a higher LU, {lu}, than" in strip(page)


@pytest.mark.parametrize("smiles", ["C1CC", "CCCl", "![x](http://a.b/c.png)", "C" * 5000])
def test_a_molecule_that_the_model_cannot_read_ends_nothing(smiles):
    for number in (3, 4):
        page = open_step(number, smiles)
        assert strip(page)
        assert "a higher LU" not in strip(page)
        assert "![" not in strip(page)
        assert not page.error


@pytest.mark.parametrize(("path", "step", "sentence"), [
    ("", "3", "from 1 to 2"), ("", "no", "'no'"), ("calibration", "1", "from 3 to 3"),
    ("triage", "99", "from 4 to 4")])
def test_a_step_that_a_page_does_not_have_is_said_in_a_sentence(path, step, sentence):
    page = open_page(path, f"guide={step}")
    assert not page.exception
    [warning] = page.warning
    assert "step of the guide" in warning.value
    assert sentence in warning.value
    assert strip(page) is None


def test_a_planar_graph_has_no_guide():
    page = open_page("", "model=planar-random_order&guide=1&k=2")
    assert not page.exception
    assert strip(page) is None
