"""The table of scores, the labels, and the molecules that have both."""

import numpy as np
import pytest

from core.chemistry.chemistry import AUTOGRAPH_MOSES, MOSES, QM9
from core.stats.labels import RankingError
from core.triage.samples import SAMPLE_TYPES
from core.triage.scores import (
    CONNECTEDNESS,
    PLANARITY,
    SCORE_NAMES,
    SCORES,
    STABILITY,
    VALIDITY,
    quality_label,
    select_molecules,
)
from tests.generated_molecules import table_of_samples


def test_every_score_is_a_column_with_a_name_a_direction_and_a_sentence():
    assert SCORE_NAMES == {"self_nll": "self NLL", "nll_mean": "mean resampled NLL", "lu": "LU",
                           "nll_marginal": "order-marginal NLL"}
    for column, score in SCORES.items():
        assert column == score.column
        assert column in SAMPLE_TYPES
        assert score.better == "lower"
        assert score.description.endswith(".")


def test_labels_follow_the_chemistry():
    assert quality_label(QM9) is STABILITY
    assert quality_label(MOSES) is quality_label(AUTOGRAPH_MOSES) is VALIDITY
    assert quality_label(None) is PLANARITY
    assert quality_label(None, is_planar=False) is CONNECTEDNESS
    assert PLANARITY.many == "graphs"


def test_selected_molecules_are_valid_and_have_the_score():
    table = table_of_samples()
    found = select_molecules(table, ["lu"])
    expected = [row for row in range(400) if row % 10 != 0 and row != 25]
    assert found.rows.tolist() == expected
    assert found.good.tolist() == table.loc[expected, "stable"].tolist()
    assert found.scores["lu"].tolist() == table.loc[expected, "lu"].tolist()
    assert (found.unscored, found.absent) == (1, ())


def test_row_numbers_do_not_depend_on_the_index():
    table = table_of_samples()
    shuffled = table.set_index(np.arange(400)[::-1])
    assert select_molecules(shuffled, ["lu"]).rows.tolist() == select_molecules(
        table, ["lu"]).rows.tolist()


def test_all_decoded_molecules_are_selected_where_validity_is_the_label():
    table = table_of_samples().assign(lu=1.0, num_nodes=3)
    table.loc[[0, 1], "num_nodes"] = np.nan
    found = select_molecules(table, ["lu"], label=VALIDITY)
    assert found.rows.tolist() == list(range(2, 400))
    assert found.good.tolist() == table["valid"][2:].tolist()
    with pytest.raises(RankingError, match="None of the 400 molecules is decoded"):
        select_molecules(table.assign(num_nodes=np.nan), ["lu"], label=VALIDITY)
