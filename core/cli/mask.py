"""`trailscope mask`: cut masks from scores, and compare masks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.cli.endings import quoted, say_wrote
from core.cli.folders import check_folders
from core.cli.options import COUNT_HELP
from core.cli.rows import RowWriter
from core.errors import InputError
from core.records import RECORD, RunRecord
from core.runs import write_json

if TYPE_CHECKING:
    from core.salience import Mask

SUFFIX = ".safetensors"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mask")(cut_masks)


def cut_masks(
    files: Annotated[
        list[Path], typer.Argument(help="Scores or masks, or folders of `trailscope salience`.")
    ],
    density: Annotated[
        float | None, typer.Option(help="Share of entries to select, above 0 and at most 1.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help=COUNT_HELP)] = None,
    scope: Annotated[
        Literal["global", "local"], typer.Option(help="Rank over all matrices, or in each.")
    ] = "global",
    output: Annotated[
        Path | None, typer.Option(help="File to write the mask to; a folder for several.")
    ] = None,
    compare: Annotated[
        bool, typer.Option(help="Print the agreement of every pair, and of each layer.")
    ] = False,
) -> None:
    """Select the entries with the highest scores, and compare several masks with chance."""
    from core.salience.masks import check_density

    check_density(density)
    paths = _expand(files)
    if output is None and not compare and len(paths) == 1:
        raise InputError("Give --output FILE to write the mask, or several files to compare.")
    labels = _labels(paths)
    _check_output(output, labels, paths)
    cut = _check_asked(paths, density, count)
    masks = {label: _open(path, density, count, scope)
             for label, path in zip(labels, paths, strict=True)}
    rows = [_headline(mask, label) for label, mask in masks.items()]
    pairs = _compare(masks, by_layer=compare) if len(masks) > 1 else []
    if output is not None:
        _write(masks, paths, output,
               {"density": density, "count": count, "scope": scope if cut else None}, rows, pairs)
        say_wrote(output, see="To fine-tune what it selects: trailscope finetune --mask "
                  f"{quoted(output)} --method sparse")
    writer = RowWriter()
    for row in rows + pairs:
        writer.write(row)
    writer.finish()


def _expand(files: list[Path]) -> list[Path]:
    """Files, folders replaced by the scores or masks inside."""
    paths = []
    for path in files:
        inside = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"{path} holds no {SUFFIX} file; give a folder that `trailscope "
                             "salience` wrote.")
        paths += inside
    return paths


def _labels(paths: list[Path]) -> list[str]:
    """File names without their ending, as much of the path before them as tells them apart."""
    places = [path.resolve().with_suffix("").parts[1:] for path in paths]
    for parts in range(1, max(map(len, places)) + 1):
        labels = ["/".join(place[-parts:]) for place in places]
        if len(set(labels)) == len(labels):
            return labels
    raise InputError("A file is given twice; give each once.")


def _check_asked(paths: list[Path], density: float | None, count: int | None) -> bool:
    """Whether there are scores to cut masks from.

    Raises:
        InputError: for scores without a number of entries, and a number without scores.
    """
    from core.salience.salience import kind_of

    scores = [path for path in paths if kind_of(path) != "mask"]
    is_asked = density is not None or count is not None
    if scores and not is_asked:
        raise InputError(f"{scores[0]} holds scores; say with --density or --count how many "
                         "entries to select.")
    if is_asked and not scores:
        raise InputError(f"{paths[0]} holds a mask, which has its entries already; leave out "
                         "--density and --count, or give scores.")
    return bool(scores)


def _open(path: Path, density: float | None, count: int | None, scope: Any) -> Mask:
    """A mask as it is, or cut from scores."""
    from core.salience import Mask, Salience, select
    from core.salience.salience import kind_of

    if kind_of(path) == "mask":
        return Mask.load(path)
    return select(Salience.load(path), density=density, count=count, scope=scope)


def _headline(mask: Mask, label: str) -> dict[str, Any]:
    examples = mask.origin.get("examples") or {}
    return {"mask": label, "model": mask.model, "criterion": mask.criterion, "scope": mask.scope,
            "selected": mask.nnz, "entries": mask.num_entries, "density": mask.density,
            "examples": examples.get("number"), "strategy": examples.get("strategy"),
            "seed": mask.origin.get("seed")}


def _compare(masks: dict[str, Mask], *, by_layer: bool) -> list[dict[str, Any]]:
    from itertools import combinations

    from core.salience.agreement import agreement, agreement_by_layer

    rows = []
    for first, second in combinations(masks, 2):
        pair = masks[first], masks[second]
        rows.append({"first": first, "second": second, "layer": None,
                     **agreement(*pair).columns()})
        if by_layer:
            rows += [{"first": first, "second": second, "layer": layer, **found.columns()}
                     for layer, found in agreement_by_layer(*pair).items()]
    return rows


def _check_output(output: Path | None, labels: list[str], paths: list[Path]) -> None:
    if output is None:
        return
    several = len(labels) > 1
    if several:
        check_folders(output)
    elif output.is_dir() or output.suffix != SUFFIX:
        raise InputError(f"A mask is written to a file such as mask{SUFFIX}, got {output}.")
    else:
        check_folders(output.parent)
    read = {path.resolve() for path in paths}
    for label in labels:
        target = _target(output, label, several=several)
        if target.resolve() in read:
            raise InputError(f"The mask would be written over {target}, which is read; give "
                             "another --output.")


def _target(output: Path, label: str, *, several: bool) -> Path:
    return output / f"{label}{SUFFIX}" if several else output


def _write(
    masks: dict[str, Mask], paths: list[Path], output: Path, config: dict[str, Any],
    rows: list[dict[str, Any]], pairs: list[dict[str, Any]],
) -> None:
    """Masks and, beside them, the record."""
    several = len(masks) > 1
    for label, mask in masks.items():
        mask.save(_target(output, label, several=several))
    first = next(iter(masks.values()))
    record = RunRecord(
        "mask", {**config, "files": [str(path) for path in paths]},
        {"masks": rows, "agreement": pairs}, first.origin.get("seed", 0), "cpu",
        first.weights_sha256)
    write_json(output / RECORD if several else output.with_suffix(".json"), record.to_json())
