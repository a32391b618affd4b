"""What a model is measured by on graphs that are given: the only list of names.

Definitions: docs/definitions.md, Likelihood, Linearization uncertainty and Calibration.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A number that results hold, where lower is better.

    Attributes:
        key: its name in results.
        name: as people read it, within a sentence.
        meaning: one sentence.
        unit: behind a number, or empty.
    """

    key: str
    name: str
    meaning: str
    unit: str = ""

    @property
    def name_and_unit(self) -> str:
        """Over a column or an axis, such as `NLL per token, nats`."""
        return f"{self.name}, {self.unit}" if self.unit else self.name


MEASURES: dict[str, Measure] = {measure.key: measure for measure in (
    Measure("ece", "ECE",
            "Expected calibration error: how far confidence is from accuracy, over 15 bins."),
    Measure("smooth_ece", "smooth ECE",
            "The calibration error without bins (Błasiok & Nakkiran)."),
    Measure("brier", "Brier score",
            "Mean squared difference between confidence and outcome (1 if right, 0 if wrong)."),
    Measure("nll_per_token", "NLL per token",
            "−log probability of the actual token: total nats over total tokens.", "nats"),
    Measure("nll_per_graph", "NLL per graph",
            "−log probability of a linearization, averaged over those of a graph, then over "
            "graphs.", "nats"),
    Measure("lu", "LU",
            "Linearization Uncertainty: standard deviation of a molecule's NLL over permutations "
            "divided by its mean, averaged over molecules."),
    Measure("nll_std", "std of NLL",
            "Standard deviation of a molecule's NLL over permutations, averaged over molecules: "
            "what LU divides by the mean NLL.", "nats"),
)}
"""By key."""
