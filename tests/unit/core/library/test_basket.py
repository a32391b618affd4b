"""A basket: rows of several libraries, each once, with model and settings, as files."""

import io
from dataclasses import replace

import pandas as pd
import pytest
from rdkit import Chem

from core.chemistry.chemistry import QM9
from core.library.basket import MOST_PICKS, Basket, Pick, identity_of
from core.library.manifest import LibraryError
from core.library.selection import Selection
from core.library.store import Library
from core.library.structure import TOKENS, structure
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY
from tests.generated_molecules import made_up_samples
from tests.made_up_library import made_up_table, save_library

CARD = ModelCard("qm9-random_order", QM9_VOCABULARY, RANDOM_ORDER, "tiny", chemistry=QM9)


def records(library, number=6):
    columns = [*library.columns, *([TOKENS] if library.is_samples else [])]
    rows = library.page(Selection(), 0, number, columns)
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def picks(library, number=6):
    return [Pick.of(library, row, structure(library, row)) for row in records(library, number)]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    made_up_samples(number=20, broken=1).save(folder, device="cpu")
    return Library.open(folder, card=CARD)


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    table = made_up_table(12).rename(columns={"lot": "model"})
    own = {"logP": "number", "model": "text", "count": "whole number", "works": "yes or no"}
    return Library.open(save_library(tmp_path_factory.mktemp("sets") / "mine", table, own=own))


def filled(*libraries):
    basket = Basket()
    for library in libraries:
        for pick in picks(library):
            basket = basket.with_(pick)
    return basket


def test_a_row_is_in_a_basket_once_and_can_be_taken_out(samples):
    first, second, *_ = picks(samples)
    basket = Basket().with_(first).with_(second).with_(first)
    assert [pick.name for pick in basket.picks] == [first.name, second.name]
    assert first.identity in basket
    left = basket.without(first.identity)
    assert [pick.name for pick in left.picks] == [second.name]
    assert first.identity not in left
    assert len(basket) == 2  # which nothing changes


def test_a_basket_is_bounded(samples):
    [pick] = picks(samples, 1)
    full = Basket(tuple(replace(pick, identity=(row,)) for row in range(MOST_PICKS)))
    assert full.is_full
    assert full.with_(pick) is full


def test_a_run_that_went_on_has_the_same_rows(samples, tmp_path):
    made_up_samples(number=40).save(tmp_path / "longer", device="cpu")
    longer = Library.open(tmp_path / "longer", card=CARD)
    assert longer.key != samples.key
    assert identity_of(longer) == identity_of(samples)
    made_up_samples(number=20, seed=1).save(tmp_path / "other", device="cpu")
    assert identity_of(Library.open(tmp_path / "other", card=CARD)) != identity_of(samples)


def test_the_table_says_where_each_row_is_from(samples, scored):
    basket = filled(samples, scored)
    text = basket.to_text("csv")
    table = pd.read_csv(io.StringIO(text), dtype={"weights_sha256": str})
    assert table["set"].tolist() == ["qm9-random_order samples"] * 6 + ["mine"] * 6
    assert set(table["model"]) == {samples.model, scored.model}
    assert set(table["strategy"]) == {samples.strategy, scored.strategy}
    assert table["temperature"].tolist()[:6] == [1.0] * 6
    assert table["temperature"][6:].isna().all()  # nothing was sampled
    assert table["top_k"].tolist()[:6] == [10] * 6
    assert table["seed"].notna().all()
    assert table["permutations"].notna().all()
    assert table["precision"].notna().all()
    assert table["weights_sha256"].tolist()[:6] == [samples.weights_sha256] * 6
    assert table["lu"].tolist()[:2] == [row["lu"] for row in records(samples, 2)]
    # An own column that is called as one of ours keeps its values beside it.
    own = [str(row["model"]) for row in records(scored)]
    assert text.splitlines()[0].split(",").count("model") == 1
    assert table["model (own)"][6:].astype(int).tolist() == list(map(int, own))
    assert "6.0" not in text.splitlines()[1].split(",")  # whole numbers stay whole


def test_molecules_are_saved_with_their_settings(samples, scored):
    basket = filled(samples, scored)
    expected = [pick.name for pick in basket.picks
                if pick.values["valid"] and pick.values["smiles"]]
    supplier = Chem.SDMolSupplier()
    supplier.SetData(basket.to_text("sdf"))
    molecules = list(supplier)
    assert len(molecules) == basket.molecules == len(expected)
    assert [molecule.GetProp("id") for molecule in molecules] == expected
    assert molecules[0].GetProp("model") == samples.model
    assert molecules[0].GetProp("temperature") == "1.0"
    lines = basket.to_text("smi").splitlines()
    assert [line.split("\t")[1] for line in lines] == expected


def test_what_no_file_can_hold_is_said(samples):
    with pytest.raises(LibraryError, match="The basket is empty"):
        Basket().to_text("csv")
    broken = picks(samples, 20)[-1]
    assert not broken.values["valid"]
    only = Basket().with_(broken)
    assert only.molecules == 0
    for kind in ("sdf", "smi"):
        with pytest.raises(LibraryError, match="save it as CSV or as a sheet"):
            only.to_text(kind)
    assert len(only.to_text("csv").splitlines()) == 2


def test_columns_leave_with_their_units_and_generated_molecules_as_on_their_cards(samples, scored):
    basket = filled(samples, scored)
    table = basket.to_table()
    assert {"nll_mean_nats", "nll_std_nats", "lu", "lu_low"} <= set(table.columns)
    assert not {"nll_mean", "nll_std"} & set(table.columns)
    assert table["smiles"].tolist() == [
        pick.values["smiles"] if pick.origin.sampled is None or pick.smiles is None
        else pick.smiles for pick in basket.picks]
    assert not table.loc[:5, "smiles"].astype(str).str.contains(r"\[H\]").any()


def test_columns_of_the_input_leave_under_their_own_names(tmp_path):
    """Also those that are called as numbers of ours elsewhere."""
    table = made_up_table(4).rename(columns={"count": "nll"})
    own = {"logP": "number", "lot": "text", "nll": "whole number", "works": "yes or no"}
    library = Library.open(save_library(tmp_path / "mine", table, own=own))
    saved = filled(library).to_table()
    assert saved["nll"].tolist() == [row["nll"] for row in records(library, 4)]
    assert "nll_nats" not in saved
    assert set(library.to_frame().columns) <= set(saved.columns)
