"""`trailscope linearize`, `decode` and `enumerate`: graphs to tokens and back, without a model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.chemistry.molecules import to_smiles
from core.cli.rows import Format, RowWriter, in_chunks, saying_notes
from core.data.files import InputRow, read_input
from core.errors import InputError
from core.graph.graph import Graph
from core.sent.strategies import STRATEGIES, Strategy, TieBreak
from core.sent.vocabulary import (
    PLANAR_VOCABULARY,
    QM9_VOCABULARY,
    VOCABULARIES,
    Vocabulary,
)

if TYPE_CHECKING:
    from core.sent.trails import TrailBatch

INPUT_HELP = ("A SMILES string, planar:SEED:INDEX for a planar test graph, or a file: .smi, .csv, "
              ".sdf, .json or .jsonl of graphs.")
STRATEGY_HELP = f"One of {', '.join(STRATEGIES)}, or start/jump/neighbour biases."
_CHUNK = 1024


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(linearize)
    app.command()(decode)
    app.command("enumerate")(enumerate_all)


def linearize(
    input: Annotated[str, typer.Argument(help=INPUT_HELP)],
    strategy: Annotated[str, typer.Option(help=STRATEGY_HELP)] = "random_order",
    permutations: Annotated[int, typer.Option(min=1, help="Linearizations per graph.")] = 1,
    seed: Annotated[int, typer.Option(help="Fixes the sequences of every graph.")] = 0,
    tie_break: Annotated[str, typer.Option(help="random or lowest-index.")] = "random",
    format: Annotated[Format, typer.Option(help="Only json.")] = Format.JSON,
) -> None:
    """Print linearizations: one JSON line per permutation of every graph."""
    if format is not Format.JSON:
        raise InputError("linearize prints lists of tokens; use --format json.")
    chosen = Strategy.from_name(strategy)
    ties = read_tie_break(tie_break)
    writer = RowWriter()
    for chunk in in_chunks(_read(input), _CHUNK):
        rows = [check_row(row) for row in chunk]
        for line in _linearizations(rows, chosen, permutations, seed, ties):
            writer.write(line)
    writer.finish()


def _linearizations(
    rows: list[InputRow], strategy: Strategy, permutations: int, seed: int, ties: TieBreak
) -> Iterator[dict[str, Any]]:
    """Lines of every row in input order, molecules and unlabelled graphs mixed at will."""
    from core.sent.randomness import GraphSeed
    from core.sent.sampler import sample_trails

    found: dict[int, tuple[TrailBatch, int]] = {}  # by row: the batch that holds it, and where
    for vocabulary in (QM9_VOCABULARY, PLANAR_VOCABULARY):
        of_kind = {at: row.graph for at, row in enumerate(rows)
                   if row.graph is not None and row.graph.is_labelled == vocabulary.is_labelled}
        if of_kind:
            trails = sample_trails(list(of_kind.values()), vocabulary, strategy,
                                   permutations=permutations, generator=GraphSeed(seed),
                                   tie_break=ties)
            found |= {at: (trails, g) for g, at in enumerate(of_kind)}
    for at, row in enumerate(rows):
        line = {"id": row.id, "smiles": row.smiles, "strategy": strategy.name}
        if at not in found:
            yield line | dict.fromkeys(("permutation", "tokens", "order", "log_q")) | {
                "error": row.error}
            continue
        trails, g = found[at]
        for k in range(permutations):
            yield line | {"permutation": k, "tokens": trails.sequence(g, k),
                          "order": trails.order(g, k), "log_q": float(trails.log_q[g, k])}


def decode(
    file: Annotated[Path, typer.Argument(help="JSON lines with id and tokens.")],
    lenient: Annotated[bool, typer.Option(help="Read as LU's code does.")] = False,
    vocabulary: Annotated[str, typer.Option(help="qm9, or planar for unlabelled.")] = "qm9",
) -> None:
    """Print the graph of every sequence, or why there is none."""
    known = VOCABULARIES.get(vocabulary)
    if known is None:
        raise InputError(f"Unknown vocabulary {vocabulary!r}; use {' or '.join(VOCABULARIES)}.")
    writer = RowWriter()
    for number, line in enumerate(_lines(file), start=1):
        writer.write(_decode_line(line, number, known, lenient=lenient))
    writer.finish()


def enumerate_all(
    input: Annotated[str, typer.Argument(help=INPUT_HELP)],
    strategy: Annotated[str, typer.Option(help=STRATEGY_HELP)] = "random_order",
    tie_break: Annotated[str, typer.Option(help="random or lowest-index.")] = "random",
    limit: Annotated[int, typer.Option(min=1, help="Refuse graphs with more sequences.")] = 100_000,
) -> None:
    """Print every sequence that a strategy can write, with its exact probability."""
    from core.sent.probability import enumerate_sequences

    chosen = Strategy.from_name(strategy)
    ties = read_tie_break(tie_break)
    writer = RowWriter()
    for row in map(check_row, _read(input)):
        if row.graph is None:
            writer.write({"id": row.id, "smiles": row.smiles, "error": row.error})
            continue
        try:
            found = enumerate_sequences(row.graph, vocabulary_of(row.graph), chosen,
                                        tie_break=ties, limit=limit)
        except InputError as error:
            writer.write({"id": row.id, "smiles": row.smiles, "error": str(error)})
            continue
        for tokens, probability, log_q in zip(
            found.tokens, found.probabilities.tolist(), found.log_q.tolist(), strict=True
        ):
            writer.write({"id": row.id, "smiles": row.smiles, "tokens": list(tokens),
                          "probability": probability, "log_q": log_q})
    writer.finish()


def _read(input: str) -> Iterator[InputRow]:
    return saying_notes(read_input(input, max_atoms=PLANAR_VOCABULARY.max_nodes))


def vocabulary_of(graph: Graph) -> Vocabulary:
    """Molecules are written in QM9's vocabulary, unlabelled graphs in that of planar graphs."""
    return QM9_VOCABULARY if graph.is_labelled else PLANAR_VOCABULARY


def check_row(row: InputRow, vocabulary: Vocabulary | None = None) -> InputRow:
    """Turn a graph that the vocabulary cannot write into a bad row."""
    from core.sent.batch import GraphBatch

    if row.graph is None:
        return row
    try:
        batch = GraphBatch.from_graphs([row.graph], with_automorphisms=False)
        batch.check_fits(vocabulary or vocabulary_of(row.graph))
    except InputError as error:
        return InputRow(row.id, row.smiles, None, row.notes, str(error))
    return row


def read_tie_break(text: str) -> TieBreak:
    """`random` or `lowest-index`."""
    try:
        return TieBreak(text.replace("-", "_"))
    except ValueError:
        raise InputError(f"Unknown tie break {text!r}; use random or lowest-index.") from None


def _decode_line(
    line: str, number: int, vocabulary: Vocabulary, *, lenient: bool
) -> dict[str, Any]:
    from core.sent.decoder import decode as decode_strict
    from core.sent.decoder import decode_lenient

    name: Any = f"row {number}"
    try:
        row = json.loads(line)
        name = row.get("id", name) if isinstance(row, dict) else name
        tokens = _tokens(row)
        graph = (decode_lenient if lenient else decode_strict)(tokens, vocabulary)
    except json.JSONDecodeError as error:
        return {"id": name, "error": f"The line is not JSON: {error}."}
    except InputError as error:
        return {"id": name, "error": str(error)}
    content = graph.to_json()
    smiles = to_smiles(graph) if graph.is_labelled else None
    return {"id": name, "node_labels": content["node_labels"], "edges": content["edges"],
            "smiles": smiles}


def _tokens(row: Any) -> list[int]:
    tokens = row.get("tokens") if isinstance(row, dict) else None
    if not isinstance(tokens, list) or not all(type(token) is int for token in tokens):
        raise InputError('A line needs "tokens", a list of whole numbers.')
    return tokens


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8") as lines:
            yield from (line for line in lines if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read: {error}.") from None
