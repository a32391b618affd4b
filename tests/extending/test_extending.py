"""The examples of docs/extending.md work by touching the files that it names, and no other."""

import json
import os
import subprocess
import sys

import pytest

from tests.extending.project import answers, changed_files, copy_with, examples

CORE = """
import json
from typer.testing import CliRunner
import core
from core.cli import build_app
from core.data.registry import find_dataset
from core.salience import open_language_model, compute_salience, select
from core.salience.examples import from_graphs
from core.sent.strategies import RANDOM_ORDER, Strategy

def run(*words):
    done = CliRunner().invoke(build_app(), words)
    return done.stdout if done.exit_code == 0 else str(done.exception)

graphs = find_dataset("alkanes").load("test").graphs()
model = open_language_model("qm9-random_order")
drawn = from_graphs(graphs, model.checkpoint.vocabulary, RANDOM_ORDER, seed=0)
mask = select(compute_salience(model, "relative", drawn), density=0.001)
print(json.dumps({
    "core": core.__file__,
    "atoms": run("atoms", "CCO"), "help": run("--help"),
    "sequences": run("enumerate", "CO", "--strategy", "hub_first").splitlines(),
    "biases": Strategy.from_name("hub_first").name,
    "train": run("train", "--help"),
    "alkanes": {graph.name: graph.num_nodes for graph in graphs},
    "entries": mask.nnz, "of": mask.num_entries, "criterion": mask.criterion,
}))
"""

PAGES = """
import json
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from dashboard.shared.choices import STRATEGY_OPTIONS

def open_page(address, **query):
    page = AppTest.from_file("dashboard/app.py", default_timeout=120)
    page.query_params.update(query)
    page._page_hash = calc_hash(address)
    page.run()
    assert not page.exception and not page.error, (page.exception, page.error)
    return page

orders = open_page("orders", orders_smiles="C=O")
models = open_page("models")
print(json.dumps({
    "title": [element.value for element in orders.title],
    "metrics": {metric.label: metric.value for metric in orders.metric},
    "charts": [json.loads(chart.proto.spec)["layout"]["xaxis"].get("title", {}).get("text")
               for chart in models.get("plotly_chart")],
    "alt": [chart.proto.alt for chart in models.get("plotly_chart")],
    "offered": STRATEGY_OPTIONS,
}))
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the project with all examples."""
    return copy_with(list(examples()), tmp_path_factory.mktemp("extended"))


@pytest.fixture(scope="module")
def core_says(extended):
    return answers(extended, CORE)


@pytest.fixture(scope="module")
def pages_say(extended):
    return answers(extended, PAGES)


@pytest.mark.parametrize(("section", "files"), [
    ("A figure", {"dashboard/views/models/charts.py", "dashboard/views/models/sections.py"}),
    ("A page", {"dashboard/views/orders/__init__.py", "dashboard/views/orders/page.py",
                "dashboard/app.py"}),
    ("A strategy", {"core/sent/strategies.py"}),
    ("A criterion", {"core/salience/criteria.py"}),
    ("A data set", {"core/data/alkanes.py", "core/data/registry.py"}),
    ("A command", {"core/cli/atoms.py", "core/cli/__init__.py"}),
])
def test_only_these_files_change(section, files, tmp_path):
    assert changed_files(copy_with([section], tmp_path)) == files


def test_every_example_is_tried():
    assert list(examples()) == ["A figure", "A page", "A strategy", "A criterion", "A data set",
                                "A command"]
    assert all(examples().values())


def test_the_copy_is_what_runs(extended, core_says):
    assert core_says["core"].startswith(str(extended))


def test_a_strategy_is_known_everywhere(core_says, pages_say):
    assert core_says["biases"] == "hub_first"
    sequences = [json.loads(line) for line in core_says["sequences"]]
    assert {tuple(line["tokens"][:3]) for line in sequences} == {(0, 6, 36)}  # from the carbon
    assert sum(line["probability"] for line in sequences) == pytest.approx(1)
    assert "hub_first" in core_says["train"]
    assert "hub_first" in pages_say["offered"]
    assert "hub_first" in pages_say["metrics"]


def test_a_criterion_selects_entries(core_says):
    assert core_says["criterion"] == "relative"
    assert core_says["entries"] == round(0.001 * core_says["of"])


def test_a_data_set_is_found_by_name(core_says):
    assert core_says["alkanes"] == {"C3": 11, "C6": 20, "C9": 29}
    assert "alkanes" in core_says["train"]


def test_a_command_runs_and_is_listed(core_says):
    assert core_says["atoms"] == "9\n"
    assert "how many atoms a molecule has" in core_says["help"]


def test_a_figure_stands_on_its_page(pages_say):
    assert "training, minutes" in pages_say["charts"]
    assert any("qm9-random_order: " in alt and alt.endswith(" minutes")
               for alt in pages_say["alt"])


def test_a_page_opens_at_its_address(pages_say):
    assert pages_say["title"] == ["Orders"]
    assert pages_say["metrics"]["random_order"] == "6"


def test_examples_keep_the_style_and_the_layers(extended):
    lint_imports = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    environment = os.environ | {"PYTHONPATH": str(extended)}
    for check in (["-m", "ruff", "check", "--no-cache"], ["-c", lint_imports, "--no-cache"]):
        done = subprocess.run([sys.executable, *check], cwd=extended, env=environment,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
