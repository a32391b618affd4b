"""`SparseTuning`: chosen entries of a model's matrices; what is kept is one number per entry.

The entries are trained in place. As soon as a matrix's gradient is complete, the chosen entries are
read off it and the matrix of gradients is dropped; the optimizer sees one vector of all chosen
entries, and what it makes of them is written back. So values, gradient and each optimizer moment
hold `nnz` numbers, and at most one matrix of gradients exists at a time (docs/definitions.md,
Salience).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from core.salience.masks import Mask
from core.salience.matrices import weights_of


class SparseTuning:
    """The chosen entries of a model, as one parameter that an optimizer can move.

    All other parameters of the model stop being trainable.

    Args:
        model: whose matrices hold the entries; changed in place.
        mask: which entries.
    """

    def __init__(self, model: PreTrainedModel, mask: Mask) -> None:
        self.model = model
        self._weights = weights_of(model, mask.matrices)
        self._offsets = _offsets(mask)
        self._listening = False
        model.requires_grad_(False)
        device = next(model.parameters()).device
        self.positions = _positions(mask, self._offsets).to(device)
        self.values = nn.Parameter(self._read(self.positions))
        self._folded = torch.zeros(0, dtype=torch.long, device=device)
        # A hook can be put only on what requires a gradient at the time.
        self._hooks = [weight.requires_grad_(True).register_post_accumulate_grad_hook(
            self._gather_into(name)) for name, weight in self._weights.items()]
        self._let_chosen_require_grad()

    @property
    def nnz(self) -> int:
        """Entries that are trained."""
        return len(self.positions)

    @property
    def num_parameters(self) -> int:
        """Numbers that are trained."""
        return self.nnz

    @property
    def parameters(self) -> list[nn.Parameter]:
        """What the optimizer moves: a single vector, [nnz]."""
        return [self.values]

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Backward passes inside add to the gradient of `values`; others do not reach it."""
        if self.values.grad is None:
            self.values.grad = torch.zeros_like(self.values)
        self._listening = True
        try:
            yield
        finally:
            self._listening = False

    @torch.no_grad()
    def apply(self) -> None:
        """Write `values` into the matrices, after an optimizer's step."""
        for name, (part, inside) in self._inside.items():
            self._weights[name].view(-1)[inside] = self.values[part]

    @torch.no_grad()
    def reselect(self, mask: Mask, optimizer: torch.optim.Optimizer) -> int:
        """Train the entries of another mask of as many entries from now on.

        What was learnt of entries that leave stays in the weights; entries that stay keep their
        moments; new ones start from the weights as they are with moments of zero. So no weight
        changes here, and the function that the model computes cannot jump.

        Returns:
            Number of entries that are new.
        """
        new = _positions(mask, self._offsets).to(self.positions.device)
        if len(new) != self.nnz:
            raise ValueError(f"A mask of {self.nnz} entries expected, got {len(new)}.")
        # Both are sorted: where an old entry would stand among the new ones, it stands, or leaves.
        place = torch.searchsorted(new, self.positions).clamp(max=self.nnz - 1)
        stays = new[place] == self.positions
        for value in optimizer.state[self.values].values():
            if isinstance(value, Tensor) and value.shape == self.values.shape:
                kept = value[stays].clone()
                value.zero_()
                value[place[stays]] = kept
        self._folded = torch.cat([self._folded, self.positions[~stays]]).unique()
        self.positions = new
        self.values.copy_(self._read(new))
        self._let_chosen_require_grad()
        return self.nnz - int(stays.sum())

    def changed_entries(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Name of the matrix → ([m] int64 positions in it, [m] values), of all entries that are or
        have been trained."""
        positions = torch.cat([self.positions, self._folded]).unique()
        values = self._read(positions)
        return {name: (inside.cpu(), values[part].cpu())
                for (_, part, inside), name in zip(self._parts(positions), self._weights,
                                                   strict=True)
                if len(inside)}

    def state(self) -> dict[str, Tensor]:
        """What `restore` needs besides the model's first weights."""
        every = torch.cat([self.positions, self._folded]).unique()
        return {"positions": self.positions, "folded": self._folded,
                "changed_positions": every, "changed_values": self._read(every)}

    @torch.no_grad()
    def restore(self, state: dict[str, Tensor]) -> None:
        """Put back what `state` said, into a model with its first weights."""
        changed = state["changed_positions"].to(self.positions.device)
        values = state["changed_values"].to(self.positions.device)
        for weight, part, inside in self._parts(changed):
            weight.view(-1)[inside] = values[part]
        self.positions = state["positions"].to(self.positions.device)
        self._folded = state["folded"].to(self.positions.device)
        self.values.copy_(self._read(self.positions))
        self._let_chosen_require_grad()

    def merged(self) -> PreTrainedModel:
        """The model itself, which the entries were trained in."""
        for hook in self._hooks:
            hook.remove()
        return self.model.eval()

    def _gather_into(self, name: str) -> Callable[[Tensor], None]:
        def gather(weight: Tensor) -> None:
            if self._listening:
                part, inside = self._inside[name]
                assert self.values.grad is not None
                assert weight.grad is not None
                self.values.grad[part] += weight.grad.view(-1)[inside]
                weight.grad = None

        return gather

    def _let_chosen_require_grad(self) -> None:
        parts = self._parts(self.positions)
        for weight, _, inside in parts:
            weight.requires_grad_(len(inside) > 0)
        self._inside = {name: (part, inside)
                        for name, (_, part, inside) in zip(self._weights, parts, strict=True)}

    def _read(self, positions: Tensor) -> Tensor:
        """Present values of the entries at positions of all matrices laid end to end."""
        return torch.cat([weight.detach().view(-1)[inside]
                          for weight, _, inside in self._parts(positions)])

    def _parts(self, positions: Tensor) -> list[tuple[nn.Parameter, slice, Tensor]]:
        """For every matrix: itself, its part of `positions`, and the positions inside it."""
        bounds = torch.tensor([*self._offsets.values(), torch.iinfo(torch.long).max],
                              device=positions.device)
        cuts = torch.searchsorted(positions, bounds).tolist()
        return [(weight, slice(first, last), positions[first:last] - self._offsets[name])
                for (name, weight), first, last in zip(self._weights.items(), cuts, cuts[1:],
                                                       strict=False)]


def _offsets(mask: Mask) -> dict[str, int]:
    """Where each matrix begins when all are laid end to end."""
    offsets, total = {}, 0
    for matrix in mask.matrices:
        offsets[matrix.name] = total
        total += matrix.numel
    return offsets


def _positions(mask: Mask, offsets: dict[str, int]) -> Tensor:
    """Selected entries as increasing positions in all matrices laid end to end, [nnz] int64."""
    return torch.cat([mask.entries[name].view(-1).nonzero().squeeze(1) + offset
                      for name, offset in offsets.items()])
