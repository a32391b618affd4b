"""Rows that are measured while a model learns."""

import json

import pytest
import torch

from core.chemistry.molecules import from_smiles, to_smiles
from core.errors import InputError
from core.graph.planar import planar_graph
from core.model.generation import generate
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import MAX_DEGREE_FIRST, RANDOM_ORDER
from core.study.validation import VALIDATION, Validator, add_validation, read_validation

HELD_OUT = [from_smiles(smiles).graph for smiles in ("CO", "CC=O", "C1CC1", "CC#N")]


def nll_of(checkpoint, strategy):
    """Nats and tokens of a sequence of each graph, one after the other."""
    nats = tokens = 0
    for graph in HELD_OUT:
        trails = sample_trails(GraphBatch.from_graphs([graph], with_automorphisms=True),
                               checkpoint.vocabulary, strategy, permutations=1,
                               generator=GraphSeed(3))
        sequence = torch.tensor([trails.sequence(0, 0)])
        with torch.inference_mode():
            logits = checkpoint.model(sequence[:, :-1]).logits.log_softmax(-1)
        nats -= logits.gather(-1, sequence[:, 1:, None]).sum().item()
        tokens += sequence.shape[1] - 1
    return nats / tokens


def test_a_row_is_what_a_loop_measures(make_checkpoint):
    checkpoint = make_checkpoint("validated", strategy=MAX_DEGREE_FIRST, seed=4)
    [samples] = generate(checkpoint, 100, generator=torch.Generator().manual_seed(3))
    smiles = [None if one.graph is None else to_smiles(one.graph) for one in samples]
    valid = [one for one in smiles if one is not None]
    known = set(sorted(set(valid))[::2])
    found = Validator(HELD_OUT, checkpoint.card, known, 3).measure(checkpoint.model, 7)
    assert found["step"] == 7
    assert found["held_out"] == 4
    assert found["nll_per_token_own_nats"] == pytest.approx(
        nll_of(checkpoint, MAX_DEGREE_FIRST), abs=1e-5)
    assert found["nll_per_token_random_nats"] == pytest.approx(
        nll_of(checkpoint, RANDOM_ORDER), abs=1e-5)
    assert 0 < len(set(valid)) < len(samples)
    new = len(set(valid) - known)
    assert [found[name] for name in ("sampled", "valid", "unique", "novel", "vun")] == [
        100, len(valid) / 100, len(set(valid)) / len(valid), new / len(set(valid)), new / 100]


def test_without_training_molecules_nothing_is_novel(tiny_planar):
    held_out = [planar_graph(number, seed=0).graph for number in range(2)]
    found = Validator(held_out, tiny_planar.card, None, number=5).measure(tiny_planar.model, 1)
    assert found["novel"] is found["vun"] is None
    assert found["sampled"] == 5
    assert found["nll_per_token_own_nats"] > 0


def test_rows_are_kept_in_order_and_replaced(tmp_path):
    assert read_validation(tmp_path) == []
    for step, valid in ((4, 0.1), (2, 0.2), (4, 0.3)):
        add_validation(tmp_path, {"step": step, "valid": valid})
    assert read_validation(tmp_path) == [{"step": 2, "valid": 0.2}, {"step": 4, "valid": 0.3}]
    (tmp_path / VALIDATION).write_text(json.dumps([{"valid": 1}]))
    with pytest.raises(InputError, match="is damaged; delete it"):
        read_validation(tmp_path)
