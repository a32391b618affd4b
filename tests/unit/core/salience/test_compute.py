"""Each criterion equals its formula over slow statistics, and is refused where it cannot be."""

import copy
import json

import pytest
import torch

from core.salience import (
    CRITERIA,
    LanguageModel,
    SalienceError,
    TokenSequences,
    compute_salience,
    compute_saliences,
    select,
)
from core.salience.criteria import lamp
from tests.oracles import salience as oracle

SIGNED = {"force", "grasp"}


def expected_scores(model, criterion, examples):
    """By name of the matrix, from the oracle's loops."""
    names = [matrix.name for matrix in model.matrices]
    weights = {name: model.model.get_parameter(name).detach() for name in names}
    sequences = oracle.sequences_of(examples)
    if criterion == "fisher":
        return oracle.empirical_fisher(model.model, sequences, names)
    if criterion == "synflow":
        flow = (oracle.gpt2_flow if model.name == "gpt2" else oracle.llama_flow)(model.model)
        return {name: flow[name].abs().float() for name in names}
    if criterion == "grasp":
        product = oracle.hessian_gradient_product(model.model, sequences, names)
        return {name: weights[name] * product[name] for name in names}
    gradient = oracle.mean_gradient(model.model, sequences, names)
    formulas = {
        "magnitude": lambda w, g: abs(w),
        "gradient": lambda w, g: abs(g),
        "snip": lambda w, g: abs(w * g),
        "force": lambda w, g: -(w * g),
        "taylor": lambda w, g: (w * g) ** 2,
        "lamp": lambda w, g: oracle.lamp(w),
        "id3": lambda w, g: abs(g) / (abs(w) + 1) ** 2,
    }
    return {name: formulas[criterion](weights[name], gradient[name]) for name in names}


@pytest.mark.parametrize("criterion", [name for name in CRITERIA if name != "random"])
def test_scores_equal_the_formula_over_slow_statistics(tiny_model, make_examples, criterion):
    examples = make_examples(4)
    found = compute_salience(tiny_model, criterion, examples)
    expected = expected_scores(tiny_model, criterion, examples)
    assert list(found.scores) == list(expected)
    for name, scores in expected.items():
        assert found.scores[name].dtype == torch.float32
        assert found.scores[name].shape == tiny_model.model.get_parameter(name).shape
        scale = float(scores.abs().max())
        assert float((found.scores[name] - scores).abs().max()) < 1e-4 * scale, name
    assert any(float(scores.min()) < 0 for scores in found.scores.values()) == (
        criterion in SIGNED) == found.is_signed


def test_random_is_uniform_and_its_seed_decides(tiny_llama):
    first, again, other = (compute_salience(tiny_llama, "random", seed=seed)
                           for seed in (1, 1, 2))
    values = torch.cat([scores.flatten() for scores in first.scores.values()])
    assert 0 <= float(values.min()) < 0.01
    assert 0.99 < float(values.max()) < 1
    assert abs(float(values.mean()) - 0.5) < 0.02
    for name, scores in first.scores.items():
        assert torch.equal(scores, again.scores[name])
        assert not torch.equal(scores, other.scores[name])
    assert first.seed == 1


def test_lamp_shares_the_sum_among_equals_and_gives_nothing_to_zeros():
    weight = torch.tensor([[0.0, -2.0, 1.0], [2.0, 1.0, 3.0]])
    expected = torch.tensor([[0.0, 4 / 17, 1 / 19], [4 / 17, 1 / 19, 1.0]])
    torch.testing.assert_close(lamp(weight, weight).float(), expected)
    torch.testing.assert_close(lamp(weight, weight).float(), oracle.lamp(weight))
    assert bool((lamp(torch.zeros(2, 2), weight) == 0).all())


@pytest.mark.parametrize("density", [0.01, 0.1, 0.7])
def test_criteria_that_must_agree_select_the_same(tiny_model, make_examples, density):
    scored = compute_saliences(tiny_model, ["snip", "taylor", "magnitude", "lamp"],
                               make_examples())
    for first, second, scope in (("snip", "taylor", "global"), ("snip", "taylor", "local"),
                                 ("magnitude", "lamp", "local")):
        masks = [select(scored[name], density=density, scope=scope) for name in (first, second)]
        for name, entries in masks[0].entries.items():
            assert torch.equal(entries, masks[1].entries[name])


def test_options_enter_the_formula_and_the_record(tiny_llama, make_examples):
    examples = make_examples(3)
    names = [matrix.name for matrix in tiny_llama.matrices]
    sequences = oracle.sequences_of(examples)
    scored = compute_saliences(tiny_llama, ["id3", "grasp"], examples,
                               options={"epsilon": 0.5, "power": 3, "temperature": 2})
    assert scored["id3"].options == {"epsilon": 0.5, "power": 3.0}
    assert scored["grasp"].options == {"temperature": 2.0}
    gradient = oracle.mean_gradient(tiny_llama.model, sequences, names)
    product = oracle.hessian_gradient_product(tiny_llama.model, sequences, names, 2.0)
    for name in names:
        weight = tiny_llama.model.get_parameter(name).detach()
        torch.testing.assert_close(scored["id3"].scores[name],
                                   gradient[name].abs() / (weight.abs() + 0.5) ** 3,
                                   rtol=1e-4, atol=1e-6)
        expected = weight * product[name]
        torch.testing.assert_close(scored["grasp"].scores[name], expected, rtol=1e-3,
                                   atol=1e-4 * float(expected.abs().max()))


def test_many_at_once_equal_one_by_one_in_the_asked_order(tiny_gpt2, make_examples):
    examples = make_examples()
    asked = ["fisher", "grasp", "snip", "random", "id3", "magnitude", "gradient"]
    together = compute_saliences(tiny_gpt2, asked, examples, seed=3)
    assert list(together) == asked
    for name in asked:
        alone = compute_salience(tiny_gpt2, name, examples, seed=3)
        assert together[name].describe() == alone.describe()
        for matrix, scores in alone.scores.items():
            assert torch.equal(together[name].scores[matrix], scores)


@pytest.mark.parametrize(("criteria", "options", "passes"), [
    (["snip", "id3", "force", "gradient"], {}, 1), (["fisher"], {}, 1), (["grasp"], {}, 2),
    (["grasp", "snip"], {}, 2), (["grasp", "snip"], {"temperature": 2}, 3),
    (["fisher", "grasp", "snip"], {}, 3), (["magnitude", "synflow"], {}, 0)])
def test_progress_counts_examples_over_all_passes(
        tiny_llama, make_examples, criteria, options, passes):
    seen = []
    compute_saliences(tiny_llama, criteria, make_examples(5), options=options, token_budget=20,
                      progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == ({5 * passes} if passes else set())
    assert not passes or seen[-1] == (5 * passes, 5 * passes)


def test_progress_may_cancel(tiny_llama, make_examples):
    def cancel(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_salience(tiny_llama, "snip", make_examples(), progress=cancel)


def test_scores_say_where_they_come_from(tiny_llama, make_examples):
    examples = make_examples()
    found = compute_saliences(tiny_llama, ["snip", "magnitude"], examples)
    assert found["snip"].examples == {"kind": "random", "seed": 0, "digest": examples.digest}
    assert found["magnitude"].examples is None
    assert found["snip"].model == "llama"
    assert found["snip"].weights_sha256 == tiny_llama.weights_sha256
    json.dumps(found["snip"].describe())


def test_the_model_is_bit_for_bit_the_same(tiny_model, make_examples):
    before = {name: value.clone() for name, value in tiny_model.model.state_dict().items()}
    scored = compute_saliences(tiny_model, list(CRITERIA), make_examples())
    for name in ("magnitude", "fisher", "random"):  # not a view of the weights either
        for scores in scored[name].scores.values():
            scores.fill_(7)
    after = tiny_model.model.state_dict()
    assert list(after) == list(before)
    for name, value in before.items():
        assert torch.equal(after[name], value)
    for parameter in tiny_model.model.parameters():
        assert parameter.grad is None
        assert parameter.requires_grad


def sequences(rows):
    length = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (length - len(row)) for row in rows]).view(len(rows), -1)
    return TokenSequences(tokens, torch.tensor([len(row) for row in rows]))


@pytest.mark.parametrize(("criterion", "examples", "options", "message"), [
    ("snap", None, {}, "Unknown criterion 'snap'; use one of random, magnitude, gradient"),
    ("snip", None, {}, "snip is averaged over examples; give some"),
    ("snip", TokenSequences(torch.zeros(0, 2).long(), torch.zeros(0).long()), {},
     "There are no examples"),
    ("fisher", sequences([[1] * 33]), {}, "has 33 tokens; llama attends over at most 32"),
    ("grasp", sequences([[1, 23]]), {}, "outside 0 … 22, the vocabulary of llama"),
    ("grasp", sequences([[1, -1]]), {}, "outside 0 … 22"),
    ("id3", sequences([[1, 2]]), {"temperature": 2}, "Unknown option 'temperature' of id3; use "
                                                     "epsilon, power"),
    ("snip", sequences([[1, 2]]), {"power": 2}, "Unknown option 'power' of snip; there are no"),
    ("grasp", sequences([[1, 2]]), {"temperature": 0}, "temperature is a positive number, got 0"),
    ("grasp", sequences([[1, 2]]), {"temperature": float("nan")}, "positive number, got nan"),
    ("id3", sequences([[1, 2]]), {"power": "2"}, "positive number, got '2'"),
])
def test_bad_input_is_refused_in_one_sentence(tiny_llama, criterion, examples, options, message):
    with pytest.raises(SalienceError, match=message):
        compute_salience(tiny_llama, criterion, examples, options=options)


def test_only_criteria_that_need_examples_look_at_them(tiny_llama):
    assert compute_salience(tiny_llama, "magnitude", sequences([[1, 99]])).examples is None


@pytest.mark.parametrize("criterion", ["magnitude", "lamp", "synflow", "snip"])
def test_weights_that_are_not_finite_are_refused(tiny_llama, make_examples, criterion):
    model = LanguageModel(copy.deepcopy(tiny_llama.model), "broken", "")
    with torch.no_grad():
        model.model.model.layers[0].mlp.up_proj.weight[0, 0] = torch.nan
    with pytest.raises(SalienceError, match=r"model\.layers\.\S+ is not finite; use a model with"):
        compute_salience(model, criterion, make_examples())
