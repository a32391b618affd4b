"""Events, bins and errors against literal loops, other libraries and numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import brier_score_loss
from torchmetrics.classification import MulticlassCalibrationError

from core.calibration.reliability import BinSums, reliabilities
from core.calibration.temperature import TEMPERATURES
from core.calibration.token_events import EventSums, TokenEvents, bin_of, token_types
from core.calibration.token_types import BIN_EDGES, DISJOINT_TYPES, NUM_BINS, TokenType
from core.chemistry.molecules import from_smiles
from core.graph.planar import planar_graph
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import MIN_DEGREE_FIRST, RANDOM_ORDER
from core.sent.vocabulary import EOS, PAD, PLANAR_VOCABULARY, QM9_VOCABULARY
from core.stats.ece import expected_calibration_error
from core.stats.estimates import Estimate
from core.stats.molecule_bootstrap import MIN_GRAPHS_FOR_INTERVAL, MoleculeBootstrap
from tests.oracles import token_calibration as literal

MOLECULES = [from_smiles(smiles).graph for smiles in ("C1CC1C#N", "CC(=O)N", "O.F", "c1ccccc1")]
NUM_TYPES = len(DISJOINT_TYPES)


def draw(graphs, vocabulary, permutations=3, strategy=RANDOM_ORDER):
    trails = sample_trails(graphs, vocabulary, strategy, permutations=permutations,
                           generator=GraphSeed(1))
    return trails.tokens.flatten(0, 1).long()


def random_logits(tokens, vocabulary, scale=2.0):
    generator = torch.Generator().manual_seed(0)
    shape = (tokens.shape[0], tokens.shape[1] - 1, len(vocabulary))
    return torch.randn(shape, generator=generator) * scale


def sums_of(confidence, correct, num_graphs=1, graph=None, type=0):
    """`BinSums` of plain events, all of one type."""
    confidence, correct = np.asarray(confidence), np.asarray(correct, dtype=float)
    graph = np.zeros(len(confidence), int) if graph is None else np.asarray(graph)
    bins = bin_of(torch.from_numpy(confidence)).numpy()
    sums = {name: np.zeros((num_graphs, NUM_TYPES, NUM_BINS))
            for name in ("counts", "confidence", "correct")}
    brier = np.zeros((num_graphs, NUM_TYPES))
    for name, value in (("counts", np.ones_like(correct)), ("confidence", confidence),
                        ("correct", correct)):
        np.add.at(sums[name], (graph, type, bins), value)
    np.add.at(brier, (graph, type), (confidence - correct) ** 2)
    return BinSums(**sums, nll=brier + 1, brier=brier)


def of_all(sums, seed=0):
    bootstrap = MoleculeBootstrap(len(sums.counts), seed=seed)
    return next(iter(reliabilities(sums, 1.0, bootstrap)))


# --- which type, which bin ---------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["molecules", "planar"])
def test_types_are_those_of_a_loop_over_tokens(kind):
    vocabulary = QM9_VOCABULARY if kind == "molecules" else PLANAR_VOCABULARY
    graphs = MOLECULES if kind == "molecules" else [
        planar_graph(i, seed=0, num_nodes=n).graph for i, n in enumerate((5, 12))]
    tokens = draw(graphs, vocabulary)
    found = token_types(tokens, vocabulary)
    seen = set()
    for row, sequence in enumerate(tokens.tolist()):
        sequence = sequence[: sequence.index(EOS) + 1]
        for position in range(1, len(sequence)):
            expected = literal.token_type(sequence, position, vocabulary)
            assert DISJOINT_TYPES[found[row, position]] == expected
            seen.add(expected)
    assert seen == ({"new_node", "revisit", "special"}
                    | ({"node_label", "edge_label"} if kind == "molecules" else set()))


def test_an_index_that_skips_or_repeats_is_judged_by_the_highest_before():
    tokens = torch.tensor([[0, 6, 9, 7, 9, 10, EOS]])
    names = [DISJOINT_TYPES[place].value for place in token_types(tokens, PLANAR_VOCABULARY)[0]]
    assert names == ["special", "new_node", "new_node", "revisit", "revisit", "new_node", "special"]


def test_types_partition_and_add_up():
    assert TokenType.ALL.parts == DISJOINT_TYPES
    assert TokenType.NODE_INDEX.parts == (TokenType.NEW_NODE, TokenType.REVISIT)
    assert all(token_type.parts == (token_type,) for token_type in DISJOINT_TYPES)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_edge_belongs_to_the_bin_below(dtype):
    edges = torch.from_numpy(np.array(BIN_EDGES)).to(dtype)
    assert bin_of(edges[1:]).tolist() == list(range(NUM_BINS))
    above = torch.nextafter(edges[:-1], torch.ones((), dtype=dtype))
    assert bin_of(above).tolist() == list(range(NUM_BINS))
    assert bin_of(torch.ones(1, dtype=dtype)).tolist() == [14]


@settings(max_examples=50)
@given(arrays.arrays(np.float32, 20, elements=st.floats(2**-6, 1, width=32)))
def test_bins_are_those_of_a_loop(confidences):
    edges = BIN_EDGES.astype(np.float32)
    expected = [literal.find_bin(c, edges) for c in confidences]
    assert bin_of(torch.from_numpy(confidences)).tolist() == expected


# --- events from logits ------------------------------------------------------------------------

@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_events_are_those_of_a_direct_softmax(temperature):
    tokens = draw(MOLECULES, QM9_VOCABULARY)
    logits = random_logits(tokens, QM9_VOCABULARY)
    events = TokenEvents.from_logits(logits, tokens, QM9_VOCABULARY)
    confidence, nll = events.at(temperature)
    assert len(events.row) == int((tokens[:, 1:] != PAD).sum())
    for e in range(0, len(events.row), 7):
        row, position = int(events.row[e]), int(events.position[e])
        p = (logits[row, position - 1].double() / temperature).softmax(-1)
        target = int(tokens[row, position])
        assert int(events.target[e]) == target
        assert int(events.predicted[e]) == int(p.argmax())
        assert bool(events.correct[e]) == (int(p.argmax()) == target)
        assert confidence[e].item() == pytest.approx(p.max().item(), rel=1e-5)
        assert nll[e].item() == pytest.approx(-p[target].log().item(), rel=1e-5, abs=1e-6)


def test_sums_at_every_temperature_are_those_of_a_loop():
    tokens = draw(MOLECULES, QM9_VOCABULARY)
    logits = random_logits(tokens, QM9_VOCABULARY)
    events = TokenEvents.from_logits(logits, tokens, QM9_VOCABULARY)
    multiplicity = torch.tensor([1, 2, 5] * 4)[events.row]
    graph = events.row // 3
    temperatures = (TEMPERATURES[0], 1.0, TEMPERATURES[-1])
    sums = EventSums(4, temperatures, "cpu")
    sums.add(events, graph, multiplicity)
    for t, temperature in enumerate(temperatures):
        confidence, nll = (value.double() for value in events.at(temperature))
        expected = {name: np.zeros((4, NUM_TYPES, NUM_BINS))
                    for name in ("counts", "confidence", "correct")}
        by_type = {name: np.zeros((4, NUM_TYPES)) for name in ("nll", "brier")}
        edges = BIN_EDGES.astype(np.float32)
        for e in range(len(events.row)):
            g, kind, m = int(graph[e]), int(events.type[e]), int(multiplicity[e])
            c, hit = confidence[e].item(), bool(events.correct[e])
            place = g, kind, literal.find_bin(c, edges)
            expected["counts"][place] += m
            expected["confidence"][place] += m * c
            expected["correct"][place] += m * hit
            by_type["nll"][g, kind] += m * nll[e].item()
            by_type["brier"][g, kind] += m * (c - hit) ** 2
        for name, value in (expected | by_type).items():
            np.testing.assert_allclose(getattr(sums, name)[t].numpy(), value, rtol=1e-9)


# --- ECE and Brier -----------------------------------------------------------------------------

def test_literal_numbers():
    """Four events in two bins: 2/4 |1/2 − 0.55| + 2/4 |1 − 0.925| = 0.0625."""
    found = of_all(sums_of([0.54, 0.56, 0.95, 0.9], [True, False, True, True]))
    # 0.54 lies in (0.5333, 0.6], and so does 0.56; 0.95 in the last bin, 0.9 in (0.8667, 0.9333].
    assert found.counts.tolist() == [0] * 8 + [2] + [0] * 4 + [1, 1]
    assert found.ece.value == pytest.approx(2 / 4 * 0.05 + 1 / 4 * 0.1 + 1 / 4 * 0.05)
    assert found.confidence[8] == pytest.approx(0.55)
    assert found.accuracy[8] == 0.5
    assert np.isnan(found.accuracy[0])
    assert np.isnan(found.confidence[0])
    assert found.brier.value == pytest.approx((0.46**2 + 0.56**2 + 0.05**2 + 0.1**2) / 4)
    assert found.num_events == 4
    assert found.mean_gap == pytest.approx((0.54 + 0.56 + 0.95 + 0.9) / 4 - 3 / 4)
    assert found.is_calibrated is None  # one graph tells of no noise


def test_the_worst_bin_adds_most_to_ece():
    """2/3 |1/2 − 0.95| in the last bin are more than 1/3 |1 − 0.54|."""
    assert of_all(sums_of([0.54, 0.95, 0.95], [True, True, False])).worst_bin == 14


CONFIDENCES = st.one_of(
    st.floats(1e-3, 1.0), st.sampled_from([float(edge) for edge in BIN_EDGES[1:]]))


@settings(max_examples=100)
@given(st.lists(st.tuples(CONFIDENCES, st.booleans()), min_size=1, max_size=40))
def test_ece_is_that_of_the_literal_loop_and_at_most_1(events):
    confidence, correct = zip(*events, strict=True)
    found = of_all(sums_of(confidence, correct))
    assert found.ece.value == pytest.approx(
        literal.expected_calibration_error(confidence, correct), abs=1e-12)
    assert 0 <= found.ece.value <= 1
    assert found.counts.sum() == len(events)


def test_torchmetrics_agrees_where_no_confidence_is_on_an_edge():
    generator = torch.Generator().manual_seed(3)
    p = (3 * torch.randn(2000, 7, generator=generator)).softmax(-1)
    target = torch.randint(7, (2000,), generator=generator)
    confidence = p.max(-1).values
    assert float((confidence[:, None] - torch.from_numpy(np.array(BIN_EDGES))).abs().min()) > 0
    theirs = MulticlassCalibrationError(num_classes=7, n_bins=15, norm="l1")(p, target)
    ours = of_all(sums_of(confidence.double().numpy(), p.argmax(-1) == target))
    assert ours.ece.value == pytest.approx(float(theirs), abs=1e-6)


def test_brier_is_that_of_the_top_token():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.1, 1, 500)
    correct = rng.random(500) < confidence
    found = of_all(sums_of(confidence, correct))
    assert found.brier.value == pytest.approx(brier_score_loss(correct, confidence))


def test_ece_of_nothing_is_not_a_number():
    assert np.isnan(expected_calibration_error(np.zeros(15), np.zeros(15), np.zeros(15)))


# --- types of a diagram, and graphs ------------------------------------------------------------

def random_sums(num_graphs, seed=0, types=range(NUM_TYPES)):
    rng = np.random.default_rng(seed)
    total = None
    for kind in types:
        n = 30 * num_graphs
        confidence = rng.beta(4, 1, n).clip(0.02, 1)
        part = sums_of(confidence, rng.random(n) < confidence**1.5, num_graphs,
                               rng.integers(0, num_graphs, n), kind)
        total = part if total is None else BinSums(
            *(getattr(total, name) + getattr(part, name)
              for name in ("counts", "confidence", "correct", "nll", "brier")))
    return total


def test_types_that_do_not_occur_are_left_out():
    sums = random_sums(20, types=(0, 1, 4))
    found = {r.token_type: r for r in reliabilities(sums, 1.0, MoleculeBootstrap(20, seed=0))}
    assert list(found) == ["all", "node_index", "new_node", "revisit", "special"]
    both = found[TokenType.NEW_NODE].counts + found[TokenType.REVISIT].counts
    assert found[TokenType.NODE_INDEX].counts.tolist() == both.tolist()
    everything = found[TokenType.NODE_INDEX].counts + found[TokenType.SPECIAL].counts
    assert found[TokenType.ALL].counts.tolist() == everything.tolist()


def test_calibrated_is_an_ece_within_that_of_perfect_calibration():
    off, *_ = reliabilities(random_sums(40), 1.0, MoleculeBootstrap(40, seed=0))
    assert off.ece.value > off.ece_if_calibrated.high
    assert off.is_calibrated is False
    assert off.mean_gap > 0
    fine = replace(off, ece=Estimate(off.ece_if_calibrated.high))
    assert fine.is_calibrated is True


def test_the_order_of_graphs_changes_no_estimate():
    sums = random_sums(30)
    order = np.random.default_rng(1).permutation(30)
    shuffled = BinSums(*(array[order] for array in vars(sums).values()))
    for one, other in zip(reliabilities(sums, 1.0, MoleculeBootstrap(30, seed=0)),
                          reliabilities(shuffled, 1.0, MoleculeBootstrap(30, seed=0)),
                          strict=True):
        for name in ("counts", "confidence", "accuracy"):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)
        for name in ("ece", "brier", "nll"):
            assert getattr(one, name).value == pytest.approx(getattr(other, name).value, rel=1e-12)
        assert one.ece.interval.high == pytest.approx(other.ece.interval.high, rel=0.2)


# --- the bootstrap -----------------------------------------------------------------------------

def draws_of(weights):
    """Rows that each resample draws, from its weights."""
    return [np.repeat(np.arange(len(row)), np.rint(row * len(row)).astype(int)) for row in weights]


def test_intervals_are_those_of_a_loop_over_resamples():
    rng = np.random.default_rng(0)
    above, below = rng.gamma(5, 1, 20), rng.integers(50, 100, 20)
    bootstrap = MoleculeBootstrap(20, seed=3)
    resampled = literal.bootstrap_ratio(above, below, draws_of(bootstrap.weights))
    found = bootstrap.ratio(above, below)
    assert found.value == pytest.approx(above.sum() / below.sum())
    assert len(resampled) == 1000
    expected = np.quantile(resampled, [bootstrap.tail, 1 - bootstrap.tail])
    assert [found.interval.low, found.interval.high] == pytest.approx(expected.tolist())
    assert 0.01 < bootstrap.tail < 0.025  # wider than percentile intervals, as 20 graphs need


def test_bands_resample_graphs_and_not_tokens():
    """Graphs that are all right or all wrong: the band is that of 40 events, not of 40,000."""
    graph = np.repeat(np.arange(40), 1000)
    found = of_all(sums_of(np.full(40_000, 0.52), graph % 2 == 0, 40, graph))
    width = found.band_high[7] - found.band_low[7]
    assert 2 * 1.9 * 0.5 / np.sqrt(40) < width < 2 * 2.3 * 0.5 / np.sqrt(40)
    assert found.ece_if_calibrated.high > 0.1


def test_a_bin_without_errors_is_not_taken_for_perfect():
    graph = np.repeat(np.arange(30), 10)
    found = of_all(sums_of(np.full(300, 0.99), np.ones(300, bool), 30, graph))
    assert found.accuracy[14] == 1
    assert found.band_high[14] == pytest.approx(1)
    assert 1 - 5 / 30 < found.band_low[14] < 1 - 2 / 30  # of 30 graphs, not of 300 tokens
    assert np.isnan(found.band_low[:14]).all()
    # Three errors in 300 were to be expected, so none says little: the error of 0.01 may be 0.
    assert found.ece.value == pytest.approx(0.01)
    assert 0.01 < found.ece_if_calibrated.high < 0.02
    assert found.ece.interval.low == 0


def test_a_bin_of_few_graphs_has_a_wide_band():
    confidence = np.concatenate([np.full(30, 0.99), np.full(4, 0.5)])
    correct = np.concatenate([np.ones(30, bool), [True, True, False, True]])
    graph = np.concatenate([np.arange(30), [0, 0, 1, 2]])
    found = of_all(sums_of(confidence, correct, 30, graph))
    assert found.band_low[7] < 0.2
    assert found.band_high[7] > 0.95


def test_a_band_holds_its_accuracy():
    for found in reliabilities(random_sums(40), 1.0, MoleculeBootstrap(40, seed=0)):
        known = found.counts > 0
        assert (found.band_low[known] <= found.accuracy[known]).all()
        assert (found.accuracy[known] <= found.band_high[known] + 1e-12).all()
        assert found.ece.interval.low <= found.ece.value <= found.ece.interval.high


@pytest.mark.parametrize(("number", "verb"), [(1, "is"), (15, "are")])
def test_too_few_graphs_give_estimates_without_intervals(number, verb):
    found = of_all(random_sums(number))
    assert 0 < found.ece.value < 1
    for estimate in (found.ece, found.brier, found.nll):
        assert estimate.interval is None
        assert estimate.reason == (f"An interval resamples graphs, and {number} {verb} too few "
                                   "for that; give at least 16.")
    assert found.ece_if_calibrated is None
    assert np.isnan(found.band_low).all()


def test_enough_graphs_give_intervals():
    found = of_all(random_sums(MIN_GRAPHS_FOR_INTERVAL))
    assert found.ece.reason is None
    assert found.ece.interval is not None
    assert found.ece_if_calibrated is not None


def test_the_seed_fixes_intervals():
    sums = random_sums(20)
    assert of_all(sums, seed=1).ece == of_all(sums, seed=1).ece
    assert of_all(sums, seed=1).ece != of_all(sums, seed=2).ece


def test_weights_count_sequences_drawn_twice_twice():
    tokens = draw(MOLECULES[:1], QM9_VOCABULARY, permutations=4, strategy=MIN_DEGREE_FIRST)
    logits = random_logits(tokens, QM9_VOCABULARY)[:1]
    once, twice = EventSums(1, (1.0,), "cpu"), EventSums(1, (1.0,), "cpu")
    events = TokenEvents.from_logits(logits, tokens[:1], QM9_VOCABULARY)
    zeros = torch.zeros_like(events.row)
    once.add(events, zeros, torch.ones_like(events.row))
    once.add(events, zeros, torch.ones_like(events.row))
    twice.add(events, zeros, torch.full_like(events.row, 2))
    for name in ("counts", "confidence", "correct", "nll", "brier"):
        torch.testing.assert_close(getattr(once, name), getattr(twice, name))
