"""`trailscope train`: from a data set and a strategy to a checkpoint folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.chemistry.chemistry import CHEMISTRIES, Chemistry
from core.cli import chosen_device, messages
from core.cli.endings import say_wrote, see_model
from core.cli.folders import check_folders
from core.cli.graphs import load_part
from core.cli.options import DEVICE_HELP, DataFile, seed_option
from core.cli.progress import Look, follow, reporting
from core.data.dataset import DataOptions
from core.data.registry import DATASETS, find_dataset
from core.errors import InputError
from core.graph.planar import PLANAR_NODES
from core.sent.strategies import STRATEGIES

if TYPE_CHECKING:
    from core.data.dataset import DataPart
    from core.model.training import TrainingConfig, TrainingStep
    from core.study.validation import Validator

INFERRED = "inferred"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)


def train(
    output: Annotated[Path, typer.Argument(help="Checkpoint folder to write.")],
    strategy: Annotated[
        str, typer.Option(help=f"One of {', '.join(STRATEGIES)}, or a triple of biases.")
    ],
    dataset: Annotated[
        str, typer.Option(help="; ".join(f"{name}: {dataset.about}"
                                         for name, dataset in DATASETS.items()) + ".")
    ] = "qm9",
    data: DataFile = None,
    chemistry: Annotated[
        str | None, typer.Option(help="What molecules may hold: "
                                      f"{', '.join(CHEMISTRIES)}; or {INFERRED}, from a file of "
                                      "your own. Default: the data set's own.")
    ] = None,
    planar_graphs: Annotated[
        int, typer.Option(min=1, help="Different planar graphs to train on.")
    ] = 100_000,
    planar_nodes: Annotated[
        int, typer.Option(min=3, help="Nodes of a planar graph.")
    ] = PLANAR_NODES,
    subset: Annotated[
        int | None, typer.Option(min=1, help="Train on so many graphs alone, drawn by --seed.")
    ] = None,
    mix: Annotated[
        float, typer.Option(help="Share of the molecules that random_order writes, in [0, 1].")
    ] = 0.0,
    preset: Annotated[str, typer.Option(help="Model size.")] = "small",
    steps: Annotated[int, typer.Option(min=1, help="Optimizer steps.")] = 20_000,
    batch_size: Annotated[int, typer.Option(min=1, help="Molecules per step.")] = 512,
    learning_rate: Annotated[float, typer.Option(min=0.0, help="Peak learning rate.")] = 2e-3,
    warmup_steps: Annotated[int, typer.Option(min=1, help="Steps of linear warm-up.")] = 200,
    optimizer: Annotated[Literal["muon", "adamw"], typer.Option(help="Muon or AdamW.")] = "muon",
    seed: Annotated[int, seed_option("Fixes weights, molecules and orders.")] = 0,
    precision: Annotated[
        Literal["bf16", "fp32"], typer.Option(help="Precision of forward and backward passes.")
    ] = "bf16",
    micro_batch: Annotated[int, typer.Option(min=1, help="Molecules per forward pass.")] = 64,
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    compile: Annotated[bool, typer.Option(help="Fuse kernels (needs a C++ compiler).")] = False,
    name: Annotated[
        str | None, typer.Option(help="Name of the model. Default: the folder's name.")
    ] = None,
    run_folder: Annotated[
        Path | None, typer.Option(help="State for resuming. Default: runs/NAME.")
    ] = None,
    milestones: Annotated[
        str, typer.Option(help="Steps, such as 100,400, after which a checkpoint is kept in "
                               "RUN_FOLDER/milestones.")
    ] = "",
    validate_at: Annotated[
        str, typer.Option(help="Steps, such as 50,100,200, after which held-out graphs are scored "
                               "and a few are sampled, for the training record.")
    ] = "",
) -> None:
    """Train a model under a strategy; run the same command again to resume."""
    from core.model.export import write_trained_checkpoint
    from core.model.training import TrainingConfig, train, trained_model
    from core.runs import holds_state, read_progress
    from core.study.validation import add_validation, read_validation

    config = TrainingConfig(
        strategy=strategy, preset=preset, steps=steps, batch_size=batch_size,
        optimizer=optimizer, learning_rate=learning_rate, warmup_steps=warmup_steps,
        mix=mix, seed=seed, precision=precision, micro_batch=micro_batch, compile=compile,
    )
    check_folders(output, run_folder)
    kept, validated = _read_steps(milestones, steps), _read_steps(validate_at, steps)
    name = name or output.name
    run_folder = run_folder or Path("runs") / name
    found = find_dataset(dataset)
    options = DataOptions(_read_chemistry(chemistry), planar_graphs, seed, planar_nodes)
    messages.print(f"Reading {found.title}.")
    adapted = found.adapted(options)
    graphs = load_part(adapted, "train", data)
    if subset is not None:
        graphs = graphs.subset(subset, seed=seed)
    validator = None if not validated else _validator(
        config, graphs, load_part(adapted, "validation", data), name)

    def write(folder: Path, name: str, *, unfinished: bool = False) -> None:
        card = write_trained_checkpoint(config, graphs.vocabulary, run_folder, folder, name=name,
                                        data=graphs.record, chemistry=graphs.chemistry,
                                        unfinished=unfinished,
                                        validation=read_validation(run_folder))
        say_wrote(card.path, see="" if unfinished else see_model(card.path))

    def validate(step: int) -> None:
        if validator is not None:
            model = trained_model(config, graphs.vocabulary, run_folder)
            add_validation(run_folder, validator.measure(model, step))

    def catch_up() -> None:
        """Measure what a stop came between, and say what can be measured no more."""
        if not holds_state(run_folder):
            return
        done = read_progress(run_folder)["step"]
        for step in sorted(validated - {row["step"] for row in read_validation(run_folder)}):
            if step == done:
                validate(step)
            elif step < done:
                messages.print(f"note: step {step} is past, so --validate-at leaves it out.")

    def looked_after(states: Iterator[TrainingStep]) -> Iterator[TrainingStep]:
        """The steps, each validated or kept as a milestone if it is to be."""
        for state in states:
            if state.step in validated:
                validate(state.step)
            if state.step in kept:
                write(run_folder / "milestones" / f"step-{state.step:05}",
                      f"{name} at step {state.step:,}", unfinished=True)
            yield state

    catch_up()
    # Closed here, the state is saved whatever interrupts whoever shows the progress.
    with closing(train(config, graphs, graphs.vocabulary, run_folder=run_folder,
                       save_at=kept | validated, device=chosen_device(device))) as states:
        follow(looked_after(states), lambda state: _look(state, name, config),
               what=f"Training {name}")
    write(output, name)


def _validator(
    config: TrainingConfig, graphs: DataPart, held_out: DataPart, name: str
) -> Validator:
    from core.model.card import ModelCard
    from core.sent.strategies import Strategy
    from core.study.validation import HELD_OUT, Validator
    from core.triage.training_smiles import training_smiles

    if not len(held_out):
        raise InputError(f"{held_out.title} is too small to hold graphs back for --validate-at; "
                         "give more graphs, or leave --validate-at out.")
    known = None
    if graphs.chemistry is not None:
        with reporting("Writing the training molecules as SMILES", "molecules") as progress:
            known = training_smiles(graphs, graphs.chemistry, progress=progress)
    some = held_out.subset(min(HELD_OUT, len(held_out)), seed=config.seed).graphs()
    card = ModelCard(name, graphs.vocabulary, Strategy.from_name(config.strategy), config.preset,
                     chemistry=graphs.chemistry)
    return Validator(some, card, known, config.seed)


def _read_steps(text: str, steps: int) -> frozenset[int]:
    """Steps named in a comma-separated list.

    Raises:
        InputError: for anything else than steps of the run.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if not word.isdecimal() or not 1 <= int(word) <= steps:
            raise InputError(f"{word!r} is no step of a run of {steps} steps; give whole "
                             f"numbers from 1 to {steps}, such as 100,400.")
    return frozenset(map(int, words))


def _read_chemistry(name: str | None) -> Chemistry | None:
    """A named chemistry; None for the data set's own, which a file's is inferred.

    Raises:
        InputError: for an unknown name.
    """
    if name in (None, INFERRED):
        return None
    if name not in CHEMISTRIES:
        raise InputError(f"There is no chemistry {name!r}; use {', '.join(CHEMISTRIES)} or "
                         f"{INFERRED}.")
    return CHEMISTRIES[name]


def _look(state: TrainingStep, name: str, config: TrainingConfig) -> Look:
    graphs_left = (config.steps - state.step) * config.batch_size
    return Look(f"Training {name}",
                f"step {state.step}, loss {state.loss:.3f} nats/token, "
                f"{state.graphs_per_s:.0f} molecules/s",
                state.step, config.steps, graphs_left / state.graphs_per_s)
