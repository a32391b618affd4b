"""`TokenSequences`: the examples that data-driven criteria are averaged over.

They are linearizations of graphs, or come from a file for models that are not ours. The shipped
evaluations name the molecules that they were made on, so that every criterion can be computed right
after installation; graphs that a data set makes by seed need no file at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from core.chemistry.molecules import from_smiles
from core.data.dataset import DataOptions, Dataset
from core.data.json_text import JsonError, parse_json
from core.data.registry import dataset_of_model
from core.data.text_lines import lines_of, reading_text
from core.evaluation.graph_set import GraphSet
from core.evaluation.result import shipped_evaluations
from core.graph.graph import Graph
from core.likelihood.scoring import slices_by_length
from core.model.card import ModelCard
from core.records import RECORD
from core.salience.language_model import LanguageModel
from core.salience.matrices import SalienceError
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import Strategy
from core.sent.vocabulary import Vocabulary

DEFAULT_EXAMPLES = 256

MADE_GRAPHS = 200
"""Graphs that examples are drawn from where a data set makes them: its first for validation."""


@dataclass(frozen=True, eq=False)
class TokenSequences:
    """Right-padded sequences; on the CPU.

    Attributes:
        tokens: [n, L] int64; whatever stands behind a sequence's end is never a target.
        lengths: [n] int64, each ≥ 2 and ≤ L.
        source: where they come from, JSON values: kind, data set or file, strategy, seed.
    """

    tokens: Tensor
    lengths: Tensor
    source: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def is_target(self) -> Tensor:
        """[n, L − 1] bool: entry t says whether token t + 1 is one to predict."""
        return torch.arange(1, self.tokens.shape[1]) < self.lengths[:, None]

    @property
    def digest(self) -> str:
        """SHA-256 of the sequences."""
        found = hashlib.sha256(self.lengths.numpy().tobytes())
        found.update(self.tokens[self.is_real].numpy().tobytes())
        return found.hexdigest()

    @property
    def is_real(self) -> Tensor:
        """[n, L] bool: False behind a sequence's end."""
        return torch.arange(self.tokens.shape[1]) < self.lengths[:, None]

    def slices(self, token_budget: int) -> Iterator[TokenSequences]:
        """Parts of similar length, shortest first, each of at most `token_budget` tokens, padding
        included, or of a single sequence."""
        for rows in slices_by_length(self.lengths, token_budget):
            yield self.rows(rows)

    def rows(self, rows: Tensor) -> TokenSequences:
        """Some of the sequences, cut to the longest of them."""
        lengths = self.lengths[rows]
        return TokenSequences(self.tokens[rows, : int(lengths.max())], lengths, self.source)


def from_graphs(
    graphs: Sequence[Graph],
    vocabulary: Vocabulary,
    strategy: Strategy,
    *,
    seed: int,
    permutations: int = 1,
    source: dict[str, Any] | None = None,
) -> TokenSequences:
    """Linearizations of each graph under a strategy, the same however the graph is numbered.

    Raises:
        SalienceError: for no graphs.
        VocabularyError: for a graph that the vocabulary cannot write.
    """
    if not graphs:
        raise SalienceError("There are no examples; give at least one graph.")
    trails = sample_trails(graphs, vocabulary, strategy, permutations=permutations,
                           generator=GraphSeed(seed))
    return TokenSequences(
        trails.tokens.flatten(0, 1).long(), trails.lengths.flatten(),
        {"kind": "graphs", "strategy": strategy.name, "seed": seed, "number": len(graphs),
         **(source or {})},
    )


def shipped_graphs(card: ModelCard) -> GraphSet:
    """Graphs of the data set that a model was trained on, as far as they need no download.

    Args:
        card: of the model; its chemistry says how molecules become graphs.

    Raises:
        SalienceError: if no molecules of the data set ship.
        DatasetError: if the data set is not known.
        MoleculeError: for a molecule that the model's chemistry cannot write.
    """
    dataset = dataset_of_model(card.data, card.vocabulary)
    if not dataset.is_made:
        return _shipped_molecules(dataset, card)
    options = DataOptions(card.chemistry, MADE_GRAPHS, nodes=card.data.get("nodes"))
    part = dataset.adapted(options).load("validation")
    return GraphSet(part.title, "validation", tuple(part.graphs()), details=part.details)


def _shipped_molecules(dataset: Dataset, card: ModelCard) -> GraphSet:
    """Those of the first evaluation on the data set that ships."""
    if card.chemistry is None:
        raise SalienceError(f"{card.name} writes graphs without labels, {dataset.title} holds "
                            "molecules; give a file of graphs.")
    for folder in shipped_evaluations().values():
        try:
            config = json.loads((folder / RECORD).read_text(encoding="utf-8"))["config"]
            table = pd.read_parquet(folder / "graphs.parquet", columns=["id", "smiles"])
        except (OSError, ValueError, KeyError):
            continue
        if config.get("dataset") == dataset.title and len(table):
            return GraphSet(dataset.title, config.get("split"), tuple(
                from_smiles(smiles, card.chemistry, max_atoms=card.vocabulary.max_nodes,
                            name=name).graph
                for name, smiles in table[["id", "smiles"]].itertuples(index=False)
            ), details={"part": "shipped"})
    raise SalienceError(
        f"No molecules of {dataset.title} ship with this installation; give a file of molecules, "
        f"or make an evaluation, whose molecules are then used: `trailscope evaluate --model "
        f"{card.name} --strategy all --output assets/results/evaluations/{card.name}`.")


def draw_examples(
    graphs: GraphSet,
    vocabulary: Vocabulary,
    strategy: Strategy,
    *,
    number: int,
    seed: int,
    permutations: int = 1,
) -> TokenSequences:
    """Linearizations of graphs drawn at random, without replacement.

    With the same seed, more graphs hold those of fewer.

    Args:
        graphs: what to draw from.
        vocabulary: must hold all graphs.
        strategy: how they are linearized.
        number: graphs to draw.
        seed: fixes which are drawn and how they are linearized.
        permutations: linearizations of each.

    Raises:
        SalienceError: for more graphs than there are, or none.
        VocabularyError: for a graph that the vocabulary cannot write.
    """
    if not 1 <= number <= len(graphs.graphs):
        raise SalienceError(f"There are {len(graphs.graphs):,} graphs to draw examples from, "
                            f"so between 1 and {len(graphs.graphs):,} can be used, got "
                            f"{number:,}.")
    order = torch.randperm(len(graphs.graphs), generator=torch.Generator().manual_seed(seed))
    drawn = [graphs.graphs[place] for place in order[:number].tolist()]
    return from_graphs(drawn, vocabulary, strategy, seed=seed, permutations=permutations, source={
        "data": graphs.name, "split": graphs.split, "drawn_from": len(graphs.graphs),
        "number": number, "permutations": permutations, **graphs.details})


def read_token_file(path: Path, model: LanguageModel, *, number: int | None = None
                    ) -> TokenSequences:
    """Token sequences from a file: JSON Lines, each line a list of token ids.

    Args:
        path: the file.
        model: whose tokens and positions the sequences must fit.
        number: only the first so many.

    Raises:
        SalienceError: naming the line that is no sequence of at least two of the model's tokens.
    """
    sequences: list[list[int]] = []
    with reading_text(path) as file:
        for number_of_line, line in lines_of(file, path):
            if number is not None and len(sequences) == number:
                break
            if line.strip():
                sequences.append(_checked(line, number_of_line, path, model))
    if not sequences:
        raise SalienceError(f"{path} holds no token sequence; give a list of token ids per line.")
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    tokens = torch.zeros(len(sequences), int(lengths.max()), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        tokens[row, : len(sequence)] = torch.tensor(sequence)
    return TokenSequences(tokens, lengths, {"kind": "tokens", "file": path.name,
                                            "number": len(sequences)})


def _checked(line: str, number: int, path: Path, model: LanguageModel) -> list[int]:
    where = f"{path}, line {number}"
    try:
        sequence = parse_json(line)
    except JsonError as error:
        raise SalienceError(f"{where} is not a list of at least two token ids, such as [0, 6, 4]: "
                            f"{error}.") from None
    if (not isinstance(sequence, list) or len(sequence) < 2
            or not all(isinstance(token, int) and not isinstance(token, bool)
                       for token in sequence)):
        raise SalienceError(f"{where} is not a list of at least two token ids, such as [0, 6, 4].")
    if not all(0 <= token < model.vocab_size for token in sequence):
        raise SalienceError(f"{where} has a token outside 0 … {model.vocab_size - 1}, the "
                            f"vocabulary of {model.name}.")
    if model.max_tokens is not None and len(sequence) > model.max_tokens:
        raise SalienceError(f"{where} has {len(sequence):,} tokens; {model.name} attends over at "
                            f"most {model.max_tokens:,}.")
    return sequence
