"""Columns are called by names that are all different, whatever a user's own are called."""

import pandas as pd
import pytest

from core.library.store import Library
from dashboard.rows.columns import AS_GENERATED, column_named, labels_of, own_columns, unsorted
from tests.generated_molecules import made_up_samples
from tests.made_up_library import made_up_table, save_library


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Its own columns are called as ours are on screen, or as columns of samples are."""
    table = made_up_table(20).rename(
        columns={"logP": "atoms", "lot": "structure", "count": "fragments", "works": "LU (own)"})
    kinds = {"atoms": "number", "structure": "text", "fragments": "whole number",
             "LU (own)": "yes or no"}
    return Library.open(save_library(tmp_path_factory.mktemp("l") / "mine", table, own=kinds))


def test_names_of_our_columns_are_not_taken_by_others(library):
    labels = labels_of(library)
    assert len({label.lower() for label in labels.values()}) == len(labels)
    assert labels["num_nodes"] == "atoms"
    assert labels["atoms"] == "atoms (own)"
    assert labels["structure"] == "structure (own)"
    assert labels["fragments"] == "fragments"  # of samples this would be ours
    assert column_named("atoms (own)", labels, "lu") == "atoms"
    assert column_named("atoms", labels, "lu") == "num_nodes"
    assert column_named("nothing", labels, "lu") == "lu"
    assert own_columns(library) == ("atoms", "structure", "fragments", "LU (own)")
    assert unsorted(library) == "row"


def test_samples_have_no_columns_of_their_own(tmp_path):
    made_up_samples(number=10).save(tmp_path, device="cpu")
    library = Library.open(tmp_path)
    assert own_columns(library) == ()
    labels = labels_of(library)
    assert (labels["self_nll"], labels["nll_mean"], labels["lu"]) == ("self NLL", "mean NLL", "LU")
    assert "tokens" not in labels
    assert unsorted(library) == AS_GENERATED


def test_what_is_unknown_of_every_row_is_not_offered(tmp_path):
    """Where hydrogens are implicit no atom is unstable."""
    known, unknown = made_up_samples(number=10), made_up_samples(number=10)
    unknown.table[["stable", "atoms_stable"]] = pd.NA
    for name, samples in (("known", known), ("unknown", unknown)):
        samples.save(tmp_path / name, device="cpu")
    with_stability, without = (labels_of(Library.open(tmp_path / name))
                               for name in ("known", "unknown"))
    assert {"stable", "stable atoms"} <= set(with_stability.values())
    assert "novel" not in with_stability  # no training data were at hand
    assert set(with_stability) - set(without) == {"stable", "atoms_stable"}
