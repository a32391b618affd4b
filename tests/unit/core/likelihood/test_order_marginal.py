"""Order-marginal NLL and exact LU on distributions small enough to sum by hand."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.chemistry.molecules import from_smiles
from core.likelihood.order_marginal import exact_uncertainty, order_marginal
from core.likelihood.uncertainty import linearization_uncertainty
from core.sent.probability import enumerate_sequences
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY, RESET
from tests.oracles import linearization_uncertainty as literal

positive = st.floats(0.01, 1)


def test_known_weights():
    """Weights 1, 1 and 2: mean 4/3, effective sample size 16/6."""
    marginal = order_marginal([[1.0, 2.0, 3.0 - math.log(2)]], [[-1.0, -2.0, -3.0]])
    assert marginal.nll[0] == pytest.approx(-math.log(4 / 3))
    assert marginal.effective_sample_size[0] == pytest.approx(16 / 6)


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(-20, 0)), min_size=1, max_size=9))
def test_equals_the_literal_loop(pairs):
    nll, log_q = map(list, zip(*pairs, strict=True))
    marginal = order_marginal([nll], [log_q])
    expected_nll, expected_size = literal.order_marginal(nll, log_q)
    assert marginal.nll[0] == pytest.approx(expected_nll, abs=1e-9)
    assert marginal.effective_sample_size[0] == pytest.approx(expected_size)


@given(weights=st.lists(st.tuples(positive, positive), min_size=2, max_size=5),
       k=st.integers(1, 3))
def test_the_estimate_of_the_probability_is_unbiased(weights, k):
    """Summed over all K-tuples of sequences, each with its probability under q."""
    p, q = np.array(weights).T
    p, q = p / p.sum() / 2, q / q.sum()
    rows = np.array(list(itertools.product(range(len(p)), repeat=k)))
    estimates = np.exp(-order_marginal(-np.log(p[rows]), np.log(q[rows])).nll)
    assert q[rows].prod(axis=1) @ estimates == pytest.approx(p.sum())


def test_long_sequences_do_not_underflow():
    marginal = order_marginal([[2000.0, 2001.0]], [[-3.0, -3.0]])
    assert marginal.nll[0] == pytest.approx(1997 - math.log((1 + math.exp(-1)) / 2))
    assert 1 < marginal.effective_sample_size[0] < 2


def test_refused_where_log_q_is_unknown():
    """Only for the graph concerned, and with a reason."""
    nll = np.array([[3.0, 4.0], [3.0, 4.0]])
    unknown, known = linearization_uncertainty(nll, [[-1.0, np.nan], [-1.0, -1.0]], seed=0)
    assert unknown.marginal_nll is None
    assert unknown.effective_sample_size is None
    assert "not by lowest index" in unknown.marginal_reason
    assert known.marginal_nll == pytest.approx(-math.log((math.exp(-2) + math.exp(-3)) / 2))
    assert known.marginal_reason is None


def test_exact_uncertainty_of_known_numbers():
    """Mean 0.5·2 + 0.25·4 + 0.25·8 = 4, variance 0.5·4 + 0.25·16 = 6."""
    exact = exact_uncertainty([2.0, 4.0, 8.0], [0.5, 0.25, 0.25])
    assert exact.nll_mean == pytest.approx(4)
    assert exact.nll_std == pytest.approx(math.sqrt(6))
    assert exact.lu == pytest.approx(0.612372436)
    assert exact.marginal_nll == pytest.approx(1.8708911, abs=1e-6)  # -log(e^-2 + e^-4 + e^-8)
    assert exact.num_sequences == 3


def test_exact_uncertainty_of_a_single_sequence():
    exact = exact_uncertainty([800.0], [1.0])
    assert (exact.lu, exact.nll_std, exact.marginal_nll) == (0.0, 0.0, 800.0)


@pytest.mark.parametrize(("nll", "probabilities", "message"), [
    ([1.0, 2.0], [0.5, 0.4], "sum to 1, got 0.9"),
    ([1.0, 2.0], [1.0, 0.0], "must be positive"),
    ([1.0, 2.0], [1.0], "one number per sequence"),
    ([], [], "one number per sequence"),
    ([1.0, math.inf], [0.5, 0.5], "finite"),
])
def test_exact_uncertainty_refuses_what_does_not_fit(nll, probabilities, message):
    with pytest.raises(ValueError, match=message):
        exact_uncertainty(nll, probabilities)


def made_up_nll(tokens) -> float:
    """Any function of the tokens will do in place of a model."""
    tokens = np.asarray(tokens)
    return 8 + 0.7 * (tokens == RESET).sum() + 0.01 * (tokens * np.arange(len(tokens))).sum() % 5


def test_sampled_estimates_approach_the_exact_values():
    methanol = from_smiles("CO").graph
    listed = enumerate_sequences(methanol, QM9_VOCABULARY, RANDOM_ORDER)
    exact = exact_uncertainty([made_up_nll(s) for s in listed.tokens], listed.probabilities)
    trails = sample_trails([methanol], QM9_VOCABULARY, RANDOM_ORDER, permutations=4000,
                           generator=torch.Generator().manual_seed(0))
    nll = [[made_up_nll(trails.sequence(0, k)) for k in range(4000)]]
    [sampled] = linearization_uncertainty(nll, trails.log_q, seed=0)
    assert sampled.interval.low < exact.lu < sampled.interval.high
    assert sampled.lu == pytest.approx(exact.lu, rel=0.03)
    assert sampled.marginal_nll == pytest.approx(exact.marginal_nll, abs=0.05)
