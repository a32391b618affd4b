"""Masks: exact counts, ties by position, both scopes, files, and what is refused."""

import json
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core.salience import Mask, Salience, SalienceError, select
from core.salience.masks import SCOPES, rank_scores
from core.salience.matrices import WeightMatrix
from tests.oracles.masks import top_entries, top_entries_by_list
from tests.unit.core.salience.made_up import (
    MATRICES,
    NUM_ENTRIES,
    as_lists,
    as_set,
    made_up_salience,
)

FEW_VALUES = st.sampled_from([-1.5, -0.0, 0.0, 0.25, 0.5, 3e-30, 7.0])
ANY_VALUE = st.floats(-(2.0**100), 2.0**100, width=32)
SCORES = st.one_of(
    st.lists(FEW_VALUES, min_size=NUM_ENTRIES, max_size=NUM_ENTRIES),
    st.lists(ANY_VALUE, min_size=NUM_ENTRIES, max_size=NUM_ENTRIES),
).filter(lambda values: len(set(values)) > 1)


@given(SCORES, st.integers(1, NUM_ENTRIES))
def test_global_masks_hold_exactly_the_highest(values, count):
    salience = made_up_salience(values)
    expected = top_entries(as_lists(salience), count)
    for mask in (select(salience, count=count), rank_scores(salience).mask(count=count)):
        assert as_set(mask.entries) == expected
        assert mask.nnz == count
        assert mask.density == count / NUM_ENTRIES


@given(SCORES, st.floats(0.06, 1.0))
def test_local_masks_hold_exactly_the_highest_of_every_matrix(values, density):
    salience = made_up_salience(values)
    counts = {matrix.name: round(density * matrix.numel) for matrix in MATRICES}
    expected = top_entries_by_list(as_lists(salience), counts)
    for mask in (select(salience, density=density, scope="local"),
                 rank_scores(salience, "local").mask(density=density)):
        assert as_set(mask.entries) == expected
        assert {name: int(chosen.sum()) for name, chosen in mask.entries.items()} == counts


@given(st.integers(3, NUM_ENTRIES))
def test_a_local_number_is_shared_out_whole(count):
    mask = select(made_up_salience(range(NUM_ENTRIES)), count=count, scope="local")
    assert mask.nnz == count
    for matrix in MATRICES:
        assert abs(int(mask.entries[matrix.name].sum())
                   - count * matrix.numel / NUM_ENTRIES) < 1


def test_of_equal_scores_the_first_are_taken():
    chosen = select(made_up_salience([*[1.0] * (NUM_ENTRIES - 1), 0.0]), count=14)
    assert chosen.entries["blocks.0.q.weight"].all()
    assert chosen.entries["blocks.0.up.weight"].reshape(-1).tolist() == [True] * 2 + [False] * 8
    assert not chosen.entries["blocks.1.q.weight"].any()


def test_everything_can_be_selected():
    for scope in SCOPES:
        assert select(made_up_salience(range(NUM_ENTRIES)), density=1, scope=scope).density == 1


def test_a_mask_says_where_it_comes_from(tmp_path):
    salience = made_up_salience(range(NUM_ENTRIES), examples={"number": 7}, options={"epsilon": 1})
    mask = select(salience, density=0.3, scope="local")
    assert (mask.criterion, mask.model, mask.scope) == ("magnitude", "made-up", "local")
    assert mask.origin == salience.describe()
    assert mask.densities()["blocks.0.up.weight"] == pytest.approx(3 / 10)


def test_a_mask_is_counted_by_matrix_and_by_kind_of_module():
    mask = select(made_up_salience([*[1] * 12, *[2] * 10, *[1] * 16]), count=13)
    assert list(mask.counts().values()) == [3, 10, 0]
    assert mask.by_module() == {"q": (3, 28), "up": (10, 10)}
    assert mask.densest == MATRICES[1]


def test_files_name_the_hash_of_the_weights_as_they_always_have(tmp_path):
    path = tmp_path / "a.safetensors"
    salience = made_up_salience(range(NUM_ENTRIES), weights_sha256="ab")
    for made in (salience, select(salience, count=9)):
        made.save(path)
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["facts"])
        assert facts["model_digest"] == "ab"
        assert "weights_sha256" not in facts
        assert type(made).load(path).weights_sha256 == "ab"


@given(st.integers(1, NUM_ENTRIES), st.sampled_from(SCOPES))
def test_files_round_trip(tmp_path_factory, count, scope):
    path = tmp_path_factory.mktemp("mask") / "mask.safetensors"
    salience = made_up_salience(range(NUM_ENTRIES), examples={"number": 7})
    mask = rank_scores(salience, scope).mask(count=max(count, 4))
    mask.save(path)
    again = Mask.load(path)
    assert as_set(again.entries) == as_set(mask.entries)
    assert {n: e.shape for n, e in again.entries.items()} == {m.name: m.shape for m in MATRICES}
    assert replace(again, entries=mask.entries).__dict__ == mask.__dict__


def test_scores_round_trip(tmp_path):
    salience = made_up_salience([0.1 * k for k in range(NUM_ENTRIES)], seed=3, is_signed=True,
                                examples={"number": 7, "digest": "ab"}, options={"p": 2.0})
    salience.save(tmp_path / "scores.safetensors")
    again = Salience.load(tmp_path / "scores.safetensors")
    assert again.describe() == salience.describe()
    assert again.matrices == salience.matrices
    assert all(torch.equal(again.scores[name], salience.scores[name]) for name in again.scores)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(("asked", "reason"), [
    ({"density": 0.0}, "A density lies above 0 and is at most 1"),
    ({"density": 1.2}, "A density lies above 0 and is at most 1"),
    ({"density": float("nan")}, "A density lies above 0 and is at most 1"),
    ({"density": 0.01}, "selects none of 38 entries; use at least 0.026"),
    ({"count": 0}, "between 1 and 38"),
    ({"count": 39}, "between 1 and 38"),
    ({"density": 0.04, "scope": "local"}, "none of the 10 entries of blocks.0.up.weight"),
    ({"count": 2, "scope": "local"}, "leave none to"),
    ({}, "either a density or a number"),
    ({"density": 0.5, "count": 3}, "either a density or a number"),
    ({"density": 0.5, "scope": "layer"}, "Unknown scope 'layer'"),
])
def test_what_cannot_be_selected_is_one_sentence(asked, reason):
    salience = made_up_salience(range(NUM_ENTRIES))
    scope = asked.get("scope", "global")
    numbers = {name: value for name, value in asked.items() if name != "scope"}
    with pytest.raises(SalienceError, match=reason):
        select(salience, **asked)
    with pytest.raises(SalienceError, match=reason):
        rank_scores(salience, scope).mask(**numbers)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_scores_without_order_are_refused(value):
    salience = made_up_salience([*range(NUM_ENTRIES - 1), value])
    for cut in (lambda: select(salience, density=0.5), lambda: rank_scores(salience)):
        with pytest.raises(SalienceError, match=r"blocks\.1\.q\.weight are not all finite"):
            cut()


def test_a_mask_of_another_model_is_refused():
    mask = select(made_up_salience(range(NUM_ENTRIES)), density=0.5)
    mask.check_fits(tuple(reversed(MATRICES)), "same")
    with pytest.raises(SalienceError, match="made for made-up, whose matrices are not those of x"):
        mask.check_fits((WeightMatrix("blocks.0.q.weight", 0, "q", (3, 4)),), "x")


def test_damaged_files_are_refused(tmp_path):
    salience, path = made_up_salience(range(NUM_ENTRIES)), tmp_path / "a.safetensors"
    salience.save(path)
    with pytest.raises(SalienceError, match="not a file of `trailscope mask`"):
        Mask.load(path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(SalienceError, match="cannot be read"):
        Salience.load(path)
    with pytest.raises(SalienceError, match="cannot be read"):
        Mask.load(tmp_path / "missing.safetensors")


def test_a_mask_that_lost_entries_is_refused(tmp_path):
    path = tmp_path / "mask.safetensors"
    select(made_up_salience(range(NUM_ENTRIES)), count=9).save(path)
    with safe_open(path, framework="pt") as file:
        facts = file.metadata()
    tensors = load_file(path)
    tensors["blocks.1.q.weight"].zero_()
    save_file(tensors, path, metadata=facts)
    with pytest.raises(SalienceError, match="0 entries instead of 9"):
        Mask.load(path)
