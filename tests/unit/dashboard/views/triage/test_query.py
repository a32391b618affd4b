"""Filters, addresses and code of the Generate & triage page."""

import shlex

import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.triage.samples import SamplesConfig
from dashboard.rows.columns import AS_GENERATED, SAMPLE_LABELS
from dashboard.views.triage.query import (
    SCORE_COLUMNS,
    address_faults,
    command,
    kind_condition,
    python,
    shipped_python,
)

MODELS = ("qm9-random_order", "qm9-min_degree_first")


@pytest.mark.parametrize(("kind", "only_valid", "condition"), [
    ("all", False, ""), ("stable", False, "stable = yes"), ("unstable", False, "stable = no"),
    ("valid", False, "valid = yes"), ("invalid", False, "valid = no"),
    ("all", True, "valid = yes"), ("stable", True, "stable = yes; valid = yes"),
])
def test_kinds_are_conditions(kind, only_valid, condition):
    assert kind_condition(kind, only_valid=only_valid).to_text() == condition


def test_command_names_what_is_not_usual():
    assert shlex.split(command("m", SamplesConfig(100, 16, 3))) == [
        "trailscope", "triage", "--model", "m", "--number", "100", "--permutations", "16",
        "--seed", "3", "--output", "m-samples"]
    words = shlex.split(command("m", SamplesConfig(
        5, temperature=0.7, top_k=None, mask="kinds", precision="bf16", chunk=25)))
    for option, value in (("--temperature", "0.7"), ("--top-k", "0"), ("--mask", "kinds"),
                          ("--precision", "bf16"), ("--chunk", "25")):
        assert words[words.index(option) + 1] == value


def test_command_and_python_name_the_fragment():
    config = SamplesConfig(5, fragment="CC(C)C", open_atoms=(0, 2))
    words = shlex.split(command("m", config))
    assert words[words.index("--from") + 1] == "CC(C)C"
    assert words[words.index("--open") + 1] == "0,2"
    [line] = [line for line in python("m", config, QM9).splitlines() if line.startswith("config =")]
    assert eval(line.removeprefix("config = "), {"SamplesConfig": SamplesConfig}) == config


def test_python_holds_the_same_settings():
    config = SamplesConfig(5, 8, 2, temperature=0.7, top_k=None, chunk=25)
    code = python("m", config, QM9)
    compile(code, "snippet", "exec")
    [line] = [line for line in code.splitlines() if line.startswith("config =")]
    assert eval(line.removeprefix("config = "), {"SamplesConfig": SamplesConfig}) == config
    compile(shipped_python("m", QM9), "snippet", "exec")


@pytest.mark.parametrize("write", [lambda chemistry: python("m", SamplesConfig(5), chemistry),
                                   lambda chemistry: shipped_python("m", chemistry)])
def test_python_ranks_by_the_label_of_the_chemistry(write):
    assert "VALIDITY" not in write(QM9)
    assert "label=VALIDITY" in write(MOSES)
    for code in (write(MOSES), write(None)):
        compile(code, "snippet", "exec")
    assert "label=PLANARITY" in write(None)


def test_scores_have_the_names_that_old_links_have():
    """Streamlit writes a choice into the address as it is labelled."""
    assert SCORE_COLUMNS == {"LU": "lu", "self NLL": "self_nll", "mean NLL": "nll_mean",
                             "order-marginal NLL": "nll_marginal"}
    assert {"as generated", *SCORE_COLUMNS} <= {AS_GENERATED, *SAMPLE_LABELS}


def test_a_good_address_has_no_faults():
    assert address_faults({
        "source": "live", "generator": MODELS[1], "n": "1000", "permutations": "16",
        "runseed": "0", "temperature": "5.0", "topk": "0", "precision": "bf16", "sort": "LU",
        "direction": "highest first", "show": "invalid", "as": "table", "part": "Keep-list",
        "fdr": "0.5", "score": "mean NLL", "split": "3", "page": "800", "smarts": "C#N", "utm": "x",
    }, MODELS) == []


@pytest.mark.parametrize(("query", "expected"), [
    ({"generator": "gpt-7"}, "it has qm9-random_order, qm9-min_degree_first."),
    ({"source": "dream"}, "there are shipped, live."),
    ({"part": "Nowhere"}, "Along training, Code."),
    ({"n": "1001"}, "it must be a whole number from 1 to 1,000."),
    ({"n": "many"}, "it must be a whole number from 1 to 1,000."),
    ({"permutations": "1"}, "it must be a whole number from 2 to 64."),
    ({"runseed": "-1"}, "it must be a whole number from 0 to 2,147,483,647."),
    ({"temperature": "0"}, "it must be a number from 0.1 to 5.0."),
    ({"temperature": "nan"}, "it must be a number from 0.1 to 5.0."),
    ({"fdr": "9" * 5000}, "it must be a number from 0.5 to 50.0."),
    ({"page": "0"}, "it must be a whole number from 1 to 2,147,483,647."),
    ({"show": "pretty"}, "there are all, stable, unstable, invalid, valid."),
])
def test_each_fault_is_one_sentence_that_says_what_would_be_right(query, expected):
    (fault,) = address_faults(query, MODELS)
    assert fault.endswith(expected)
    assert len(fault) < 200
