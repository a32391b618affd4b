"""Token NLLs against a loop that scores one token of one sequence at a time."""

import math
from types import SimpleNamespace

import pytest
import torch

from core.chemistry.molecules import from_smiles
from core.graph.graph import Graph
from core.graph.planar import planar_graph
from core.likelihood.scoring import (
    Likelihoods,
    default_token_budget,
    next_token_probabilities,
    score_sequences,
    score_trails,
)
from core.model.checkpoints import load_checkpoint
from core.sent.probability import enumerate_sequences
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import MAX_DEGREE_FIRST, RANDOM_ORDER
from core.sent.vocabulary import EOS, PAD

MOLECULES = [from_smiles(smiles).graph for smiles in ("C", "C1CC1C#N", "CC(=O)N", "O.F")]


def draw(members, vocabulary, permutations=3, seed=0):
    return sample_trails(members, vocabulary, RANDOM_ORDER, permutations=permutations,
                         generator=GraphSeed(seed))


@torch.inference_mode()
def literal_nll(checkpoint, sequence):
    """-log p of every token after the first, each from a forward pass over its prefix alone."""
    result = []
    for at in range(1, len(sequence)):
        logits = checkpoint.model(input_ids=torch.tensor([sequence[:at]])).logits[0, -1]
        result.append(-logits.double().log_softmax(-1)[sequence[at]].item())
    return result


@pytest.mark.parametrize("kind", ["molecules", "planar"])
def test_agrees_with_one_token_at_a_time(kind, tiny, tiny_planar):
    checkpoint = {"molecules": tiny, "planar": tiny_planar}[kind]
    members = MOLECULES[:3] if kind == "molecules" else [planar_graph(0, seed=0, num_nodes=9).graph]
    trails = draw(members, checkpoint.vocabulary)
    found = score_trails(checkpoint, trails)
    for g in range(len(members)):
        for k in range(3):
            expected = literal_nll(checkpoint, trails.sequence(g, k))
            row = found.token_nll[g, k]
            assert row[: len(expected)].tolist() == pytest.approx(expected, abs=1e-4)
            assert not row[len(expected) :].any()
            assert found.nll[g, k].item() == pytest.approx(sum(expected), abs=1e-3)
            assert found.num_tokens[g, k] == len(expected)


def test_sos_is_given_and_eos_counts(tiny_planar):
    lonely = Graph(1, torch.zeros((0, 2), dtype=torch.int64).numpy())
    trails = draw([lonely], tiny_planar.vocabulary, permutations=1)
    assert trails.sequence(0, 0) == [0, 6, EOS]
    found = score_trails(tiny_planar, trails)
    assert found.num_tokens.tolist() == [[2]]  # the index and eos
    of_index, of_eos = (next_token_probabilities(tiny_planar, [0, 6, EOS])[at, token].item()
                        for at, token in enumerate((6, EOS)))
    assert found.nll.item() == pytest.approx(-math.log(of_index) - math.log(of_eos), abs=1e-5)


@pytest.mark.parametrize("token_budget", [1, 60, 200, 10**9])
def test_the_token_budget_changes_nothing(token_budget, tiny):
    trails = draw(MOLECULES, tiny.vocabulary, permutations=6)
    expected = score_trails(tiny, trails).token_nll
    found = score_trails(tiny, trails, token_budget=token_budget).token_nll
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_forward_passes_keep_to_the_budget(tiny):
    trails = draw(MOLECULES, tiny.vocabulary, permutations=6)
    shapes = []
    hook = tiny.network.register_forward_pre_hook(
        lambda _, arguments: shapes.append(arguments[0].shape))
    try:
        score_trails(tiny, trails, token_budget=150)
    finally:
        hook.remove()
    assert len(shapes) > 3
    assert all(rows == 1 or rows * (columns + 1) <= 150 for rows, columns in shapes)
    assert any(rows > 1 for rows, _ in shapes)


def test_padding_changes_nothing(tiny):
    sequences = draw(MOLECULES, tiny.vocabulary).tokens.flatten(0, 1)
    expected = score_sequences(tiny, sequences)
    wider = torch.nn.functional.pad(sequences, (0, 40), value=PAD)
    found = score_sequences(tiny, wider)
    torch.testing.assert_close(found[:, : expected.shape[1]], expected, rtol=0, atol=1e-4)
    assert not found[:, expected.shape[1] :].any()


def test_the_rest_of_the_batch_changes_nothing(tiny):
    together = score_trails(tiny, draw(MOLECULES, tiny.vocabulary)).nll
    for g, graph in enumerate(MOLECULES):
        alone = score_trails(tiny, draw([graph], tiny.vocabulary)).nll[0]
        torch.testing.assert_close(alone, together[g], rtol=0, atol=1e-4)


def test_rows_come_back_in_their_own_place(tiny):
    sequences = draw(MOLECULES, tiny.vocabulary).tokens.flatten(0, 1)
    shuffle = torch.randperm(len(sequences), generator=torch.Generator().manual_seed(3))
    expected = score_sequences(tiny, sequences)[shuffle]
    torch.testing.assert_close(score_sequences(tiny, sequences[shuffle]), expected,
                               rtol=0, atol=1e-4)


def test_a_sequence_drawn_twice_is_scored_once(tiny):
    methane = from_smiles("C").graph
    num_sequences = len(enumerate_sequences(methane, tiny.vocabulary, MAX_DEGREE_FIRST))
    assert num_sequences == 1
    trails = sample_trails([methane], tiny.vocabulary, MAX_DEGREE_FIRST, permutations=32,
                           generator=GraphSeed(0))
    calls = []
    found = score_trails(tiny, trails, progress=lambda *call: calls.append(call))
    assert calls == [(1, 1)]
    assert len(found.nll.unique()) == 1
    assert found.nll.shape == (1, 32)


def test_bf16_is_close_but_not_the_same(tiny):
    trails = draw(MOLECULES, tiny.vocabulary)
    exact = score_trails(tiny, trails)
    rough = score_trails(tiny, trails, precision="bf16")
    error = (rough.token_nll - exact.token_nll).abs()
    assert 0 < error.max() < 0.2
    assert error.mean() < 0.02
    assert not exact.token_nll.isnan().any()


def test_progress_counts_up_to_all_sequences_and_may_cancel(tiny):
    trails = draw(MOLECULES, tiny.vocabulary)
    calls = []
    score_trails(tiny, trails, token_budget=100, progress=lambda *call: calls.append(call))
    counts = [done for done, _ in calls]
    assert len(counts) > 3
    assert counts == sorted(set(counts))
    num_sequences = len({tuple(trails.sequence(g, k)) for g in range(4) for k in range(3)})
    assert counts[-1] == num_sequences
    assert {total for _, total in calls} == {num_sequences}

    class CancelledError(Exception):
        pass

    def cancel(done, total):
        calls.append(done)
        raise CancelledError

    calls.clear()
    with pytest.raises(CancelledError):
        score_trails(tiny, trails, token_budget=100, progress=cancel)
    assert len(calls) == 1


def test_nll_per_token_is_pooled():
    """4 nats on 2 tokens and 1 nat on 8: half a nat per token, not the mean of 2 and 1/8."""
    token_nll = torch.zeros(1, 2, 8)
    token_nll[0, 0, :2] = 2.0
    token_nll[0, 1] = 0.125
    valid = torch.zeros(1, 2, 8, dtype=torch.bool)
    valid[0, 0, :2] = valid[0, 1] = True
    found = Likelihoods(token_nll, valid)
    assert found.nll.tolist() == [[4.0, 1.0]]
    assert found.nll_per_token == 0.5


def test_next_token_probabilities_are_the_whole_distribution(tiny):
    trails = draw(MOLECULES[1:2], tiny.vocabulary, permutations=1)
    sequence = trails.sequence(0, 0)
    found = next_token_probabilities(tiny, sequence)
    assert found.shape == (len(sequence) - 1, len(tiny.vocabulary))
    torch.testing.assert_close(found.sum(1), torch.ones(len(sequence) - 1))
    of_next = found[torch.arange(len(sequence) - 1), torch.tensor(sequence[1:])]
    expected = score_trails(tiny, trails).token_nll[0, 0]
    torch.testing.assert_close(-of_next.log(), expected, rtol=0, atol=1e-4)


def test_a_compiled_checkpoint_scores_with_what_the_compiler_made(tiny, monkeypatch):
    """Compiling itself takes half a minute; here the compiler only counts calls."""
    calls = []

    def compile(model, *, dynamic):
        def forward(tokens):
            calls.append(tokens.shape)
            return model(tokens)

        return forward

    monkeypatch.setattr(torch, "compile", compile)
    compiled = load_checkpoint(tiny.card.path, compile=True)
    sequences = torch.tensor([[0, 6, 36, 4], [0, 6, 37, 4]])
    assert torch.equal(score_sequences(compiled, sequences), score_sequences(tiny, sequences))
    assert calls == [(2, 3)]


def test_the_default_budget_follows_from_width_and_device(tiny):
    def of(width, device="cpu"):
        network = SimpleNamespace(settings=SimpleNamespace(intermediate_size=width))
        return default_token_budget(SimpleNamespace(network=network, device=torch.device(device)))

    assert of(768) == 2048
    assert of(3072) == 512
    assert of(100_000) == 512  # matrix products of few rows are slow
    assert of(768, "cuda") > of(768)
