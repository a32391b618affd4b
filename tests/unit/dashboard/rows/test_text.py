"""What a card says of a generated and of a scored row."""

import pytest

from core.library.selection import Selection
from core.library.store import Library
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY
from core.triage.generated import Generated
from dashboard.rows.text import card_marks, card_name, card_scores, structure_name
from tests.generated_molecules import made_up_samples
from tests.made_up_library import made_up_table, save_library


def rows_of(library):
    rows = library.page(Selection(), 0, library.rows)
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    made_up_samples(number=40).save(folder, device="cpu")
    return Library.open(folder, card=ModelCard("m", QM9_VOCABULARY, RANDOM_ORDER, "tiny"))


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Two of its own columns are called as columns of samples are."""
    table = made_up_table(20).rename(columns={"lot": "unique", "logP": "self_nll"})
    kinds = {"self_nll": "number", "unique": "text", "count": "whole number", "works": "yes or no"}
    return Library.open(save_library(tmp_path_factory.mktemp("l") / "mine", table, own=kinds))


def test_marks_say_stable_unstable_invalid_and_repeat(samples):
    rows = rows_of(samples)
    for row in rows:
        marks = card_marks(samples, row)
        if not row["valid"]:
            assert "invalid" in marks
            continue
        assert ("unstable" in marks) is (not row["stable"])
        assert ("repeat" in marks) is (not row["unique"])
    assert "repeat" in card_marks(samples, rows[1])


def test_scores_stand_with_their_interval(samples):
    first, *_, last = rows_of(samples)
    text = card_scores(samples, first)
    assert f"LU {first['lu']:.3f}** :gray[{first['lu_low']:.3f} – {first['lu_high']:.3f}]" in text
    assert f"self {first['self_nll']:.2f}, mean {first['nll_mean']:.2f}" in text
    assert f"{first['nll_marginal']:.2f} nats" in text
    assert "LU" not in card_scores(samples, last)
    assert "No graph" in card_name(samples, first, Generated(None))
    assert structure_name(samples, first) == "Structure of generated molecule 1"


def test_scored_rows_are_called_by_their_names_or_say_why_not(scored):
    rows = rows_of(scored)
    read = Generated(None, "CO", "CO", is_typable=True)
    assert card_name(scored, rows[0], read) == "**m0**  \n`CO`"
    assert "self" not in card_scores(scored, rows[0])
    assert card_marks(scored, rows[0]) == (
        ":small[:green[:material/check_circle:] stable by valences]")
    failed = rows[9]
    assert "outside the vocabulary" in card_name(scored, failed, Generated(None))
    assert card_scores(scored, failed) == ""
    assert "not scored" in card_marks(scored, failed)


def test_a_long_name_does_not_fill_the_page(tmp_path):
    table = made_up_table(2)
    table["id"] = ["n" * 60, "n" * 300]
    library = Library.open(save_library(tmp_path / "mine", table))
    first, second = (card_name(library, row, Generated(None)) for row in rows_of(library))
    assert first.startswith(f"**{'n' * 60}**")
    assert second.startswith(f"**{'n' * 59}…**")


def test_a_strained_ring_gets_a_caution_instead_of_a_tick(samples):
    row = rows_of(samples)[0] | {"valid": True, "stable": True, "fragments": 1, "unique": True,
                                 "novel": False}
    assert card_marks(samples, row | {"smiles": "C1=C=CCCC1"}) == (
        ":small[:orange[:material/warning:] stable by valences, but an allene in a ring of six]")
    assert card_marks(samples, row | {"smiles": "CCO"}) == (
        ":small[:green[:material/check_circle:] stable by valences]")
    assert "strain" not in card_marks(samples, row | {"smiles": None})
