"""Where the choices of a walk come from: a torch generator, or a seed bound to the graph itself.

Training wants fresh numbers from one stream. Analysis wants that permutation k of a molecule is
the same however it is spelt, whether it is scored alone or in a file, with K = 32 or 256, on a CPU
or a GPU. The second is what counter-based generators are for (Salmon et al. 2011): every number is
a hash of (seed, graph, k, step), so no stream has a position that a batch could disturb.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.sent.batch import GraphBatch, mix64

RANDOM_BITS = 31
"""Random integers are uniform on [0, 2^31): `(bits * n) >> 31` picks one of n without rounding."""

_GOLDEN = -7046029254386353131  # 2^64 / golden ratio as int64, SplitMix64's increment


@dataclass(frozen=True)
class GraphSeed:
    """Random numbers fixed by a seed and the graph's own content, independent of the batch."""

    seed: int

    def draw(self, graphs: GraphBatch, permutations: int, steps: int) -> Tensor:
        """Uniform integers below 2^RANDOM_BITS, [G, K, steps] int64."""
        device = graphs.device
        seed = torch.tensor(self.seed % (1 << 63), dtype=torch.int64, device=device)
        stream = mix64(graphs.content_keys() + mix64(seed * _GOLDEN + 1))
        k = torch.arange(permutations, device=device)
        trail = mix64(stream[:, None] + (k + 1) * _GOLDEN)
        step = torch.arange(steps, device=device)
        return mix64(trail[..., None] + (step + 1) * _GOLDEN) & ((1 << RANDOM_BITS) - 1)


def draw_choices(
    generator: torch.Generator | GraphSeed, graphs: GraphBatch, permutations: int, steps: int
) -> Tensor:
    """One random integer per graph, permutation and step, [G, K, steps] int64 on `graphs.device`.

    A `torch.Generator` draws on its own device, so that a CPU generator gives the same choices for
    graphs on a GPU.
    """
    if isinstance(generator, GraphSeed):
        return generator.draw(graphs, permutations, steps)
    shape = (len(graphs), permutations, steps)
    choices = torch.randint(
        1 << RANDOM_BITS, shape, generator=generator, device=generator.device, dtype=torch.int64
    )
    return choices.to(graphs.device)
