"""The command lines and the Python that do what the Fine-tune page does."""

from __future__ import annotations

import shlex

from dashboard.state_finetune import (
    CALIBRATION_EXAMPLES,
    GENERATED,
    OWN,
    PERMUTATIONS,
    PLANAR,
    QM9,
    RunChoice,
)


def command(choice: RunChoice) -> str:
    """The command lines that learn from the same graphs, and measure on as many.

    Sources that are no data set come from `RunChoice.molecules_file`, where molecules are SMILES:
    those of a file with another numbering of atoms are then linearized from other draws.
    """
    parts = [f"trailscope finetune --model {shlex.quote(choice.model)}", *_method_options(choice)]
    parts.append(f"--strategy {shlex.quote(choice.order)}")
    if choice.source.kind in (GENERATED, OWN):
        parts.append(f"--input {shlex.quote(choice.molecules_file)}")
    parts.append(f"--number {choice.source.number}")
    parts += [f"--steps {choice.steps}", f"--batch-size {choice.batch_size}",
              f"--learning-rate {choice.learning_rate:g}", f"--seed {choice.seed}"]
    if choice.method == "sparse":
        parts.append(f"--calibration {CALIBRATION_EXAMPLES}")
    lines = [" ".join([*parts, f"--precision {choice.precision} --output {choice.name}"])]
    lines += [f"trailscope evaluate --model {choice.name}/checkpoint --strategy {order} "
              f"--number {choice.test} --permutations {PERMUTATIONS} --seed {choice.seed} "
              f"--precision {choice.precision} --fit-temperature 0 "
              f"--output {choice.name}/{order}" for order in choice.orders]
    return "\n".join(lines)


def _method_options(choice: RunChoice) -> list[str]:
    parts = [f"--method {choice.method}"]
    if choice.method == "sparse":
        parts += [f"--criterion {choice.criterion}", f"--scope {choice.scope}"]
        parts.append(f"--density {choice.density:g}" if choice.density is not None
                     else f"--match-rank {choice.rank}")
        parts += [f"--dynamic-every {choice.every}"] if choice.every else []
    elif choice.rank is not None:
        parts.append(f"--rank {choice.rank}")
    return parts


def python(choice: RunChoice) -> str:
    """The Python that learns from the same graphs, with the limits of `command`."""
    return f"""\
from pathlib import Path

from core.finetune import FinetuneConfig, FinetuneRun, GraphStream, write_model
from core.graph.{_graph_import(choice)}
from core.model import load_checkpoint
from core.salience import LanguageModel
{_size_import(choice)}from core.sent import Strategy
from core.sent.batch import GraphBatch

model = LanguageModel.from_checkpoint(load_checkpoint({choice.model!r}))
graphs = {_graph_lines(choice)}
stream = GraphStream(
    GraphBatch.from_graphs(graphs, with_automorphisms=False),
    model.checkpoint.vocabulary, Strategy.from_name({choice.order!r}), seed={choice.seed},
)
config = FinetuneConfig(
    method={choice.method!r}, {_config_arguments(choice)}
    steps={choice.steps}, batch_size={choice.batch_size}, learning_rate={choice.learning_rate:g},
    seed={choice.seed}, precision={choice.precision!r},
)
run = FinetuneRun(model, stream, config, run_folder=Path("run"))
for step in run.steps():
    print(step.step, step.loss)
write_model(run, Path("repaired"), name={choice.name!r})
"""


def _graph_import(choice: RunChoice) -> str:
    kind = choice.source.kind
    if kind == PLANAR:
        return "planar import planar_graph"
    return "datasets import load_qm9_graphs" if kind == QM9 else "inputs import read_input"


def _graph_lines(choice: RunChoice) -> str:
    number, kind = choice.source.number, choice.source.kind
    if kind == PLANAR:
        return f"[planar_graph(index, seed={choice.seed}).graph for index in range({number})]"
    if kind == QM9:
        return f'load_qm9_graphs(None, "train")[:{number}]'
    return (f"[row.graph for row in read_input({choice.molecules_file!r})\n"
            f"          if row.graph is not None][:{number}]")


def _size_import(choice: RunChoice) -> str:
    if choice.method != "sparse":
        return ""
    if choice.density is None:
        return "from core.finetune.methods import lora_parameters\n"
    return ("from core.salience.masks import count_of\n"
            "from core.salience.matrices import num_entries\n")


def _config_arguments(choice: RunChoice) -> str:
    if choice.method != "sparse":
        return f"rank={choice.rank}," if choice.rank is not None else ""
    count = (f"count_of(num_entries(model.matrices), {choice.density:g})"
             if choice.density is not None else f"lora_parameters(model.matrices, {choice.rank})")
    every = f" reselect_every={choice.every}," if choice.every else ""
    return (f"criterion={choice.criterion!r}, scope={choice.scope!r},{every}\n    count={count},\n"
            f"    calibration_examples={CALIBRATION_EXAMPLES},")


def shipped_command(model: str) -> str:
    """The command line that makes the shipped comparison."""
    return f"trailscope repair --model {model} --output assets/results/repair/{model}"


def shipped_python(model: str, arm: str) -> str:
    """The Python that reads an arm and compares it with the model as it was."""
    return f"""\
from core.repair import RepairResult, shipped_repairs
from core.repair.result import paired_change

folders = shipped_repairs()[{model!r}]
before, after = RepairResult.load(folders["none"]), RepairResult.load(folders[{arm!r}])
for order in after.orders:
    print(order, after.estimates[order]["lu"], paired_change(after, before, order, "lu"))
"""
