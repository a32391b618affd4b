"""How well scores rank a table of samples: curves, differences, and what a record stores."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import auc as area

from core.stats import roc as module
from core.stats.labels import RankingError
from core.stats.risk_coverage import risk_coverage
from core.stats.roc import compare_scores
from core.triage.ranking import (
    compare_samples,
    ranking_of,
    ranking_record,
    risk_coverage_of_samples,
)
from core.triage.samples import Samples
from core.triage.scores import SCORES, STABILITY, VALIDITY, select_molecules
from tests.conftest import ROOT
from tests.generated_molecules import made_up_samples, table_of_samples
from tests.oracles import ranking as literal


def samples(number=200, seed=0) -> pd.DataFrame:
    """A table of samples of which every tenth sequence is invalid."""
    rng = np.random.default_rng(seed)
    valid = np.arange(number) % 10 != 0
    good = rng.random(number) < 0.8
    table = pd.DataFrame({
        "valid": valid,
        "stable": pd.array(np.where(valid, good, None), dtype="boolean"),
        "self_nll": rng.normal(30, 3, number),
    })
    for column, strength in (("nll_mean", 2.0), ("lu", 1.0), ("nll_marginal", 1.5)):
        score = rng.normal(size=number) - strength * good
        table[column] = np.where(valid, score, np.nan)
    return table


def test_every_score_of_a_table_is_compared_on_the_same_molecules():
    table = samples()
    comparison = compare_samples(table, seed=0, resamples=200)
    kept = table[table["valid"]]
    good = kept["stable"].to_numpy(dtype=bool)
    assert [roc.quantity for roc in comparison.rocs] == list(SCORES)
    assert (comparison.positives, comparison.negatives) == (good.sum(), (~good).sum())
    for roc in comparison.rocs:
        score = kept[roc.quantity].to_numpy()
        assert roc.auc.value == pytest.approx(
            literal.auc(score[good].tolist(), score[~good].tolist()))
        assert roc.auc.interval.low < roc.auc.value < roc.auc.interval.high
        assert roc.auc.reason is None
        assert area(roc.false_positive_rate, roc.true_positive_rate) == pytest.approx(
            roc.auc.value)
    assert comparison.note is None
    assert comparison.roc("lu").name == "LU"
    with pytest.raises(KeyError):
        comparison.roc("qed")


def test_all_pairs_have_a_difference():
    comparison = compare_samples(samples(), seed=0, resamples=200)
    assert len(comparison.differences) == 6
    for difference in comparison.differences:
        expected = (comparison.roc(difference.first).auc.value
                    - comparison.roc(difference.second).auc.value)
        assert difference.difference.value == pytest.approx(expected)
        assert difference.difference.interval.low <= expected <= difference.difference.interval.high
    [worse] = [d for d in comparison.differences if (d.first, d.second) == ("self_nll", "nll_mean")]
    assert worse.difference.interval.high < 0


def test_molecules_without_a_score_are_left_out_for_all():
    table = samples()
    table.loc[[1, 2], "lu"] = np.nan
    table.loc[[2, 3], "nll_marginal"] = np.nan
    table.loc[10, "self_nll"] = np.nan  # invalid anyway
    comparison = compare_samples(table, seed=0, resamples=100)
    assert comparison.unscored == 3
    assert comparison.positives + comparison.negatives == 177
    assert comparison.note == ("3 of the valid generated molecules are left out because a score is "
                               "missing.")
    without = compare_samples(table.drop(index=[1, 2, 3]), seed=0, resamples=100)
    assert without.roc("self_nll").auc == comparison.roc("self_nll").auc
    arrays = table[table["valid"]]
    direct = compare_scores(arrays["stable"].to_numpy(dtype=bool),
                            {name: arrays[name] for name in SCORES}, seed=0, resamples=100)
    assert direct.unscored == 3
    assert direct.rocs[0].auc == comparison.rocs[0].auc


def test_a_score_that_no_molecule_has_is_left_out_alone():
    comparison = compare_samples(samples().assign(nll_marginal=np.nan), seed=0, resamples=100)
    assert comparison.absent == ("nll_marginal",)
    assert comparison.unscored == 0
    assert len(comparison.rocs) == 3
    assert comparison.note == "Not compared because no molecule has it: order-marginal NLL."


def test_seeds_and_resamples_repeat():
    table = samples(80)
    one, same, other = (compare_samples(table, seed=seed, resamples=100) for seed in (1, 1, 2))
    assert [roc.auc for roc in one.rocs] == [roc.auc for roc in same.rocs]
    assert [roc.auc for roc in one.rocs] != [roc.auc for roc in other.rocs]
    wider = compare_samples(table, seed=1, resamples=100, confidence=0.99)
    assert wider.roc("lu").auc.interval.low < one.roc("lu").auc.interval.low


def only(**columns) -> pd.DataFrame:
    return samples(20).assign(**columns)


@pytest.mark.parametrize(("table", "sentence"), [
    (only(stable=True),
     "The valid generated molecules are all 18 stable, and an AUC compares stable with unstable "
     "ones; sample more molecules to find unstable ones, or take another model."),
    (only(stable=False),
     "The valid generated molecules are all 18 unstable, and an AUC compares stable with unstable "
     "ones; sample more molecules to find stable ones, or take another model."),
    (only(stable=True).iloc[1:3],
     "The valid generated molecules are both stable, and an AUC compares stable with unstable "
     "ones; sample more molecules to find unstable ones, or take another model."),
    (only(stable=True).iloc[1:2],
     "The only one of the valid generated molecules is stable, and an AUC compares stable with "
     "unstable ones; sample more molecules to find unstable ones, or take another model."),
    (only(valid=False),
     "None of the 20 molecules is valid, so there is nothing to rank; sample more molecules or use "
     "another model."),
    (only().iloc[:0],
     "There are no molecules, so there is nothing to rank; sample more molecules or use another "
     "model."),
    (only(stable=pd.NA),
     "Stability is known for none of the 18 valid graphs; only molecules have one."),
    (only(**dict.fromkeys(SCORES, np.nan)),
     "None of the 18 valid molecules has a score; score them first."),
])
def test_what_cannot_be_compared_is_said_in_a_sentence(table, sentence):
    with pytest.raises(RankingError) as caught:
        compare_samples(table, seed=0, resamples=100)
    assert str(caught.value) == sentence


def test_scores_that_no_molecule_shares():
    table = samples(20)
    table.loc[:9, "lu"] = np.nan
    table.loc[10:, "self_nll"] = np.nan
    with pytest.raises(RankingError, match="None of the 18 valid molecules has all of the scores"):
        compare_samples(table, seed=0, resamples=100)


def test_risk_coverage_of_a_table():
    table = table_of_samples()
    found = select_molecules(table, ["lu"])
    curve = risk_coverage_of_samples(table, seed=3, resamples=100)
    expected = risk_coverage(found.good, found.scores["lu"], seed=3, resamples=100)
    np.testing.assert_array_equal(curve.accuracy, expected.accuracy)
    np.testing.assert_array_equal(curve.band_low, expected.band_low)
    assert curve.number == 359


def test_the_record_says_how_well_each_score_ranks():
    table = pd.DataFrame({
        "valid": True, "stable": [True, False, True, False] * 5, "self_nll": range(20),
        "nll_mean": range(20, 0, -1), "lu": [0.1, 0.2] * 10, "nll_marginal": 1.0,
    })
    found = ranking_record(table, seed=0)
    assert (found["stable"], found["unstable"]) == (10, 10)
    assert found["auc"]["lu"]["value"] == 1.0
    assert found["auc"]["self_nll"]["value"] == pytest.approx(0.55)
    assert found["auc"]["nll_mean"]["value"] == pytest.approx(0.45)
    assert len(found["auc_differences"]) == 6
    assert "are all 10 stable" in ranking_record(table[table["stable"]], seed=0)["error"]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Samples that were written with their ranking and read again."""
    made = made_up_samples(number=60, seed=3)
    folder = tmp_path_factory.mktemp("samples")
    replace(made, ranking=ranking_record(made.table, seed=3)).save(folder, device="cpu")
    return Samples.load(folder)


def test_what_the_record_stores_is_what_would_be_computed(stored, monkeypatch):
    computed = compare_samples(stored.table, seed=3)
    monkeypatch.setattr(module, "resample_aucs", lambda *_, **__: pytest.fail("resampled again"))
    read = ranking_of(stored)
    assert [found.auc for found in read.rocs] == [found.auc for found in computed.rocs]
    assert [found.sentence for found in read.rocs] == [found.sentence for found in computed.rocs]
    assert read.differences == computed.differences
    for one, other in zip(read.rocs, computed.rocs, strict=True):
        np.testing.assert_array_equal(one.false_positive_rate, other.false_positive_rate)
    assert (read.note, read.seed, read.resamples) == (None, 3, 1000)


@pytest.mark.parametrize("change", [
    lambda samples: replace(samples, ranking=None),
    lambda samples: replace(samples, ranking={"error": "There are no molecules."}),
    lambda samples: replace(samples, config=replace(samples.config, seed=4)),
    lambda samples: replace(samples, table=samples.table.assign(
        lu=samples.table["lu"].to_numpy()[::-1])),
    lambda samples: replace(samples, table=samples.table[:-10]),
])
def test_a_record_of_other_molecules_or_another_seed_is_not_believed(stored, change):
    other = change(stored)
    fresh = compare_samples(other.table, seed=other.config.seed)
    assert [found.auc for found in ranking_of(other).rocs] == [found.auc for found in fresh.rocs]


def test_records_that_ship_hold_what_would_be_computed():
    """Of a milestone: a thousand molecules are resampled in a moment."""
    folder = ROOT / "assets" / "results" / "milestones" / "qm9-random_order" / "step-00400"
    samples = Samples.load(folder)
    assert ranking_of(samples).differences == compare_samples(
        samples.table, seed=samples.config.seed).differences
    record = json.loads((folder / "record.json").read_text())
    assert ranking_record(samples.table, seed=0) == record["result"]["ranking"]
    assert samples.quality.to_json() == pytest.approx(record["result"]["quality"])


def test_where_hydrogens_are_implicit_valid_ones_are_told_from_invalid_ones():
    table = samples().assign(num_nodes=9, stable=pd.NA)
    table.loc[~table["valid"], ["nll_mean", "lu", "nll_marginal"]] = 3.0
    found = compare_samples(table, seed=0, resamples=100, label=VALIDITY)
    assert (found.positives, found.negatives) == (180, 20)
    assert found.labels == VALIDITY
    assert "Label: valid, among decoded generated molecules (180 valid, 20 invalid)" in (
        found.roc("lu").sentence)
    curve = risk_coverage_of_samples(table, "lu", seed=0, resamples=100, label=VALIDITY)
    assert curve.base_rate.value == 0.9
    record = ranking_record(table, seed=0, label=VALIDITY)
    assert (record["valid"], record["invalid"]) == (180, 20)
    assert "Stability is known for none" in ranking_record(table, seed=0, label=STABILITY)["error"]
