"""Figures of the triage page hold the values they are given."""

import numpy as np
import pytest

from core.triage.milestones import Milestone
from core.triage.pooling import POOLED, pool_samples
from core.triage.ranking import compare_samples, risk_coverage_of_samples
from core.triage.scores import VALIDITY
from dashboard.views.triage import charts, text
from tests.generated_molecules import made_up_samples


@pytest.fixture(scope="module")
def samples():
    return made_up_samples(number=80)


@pytest.fixture(scope="module")
def compared(samples):
    return compare_samples(samples.table, seed=0, resamples=200)


def test_every_score_has_a_curve_of_its_own_look(compared):
    figure = charts.roc_curves(compared, dark=False)
    curves = [trace for trace in figure.data if trace.name]
    assert [trace.name for trace in curves] == ["−LU", "−self NLL", "−mean NLL",
                                                "−order-marginal NLL"]
    assert len({(trace.line.color, trace.line.dash) for trace in curves}) == 4
    assert list(curves[0].y) == compared.roc("lu").true_positive_rate.tolist()


def test_intervals_are_drawn_as_they_are(compared):
    figure = charts.auc_intervals(compared, {"lu": 0.85}, dark=True)
    bar, auc = figure.data[0], compared.roc("lu").auc
    assert bar.x[0] == auc.value
    assert bar.x[0] + bar.error_x.array[0] == pytest.approx(auc.interval.high)
    assert bar.x[0] - bar.error_x.arrayminus[0] == pytest.approx(auc.interval.low)
    assert list(figure.data[-1].x) == [0.85]


def test_coverage_has_band_base_rate_and_perfect_ranking(samples):
    curve = risk_coverage_of_samples(samples.table, "nll_mean", seed=0, resamples=100)
    figure = charts.risk_coverage_curve(curve, dark=False)
    band, line, perfect, base = figure.data
    assert band.fill == "toself"
    assert list(line.y) == curve.accuracy.tolist()
    assert list(perfect.y) == curve.perfect.tolist()
    assert set(base.y) == {curve.base_rate.value}
    assert figure.layout.yaxis.range[0] < curve.accuracy.min()


def test_a_single_molecule_has_a_curve():
    table = made_up_samples(number=10).table[:1]
    curve = risk_coverage_of_samples(table, "lu", seed=0, resamples=100)
    figure = charts.risk_coverage_curve(curve, dark=False)
    assert np.isfinite(figure.layout.yaxis.range).all()


def test_points_along_training_are_named_with_what_was_seen(compared, samples):
    silent = Milestone(100, 12_800, samples.quality, None, "Nothing is valid.")
    full = Milestone(200, 25_600, samples.quality, compared, None)
    figure = charts.auc_along_training([silent, full], dark=False)
    assert len(figure.data) == 4
    assert [len(trace.x) for trace in figure.data] == [1, 1, 1, 1]
    assert "step 200, 25,600 graphs seen" in figure.data[0].text[0]
    assert f"{compared.positives} stable, {compared.negatives} unstable" in figure.data[0].text[0]
    assert list(figure.layout.xaxis.tickvals) == [100, 200]
    shares = charts.good_share_along_training([silent, full], dark=True)
    assert shares.data[0].y[1] == samples.quality.stable_molecules.value
    assert shares.data[0].error_y.array[1] > 0


def test_charts_say_what_is_good(samples):
    table = samples.table.assign(lu=samples.table["lu"].fillna(1.0), num_nodes=9)
    columns = ["nll_mean", "nll_marginal"]
    table[columns] = table[columns].fillna(50.0)
    compared = compare_samples(table, seed=0, resamples=100, label=VALIDITY)
    figure = charts.roc_curves(compared, dark=False)
    assert figure.layout.yaxis.title.text == "share of valid molecules kept"
    assert figure.layout.xaxis.title.text == "share of invalid molecules kept"
    figure = charts.auc_intervals(compared, {}, dark=False)
    assert figure.layout.xaxis.title.text.startswith("AUC for valid molecules")
    curve = risk_coverage_of_samples(table, "lu", seed=0, resamples=100, label=VALIDITY)
    assert "valid" in charts.risk_coverage_curve(curve, dark=False).layout.yaxis.title.text
    milestone = Milestone(100, None, samples.quality, compared, None, VALIDITY)
    assert charts.auc_along_training([milestone], dark=False).layout.yaxis.title.text == (
        "AUC for valid molecules")


def test_models_and_their_pool_are_drawn_and_told_as_they_are():
    found = pool_samples([made_up_samples("a", number=60), made_up_samples("b", number=60, seed=1)],
                         resamples=100)
    figure = charts.pooled_aucs(found, {"lu": 0.85}, dark=False)
    lu = figure.data[0]
    assert list(lu.x) == [auc.value for auc in found.aucs("lu").values()]
    assert [round(y) for y in lu.y] == [0, 1, 2]
    assert list(figure.layout.yaxis.ticktext) == ["a", "b", f"<b>{POOLED}</b>"]
    assert (figure.data[-1].x[0], round(figure.data[-1].y[0])) == (0.85, 2)
    assert text.pooled_finding(found).startswith(
        f"Pooled over 2 models: **LU {found.aucs('lu')[POOLED].value:.2f} [")
    said = text.pooled_caption(found, {"lu": 0.85})
    assert "a pooled AUC also ranks the models" in said
    assert f"({found.pooled.positives} stable, {found.pooled.negatives} unstable in all)" in said
    assert "its 0.85 for LU is likely to be" in said
    assert "likely" not in text.pooled_caption(found, {})
    assert list(text.pooled_table(found)["molecules of"]) == ["a", "b", "all 2, pooled"]
