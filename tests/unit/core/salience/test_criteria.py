"""The registry of criteria: what each entry says of itself."""

from core.salience.criteria import CONTROL, CRITERIA, DEFAULT_CRITERION, always_agree, names_where

DATA_FREE = {"random", "magnitude", "lamp", "synflow"}
SIGNED = {"force", "grasp"}


def test_the_registry_names_itself_and_what_each_needs():
    assert list(CRITERIA) == ["random", "magnitude", "gradient", "snip", "force", "taylor",
                              "fisher", "synflow", "grasp", "lamp", "id3"]
    for name, criterion in CRITERIA.items():
        assert criterion.name == name
        assert criterion.formula
        assert criterion.source
        assert criterion.measures.endswith(".")
        assert criterion.needs_examples == (name not in DATA_FREE)
        assert criterion.is_signed == (name in SIGNED)
        assert criterion.needs_seed == criterion.is_control == (name == "random")
        assert criterion.is_slow == (name in ("fisher", "grasp"))
        assert criterion.selects_like in (None, *CRITERIA)
    assert (CONTROL, DEFAULT_CRITERION) == ("random", "gradient")


def test_names_are_told_by_what_holds_of_them():
    assert names_where(lambda criterion: criterion.is_slow) == ["fisher", "grasp"]
    assert names_where(lambda criterion: True) == list(CRITERIA)


def test_only_those_that_say_so_always_agree():
    pairs = {(first, second) for first in CRITERIA for second in CRITERIA
             if first != second and always_agree(first, second)}
    assert pairs == {("snip", "taylor"), ("taylor", "snip")}
