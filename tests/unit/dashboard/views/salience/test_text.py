"""Sentences on how far masks agree say only what holds of the masks at hand."""

from core.salience import select
from core.salience.agreement import agreement_table
from dashboard.views.salience.text import agreement_finding, agreement_note
from tests.unit.dashboard.views.salience.test_charts import mask, salience


def finding(*names):
    return agreement_finding(agreement_table(
        {name: mask(0 if name == "taylor" else seed) for seed, name in enumerate(names)}))


def test_snip_and_taylor_are_named_where_both_are_shown():
    assert finding("snip", "taylor", "lamp").startswith(
        "Apart from `snip` and `taylor`, which always")
    for names in (("magnitude", "lamp", "random"), ("snip", "lamp"), ("taylor", "random")):
        text = finding(*names)
        assert text.startswith("**")
        assert "snip` and" not in text


def test_examples_are_named_where_a_criterion_with_data_is_shown():
    without = select(salience(0), count=9)
    without.origin["examples"] = None
    assert "examples" not in agreement_note(without, ["random", "magnitude"])
    assert "Criteria that need data use the examples chosen in the sidebar." in agreement_note(
        without, ["magnitude", "gradient"])
