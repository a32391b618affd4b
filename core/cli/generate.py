"""`trailscope generate`: molecules or graphs that a model samples."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.progress import Progress

from core.cli import chosen_device, messages
from core.cli.options import (
    DEFAULT_MODEL,
    DEVICE_HELP,
    MASK_HELP,
    MODEL_HELP,
    GrownFrom,
    OpenAtoms,
    Precision,
    read_open_atoms,
    seed_option,
)
from core.cli.rows import RowWriter

if TYPE_CHECKING:
    from core.chemistry.chemistry import Chemistry
    from core.chemistry.fragments import Fragment
    from core.graph.graph import Graph
    from core.model.card import ModelCard
    from core.model.generation import GeneratedGraph


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("generate")(generate_molecules)


def generate_molecules(
    model: Annotated[str, typer.Option(help=MODEL_HELP)] = DEFAULT_MODEL,
    number: Annotated[int, typer.Option(min=1, help="Molecules to sample.")] = 10,
    grown_from: GrownFrom = None,
    open_atoms: OpenAtoms = None,
    hydrogens: Annotated[
        bool, typer.Option("--explicit-hydrogens", help="Write every hydrogen in SMILES; without, "
                                                        "they are counted on their atoms.")
    ] = False,
    seed: Annotated[int, seed_option("Fixes the sample.")] = 0,
    temperature: Annotated[float, typer.Option(help="Divides the logits.")] = 1.0,
    top_k: Annotated[int, typer.Option(min=0, help="Best tokens kept; 0 keeps all.")] = 10,
    mask: Annotated[
        Literal["strict", "kinds"], typer.Option(help=MASK_HELP)
    ] = "strict",
    batch_size: Annotated[int, typer.Option(min=1, help="Sampled at a time.")] = 512,
    precision: Precision = "fp32",
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
) -> None:
    """Sample molecules, from nothing or from a fragment: one JSON line each."""
    import torch

    from core.model.checkpoints import load_checkpoint
    from core.model.generation import SamplingConfig, generate
    from core.model.growth import fragment_of

    atoms = read_open_atoms(open_atoms, grown_from)
    config = SamplingConfig(temperature=temperature, top_k=top_k or None, mask=mask,
                            batch_size=batch_size, precision=precision)
    checkpoint = load_checkpoint(model, device=chosen_device(device))
    fragment = None if grown_from is None else fragment_of(
        checkpoint.card, grown_from, open_atoms=atoms)
    for note in () if fragment is None else fragment.notes:
        messages.print(f"note: {note}", markup=False, soft_wrap=True)
    writer, alone = RowWriter(), 0
    generator = torch.Generator().manual_seed(seed)
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as progress:
        task = progress.add_task("Sampling", total=number)
        samples = chain.from_iterable(
            generate(checkpoint, number, generator=generator, config=config, fragment=fragment,
                     progress=lambda done, _: progress.update(task, completed=done))
        )
        for at, sample in enumerate(samples):
            writer.write({"id": f"{checkpoint.card.name}:{seed}:{at}",
                          **_describe(sample, checkpoint.card, hydrogens=hydrogens),
                          **_describe_growth(sample, fragment)})
            alone += _is_alone(sample, fragment, checkpoint.card.chemistry)
    if alone:
        messages.print(f"note: In {alone:,} of {number:,} nothing was bonded to the fragment: it "
                       "is a piece by itself.", markup=False, soft_wrap=True)
    writer.finish()


def _describe(
    sample: GeneratedGraph, card: ModelCard, *, hydrogens: bool
) -> dict[str, Any]:
    return {
        **_describe_graph(sample.graph, card, hydrogens=hydrogens),
        "self_nll": sample.self_nll,
        "tokens": list(sample.tokens),
    }


def _describe_growth(sample: GeneratedGraph, fragment: Fragment | None) -> dict[str, Any]:
    if fragment is None:
        return {}
    return {"fragment": fragment.smiles, "open_atoms": list(fragment.open_atoms),
            "holds_fragment": sample.holds_fragment, "prefix_nll": sample.prefix_nll}


def _is_alone(
    sample: GeneratedGraph, fragment: Fragment | None, chemistry: Chemistry | None
) -> bool:
    from core.model.growth import has_grown

    return (fragment is not None and sample.graph is not None and chemistry is not None
            and not has_grown(sample.graph, fragment.graph.num_nodes, chemistry))


def _describe_graph(
    graph: Graph | None, card: ModelCard, *, hydrogens: bool
) -> dict[str, Any]:
    from core.chemistry.cautions import strain_notes
    from core.chemistry.molecules import is_stable, num_fragments, to_smiles, with_hydrogens
    from core.triage.judge import judge

    chemistry, num_nodes = card.chemistry, None if graph is None else graph.num_nodes
    if graph is None or chemistry is None:
        valid = judge(graph, chemistry, is_planar=card.is_planar)["valid"]
        return {"smiles": None, "num_nodes": num_nodes, "valid": valid, "stable": None,
                "fragments": None, "notes": None}
    smiles = to_smiles(graph, chemistry, hydrogens=hydrogens)
    notes = strain_notes(smiles)
    if smiles is not None and hydrogens and not chemistry.has_hydrogen_nodes:
        smiles = with_hydrogens(smiles)
    # Implicit hydrogens fill every valence, so "stable" would say nothing.
    stable = is_stable(graph, chemistry) if chemistry.has_hydrogen_nodes else None
    return {"smiles": smiles, "num_nodes": num_nodes, "valid": smiles is not None, "stable": stable,
            "fragments": num_fragments(graph), "notes": " ".join(notes) or None}
