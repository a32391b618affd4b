"""The whole chain: what K samples say comes to what all sequences say; rows come in order."""

import math

import numpy as np
import pytest
import torch

from core.chemistry.molecules import from_smiles
from core.data.files import InputRow
from core.graph.planar import PlanarName
from core.likelihood.analysis import SUMMARY_COLUMNS, analyse, summarize
from core.likelihood.order_marginal import exact_uncertainty
from core.likelihood.scoring import score_trails
from core.sent.batch import VocabularyError
from core.sent.probability import enumerate_sequences
from core.sent.strategies import (
    ANCHOR_EXPANSION,
    MAX_DEGREE_FIRST,
    MIN_DEGREE_FIRST,
    RANDOM_ORDER,
    TieBreak,
)
from core.sent.vocabulary import PLANAR_VOCABULARY
from core.units import with_unit

METHANOL = from_smiles("CO", name="methanol").graph
OTHERS = [from_smiles(smiles).graph for smiles in ("C1CC1", "CC(=O)N")]


def exact(checkpoint, graph, strategy):
    """LU and order-marginal NLL from every sequence there is."""
    sequences = enumerate_sequences(graph, checkpoint.vocabulary, strategy)
    nll = score_trails(checkpoint, sequences.to_trails()).nll[0].numpy()
    return exact_uncertainty(nll, sequences.probabilities)


def test_a_token_budget_brings_progress_and_changes_nothing(tiny):
    whole, parts = [], []
    expected = analyse(tiny, OTHERS, RANDOM_ORDER, permutations=8, seed=3,
                       progress=lambda *state: whole.append(state))
    found = analyse(tiny, OTHERS, RANDOM_ORDER, permutations=8, seed=3, token_budget=200,
                    progress=lambda *state: parts.append(state))
    assert len(whole) == 1
    assert len(parts) > 3
    assert parts[-1] == whole[-1]
    torch.testing.assert_close(found.likelihoods.nll, expected.likelihoods.nll)


def test_fewer_permutations_are_the_first_of_more(tiny):
    graphs = [METHANOL, *OTHERS]
    few, many = (analyse(tiny, graphs, RANDOM_ORDER, permutations=k, seed=3) for k in (8, 16))
    for g in range(3):
        assert [few.trails.sequence(g, k) for k in range(8)] == [
            many.trails.sequence(g, k) for k in range(8)]
    torch.testing.assert_close(few.likelihoods.nll, many.likelihoods.nll[:, :8], rtol=0, atol=1e-4)
    assert few.uncertainties[0].k == 8


def test_a_molecule_has_the_same_numbers_in_any_company(tiny):
    alone = analyse(tiny, [METHANOL], ANCHOR_EXPANSION, permutations=16, seed=3)
    [first, _, last] = analyse(tiny, [METHANOL, *OTHERS], ANCHOR_EXPANSION, permutations=16,
                               seed=3).uncertainties
    assert alone.uncertainties[0].lu == pytest.approx(first.lu, rel=1e-4)
    assert alone.uncertainties[0].interval.high == pytest.approx(first.interval.high, rel=1e-3)
    assert first.nll_mean != pytest.approx(last.nll_mean, rel=0.01)


@pytest.mark.parametrize(("smiles", "strategy", "num_sequences"), [
    ("CO", RANDOM_ORDER, 18), ("CO", MIN_DEGREE_FIRST, 3), ("CC=O", ANCHOR_EXPANSION, 6),
], ids=["methanol, random", "methanol, min degree", "acetaldehyde, anchor"])
def test_sampling_converges_to_the_exact_numbers(smiles, strategy, num_sequences, tiny):
    graph = from_smiles(smiles).graph
    truth = exact(tiny, graph, strategy)
    assert truth.num_sequences == num_sequences
    errors = []
    for permutations in (200, 5_000):
        [found] = analyse(tiny, [graph], strategy, permutations=permutations,
                          seed=0).uncertainties
        assert found.interval.low < truth.lu < found.interval.high
        standard_error = math.sqrt(1 / found.effective_sample_size - 1 / permutations)
        errors.append(abs(found.marginal_nll - truth.marginal_nll))
        assert errors[-1] < 3 * standard_error
    assert found.lu == pytest.approx(truth.lu, rel=0.03)
    assert found.nll_mean == pytest.approx(truth.nll_mean, rel=2e-3)
    assert errors[-1] < 0.1


def test_the_marginal_counts_each_sequence_once(tiny):
    """Its probability mass is what all sequences have together, however often q draws each."""
    truth = exact(tiny, METHANOL, RANDOM_ORDER)
    assert truth.num_sequences == 18
    sequences = enumerate_sequences(METHANOL, tiny.vocabulary, RANDOM_ORDER)
    nll = score_trails(tiny, sequences.to_trails()).nll[0]
    assert math.exp(-truth.marginal_nll) == pytest.approx(float((-nll).exp().sum()))


@pytest.mark.parametrize("strategy", [RANDOM_ORDER, MIN_DEGREE_FIRST])
def test_a_molecule_has_the_same_numbers_however_it_is_spelt_and_in_any_batch(strategy, tiny):
    spellings = [from_smiles(smiles).graph for smiles in ("CCO", "OCC", "C(O)C")]
    alone = [analyse(tiny, [graph], strategy, permutations=16, seed=5) for graph in spellings]
    batch = analyse(tiny, [*OTHERS, *spellings], strategy, permutations=16, seed=5)
    for found in alone[1:]:
        assert torch.equal(found.trails.tokens, alone[0].trails.tokens)
        assert found.uncertainties == alone[0].uncertainties
    for row, one in enumerate(alone, start=len(OTHERS)):
        together, expected = batch.uncertainties[row], one.uncertainties[0]
        assert together.nll_mean == pytest.approx(expected.nll_mean, rel=1e-6)
        assert together.lu == pytest.approx(expected.lu, rel=1e-4)
        assert together.interval.low == pytest.approx(expected.interval.low, rel=1e-3)
    exactly = [exact(tiny, graph, strategy) for graph in spellings]
    assert exactly == [exactly[0]] * 3


def test_a_single_sequence_is_exact(tiny):
    methane = from_smiles("C").graph
    [found] = analyse(tiny, [methane], MAX_DEGREE_FIRST, permutations=4, seed=0).uncertainties
    assert found.is_exact
    assert found.lu == 0
    assert found.marginal_nll == pytest.approx(found.nll_mean, abs=1e-4)


def test_seed_and_ties_reach_the_sampler(tiny):
    ethanol = from_smiles("CCO").graph
    one, same, other = (analyse(tiny, [ethanol], RANDOM_ORDER, permutations=8, seed=seed)
                        for seed in (1, 1, 2))
    assert torch.equal(one.trails.tokens, same.trails.tokens)
    assert one.trails.tokens.tolist() != other.trails.tokens.tolist()
    assert one.trails.seed == 1
    [tied] = analyse(tiny, [ethanol], MAX_DEGREE_FIRST, permutations=8, seed=1,
                     tie_break=TieBreak.LOWEST_INDEX).uncertainties
    assert tied.is_exact


def test_attribution_is_of_the_same_likelihoods(tiny):
    found = analyse(tiny, [METHANOL, *OTHERS], RANDOM_ORDER, permutations=4, seed=0)
    parts = found.attribution
    total = parts.node_nll.sum(-1) + parts.edge_nll.sum(-1) + parts.graph_nll
    torch.testing.assert_close(total, found.likelihoods.nll)


def test_a_graph_that_the_model_cannot_read_is_refused(tiny_planar):
    with pytest.raises(VocabularyError, match="reads unlabelled graphs, the input is labelled"):
        analyse(tiny_planar, [METHANOL], RANDOM_ORDER, permutations=4, seed=0)


def rows_of(*smiles):
    return [InputRow(f"m{at}", text, from_smiles(text).graph) for at, text in enumerate(smiles)]


def test_tables_have_a_row_per_graph_permutation_or_token(tiny):
    graphs = [METHANOL, from_smiles("C=O", name="formaldehyde").graph]
    found = analyse(tiny, graphs, RANDOM_ORDER, permutations=3, seed=7)
    by_graph = found.to_frame()
    assert by_graph["smiles"].tolist() == ["CO", "C=O"]
    assert by_graph["id"].tolist() == [METHANOL.name, "formaldehyde"]
    assert by_graph["nll_mean_nats"].tolist() == [one.nll_mean for one in found.uncertainties]
    assert {with_unit(name) for name in SUMMARY_COLUMNS} - set(by_graph) == {"notes", "error"}
    by_permutation = found.to_frame("permutation")
    assert len(by_permutation) == 6
    assert by_permutation["permutation"].tolist() == [1, 2, 3, 1, 2, 3]
    assert by_permutation["nll_nats"].tolist() == found.likelihoods.nll.flatten().tolist()
    assert by_permutation["order"][4] == found.trails.order(1, 1)
    by_token = found.to_frame("token")
    assert len(by_token) == int(found.trails.lengths.sum())
    sums = by_token.groupby(["graph", "permutation"])["surprisal_nats"].sum()
    assert sums.tolist() == pytest.approx(by_permutation["nll_nats"].tolist(), rel=1e-5)
    assert by_token["surprisal_nats"].isna().sum() == 6  # what is given costs nothing
    assert by_token["token"].iloc[-1] == "eos"
    # Nothing is about a node and an edge at once.
    assert not (by_token["node"].notna() & by_token["edge"].notna()).any()
    listed = by_token["edge"].dropna()
    assert set(listed[by_token["graph"] == 1]) <= set(map(tuple, graphs[1].edges.tolist()))
    with pytest.raises(ValueError, match="by must be one of graph, permutation, token"):
        found.to_frame("atom")


def test_a_table_says_where_surprisal_comes_from(tiny):
    found = analyse(tiny, [METHANOL], RANDOM_ORDER, permutations=3, seed=7)
    table = found.attribution.to_frame(found.graphs)
    assert table["kind"].tolist() == ["node"] * 6 + ["edge"] * 5
    total = table["surprisal_mean_nats"].sum() + float(found.attribution.graph_nll.mean())
    assert total == pytest.approx(found.uncertainties[0].nll_mean, rel=1e-5)
    edges = table[table["kind"] == "edge"]
    assert edges[["node", "other_node"]].to_numpy().tolist() == METHANOL.edges.tolist()


def test_a_planar_graph_has_no_smiles_in_its_table(make_checkpoint):
    model = make_checkpoint("planar", PLANAR_VOCABULARY)
    graph = PlanarName.from_text("planar:0:1").triangulate(8).graph
    table = analyse(model, [graph], RANDOM_ORDER, permutations=2, seed=0).to_frame()
    assert table["smiles"].isna().all()
    assert table["id"].tolist() == [graph.name]


def test_summary_rows_say_what_the_analysis_says(tiny):
    [row] = summarize(tiny, rows_of("CO"), ANCHOR_EXPANSION, permutations=32, seed=7)
    found = analyse(tiny, [METHANOL], ANCHOR_EXPANSION, permutations=32, seed=7)
    [uncertainty] = found.uncertainties
    assert tuple(row) == SUMMARY_COLUMNS
    assert row == {
        "id": "m0", "smiles": "CO", "num_nodes": 6, "model": "tiny",
        "strategy": "anchor_expansion", "permutations": 32,
        "nll_mean": uncertainty.nll_mean, "nll_std": uncertainty.nll_std,
        "nll_per_token": pytest.approx(found.likelihoods.nll_per_token),
        "lu": uncertainty.lu, "lu_low": uncertainty.interval.low,
        "lu_high": uncertainty.interval.high, "nll_marginal": uncertainty.marginal_nll,
        "effective_sample_size": uncertainty.effective_sample_size, "notes": None,
        "error": None,
    }
    nll = found.likelihoods.nll[0].numpy()
    assert row["nll_mean"] == pytest.approx(np.mean(nll))
    assert row["lu"] == pytest.approx(np.std(nll) / np.mean(nll))


def test_too_few_permutations_give_no_interval(tiny):
    [row] = summarize(tiny, rows_of("CO"), RANDOM_ORDER, permutations=15, seed=0)
    assert row["lu"] > 0
    assert row["lu_low"] is row["lu_high"] is None


def test_bad_rows_keep_their_place(tiny):
    first, second = rows_of("CO", "C1CC1")
    bad = InputRow("bad", "Cl", None, error="Element Cl is outside the vocabulary.")
    rows = list(summarize(tiny, [bad, first, bad, second], RANDOM_ORDER, permutations=4, seed=0))
    assert [row["id"] for row in rows] == ["bad", "m0", "bad", "m1"]
    assert [row["num_nodes"] for row in rows] == [None, 6, None, 9]
    assert [row["error"] is None for row in rows] == [False, True, False, True]
    assert rows[0]["model"] == "tiny"
    assert rows[0]["lu"] is None
    [alone] = summarize(tiny, [second], RANDOM_ORDER, permutations=4, seed=0)
    for column in ("nll_mean", "nll_std", "nll_per_token", "lu", "nll_marginal"):
        assert rows[3][column] == pytest.approx(alone[column], rel=1e-4)
    only_bad = list(summarize(tiny, [bad], RANDOM_ORDER, permutations=4, seed=0))
    assert [row["error"] for row in only_bad] == ["Element Cl is outside the vocabulary."]
