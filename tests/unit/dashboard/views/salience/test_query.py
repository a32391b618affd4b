"""Choices of the Salience page: densities, keys, faults, command lines and Python that run."""

import shlex
from dataclasses import replace
from itertools import pairwise

import pytest

from core.cli import main
from core.salience import Mask
from dashboard.shared.choices import DENSITIES
from dashboard.views.salience.query import (
    DEFAULT_DENSITY,
    MaskQuery,
    SalienceQuery,
    address_faults,
    commands,
    model_faults,
    other_order,
    python,
    seed_after,
    stability_seeds,
)

QUERY = SalienceQuery("qm9-random_order", "0" * 64, "gradient", "max_degree_first", 4, 3)
MASK_QUERY = MaskQuery(QUERY, "global", 0.02)


def test_densities_are_logarithmic_from_a_ten_thousandth_to_all():
    values = list(DENSITIES.values())
    assert values[0] == 0.0001
    assert values[-1] == 1
    assert DENSITIES[DEFAULT_DENSITY] == 0.01
    assert values == sorted(values)
    assert all(1.1 < b / a < 1.4 for a, b in pairwise(values))
    assert all(float(text[:-1]) / 100 == pytest.approx(value)
               for text, value in DENSITIES.items())


def test_scores_are_kept_by_what_they_depend_on():
    other = replace(QUERY, strategy="random_order", number=9, seed=5)
    assert QUERY.key != other.key
    assert QUERY.with_criterion("magnitude").key == other.with_criterion("magnitude").key
    assert (QUERY.with_criterion("random").key
            != replace(QUERY, seed=9).with_criterion("random").key)
    with_option = replace(QUERY, criterion="grasp", options=(("temperature", 200.0),))
    assert with_option.with_criterion("grasp").options
    assert not with_option.with_criterion("snip").options


@pytest.mark.parametrize(("query", "reason"), [
    ({"lm": "gpt-7"}, "the model 'gpt-7'"), ({"criterion": "gut"}, "the criterion 'gut'"),
    ({"density": "3%"}, "the density '3%'"), ({"scope": "layer"}, "the scope 'layer'"),
    ({"examples": "0"}, "number of examples '0'; it must be a whole number from 1 to 512"),
    ({"examples": "9999"}, "number of examples '9999'"), ({"draw": "-1"}, "the seed '-1'"),
    ({"onek": "x" * 80}, "number of linearizations"), ({"lab": "Home"}, "the section 'Home'"),
    ({"criterion2": "gut"}, "there are same, random"),
    ({"option_power": "much"}, "the power 'much'; it must be a number from 0.01 to 1,000.0"),
    ({"option_epsilon": "0"}, "the epsilon '0'"), ({"option_temperature": "nan"}, "temperature"),
])
def test_impossible_addresses_are_one_sentence(query, reason):
    (fault,) = address_faults(query, ["qm9-random_order"])
    assert reason in fault
    assert address_faults({"density": "1%", "examples": "64", "scope2": "same"}, []) == []


def test_a_hosted_page_has_shipped_models_only():
    assert not address_faults({"models": "other"}, [])
    (fault,) = address_faults({"models": "other"}, [], hosted=True)
    assert "'other', which does not exist; there are shipped." in fault


@pytest.mark.parametrize(("query", "reason"), [
    ({"matrix": "layer 9 up"}, "the matrix 'layer 9 up'"),
    ({"examples": "201"}, "'201'; it must be a whole number from 1 to 200"),
])
def test_limits_of_the_model_are_told(query, reason):
    given = {"matrices": ("the densest", "layer 0 up"), "examples": 200}
    (fault,) = model_faults(query, **given)
    assert reason in fault
    assert not model_faults({"matrix": "layer 0 up", "examples": "200"}, **given)
    assert not model_faults({"examples": "9999"}, **given)  # `address_faults` told it


def test_an_edited_file_of_tokens_has_other_scores():
    first = replace(QUERY, strategy="", tokens="t.jsonl", tokens_age="1")
    second = replace(first, tokens_age="2")
    assert first.key != second.key
    assert first.with_criterion("magnitude").key == second.with_criterion("magnitude").key
    assert not first.lacks_examples
    assert replace(first, tokens="").lacks_examples
    assert not replace(first, tokens="", criterion="magnitude").lacks_examples


def test_the_second_order_is_never_the_first():
    for own in ("random_order", "anchor_expansion"):
        for chosen in ("random_order", "anchor_expansion", "max_degree_first"):
            assert other_order(chosen, own) != chosen


def test_seeds_of_other_draws_stay_in_range():
    assert stability_seeds(0) == (0, 1, 2)
    assert len(set(stability_seeds(2**31 - 1))) == 3
    assert max(stability_seeds(2**31 - 1)) < 2**31
    assert seed_after(2**31 - 2) == 2**31 - 1
    assert seed_after(2**31 - 1) == 0


FOREIGN = SalienceQuery("tiny-gpt2", "", "gradient", "", 2, 0, tokens="my tokens.jsonl")
MASK_QUERIES = [
    MASK_QUERY,
    replace(MASK_QUERY, salience=QUERY.with_criterion("snip"), scope="local"),
    replace(MASK_QUERY, salience=replace(QUERY, model="planar-random_order", number=2)),
    replace(MASK_QUERY, salience=replace(QUERY, smiles="CC(N)C(=O)O", number=5)),
    replace(MASK_QUERY, salience=QUERY.with_criterion("synflow"), scope="local"),
    replace(MASK_QUERY, salience=QUERY.with_criterion("random")),
    replace(MASK_QUERY, salience=replace(QUERY, smiles="CCO", criterion="id3",
                                         options=(("power", 3.0),))),
    replace(MASK_QUERY, salience=FOREIGN, density=0.1),
    replace(MASK_QUERY, salience=FOREIGN.with_criterion("magnitude"), density=0.1),
]


@pytest.mark.parametrize("mask_query", MASK_QUERIES,
                         ids=lambda of: f"{of.salience.model}-{of.salience.criterion}")
def test_command_line_and_python_give_the_same_mask(
        mask_query, evaluated_assets, foreign_model, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(evaluated_assets))
    monkeypatch.setattr("core.salience.examples.MADE_GRAPHS", 3)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny-gpt2").symlink_to(foreign_model / "tiny-gpt2")
    (tmp_path / "my tokens.jsonl").symlink_to(foreign_model / "tokens.jsonl")
    for line in commands(mask_query).splitlines():
        words = shlex.split(line)
        assert words[0] == "trailscope"
        with pytest.raises(SystemExit) as stop:
            main(words[1:])
        assert stop.value.code == 0
    mask = Mask.load(tmp_path / "mask.safetensors")
    assert (mask.scope, mask.criterion) == (mask_query.scope, mask_query.salience.criterion)
    capsys.readouterr()
    found = {}
    exec(python(mask_query), found)
    examples = [one.origin["examples"] or {} for one in (found["mask"], mask)]
    assert examples[0].get("digest") == examples[1].get("digest")
    assert found["mask"].origin["options"] == mask.origin["options"]
    for name, entries in mask.entries.items():
        assert bool((found["mask"].entries[name] == entries).all())


def test_a_set_and_a_file_of_tokens_have_their_lines():
    assert "--strategy max_degree_first --number 4 --seed 3 " in commands(MASK_QUERY)
    assert "shipped_graphs(card)" in python(MASK_QUERY)
    tokens = replace(MASK_QUERY, salience=FOREIGN)
    assert "--tokens 'my tokens.jsonl' --number 2" in commands(tokens)
    assert "read_token_file(Path('my tokens.jsonl'), model, number=2)" in python(tokens)
