"""Types of columns: what looks like a number and what only nearly does."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.records import InputFileError
from core.library.columns import NUMBERS, PLACE_TYPES, RESULT_TYPES, own_names
from core.library.survey import _common, _kind_of, as_kind, survey


@pytest.mark.parametrize(("value", "kind"), [
    ("7", "whole number"), ("-12", "whole number"), ("0", "whole number"), ("007", "text"),
    ("-0", "number"), ("0.5", "number"), (".5", "number"), ("1e5", "number"), ("1e", "text"),
    ("00.5", "text"), ("nan", "text"), ("inf", "text"), ("1_000", "text"), ("1,5", "text"),
    ("True", "yes or no"), ("false", "yes or no"), ("yes", "text"), ("٣", "text"),
    ("9" * 15, "whole number"), ("9" * 19, "text"), ("1e400", "text"), (True, "yes or no"),
    ("9" * 15 + ".5", "number"), ("-" + "9" * 16 + ".5", "text"),
    (3, "whole number"),
    (2.5, "number"), (1 << 63, "text"), ("", "text"), ("CHEMBL25", "text"),
])
def test_the_kind_of_a_cell(value, kind):
    assert _kind_of(value) == kind
    as_kind(value, kind)


@given(st.lists(st.one_of(st.text(max_size=6), st.integers(), st.floats(), st.booleans()),
                min_size=1))
def test_every_cell_fits_the_kind_of_its_column(values):
    kind = None
    for value in values:
        kind = _common(kind, _kind_of(value))
    for value in values:
        found = as_kind(value, kind)
        if isinstance(value, float) and math.isnan(value):
            assert found is None
            continue
        assert isinstance(found, {"yes or no": bool, "whole number": int, "number": float,
                                  "large whole number": int, "text": str}[kind])
        if isinstance(value, int) and kind == "number":
            assert found == value  # no digit is lost
        if kind == "text" and isinstance(value, str):
            assert found == value


@given(st.lists(st.text(max_size=5) | st.sampled_from([*PLACE_TYPES, *RESULT_TYPES, "LU", "Row"]),
                unique=True))
def test_kept_names_differ_from_ours_and_from_each_other_whatever_their_case(columns):
    names = own_names(columns)
    assert list(names) == columns
    lowered = [name.lower() for name in names.values()]
    assert len(set(lowered)) == len(lowered)
    assert not set(lowered) & {*PLACE_TYPES, *RESULT_TYPES}
    assert all(name and name.isprintable() for name in names.values())


def test_numbers_are_results():
    assert set(NUMBERS) < set(RESULT_TYPES)


def test_digits_that_a_float_rounds_stay_digits(tmp_path):
    """A column of whole numbers and others is one of text if a float would change one of them."""
    path = tmp_path / "own.csv"
    path.write_text("smiles,id2,mixed,longer\nCO,9007199254740993,9007199254740993,1\n"
                    "CC,7,0.5,12345678901234567890\n")
    found = survey([path])
    assert found.own == {"id2": "whole number", "mixed": "text", "longer": "text"}
    assert found.values({"id2": "9007199254740993", "mixed": "9007199254740993"}) == {
        "id2": 9007199254740993, "mixed": "9007199254740993", "longer": None}


def test_a_survey_reads_all_files_to_their_end(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("smiles,score,batch\nCO,1,a\nCC,,b\n")
    two.write_text("smiles,score\nC,2.5\n")
    found = survey([one, two])
    assert [(file.name, file.rows) for file in found.files] == [("one.csv", 2), ("two.csv", 1)]
    assert found.own == {"score": "number", "batch": "text"}
    assert found.values({"score": "1"}) == {"score": 1.0, "batch": None}
    with pytest.raises(InputFileError, match="no file"):
        survey([one, Path(tmp_path / "three.csv")])
