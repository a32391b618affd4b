"""What one model generated: its samples, read under its own card."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from core.chemistry.chemistry import Chemistry
from core.model.card import ModelCard
from core.model.growth import fragment_of, has_grown
from core.sent.vocabulary import Vocabulary
from core.triage.generated import Generated, read_graph
from core.triage.quality import (
    SampleQuality,
    graph_names,
    sample_quality,
    with_exact_smiles,
)
from core.triage.samples import Samples, frame_of_samples
from core.triage.scores import QualityLabel, quality_label
from core.triage.set_metrics import SetMetrics, set_metrics


@dataclass(frozen=True, eq=False)
class Generation:
    """Samples with the card of the model that they are shown under."""

    samples: Samples
    card: ModelCard

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per sequence."""
        return with_exact_smiles(self.samples.table, self.vocabulary, self.chemistry,
                                 self.samples.config.mask)

    def to_frame(self, *, hydrogens: bool = False) -> pd.DataFrame:
        """The table for people, see `core.triage.samples.Samples.to_frame`."""
        return frame_of_samples(self.table, hydrogens=hydrogens)

    @property
    def vocabulary(self) -> Vocabulary:
        """What the model writes."""
        return self.card.vocabulary

    @property
    def chemistry(self) -> Chemistry | None:
        """What the labels mean; None if the graphs are no molecules."""
        return self.card.chemistry

    @property
    def is_molecular(self) -> bool:
        """Whether the graphs are molecules."""
        return self.chemistry is not None

    @property
    def has_stability(self) -> bool:
        """Whether a molecule can be stable or not: only where every hydrogen is a node."""
        return self.chemistry is not None and self.chemistry.has_hydrogen_nodes

    @property
    def has_set_metrics(self) -> bool:
        """Whether the MOSES benchmark's numbers are of such molecules: hydrogens are implicit."""
        return self.chemistry is not None and not self.chemistry.has_hydrogen_nodes

    @property
    def label(self) -> QualityLabel:
        """What makes a graph a good one."""
        return quality_label(self.chemistry, is_planar=self.card.is_planar)

    @cached_property
    def quality(self) -> SampleQuality:
        """How good the sample is."""
        return sample_quality(self.table, has_stability=self.has_stability)

    @cached_property
    def set_metrics(self) -> SetMetrics:
        """What the samples' record stores, or else all that needs nothing but the samples."""
        stored = self.samples.set_metrics
        return set_metrics(self.table) if stored is None else stored

    @cached_property
    def names(self) -> pd.Series:
        """A string per row, equal for equal graphs (`core.triage.quality.graph_names`)."""
        return graph_names(self.table, self.vocabulary, self.samples.config.mask)

    @cached_property
    def num_not_grown(self) -> int:
        """Graphs in which nothing but hydrogen was bonded to the fragment; 0 without one."""
        config, chemistry = self.samples.config, self.chemistry
        if config.fragment is None or chemistry is None:
            return 0
        fragment = fragment_of(self.card, config.fragment, open_atoms=config.open_atoms)
        graphs = (read_graph(tokens, self.vocabulary, config.mask)
                  for tokens in self.table["tokens"])
        return sum(not has_grown(graph, fragment.graph.num_nodes, chemistry)
                   for graph in graphs if graph is not None)

    def read(self, row: int) -> Generated:
        """The graph of a row, with the SMILES that people and the Explore page take."""
        return Generated.read(self.table["tokens"][row], self.vocabulary, self.chemistry,
                              self.samples.config.mask)
