"""Sentences of the Fine-tune page say what the numbers say."""

import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.repair.arms import Arm
from core.repair.comparison import gradient_mask_and_equals
from core.repair.scaled_change import ScaledChange
from core.stats.estimates import Estimate, Interval
from dashboard.shared.format import short
from dashboard.views.finetune.points import RepairPoint, ScaledArm
from dashboard.views.finetune.text import (
    comparison_details,
    comparison_finding,
    data_note,
    equal_size_finding,
    no_scaled,
    result_sentence,
    result_table,
    scaled_sentence,
    scaled_table,
)
from tests.repairs import GRADIENT, LORA, made_up, with_nll

NONE = made_up(Arm("none"), 0, 0.4, seed=9)
HONEST = RepairPoint(with_nll(LORA, 40, 0.12))
DYNAMIC = Arm("sparse", "gradient", "global", True, 40, 1)
SPURIOUS = RepairPoint(with_nll(DYNAMIC, 40, 0.08, times=2, seed=2))


def test_a_spurious_repair_is_told_with_the_arm_that_shows_it():
    said = comparison_details([SPURIOUS, HONEST], NONE, "LU")
    assert said.startswith("**LoRA, rank 1** trains 40 parameters, ")
    assert "The LU of **gradient, global, dynamic, 40 entries** is lower (0.08" in said
    assert "only because its NLL is high, 2.00 nats per token" in said
    assert "only because" not in comparison_details([HONEST], NONE, "LU")


def test_the_finding_is_one_sentence():
    said = comparison_finding([SPURIOUS, HONEST], NONE, "LU")
    assert said.startswith("Largest reduction: **LoRA, rank 1** takes LU under random_order from "
                           "0.400 to **0.120**; the NLL per token under the model's own order, ")
    assert len(said) < 200
    assert comparison_finding([HONEST], None, "LU") == (
        "Largest reduction: **LoRA, rank 1**, with LU 0.120 under random_order.")
    assert comparison_finding([], NONE, "LU") == "No method passes the filters."
    assert comparison_details([], NONE, "LU") == ""


def test_other_spurious_repairs_are_counted():
    best = RepairPoint(with_nll(Arm("full"), 1000, 0.05))
    said = comparison_details([SPURIOUS, HONEST, best], NONE, "LU")
    assert said.endswith(
        "The LU of one arm is low only because its NLL is high; its marker is hollow.")
    both = comparison_details([SPURIOUS, RepairPoint(with_nll(
        Arm("sparse", "snip", "global", True, 40, 1), 40, 0.081, times=2, seed=3)), HONEST, best],
        NONE, "LU")
    assert both.endswith(
        "The LU of 2 arms is low only because their NLL is high; their markers are hollow.")


@pytest.mark.parametrize(("lu", "verdict"), [
    (0.14, "is lower than that of"), (0.10, "is higher than that of"),
    (0.12, "is not distinguishable from that of"),
])
def test_equal_sizes_are_compared_in_words(lu, verdict):
    found = gradient_mask_and_equals(
        [made_up(GRADIENT, 40, 0.12, seed=1), made_up(LORA, 40, lu, seed=2)], "lu")
    assert f"{verdict} **LoRA, rank 1** (" in equal_size_finding(found, "LU")
    assert equal_size_finding(None, "LU") == ""


def test_the_table_has_a_row_per_arm_and_all_numbers():
    table = result_table({"none": NONE, "lora-rank-1": made_up(LORA, 40, 0.1)})
    assert table["arm"].tolist() == ["none", "none", "lora-rank-1", "lora-rank-1"]
    lora = table[(table["arm"] == "lora-rank-1") & (table["evaluated_under"] == "random_order")]
    assert lora["parameters"].item() == 40
    assert lora["lu_high"].item() == pytest.approx(0.2)
    assert lora["share"].item() == pytest.approx(0.04)
    assert {"nll_per_token_nats", "nll_std_nats_low"} < set(table)


def test_lu_stands_with_its_nats_and_a_low_one_that_is_owed_to_the_nll_is_told():
    before, after = (with_nll(Arm("none"), 0, 0.12), SPURIOUS.result)
    spread = before.estimates["random_order"]["nll_std"].value
    said = result_sentence(before, after)
    assert f"nats, from {short(spread)})" in said
    assert ("Under `random_order` the lower LU comes from a higher NLL, not from orders being more "
            "alike: between orders the NLL varies by 2.") in said
    assert "comes from a higher NLL" not in result_sentence(before, HONEST.result)
    table = result_table({"before": before, "after": after})
    is_random = table["evaluated_under"] == "random_order"
    assert table["low_lu_from_high_nll"][is_random].tolist() == [False, True]
    assert table["low_lu_from_high_nll"][~is_random].tolist() == [False, False]
    assert "standard deviation" in comparison_details([HONEST], NONE, "LU")
    assert "standard deviation" not in comparison_details([HONEST], NONE, "ECE")


def test_stability_is_named_where_hydrogens_are_nodes():
    assert "the valid, stable and distinct ones" in data_note(QM9)
    assert "the valid and distinct ones" in data_note(MOSES)


def test_a_scaled_change_whose_low_lu_comes_from_a_high_nll_says_so():
    """At α = 1.5 LU is the lowest, and yet the NLL varies by more nats than at 1."""
    def near(value):
        return Estimate(value, Interval(0.95 * value, 1.05 * value))

    def measures(lu, nll_std):
        return {"nll_per_token": near(0.5), "lu": near(lu), "nll_std": near(nll_std),
                "ece": near(0.1)}

    arm = ScaledArm("LoRA", ("min_degree_first", "random_order"), ScaledChange(10, {
        alpha: {"min_degree_first": measures(0.05, 1.0), "random_order": measures(*new)}
        for alpha, new in ((0.0, (0.4, 20.0)), (1.0, (0.2, 5.0)), (1.5, (0.1, 8.0)))}))
    assert scaled_sentence(arm, 1.5, "LU").endswith(
        "The low LU comes from a high NLL, not from orders being more alike: between orders the "
        "NLL varies by 8.00 nats, at α = 1 by 5.00.")
    assert "The low LU" not in scaled_sentence(arm, 1, "LU")
    table = scaled_table([arm])
    marked = table[table["low_lu_from_high_nll"]]
    assert marked[["alpha", "order", "measure"]].to_numpy().tolist() == [
        [1.5, "random_order", "lu"]]


def test_an_arm_without_scaled_changes_names_models_that_have_them():
    said = no_scaled(NONE, (NONE.model, "moses-a", "moses-b"))
    assert "holds none; those of moses-a and moses-b do. This command" in said
    assert "holds none. This command" in no_scaled(NONE, (NONE.model,))
