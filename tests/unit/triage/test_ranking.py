"""Risk–coverage and keep-lists of a table of samples."""

import numpy as np
import pandas as pd
import pytest
from core.stats.molecule_scores import RankingError, select_molecules

from core.stats.risk_coverage import risk_coverage
from core.triage.keep_list import keep_list
from core.triage.ranking import keep_list_of_samples, risk_coverage_of_samples


def samples(number=400) -> pd.DataFrame:
    """Every tenth sequence is invalid, rows 5 and 15 are the same molecule, row 25 has no LU."""
    rng = np.random.default_rng(1)
    valid = np.arange(number) % 10 != 0
    good = rng.random(number) < 0.6
    lu = np.where(valid, rng.normal(size=number) - 3 * good, np.nan)
    smiles = [f"C{row}" if ok else None for row, ok in enumerate(valid)]
    table = pd.DataFrame({
        "smiles": pd.array(smiles, dtype="string"), "valid": valid, "lu": lu,
        "stable": pd.array(np.where(valid, good, None), dtype="boolean"),
    })
    table.loc[15, ["smiles", "stable", "lu"]] = table.loc[5, ["smiles", "stable", "lu"]]
    table.loc[25, "lu"] = np.nan
    return table


def test_selected_molecules_are_valid_and_have_the_score():
    table = samples()
    found = select_molecules(table, ["lu"])
    expected = [row for row in range(400) if row % 10 != 0 and row != 25]
    assert found.rows.tolist() == expected
    assert found.good.tolist() == table.loc[expected, "stable"].tolist()
    assert found.scores["lu"].tolist() == table.loc[expected, "lu"].tolist()
    assert (found.unscored, found.absent) == (1, ())


def test_row_numbers_do_not_depend_on_the_index():
    table = samples()
    shuffled = table.set_index(np.arange(400)[::-1])
    assert select_molecules(shuffled, ["lu"]).rows.tolist() == select_molecules(
        table, ["lu"]).rows.tolist()


def test_risk_coverage_of_a_table():
    table = samples()
    found = select_molecules(table, ["lu"])
    curve = risk_coverage_of_samples(table, seed=3, resamples=100)
    expected = risk_coverage(found.good, found.scores["lu"], seed=3, resamples=100)
    np.testing.assert_array_equal(curve.accuracy, expected.accuracy)
    np.testing.assert_array_equal(curve.band_low, expected.band_low)
    assert curve.number == 359


def test_a_keep_list_of_a_table():
    table = samples()
    result = keep_list_of_samples(table, fdr=0.2, seed=3)
    calibration, candidates = table.iloc[result.calibration_rows], table.iloc[result.candidate_rows]
    assert len(calibration) + len(candidates) == 358
    assert result.repeated == 1
    assert not set(calibration["smiles"]) & set(candidates["smiles"])
    expected = keep_list(candidates["lu"], calibration["lu"],
                         calibration["stable"].to_numpy(dtype=bool), fdr=0.2)
    kept = candidates[expected.kept].sort_values("lu")
    assert result.keep_list.kept.tolist() == expected.kept.tolist()
    assert result.kept_rows.tolist() == kept.index.tolist()
    assert result.kept_good == kept["stable"].sum()
    assert result.candidates_good == candidates["stable"].sum()
    assert 50 < result.kept_good < min(len(kept), result.candidates_good)


def test_the_sentence_says_what_came_out():
    table = samples()
    result = keep_list_of_samples(table, fdr=0.2, seed=3)
    kept, bad = len(result.kept_rows), len(result.kept_rows) - result.kept_good
    unstable = 179 - result.candidates_good
    assert result.sentence == (
        f"{kept} of 179 candidates are kept, {bad} of them unstable ({bad / kept:.1%}); {unstable} "
        f"of the 179 candidates are unstable ({unstable / 179:.1%}).")
    nothing = keep_list_of_samples(table, fdr=0.001, seed=3)
    assert nothing.sentence.startswith("Nothing is kept; ")
    assert nothing.kept_rows.tolist() == []


def test_another_share_calibrates():
    result = keep_list_of_samples(samples(), fdr=0.2, seed=3, calibration_share=0.25)
    assert len(result.calibration_rows) == 90


def test_molecules_without_smiles_have_no_keep_list():
    with pytest.raises(RankingError, match="some valid rows have none"):
        keep_list_of_samples(samples().assign(smiles=pd.NA), fdr=0.2, seed=0)


@pytest.mark.parametrize(("table", "message"), [
    (samples().iloc[:1], "The only molecule is not valid, so"),
    (samples().iloc[1:2], "at least 2 different ones, got 1"),
    (samples().assign(lu=np.nan), "None of the 360 valid molecules has a score"),
])
def test_too_little_for_a_keep_list(table, message):
    with pytest.raises(RankingError, match=message):
        keep_list_of_samples(table, fdr=0.2, seed=0)
