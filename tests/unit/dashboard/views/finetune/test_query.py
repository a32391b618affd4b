"""Settings of a live run: what names it, what commands say, which addresses are refused."""

import ast
import shlex
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from core.cli import build_app
from core.cli.graphs import read_graph_file
from core.cli.rows import RowWriter
from core.data.files import read_input
from core.finetune.config import FinetuneConfig
from core.finetune.learning_set import own_set
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import QM9_VOCABULARY
from dashboard.views.finetune.query import (
    GENERATED,
    OWN,
    FinetuneQuery,
    Offered,
    Source,
    address_faults,
    command,
    python,
)

QM9, PLANAR = "QM9 train", "planar graphs"
CONFIG = FinetuneConfig(
    criterion="snip", scope="local", reselect_every=5, count=3539, num_examples=64,
    steps=30, batch_size=32, learning_rate=0.03, seed=3, precision="fp32")
CHOICE = FinetuneQuery(
    model="qm9-min_degree_first", weights_sha256="0" * 64, own_order="min_degree_first",
    order="random_order", source=Source(GENERATED, 100, "qm9-min_degree_first"), config=CONFIG,
    density=0.001, matched_rank=None, test=50)


def other(source=CHOICE.source, model=CHOICE.model, **settings):
    """The same run with another source, or with settings of another method."""
    config = CONFIG if not settings else replace(CONFIG, count=None, reselect_every=0, **settings)
    return replace(CHOICE, model=model, source=source, config=config,
                   density=None if settings else CHOICE.density)


OTHERS = (
    replace(CHOICE, density=None, matched_rank=2, config=replace(CONFIG, reselect_every=0)),
    other(Source(QM9, 50), method="lora", rank=4),
    other(Source(OWN, 50, text="CCO"), method="full"),
    other(Source(PLANAR, 20), "planar-max_degree_first"),
)


@pytest.mark.parametrize("choice", [CHOICE, *OTHERS])
def test_commands_have_only_options_that_there_are(choice):
    commands = typer.main.get_command(build_app()).commands
    for line in command(choice).splitlines():
        program, name, *arguments = shlex.split(line)
        assert program == "trailscope"
        context = commands[name].make_context(name, arguments)
        assert context.params["seed"] == 3
    ast.parse(python(choice))


def test_the_command_says_all_settings():
    line = command(CHOICE).splitlines()[0]
    for part in ("--criterion snip", "--scope local", "--density 0.001", "--dynamic-every 5",
                 "--strategy random_order", f"--input trailscope-{CHOICE.name}-molecules.csv",
                 "--number 100", "--steps 30", "--batch-size 32",
                 "--learning-rate 0.03", "--seed 3", "--calibration 64", "--precision fp32"):
        assert part in line
    assert "--match-rank 2" in command(OTHERS[0])
    assert "--rank 4" in command(OTHERS[1])
    assert "--number 50" in command(OTHERS[1])


def test_every_setting_tells_runs_apart():
    file = ("a.smi", b"CCO")
    others = [
        *OTHERS, replace(CHOICE, config=replace(CONFIG, steps=31)),
        replace(CHOICE, config=replace(CONFIG, seed=4)), replace(CHOICE, test=51),
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
    offered = Offered(models=["m"], repaired=["m"], arms=["lora-rank-1"])
    found = address_faults(query, offered)
    assert len(found) == 6
    assert all(fault.endswith(".") for fault in found)


@pytest.mark.parametrize(("query", "reason"), [
    ({"made": "gpt"}, "'gpt', which this server does not have; it has m."),
    ({"tokentype": "comma"}, "the type of tokens 'comma'"),
    ({"data": QM9}, "the data 'QM9 train', which does not exist; there are my molecules."),
    ({"own": "C" * 2001}, "2,001 letters of molecules; the first 2,000 are taken"),
    ({"arm": "lora-rank-2"}, "there are lora-rank-1."),
])
def test_what_there_is_not_on_this_machine_is_told(query, reason):
    offered = Offered(arms=["lora-rank-1"], kinds=(OWN,), makers=["m"])
    (fault,) = address_faults(query, offered)
    assert reason in fault


def test_every_value_of_a_repeated_parameter_is_looked_at():
    offered = Offered(criteria=["snip", "random"])
    assert not address_faults({"criteria": "snip"}, offered, ["random", "snip"])
    assert not address_faults({"criteria": ""}, offered, [""])
    (fault,) = address_faults({"criteria": "snip"}, offered, ["beauty", "snip"])
    assert "'beauty'" in fault
    (fault,) = address_faults({"beside": "full"}, Offered(arms=["full"]), (), ["full", "none"])
    assert "the arm beside it 'none'" in fault


def test_planar_graphs_take_four_times_as_long():
    learns = replace(CHOICE, source=Source(PLANAR, 100))
    assert learns.estimated_s == pytest.approx(4 * CHOICE.estimated_s)


@pytest.mark.parametrize("kind", [OWN, GENERATED])
def test_code_reads_the_molecules_that_the_page_saves(kind, tmp_path, monkeypatch):
    """The saved file, read as the code says, holds the graphs that were learnt from."""
    typed = "CCO\nC[Si]C\nCN\nCC(N)C=O"
    card = ModelCard("model", QM9_VOCABULARY, RANDOM_ORDER, "tiny")
    learnt = own_set(typed, None, card, number=3, progress=lambda *_: None)
    choice = replace(CHOICE, source=Source(kind, 3, text=typed))
    monkeypatch.chdir(tmp_path)
    Path(choice.molecules_file).write_text(learnt.csv)
    words = shlex.split(command(choice).splitlines()[0])
    given = dict(pairwise(words))
    card = ModelCard("qm9", QM9_VOCABULARY, RANDOM_ORDER, "tiny")
    found = read_graph_file(given["--input"], card, RowWriter(), int(given["--number"]))
    lines = python(choice).split("graphs = ")[1].split("\nstream")[0]
    read = eval(lines, {"read_input": read_input, "checkpoint": SimpleNamespace(card=card)})
    for graphs in (found.graphs, read):
        assert len(graphs) == len(learnt.graphs) == 2
        for one, other in zip(graphs, learnt.graphs, strict=True):
            assert (one.node_labels == other.node_labels).all()
            assert (one.edges == other.edges).all()


@pytest.mark.parametrize(("choice", "digest"), [
    (CHOICE, "5ac4f679"), (OTHERS[1], "f752b733"),
    (replace(CHOICE, source=Source(OWN, 50, file=("mine.smi", b"CCO\n"))), "c121ce12"),
])
def test_a_run_keeps_its_name(choice, digest):
    """A kept model is found by its name, which holds the digest."""
    assert choice.digest == digest
    assert choice.name.endswith(f"-{digest}")


def test_a_hosted_demo_has_lower_limits(monkeypatch):
    query = {"steps": "500", "molecules": "5000"}
    assert not address_faults(query, Offered())
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    assert len(address_faults(query, Offered())) == 2
