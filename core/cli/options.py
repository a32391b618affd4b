"""Options and their help that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from core.chemistry.fragments import read_atoms
from core.data.column_choice import ID_OPTION, SMILES_OPTION
from core.data.file_kind import FILE_SUFFIXES
from core.data.registry import DATASETS
from core.errors import InputError
from core.sent.strategies import STRATEGIES, TieBreak

MAX_SEED = 2**63 - 1
"""Largest seed: PyTorch takes 64 bits."""

DEFAULT_MODEL = "qm9-random_order"
INPUT_HELP = ("A SMILES string, planar:SEED:INDEX for a planar test graph, or a file: "
              f"{', '.join(FILE_SUFFIXES)}, also gzipped.")
STRATEGY_HELP = f"One of {', '.join(STRATEGIES)}, or start/jump/neighbour biases."
MODEL_HELP = "A shipped model's name (see `trailscope models`) or a checkpoint folder."
LANGUAGE_MODEL_HELP = ("A shipped model's name, a checkpoint folder, or any causal LM of "
                       "transformers: a folder or a name on the hub.")
COMPILE_HELP = "Score with fused kernels (needs a C++ compiler; pays for thousands of graphs)."
COUNT_HELP = "Number of entries, instead of a share."
MASK_HELP = ("Tokens that may come next: strict allows what the decoder accepts, kinds any token "
             "of a kind that may stand there, as LU's code does.")
DEVICE_HELP = "Where to compute; by default a GPU if there is one."
DATA_HELP = ("The data set as a local file ("
             + "; ".join(f"{name}: {dataset.source}" for name, dataset in DATASETS.items()
                         if dataset.source)
             + "); downloaded once if left out.")

Precision = Annotated[Literal["fp32", "bf16"], typer.Option(help="Precision of forward passes.")]
OwnOrStrategy = Annotated[
    str | None, typer.Option(help=f"{STRATEGY_HELP} Default: the model's own.")
]
OwnOrDataset = Annotated[
    str | None, typer.Option(help=f"{', '.join(DATASETS)}. Default: the model's own.")
]
DataFile = Annotated[Path | None, typer.Option(help=DATA_HELP)]
TokenFile = Annotated[
    Path | None, typer.Option(help="A JSON Lines file with a list of token ids per line, for "
                                   "models that are not TrailScope's.")
]
TieBreaks = Annotated[str, typer.Option(help="random or lowest-index.")]
WritingModel = Annotated[
    str | None, typer.Option("--model", help="Write in the vocabulary of this model, a shipped "
                                             "name or a checkpoint folder. Default: QM9's for "
                                             "molecules, that of planar graphs otherwise.")
]
GrownFrom = Annotated[
    str | None, typer.Option("--from", help="Grow every molecule from this fragment, a SMILES.")
]
SmilesColumn = Annotated[
    str | None, typer.Option(SMILES_OPTION, help="Column of a file that holds the molecules. "
                                                 "Default: smiles, in any case.")
]
IdColumn = Annotated[
    str | None, typer.Option(ID_OPTION, help="Column of a file, or data item of an SDF, that names "
                                             "the rows. Default: id, mol_id or name.")
]
OpenAtoms = Annotated[
    str | None, typer.Option("--open", help="Atoms of the fragment that may get new bonds, counted "
                                            "from 0 in the order of its SMILES, such as 2,4; the "
                                            "others keep the bonds that they have. Default: all "
                                            "that can be at once.")
]


def read_open_atoms(text: str | None, grown_from: str | None) -> tuple[int, ...] | None:
    """What `--open` says beside `--from`.

    Raises:
        InputError: for anything but numbers, or open atoms of no fragment.
    """
    if text is None:
        return None
    if grown_from is None:
        raise InputError("--open names atoms of a fragment; give the fragment with --from.")
    return read_atoms(text)


def refuse_given(context: typer.Context, names: Sequence[str], why: str) -> None:
    """Refuse options that would change nothing.

    Args:
        context: of the command.
        names: of its parameters.
        why: they change nothing, the beginning of a sentence.

    Raises:
        InputError: naming those that were given.
    """
    given = [f"--{name.replace('_', '-')}" for name in names
             if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"]
    if given:
        raise InputError(f"{why}; leave out {', '.join(given)}.")


def seed_option(help: str) -> Any:
    """The option of a seed, in the range that NumPy and PyTorch both take."""
    return typer.Option(min=0, callback=_check_seed, help=help)


def _check_seed(seed: int) -> int:
    # Not `max`: its 19 digits would fill a column of the help.
    if seed > MAX_SEED:
        raise typer.BadParameter(f"a seed has 64 bits, so it is at most {MAX_SEED}.")
    return seed


def read_tie_break(text: str) -> TieBreak:
    """`random` or `lowest-index`.

    Raises:
        InputError: for anything else.
    """
    try:
        return TieBreak(text.replace("-", "_"))
    except ValueError:
        raise InputError(f"Unknown tie break {text!r}; use random or lowest-index.") from None
