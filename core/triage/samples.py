"""Generated graphs with what is known of each: a table, its provenance, and both on disk.

A folder holds `samples.parquet`, one row per sampled sequence, and `record.json`, the RunRecord of
the command that made it. Pages and commands read nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.assets import assets_folder, shipped_results
from core.chemistry.cautions import strain_notes
from core.chemistry.molecules import without_hydrogens
from core.errors import InputError
from core.likelihood.scoring import Precision
from core.records import RECORD, RunRecord, package_versions, read_record
from core.runs import replacing
from core.triage.generated import Mask
from core.triage.quality import SampleQuality, sample_quality
from core.triage.set_metrics import SetMetrics
from core.units import with_unit, without_unit

FORMAT_VERSION = 1
COMMAND = "triage"
"""Of the folder; a folder of another version is refused."""

SAMPLE_TYPES = {
    "id": "string", "smiles": "string", "num_nodes": "Int16", "self_nll": "float64",
    "nll_mean": "float64", "nll_std": "float64", "lu": "float64", "lu_low": "float64",
    "lu_high": "float64", "nll_marginal": "float64", "effective_sample_size": "float64",
    "valid": "bool", "unique": "boolean", "novel": "boolean", "stable": "boolean",
    "fragments": "Int16", "atoms_stable": "Int16", "graph_key": "string", "tokens": "object",
}
"""Columns of a table of samples and their pandas types.

`smiles` shows every hydrogen node of the graph and is missing for invalid molecules and for planar
graphs; `graph_key` is the key of the graph, missing where nothing was decoded; `tokens` is the
sequence as generated, a tuple from `sos` on. NLLs are in nats. Everything from `nll_mean` to
`effective_sample_size` is over re-linearizations by the model's own strategy and NaN for graphs
that are not scored: what was not decoded, and invalid ones where hydrogens are nodes. `unique`
marks the first of equal valid graphs. `novel` is missing where no training data were at hand;
`stable` and `atoms_stable` are for planar graphs, which have no valences, and where hydrogens are
implicit and fill every valence.
"""

GROWTH_TYPES = {"prefix_nll": "float64", "holds_fragment": "boolean"}
"""Further columns of graphs that grew from a fragment: the part of `self_nll` that writes the
fragment, in nats, and whether the graph holds it as it should; see
`core.model.generation.GeneratedGraph`."""

SAMPLES_TABLE = "samples.parquet"
_BYTE = 256


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
        fragment: SMILES of what every graph grows from; None to begin from nothing.
        open_atoms: its atoms that may get new bonds, see `core.model.growth.fragment_of`.
    """

    number: int
    permutations: int = 32
    seed: int = 0
    temperature: float = 1.0
    top_k: int | None = 10
    mask: Mask = "strict"
    precision: Precision = "fp32"
    chunk: int = 500
    fragment: str | None = None
    open_atoms: tuple[int, ...] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The values as JSON; a fragment is left out where there is none."""
        found = asdict(self)
        if self.fragment is None:
            del found["fragment"], found["open_atoms"]
        elif self.open_atoms is not None:
            found["open_atoms"] = list(self.open_atoms)
        return found

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> SamplesConfig:
        """Read what `settings` gave; further values are left alone.

        Raises:
            KeyError: for a missing one.
        """
        grown = {"fragment", "open_atoms"}
        found = {name: settings[name] for name in cls.__dataclass_fields__ if name not in grown}
        open_atoms = settings.get("open_atoms")
        return cls(**found, fragment=settings.get("fragment"),
                   open_atoms=None if open_atoms is None else tuple(open_atoms))

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
        ranking: how well each score tells good graphs from bad ones, as the record stores it
            (`core.triage.ranking`); None where it does not.
        set_metrics: what the record stores of the sample as a set; None where it stores nothing.
    """

    model: str
    weights_sha256: str
    trained_under: str
    step: int | None
    dataset: str
    config: SamplesConfig
    table: pd.DataFrame
    ranking: dict[str, Any] | None = None
    set_metrics: SetMetrics | None = None

    @property
    def quality(self) -> SampleQuality:
        """Shares of valid, unique, novel and stable graphs."""
        return sample_quality(self.table)

    def to_frame(self, *, hydrogens: bool = False) -> pd.DataFrame:
        """The table for people: units in the names of columns, SMILES as on the cards.

        Args:
            hydrogens: write every hydrogen that is a node.
        """
        return frame_of_samples(self.table, hydrogens=hydrogens)

    @cached_property
    def key(self) -> str:
        """A name that no other table has: hash of its provenance, sequences and scores."""
        content = hashlib.sha256(repr((
            self.model, self.weights_sha256, self.step, self.config, len(self.table))).encode())
        for column in ("self_nll", "lu", "nll_mean"):
            content.update(self.table[column].to_numpy(dtype=np.float64).tobytes())
        return content.hexdigest()

    def save(
        self, folder: Path | str, *, device: str, versions: dict[str, str] | None = None
    ) -> None:
        """Write the folder.

        Args:
            folder: made if it is missing.
            device: where the samples were made and scored.
            versions: of the packages there; by default those here.
        """
        folder = Path(folder)
        write_table(self.table, folder / SAMPLES_TABLE)
        more: dict[str, Any] = {}
        if self.ranking is not None:
            more["ranking"] = self.ranking
        if self.set_metrics is not None:
            more["set_metrics"] = self.set_metrics.to_json()
        RunRecord(
            COMMAND,
            {
                "format_version": FORMAT_VERSION, "model": self.model, "step": self.step,
                "trained_under": self.trained_under, "dataset": self.dataset,
                **self.config.settings,
            },
            {"quality": self.quality.to_json(), **more},
            seed=self.config.seed, device=device, weights_sha256=self.weights_sha256,
            versions=package_versions() if versions is None else versions,
        ).write(folder / RECORD)

    @classmethod
    def load(cls, folder: Path | str) -> Samples:
        """Read what `save` wrote.

        Raises:
            SamplesError: for a folder that is missing, of another version, or damaged.
        """
        folder = Path(folder)
        record = read_samples_record(folder)
        try:
            config = record["config"]
            stored = record["result"].get("set_metrics")
            table = read_table(folder / SAMPLES_TABLE)
            return cls(
                model=config["model"], weights_sha256=record["checkpoint"],
                trained_under=config["trained_under"], step=config["step"],
                dataset=config["dataset"],
                config=SamplesConfig.from_settings(config),
                table=table,
                ranking=record["result"].get("ranking"),
                set_metrics=None if stored is None else SetMetrics.from_json(stored),
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

    Those of `GROWTH_TYPES` follow if there are any. Tokens may be any sequences of whole numbers;
    they become tuples.

    Raises:
        KeyError: for a column that is missing.
    """
    if not isinstance(rows, pd.DataFrame):
        rows = list(rows)
        rows = pd.DataFrame(rows, columns=list(rows[0] if rows else SAMPLE_TYPES))
    types = SAMPLE_TYPES | {name: of for name, of in GROWTH_TYPES.items() if name in rows}
    table = rows[list(types)].astype(types).reset_index(drop=True)
    return table.assign(tokens=table["tokens"].map(_as_tuple, na_action="ignore"))


def frame_of_samples(table: pd.DataFrame, *, hydrogens: bool = False) -> pd.DataFrame:
    """A table of samples as people have it, see `Samples.to_frame`."""
    if not hydrogens:
        table = table.assign(smiles=table["smiles"].map(without_hydrogens, na_action="ignore"))
    return table.assign(notes=notes_of_samples(table)).rename(columns=with_unit)


def notes_of_samples(table: pd.DataFrame) -> pd.Series:
    """What should be known of each generated molecule beside its numbers; missing where nothing.

    Args:
        table: with the column `smiles`, and `stable` where there is one: an open valence is caution
            enough.
    """
    asked = table["smiles"].notna()
    if "stable" in table:
        asked &= ~table["stable"].eq(False).fillna(value=False).astype(bool)
    notes = [" ".join(strain_notes(smiles if is_asked else None)) or None
             for smiles, is_asked in zip(table["smiles"], asked, strict=True)]
    return pd.Series(notes, index=table.index, dtype=object)


def _as_tuple(tokens: Sequence[int] | np.ndarray) -> tuple[int, ...]:
    return tuple(tokens.tolist() if isinstance(tokens, np.ndarray) else tokens)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table of samples as Parquet, with units in the names of columns.

    Tokens are stored as binary, a byte each, as long as all are below 256, else as lists of 16-bit
    integers.
    """
    known = [sequence for sequence in table["tokens"] if sequence is not None]
    are_bytes = max(map(max, known), default=0) < _BYTE
    store = bytes if are_bytes else partial(np.array, dtype=np.uint16)
    tokens = [None if sequence is None else store(sequence) for sequence in table["tokens"]]
    stored = table.assign(tokens=pd.Series(tokens, index=table.index, dtype="object")).rename(
        columns=with_unit)
    with replacing(path) as unfinished:
        stored.to_parquet(unfinished, index=False, compression="zstd")


def read_table(path: Path) -> pd.DataFrame:
    """Read what `write_table` wrote, or versions of old: without units in the names of columns, and
    without keys of graphs, missing then."""
    stored = pd.read_parquet(path).rename(columns=without_unit)
    return as_samples(stored if "graph_key" in stored else stored.assign(graph_key=None))


def shipped_samples(kind: str = "samples") -> dict[str, Path]:
    """Folders of the samples that ship, by their path below `assets/results/<kind>`.

    Args:
        kind: `samples`, by model, or `milestones`, by model and training step.
    """
    root = assets_folder() / "results" / kind
    return {str(folder.relative_to(root)): folder for folder in shipped_results(kind)}
