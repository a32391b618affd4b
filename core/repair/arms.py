"""The arms of the repair experiment: which methods are compared, at which numbers of parameters.

Everything that is compared trains the same number of parameters: sparse masks of exactly as many
entries as LoRA of a rank has factors. 0.1% lies below rank 1 and is compared with the random
control and with training all weights only (docs/definitions.md, Salience). Beside the criteria
stands the hindsight mask, which needs the arm of all weights to be over: a reference, no criterion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from core.finetune.config import FinetuneConfig
from core.finetune.low_rank import lora_parameters
from core.finetune.methods import METHOD_TITLES, Method
from core.salience.criteria import CONTROL, DEFAULT_CRITERION, HINDSIGHT, names_where
from core.salience.masks import Scope
from core.salience.matrices import SalienceError, WeightMatrix, num_entries

RANKS = (1, 2, 4, 13)
"""Of LoRA and PiSSA, and of the sparse masks that match them."""

TUNED_AT = {1: 1, 2: 1, 4: 4, 13: 4}
"""Rank whose learning rate an arm of a rank uses."""

SMALL_DENSITY = 0.001

IN_EVERY_WAY = (DEFAULT_CRITERION, "snip")
"""The simplest criterion with data, and the simplest that also looks at the weight: these two are
also run local and dynamic."""


@dataclass(frozen=True)
class Arm:
    """One way to fine-tune, or `none` for the model as it is.

    Attributes:
        method: `none`, or one of `core.finetune.methods.METHODS`.
        criterion: what a sparse arm selects by, one of `selected_by()`, else None.
        scope: of a sparse arm, else None.
        is_dynamic: a sparse arm whose mask is chosen again along the way.
        count: entries of a sparse arm.
        rank: of LoRA and PiSSA, or that a sparse arm matches; None at 0.1%.
    """

    method: Method | Literal["none"]
    criterion: str | None = None
    scope: Scope | None = None
    is_dynamic: bool = False
    count: int | None = None
    rank: int | None = None

    @property
    def name(self) -> str:
        """A folder's name that tells the arm from all others."""
        if self.method == "sparse":
            variant = [self.scope if self.scope == "local" else "",
                       "dynamic" if self.is_dynamic else ""]
            return "-".join(filter(None, ["sparse", self.criterion, *variant, str(self.count)]))
        return self.method if self.rank is None else f"{self.method}-rank-{self.rank}"

    @property
    def kind(self) -> str:
        """How it trains, whatever its size, in words.

        >>> Arm("sparse", "snip", "local", is_dynamic=True, count=3539).kind
        'snip, local, dynamic'
        """
        if self.method == "none":
            return "as trained"
        if self.method != "sparse":
            return METHOD_TITLES[self.method]
        how = self.criterion, self.scope, "dynamic" if self.is_dynamic else "static"
        return ", ".join(filter(None, how))

    @property
    def label(self) -> str:
        """The arm as people read it: its kind and its size.

        >>> Arm("sparse", "snip", "global", count=3539).label, Arm("lora", rank=4).label
        ('snip, global, static, 3,539 entries', 'LoRA, rank 4')
        """
        if self.method == "sparse":
            return f"{self.kind}, {self.count:,} entries"
        return self.kind if self.rank is None else f"{self.kind}, rank {self.rank}"

    @classmethod
    def from_config(cls, config: FinetuneConfig, *, matched_rank: int | None = None) -> Arm:
        """The arm that a run's settings describe.

        Args:
            config: the settings.
            matched_rank: rank of LoRA that a sparse run trains as many numbers as, if that was
                asked.
        """
        if config.method == "sparse":
            return cls("sparse", config.criterion, config.scope, config.is_dynamic, config.count,
                       matched_rank)
        return cls(config.method, rank=config.rank)

    def apply_to(self, config: FinetuneConfig) -> FinetuneConfig:
        """The settings with what the arm says of them; `none` has no settings.

        A dynamic arm selects anew every `config.reselect_every` steps.
        """
        assert self.method != "none"
        return replace(
            config, method=self.method, criterion=self.criterion or DEFAULT_CRITERION,
            scope=self.scope or "global", count=self.count, rank=self.rank,
            reselect_every=config.reselect_every if self.is_dynamic else 0)

    @property
    def is_hindsight(self) -> bool:
        """Whether its entries are those that the arm of all weights changed most."""
        return self.criterion == HINDSIGHT

    @property
    def tuned_as(self) -> Arm:
        """The arm whose learning rate this one uses: of the same method and about as many
        parameters; a sparse one is selected by `gradient`, globally and once."""
        rank = None if self.rank is None else TUNED_AT[self.rank]
        if self.method != "sparse":
            return replace(self, rank=rank)
        count = self.count
        if rank is not None and count is not None and self.rank is not None:
            count = count // self.rank * rank
        return Arm("sparse", DEFAULT_CRITERION, "global", count=count, rank=rank)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of all fields."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Arm:
        """Read what `to_json` wrote."""
        return cls(**row)


FULL = Arm("full")
"""All weights: also the run that hindsight masks look back on."""


def repair_arms(matrices: tuple[WeightMatrix, ...]) -> tuple[Arm, ...]:
    """All arms of the experiment, the ones that say most first.

    Every criterion, the random control and the hindsight mask, static and global, at every size;
    two criteria also local and dynamic. Of criteria that always select the same, one is run.
    """
    sizes = [(None, round(SMALL_DENSITY * num_entries(matrices))),
             *((rank, lora_parameters(matrices, rank)) for rank in RANKS)]
    low_rank = [Arm(method, rank=rank) for rank in RANKS for method in ("lora", "pissa")]

    def sparse(names: Iterable[str], scope: Scope = "global", *, is_dynamic: bool = False
               ) -> list[Arm]:
        return [Arm("sparse", name, scope, is_dynamic, count, rank)
                for rank, count in sizes for name in names]

    others = names_where(lambda criterion: criterion.selects_like is None
                         and criterion.name not in (CONTROL, *IN_EVERY_WAY))
    first, *then = IN_EVERY_WAY
    return (Arm("none"), *sparse((first, CONTROL)), *low_rank, FULL,
            *sparse((HINDSIGHT,)), *sparse(then), *sparse(IN_EVERY_WAY, is_dynamic=True),
            *sparse(IN_EVERY_WAY, "local"), *sparse(others))


def choose_arms(arms: tuple[Arm, ...], names: str | None) -> tuple[Arm, ...]:
    """The arms of a comma-separated list of names, all if it is None.

    Raises:
        SalienceError: for a name that none of them has.
    """
    if names is None:
        return arms
    by_name = {arm.name: arm for arm in arms}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in by_name:
            raise SalienceError(f"There is no arm {name!r}; use some of {', '.join(by_name)}.")
    return tuple(by_name[name] for name in wanted)
