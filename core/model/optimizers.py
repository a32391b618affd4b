"""What moves the weights: Muon or AdamW, and the learning rate of every step."""

from __future__ import annotations

from typing import Literal

import torch
from transformers import LlamaForCausalLM

OptimizerName = Literal["muon", "adamw"]


def build_optimizers(
    model: LlamaForCausalLM, name: OptimizerName, *, learning_rate: float, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """Muon for the blocks' matrices if asked for; AdamW for the rest, norms without decay."""
    blocks = [p for p in model.model.layers.parameters() if p.ndim == 2]
    ends = [model.model.embed_tokens.weight, model.lm_head.weight]
    norms = [p for p in model.parameters() if p.ndim < 2]
    decayed = [*blocks, *ends] if name == "adamw" else ends
    adamw = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": weight_decay},
         {"params": norms, "weight_decay": 0.0}],
        lr=learning_rate, betas=(0.9, 0.95), fused=True,
    )
    if name == "adamw":
        return [adamw]
    # Scaling the update's size to AdamW's lets both optimizers share one learning rate.
    muon = torch.optim.Muon(blocks, lr=learning_rate, weight_decay=weight_decay,
                            momentum=0.95, adjust_lr_fn="match_rms_adamw")
    return [muon, adamw]


def learning_rate_at(step: int, *, peak: float, warmup_steps: int, steps: int) -> float:
    """Rate of a step, from 0: linear warm-up, then linear decay to zero behind the last step.

    >>> [learning_rate_at(step, peak=1.0, warmup_steps=2, steps=6) for step in range(6)]
    [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return peak * (steps - step) / max(1, steps - warmup_steps)
