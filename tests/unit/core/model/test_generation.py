"""Sampling: the cache changes nothing, the masks hold, frequencies are those of the model."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from core.errors import InputError
from core.likelihood.scoring import score_sequences
from core.model import generation
from core.model.generation import SamplingConfig, generate, sample_tokens
from core.sent.decoder import decode, decode_lenient
from core.sent.grammar import Grammar
from core.sent.vocabulary import EOS, PAD, SOS, Vocabulary

THREE = Vocabulary(3)  # nine sequences
PAIR = Vocabulary(2, ("a", "b"), ("x", "y"))  # fourteen


@pytest.fixture(scope="module")
def checkpoints(make_checkpoint, tiny, tiny_planar):
    return {
        "molecules": tiny, "planar": tiny_planar,
        "three": make_checkpoint("three", THREE), "pair": make_checkpoint("pair", PAIR, seed=1),
    }


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def sample(checkpoint, number, *, seed=0, **settings):
    batches = generate(checkpoint, number, generator=seeded(seed),
                       config=SamplingConfig(**settings))
    return [graph for batch in batches for graph in batch]


def rescored(checkpoint, samples):
    """NLL of the same tokens from full forward passes without a cache."""
    width = max(len(found.tokens) for found in samples)
    padded = torch.tensor([[*s.tokens, *[PAD] * (width - len(s.tokens))] for s in samples])
    return score_sequences(checkpoint, padded).double().sum(1).tolist()


@pytest.mark.parametrize(("name", "cache_size"), [("molecules", 64), ("planar", 32)])
def test_self_nll_is_that_of_a_full_forward_pass(name, cache_size, checkpoints, monkeypatch):
    """Also shows that compaction keeps tokens, cache and grammar of a row together."""
    compactions = []
    select = Grammar.select

    def spy(self, rows):
        compactions.append(len(rows))
        select(self, rows)

    monkeypatch.setattr(Grammar, "select", spy)
    samples = sample(checkpoints[name], 40, batch_size=40)
    lengths = [len(found.tokens) for found in samples]
    assert len(compactions) >= 3
    assert max(lengths) > cache_size  # it has grown on the way
    assert len(set(lengths)) > 10
    expected = rescored(checkpoints[name], samples)
    assert [found.self_nll for found in samples] == pytest.approx(expected, abs=2e-3)


def test_bf16_carries_a_small_error(checkpoints):
    samples = sample(checkpoints["molecules"], 8, precision="bf16")
    found = np.array([s.self_nll for s in samples])
    error = np.abs(found - rescored(checkpoints["molecules"], samples)) / found
    assert 0 < error.max() < 0.02


@pytest.mark.parametrize("name", ["molecules", "planar", "three", "pair"])
def test_strict_masking_gives_decodable_sequences_only(name, checkpoints):
    vocabulary = checkpoints[name].vocabulary
    for found in sample(checkpoints[name], 60, temperature=2.0, top_k=None):
        assert found.tokens[0] == SOS
        assert found.tokens[-1] == EOS
        assert found.graph == decode(found.tokens, vocabulary)


def test_kind_masking_is_read_leniently(checkpoints):
    vocabulary = checkpoints["molecules"].vocabulary
    samples = sample(checkpoints["molecules"], 30, mask="kinds", max_tokens=100)
    finished = [found for found in samples if found.tokens[-1] == EOS]
    assert len(finished) > 5
    for found in finished:
        assert found.graph == decode_lenient(found.tokens, vocabulary)
    cut = sample(checkpoints["molecules"], 10, mask="kinds", max_tokens=4)
    assert any(found.tokens[-1] != EOS for found in cut)
    assert all((found.graph is None) == (found.tokens[-1] != EOS) for found in cut)
    strict = sample(checkpoints["molecules"], 30, max_tokens=100)
    assert [s.tokens for s in samples] != [s.tokens for s in strict]


def greedy(checkpoint, num_tokens):
    """The best allowed token, one full forward pass after the other."""
    tokens, grammar = [SOS], Grammar(1, checkpoint.vocabulary)
    while len(tokens) < num_tokens and tokens[-1] != EOS:
        with torch.inference_mode():
            logits = checkpoint.model(input_ids=torch.tensor([tokens])).logits[0, -1]
        best = logits.masked_fill(~grammar.allowed()[0], -math.inf).argmax()
        tokens.append(int(best))
        grammar.advance(best[None])
    return tuple(tokens)


@pytest.mark.parametrize("name", ["molecules", "planar"])
def test_the_best_token_alone_leaves_no_choice(name, checkpoints):
    checkpoint = checkpoints[name]
    first, other = (sample(checkpoint, 3, seed=seed, top_k=1, max_tokens=60) for seed in (0, 1))
    assert {found.tokens for found in first + other} == {greedy(checkpoint, 60)}


def test_no_end_within_max_tokens_is_invalid(checkpoints):
    samples = sample(checkpoints["molecules"], 20, max_tokens=6)
    unfinished = [found for found in samples if found.tokens[-1] != EOS]
    assert unfinished
    for found in unfinished:
        assert found.graph is None
        assert len(found.tokens) == 6
    expected = rescored(checkpoints["molecules"], samples)
    assert [found.self_nll for found in samples] == pytest.approx(expected, abs=1e-3)


def exact_distribution(checkpoint, temperature, top_k):
    """Probability of every sequence under the masked model, by following all of them."""
    grammar_of = [([SOS], 1.0)]
    complete = {}
    while grammar_of:
        tokens, probability = grammar_of.pop()
        grammar = Grammar(1, checkpoint.vocabulary)
        for token in tokens[1:]:
            grammar.advance(torch.tensor([token]))
        with torch.inference_mode():
            logits = checkpoint.model(input_ids=torch.tensor([tokens])).logits[0, -1].double()
        allowed = grammar.allowed()[0].nonzero().flatten().tolist()
        allowed = sorted(allowed, key=lambda token: -logits[token].item())[:top_k]
        weights = [math.exp(logits[token].item() / temperature) for token in allowed]
        for token, weight in zip(allowed, weights, strict=True):
            extended = [*tokens, token], probability * weight / sum(weights)
            if token == EOS:
                complete[tuple(extended[0])] = extended[1]
            else:
                grammar_of.append(extended)
    return complete


@pytest.mark.parametrize(("name", "settings"), [
    ("three", {"temperature": 6.0, "top_k": None}),
    ("pair", {"temperature": 5.0, "top_k": 10}),
    ("pair", {"temperature": 5.0, "top_k": 3}),
    ("three", {"temperature": 1.0, "top_k": None}),
], ids=str)
def test_frequencies_are_those_of_the_masked_model(name, settings, checkpoints):
    exact = exact_distribution(checkpoints[name], **settings)
    assert sum(exact.values()) == pytest.approx(1)
    number = 12_000
    config = SamplingConfig(batch_size=3_000, **settings)
    counts = dict.fromkeys(exact, 0)
    for batch in generate(checkpoints[name], number, generator=seeded(2), config=config):
        for found in batch:
            counts[found.tokens] += 1  # KeyError: a sequence that cannot be
    expected = np.array(list(exact.values())) * number
    observed = np.array(list(counts.values()))
    frequent = expected >= 5  # χ² holds for these; the rest is pooled into one cell
    assert frequent.sum() > 2
    cells = [np.append(a[frequent], a[~frequent].sum()) for a in (observed, expected)]
    occupied = cells[1] > 1e-6
    assert chisquare(cells[0][occupied], cells[1][occupied]).pvalue > 1e-3


def test_the_generator_fixes_the_sample(checkpoints):
    first, same, other = ([found.tokens for found in sample(checkpoints["molecules"], 5, seed=seed)]
                          for seed in (1, 1, 2))
    assert first == same
    assert first != other


def test_samples_come_in_batches(checkpoints):
    batches = list(generate(checkpoints["three"], 10, generator=seeded(),
                            config=SamplingConfig(batch_size=4)))
    assert [len(batch) for batch in batches] == [4, 4, 2]


def test_finished_sequences_are_padded(checkpoints):
    tokens, self_nll, _ = sample_tokens(checkpoints["three"], 50, generator=seeded(),
                                        config=SamplingConfig())
    assert self_nll.dtype == torch.float64
    for row in tokens.tolist():
        assert set(row[row.index(EOS) + 1 :]) <= {PAD}


def test_sampling_leaves_model_and_global_stream_alone(checkpoints):
    checkpoint = checkpoints["molecules"]
    before = {name: tensor.clone() for name, tensor in checkpoint.model.state_dict().items()}
    stream = torch.get_rng_state()
    sample(checkpoint, 4)
    assert torch.equal(torch.get_rng_state(), stream)
    assert all(torch.equal(before[name], tensor)
               for name, tensor in checkpoint.model.state_dict().items())


@pytest.mark.parametrize(("settings", "message"), [
    ({"temperature": 0.0}, "temperature must be above 0 and finite, got 0.0."),
    ({"temperature": -1.0}, "temperature must be above 0 and finite, got -1.0."),
    ({"temperature": math.nan}, "temperature must be above 0 and finite, got nan."),
    ({"temperature": math.inf}, "temperature must be above 0 and finite, got inf."),
    ({"top_k": 0}, "top_k must be at least 1, got 0."),
    ({"max_tokens": 1}, "max_tokens must be at least 2, got 1."),
    ({"batch_size": 0}, "batch_size must be at least 1, got 0."),
    ({"mask": "loose"}, "Unknown mask 'loose'; use strict or kinds."),
    ({"precision": "fp8"}, "Unknown precision 'fp8'; use fp32 or bf16."),
])
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(InputError) as raised:
        SamplingConfig(**settings)
    assert str(raised.value) == message


def test_no_graphs_is_refused(checkpoints):
    with pytest.raises(InputError, match="The number of graphs must be at least 1, got 0"):
        list(generate(checkpoints["three"], 0, generator=seeded()))


def test_the_default_follows_the_papers():
    assert generation.SamplingConfig() == SamplingConfig(
        temperature=1.0, top_k=10, mask="strict", max_tokens=500)
