"""Settings of a live run: what names it, what commands say, which addresses are refused."""

import ast
import shlex
from dataclasses import replace

import pytest
import typer

from core.cli import build_app
from dashboard.code_finetune import command, python
from dashboard.state_finetune import (
    GENERATED,
    OWN,
    PLANAR,
    QM9,
    RunChoice,
    Source,
    finetune_complaints,
)

CHOICE = RunChoice(
    model="qm9-min_degree_first", weights="0" * 64, own_order="min_degree_first",
    order="random_order", source=Source(GENERATED, 100, "qm9-min_degree_first"), method="sparse",
    criterion="snip", scope="local", every=5, density=0.001, rank=None, steps=30, batch_size=32,
    learning_rate=0.03, seed=3, precision="fp32", test=50)
OTHERS = (
    replace(CHOICE, density=None, rank=2, every=0),
    replace(CHOICE, method="lora", density=None, rank=4, every=0, source=Source(QM9, 50)),
    replace(CHOICE, method="full", density=None, every=0, source=Source(OWN, 50, text="CCO")),
    replace(CHOICE, model="planar-max_degree_first", source=Source(PLANAR, 20)),
)


@pytest.mark.parametrize("choice", [CHOICE, *OTHERS])
def test_commands_have_only_options_that_there_are(choice):
    commands = typer.main.get_command(build_app()).commands
    for line in command(choice, "my molecules.csv").splitlines():
        program, name, *arguments = shlex.split(line)
        assert program == "trailscope"
        context = commands[name].make_context(name, arguments)
        assert context.params["seed"] == 3
    ast.parse(python(choice, "my molecules.csv"))


def test_the_command_says_all_settings():
    line = command(CHOICE, "m.csv").splitlines()[0]
    for part in ("--criterion snip", "--scope local", "--density 0.001", "--dynamic-every 5",
                 "--strategy random_order", "--input m.csv", "--steps 30", "--batch-size 32",
                 "--learning-rate 0.03", "--seed 3", "--calibration 64", "--precision fp32"):
        assert part in line
    assert "--match-rank 2" in command(OTHERS[0], "m.csv")
    assert "--rank 4" in command(OTHERS[1], "m.csv")
    assert "--number 50" in command(OTHERS[1], "m.csv")


def test_every_setting_tells_runs_apart():
    file = ("a.smi", b"CCO")
    others = [
        *OTHERS, replace(CHOICE, steps=31), replace(CHOICE, seed=4), replace(CHOICE, test=51),
        replace(CHOICE, source=Source(OWN, 50, file=file)),
        replace(CHOICE, source=Source(OWN, 50, file=("a.smi", b"CCN")))]
    assert len({one.digest for one in (CHOICE, *others)}) == len(others) + 1
    assert CHOICE.name.startswith("qm9-min_degree_first-sparse-snip-")


def test_the_own_order_is_measured_once():
    assert CHOICE.orders == ("min_degree_first", "random_order")
    assert replace(CHOICE, order="min_degree_first").orders == ("min_degree_first",)


def test_impossible_addresses_are_told():
    query = {"tuning": "Nowhere", "base": "gpt", "method": "magic", "by": "beauty", "steps": "0",
             "rank": "x", "measure": "LU", "arm": "lora-rank-1", "rate": "auto"}
    complaints = finetune_complaints(query, models=["m"], repaired=["m"], arms=["lora-rank-1"])
    assert len(complaints) == 6
    assert all(complaint.endswith(".") for complaint in complaints)


def test_a_hosted_demo_has_lower_limits(monkeypatch):
    query = {"steps": "500", "molecules": "5000"}
    asked = {"models": [], "repaired": [], "arms": []}
    assert not finetune_complaints(query, **asked)
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    assert len(finetune_complaints(query, **asked)) == 2
