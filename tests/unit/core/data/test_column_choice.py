"""Which column is the molecules', which the names', and what is kept of the others."""

import pytest

from core.data.column_choice import WantedColumns, choose_columns, listed
from core.data.record import InputFileError


@pytest.mark.parametrize(("names", "wanted", "smiles", "name", "own"), [
    ("smiles id x", (None, None), 0, 1, ("x",)),
    ("x Smiles ID", (None, None), 1, 2, ("x",)),
    ("smiles mol_id name", (None, None), 0, 1, ("mol_id", "name")),
    ("smiles x x", (None, None), 0, None, ("x", "x_2")),
    ("can smiles", ("can", None), 0, None, ("can", "smiles")),
    ("Can CAN", ("CAN", None), 1, None, ("Can", "CAN")),
    ("CAN x", ("can", None), 0, None, ("CAN", "x")),
    ("smiles SMILES", ("SMILES", None), 1, None, ("smiles",)),
    ("smiles id tag", (None, "TAG"), 0, 2, ("id", "tag")),
])
def test_columns_are_found(names, wanted, smiles, name, own):
    found = choose_columns("x", names.split(), WantedColumns(*wanted))
    assert (found.smiles, found.name, found.own) == (smiles, name, own)


@pytest.mark.parametrize(("names", "wanted", "message"), [
    (["a", "b"], (None, None), "x has no `smiles` column, only a, b; call the one of molecules "
                               "`smiles`, or name it with --smiles-column where a command has "
                               "that."),
    ([], (None, None), "x has no `smiles` column, and no other; call the one of molecules "
                       "`smiles`, or name it with --smiles-column where a command has that."),
    (["a", "smiles"], ("b", None), "x has no column `b`, only a, smiles; name one of these with "
                                   "--smiles-column."),
    (["a", "smiles"], (None, "b"), "x has no column `b`, only a, smiles; name one of these with "
                                   "--id-column."),
    (["Can", "CAN"], ("can", None), "x has 2 columns `can`; call the others something else, or "
                                    "name one with --smiles-column."),
    (["a"] * 10_001, (None, None), "x has 10,001 columns; at most 10,000 are possible."),
])
def test_what_is_not_found_is_one_sentence(names, wanted, message):
    with pytest.raises(InputFileError) as raised:
        choose_columns("x", names, WantedColumns(*wanted))
    assert str(raised.value) == message


def test_a_long_list_of_columns_fits_into_a_sentence():
    assert listed([f"c{place}" for place in range(12)]) == (
        "c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2 more")
    assert listed(["x" * 50] * 7) == ", ".join(["x" * 19 + "…"] * 4) + " and 3 more"
