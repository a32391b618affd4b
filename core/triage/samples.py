"""Generated graphs with what is known of each: a table, its provenance, and both on disk.

A folder holds `samples.parquet`, one row per sampled sequence, and `record.json`, the RunRecord of
the command that made it. Pages and commands read nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import networkx as nx
import pandas as pd

from core.assets import assets_folder, shipped_results
from core.chemistry.molecules import is_stable, num_fragments, stable_atoms, to_smiles
from core.errors import InputError
from core.graph.graph import Graph
from core.graph.planar import is_connected, is_planar
from core.likelihood.scoring import Precision
from core.records import RECORD, RunRecord, read_record
from core.runs import replacing
from core.sent.decoder import decode
from core.sent.vocabulary import Vocabulary
from core.triage.quality import SampleQuality, sample_quality

FORMAT_VERSION = 1
COMMAND = "triage"
"""Of the folder; a folder of another version is refused."""

SAMPLE_TYPES = {
    "id": "string", "smiles": "string", "num_nodes": "Int16", "self_nll": "float64",
    "nll_mean": "float64", "nll_std": "float64", "lu": "float64", "lu_low": "float64",
    "lu_high": "float64", "nll_marginal": "float64", "effective_sample_size": "float64",
    "valid": "bool", "unique": "boolean", "novel": "boolean", "stable": "boolean",
    "fragments": "Int16", "atoms_stable": "Int16", "tokens": "object",
}
"""Columns of a table of samples and their pandas types.

`smiles` has explicit hydrogens and is missing for invalid molecules and for planar graphs; `tokens`
is the sequence as generated, from `sos` on. NLLs are in nats. Everything from `nll_mean` to
`effective_sample_size` is over re-linearizations by the model's own strategy, NaN for what is
invalid. `unique` marks the first of equal valid graphs. `novel` is missing where no training data
were at hand, `stable` for planar graphs, which have no valences.
"""

_TABLE = "samples.parquet"


class SamplesError(InputError):
    """A folder of samples that cannot be read; the message says why and what would be right."""


@dataclass(frozen=True)
class SamplesConfig:
    """What a table of samples depends on, besides the weights.

    Attributes:
        number: sequences sampled.
        permutations: K, re-linearizations per valid graph.
        seed: fixes sequences, re-linearizations and intervals.
        temperature, top_k, mask: see `core.model.generation.SamplingConfig`.
        precision: of the forward passes that score re-linearizations.
        chunk: sequences sampled together; another size draws other sequences.
    """

    number: int
    permutations: int = 32
    seed: int = 0
    temperature: float = 1.0
    top_k: int | None = 10
    mask: Literal["strict", "kinds"] = "strict"
    precision: Precision = "fp32"
    chunk: int = 500

    @property
    def num_chunks(self) -> int:
        """Chunks that all sequences make, the last perhaps cut."""
        return -(-self.number // self.chunk)


@dataclass(frozen=True, eq=False)
class Samples:
    """Generated graphs of one model.

    Attributes:
        model: its name.
        weights_sha256: hash of its weights.
        trained_under: its strategy, which also drew the re-linearizations.
        step: training steps behind the weights, None if not known.
        dataset: data set it was trained on, `QM9` or `planar`.
        config: how the samples were made.
        table: one row per sequence, columns `SAMPLE_TYPES`.
    """

    model: str
    weights_sha256: str
    trained_under: str
    step: int | None
    dataset: str
    config: SamplesConfig
    table: pd.DataFrame

    @property
    def quality(self) -> SampleQuality:
        """Shares of valid, unique, novel and stable graphs (SPEC 5)."""
        return sample_quality(self.table)

    def save(self, folder: Path, *, device: str, result: dict[str, Any] | None = None) -> None:
        """Write the folder; `result` is added to the record's result."""
        with replacing(folder / _TABLE) as partial:
            self.table.to_parquet(partial, index=False, compression="zstd")
        RunRecord(
            COMMAND,
            {
                "format_version": FORMAT_VERSION, "model": self.model, "step": self.step,
                "trained_under": self.trained_under, "dataset": self.dataset,
                **asdict(self.config),
            },
            {"quality": asdict(self.quality), **(result or {})},
            seed=self.config.seed, device=device, checkpoint=self.weights_sha256,
        ).write(folder / RECORD)

    @classmethod
    def load(cls, folder: Path) -> Samples:
        """Read what `save` wrote.

        Raises:
            SamplesError: for a folder that is missing, of another version, or damaged.
        """
        record = read_samples_record(folder)
        try:
            config = record["config"]
            table = as_samples(pd.read_parquet(folder / _TABLE))
            return cls(
                model=config["model"], weights_sha256=record["checkpoint"],
                trained_under=config["trained_under"], step=config["step"],
                dataset=config["dataset"],
                config=SamplesConfig(**{name: config[name]
                                        for name in SamplesConfig.__dataclass_fields__}),
                table=table,
            )
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise SamplesError(f"{folder} holds damaged samples ({error!r}); make them again with "
                               "`trailscope triage`.") from error


def read_samples_record(folder: Path) -> dict[str, Any]:
    """The RunRecord of a folder of samples, as JSON.

    Raises:
        SamplesError: for a folder without one, or of another version.
    """
    return read_record(folder, command=COMMAND, version=FORMAT_VERSION,
                       what="samples", error=SamplesError)


def as_samples(rows: pd.DataFrame | Iterable[dict[str, Any]]) -> pd.DataFrame:
    """A table with exactly the columns and types of `SAMPLE_TYPES`, in their order.

    Raises:
        KeyError: for a column that is missing.
    """
    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(
        list(rows), columns=list(SAMPLE_TYPES))
    return table[list(SAMPLE_TYPES)].astype(SAMPLE_TYPES).reset_index(drop=True)


def judge(graph: Graph | None) -> dict[str, Any]:
    """What a graph is by itself: size, SMILES, validity, stability, fragments (SPEC 5).

    A molecule is valid if RDKit sanitizes it; an unlabelled graph if it is connected and planar.
    """
    if graph is None:
        return {"valid": False, "num_nodes": None}
    if not graph.is_labelled:
        return {"num_nodes": graph.num_nodes, "valid": is_connected(graph) and is_planar(graph),
                "fragments": nx.number_connected_components(graph.to_networkx())}
    smiles = to_smiles(graph)
    return {
        "num_nodes": graph.num_nodes, "smiles": smiles, "valid": smiles is not None,
        "stable": None if smiles is None else is_stable(graph),
        "fragments": num_fragments(graph), "atoms_stable": int(stable_atoms(graph).sum()),
    }


def mark_unique(table: pd.DataFrame, vocabulary: Vocabulary) -> pd.DataFrame:
    """Set `unique`: whether a valid row is the first of equal ones; missing for invalid rows.

    Molecules are equal if their SMILES are, unlabelled graphs if they are isomorphic.
    """
    key = table["smiles"]
    if not vocabulary.is_labelled:
        key = pd.Series([decode(tokens, vocabulary).canonical_form if valid else None
                         for tokens, valid in zip(table["tokens"], table["valid"], strict=True)],
                        index=table.index, dtype="string")
    unique = (~key.duplicated()).astype("boolean")
    return table.assign(unique=unique.where(table["valid"], pd.NA))


def mark_novel(table: pd.DataFrame, training_smiles: Collection[str]) -> pd.DataFrame:
    """Set `novel`: whether a valid row's SMILES is not among those of the training set."""
    novel = (~table["smiles"].isin(set(training_smiles))).astype("boolean")
    return table.assign(novel=novel.where(table["valid"], pd.NA))


def shipped_samples(kind: str = "samples") -> dict[str, Path]:
    """Folders of the samples that ship, by their path below `assets/results/<kind>`.

    Args:
        kind: `samples`, by model, or `milestones`, by model and training step.
    """
    root = assets_folder() / "results" / kind
    return {str(folder.relative_to(root)): folder for folder in shipped_results(kind)}
