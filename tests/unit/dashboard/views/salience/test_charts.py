"""Figures of the Salience page hold the values they are given."""

from operator import attrgetter

import numpy as np
import pytest
import torch

from core.salience import select
from core.salience.agreement import agreement_by_matrix, agreement_table, mask_stability
from core.salience.matrix_views import density_map, mean_scores, score_histogram
from dashboard.shared.palette import palette
from dashboard.views.salience import charts
from dashboard.views.salience.cells import (
    Grid,
    density_cells,
    label,
    moved_cells,
    ratio_cells,
    score_cells,
)
from dashboard.views.salience.text import cell_frame
from tests.unit.core.salience.made_up import MATRICES, NUM_ENTRIES, made_up_salience

GRID = Grid(MATRICES)


def salience(seed=0, signed=False):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(NUM_ENTRIES, generator=generator)
    return made_up_salience((values if signed else values.abs() + 0.01).tolist(), is_signed=signed)


def mask(seed=0, count=12):
    return select(salience(seed), count=count)


def test_a_heatmap_has_a_row_per_layer_and_a_column_per_module():
    cells = density_cells(mask())
    figure = charts.cell_heatmap(GRID, cells, MATRICES[2].name, dark=False)
    heat, targets = figure.data
    assert list(heat.x) == ["q", "up"]
    assert list(heat.y) == ["0", "1"]
    assert list(heat.z[0]) == [cells.places[m.name] for m in MATRICES[:2]]
    assert heat.z[1][0] == cells.places[MATRICES[2].name]
    assert np.isnan(heat.z[1][1])  # layer 1 has no such module
    assert [data[0] for data in targets.customdata] == [m.name for m in MATRICES]
    assert all("click to look inside" in text for text in targets.hovertext)
    (frame,) = figure.layout.shapes
    assert (round((frame.x0 + frame.x1) / 2), round((frame.y0 + frame.y1) / 2)) == (0, 1)
    assert {text.text for text in figure.layout.annotations} == set(cells.labels.values())


def test_many_layers_have_no_room_for_text():
    many = Grid(tuple(MATRICES[0].__class__(f"b.{k}.q.weight", k, "q", (2, 2))
                      for k in range(40)))
    cells = density_cells(select(made_up_salience(range(NUM_ENTRIES)), count=3))
    of_all = ({m.name: value for m in many.matrices} for value in (0.2, 0.5, "x", "y"))
    wide = cells.__class__(*of_all, cells.stops, cells.ticks, cells.title)
    figure = charts.cell_heatmap(many, wide, None, dark=True)
    assert not figure.layout.annotations
    assert figure.layout.height < 900


def test_density_is_coloured_by_multiples_of_the_whole():
    found = mask(count=19)  # half of all
    cells = density_cells(found)
    for matrix in MATRICES:
        ratio = found.densities()[matrix.name] / found.density
        assert cells.places[matrix.name] == pytest.approx(
            (np.log2(ratio) / 4 + 1) / 2 if ratio else 0)
    everything = density_cells(select(salience(), density=1))
    assert set(everything.places.values()) == {0.5}
    assert found.densest.name == max(found.densities(), key=found.densities().get)


def test_files_of_cells_hold_numbers_as_they_are():
    first, second = mask(0), mask(1)
    by_matrix = agreement_by_matrix(first, second)
    means = mean_scores(salience(1))
    for cells, expected in (
            (density_cells(first), first.densities()), (score_cells(means, MATRICES), means),
            (moved_cells(by_matrix, MATRICES),
             {name: second.densities()[name] - share for name, share in first.densities().items()}),
            (ratio_cells(by_matrix, MATRICES), {n: one.ratio for n, one in by_matrix.items()})):
        table = cell_frame(Grid(MATRICES), cells)
        assert table["value"].tolist() == pytest.approx(
            [expected[matrix.name] for matrix in MATRICES], nan_ok=True)


@pytest.mark.parametrize("signed", [False, True])
def test_mean_scores_keep_their_order_on_the_scale(signed):
    means = mean_scores(salience(1, signed))
    cells = score_cells(means, MATRICES)
    assert cells.stops == ("diverging" if signed else "sequential")
    by_value = sorted(means, key=means.get)
    assert sorted(cells.places, key=cells.places.get) == by_value
    assert 0 <= min(cells.places.values()) <= max(cells.places.values()) <= 1
    if signed:
        end = max(map(abs, means.values()))
        assert cells.places[by_value[0]] == pytest.approx((means[by_value[0]] / end + 1) / 2)


def test_a_difference_is_the_second_less_the_first():
    first, second = mask(0), mask(1)
    cells = moved_cells(agreement_by_matrix(first, second), MATRICES)
    moved = {name: second.densities()[name] - first.densities()[name] for name in cells.places}
    end = max(map(abs, moved.values()))
    for name, value in moved.items():
        assert cells.places[name] == pytest.approx((value / end + 1) / 2)
        assert cells.labels[name].startswith("+" if value > 0 else "−" if value < 0 else "0")
    same = moved_cells(agreement_by_matrix(first, first), MATRICES)
    assert set(same.places.values()) == {0.5}


def test_agreement_goes_from_chance_to_identity():
    same = agreement_by_matrix(mask(), mask())
    assert set(ratio_cells(same, MATRICES).places.values()) <= {1.0}
    (pair,) = agreement_table({"a": mask(0), "b": mask(3)}).values()
    assert 0 <= pair.closeness < 1
    empty = agreement_by_matrix(*(select(made_up_salience(range(NUM_ENTRIES)), count=1),) * 2)
    assert np.isnan(empty[MATRICES[0].name].closeness)


def test_the_inside_is_drawn_over_its_rows_and_columns():
    found = density_map(mask().entries[MATRICES[1].name], max_bins=3)
    figure = charts.density_heatmap(found, dark=True, axes=("row", "column"))
    (heat,) = figure.data
    assert np.array_equal(heat.z, found.shares)
    assert list(heat.y) == [0.0, 1.5, 3.5]  # rows 0, 1–2, 3–4
    assert heat.zmax == found.shares.max()


@pytest.mark.parametrize("signed", [False, True])
def test_the_histogram_shows_all_entries_and_the_cut(signed):
    scores = salience(2, signed)
    chosen = select(scores, count=9)
    found = score_histogram(scores, chosen, MATRICES[2], bins=8)
    figure = charts.score_histogram_chart(found, dark=False, name="score")
    every, of_mask = figure.data
    heights = np.nan_to_num(np.array(every.y, float) + every.base)
    assert heights.sum() == pytest.approx(MATRICES[2].numel)
    assert np.nan_to_num(np.array(of_mask.y, float) + of_mask.base).sum() == pytest.approx(
        int(chosen.entries[MATRICES[2].name].sum()))
    (line,) = figure.layout.shapes
    assert line.x0 == found.place(found.cut)
    assert figure.layout.xaxis.tickvals


def test_a_histogram_of_nothing_but_zeros_is_drawn():
    scores = made_up_salience([1.0, *[0.0] * (NUM_ENTRIES - 1)])
    found = score_histogram(scores, select(scores, count=1), MATRICES[2])
    figure = charts.score_histogram_chart(found, dark=False, name="score")
    assert not figure.layout.shapes
    assert list(figure.layout.xaxis.ticktext) == ["0"]


@pytest.mark.parametrize("ratio", [False, True])
def test_every_pair_of_criteria_stands_once(ratio):
    masks = {name: mask(seed) for seed, name in enumerate("abc")}
    table = agreement_table(masks)
    figure = charts.agreement_heatmap(list("abc"), table, ratio=ratio, dark=False)
    (heat,) = figure.data
    assert list(heat.x) == ["a", "b"]
    assert list(heat.y) == ["b", "c"]
    value = attrgetter("closeness" if ratio else "jaccard")
    assert heat.z[1][0] == value(table["a", "c"])
    assert np.isnan(heat.z[0][1])
    assert len(figure.layout.annotations) == 3
    assert "chance" in heat.text[1][0]


def test_stability_has_every_pair_and_chance():
    found = mask_stability(lambda size, seed: salience(seed), sizes=[2, 4], seeds=[0, 1, 2],
                           density=0.3)
    figure = charts.stability_chart(found, dark=True)
    mean, pairs, largest, chance = figure.data
    assert list(mean.y) == [found.mean_jaccard(2), found.mean_jaccard(4)]
    assert len(pairs.x) == 6
    assert list(largest.y) == [1.0, 1.0, 1.0]  # size plays no part in these scores
    assert set(chance.y) == {found.across_seeds[2][0].chance}
    assert mean.line.color == palette(dark=True).series[0]


def test_labels_tell_matrices_apart():
    assert [label(matrix) for matrix in MATRICES] == ["layer 0 q", "layer 0 up", "layer 1 q"]
    assert list(GRID.labels) == [label(matrix) for matrix in MATRICES]
