"""Many configurations evaluated some at a time, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

AT_ONCE = 2**19
"""Numbers in the configurations that are evaluated at once: of 8 × 8 images 8,192, of 64 × 64 coloured ones 42."""


def batched(evaluate: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Values of a function for all configurations, shape (n, …), evaluated in batches where they are many.

    Args:
        evaluate: of x with shape (batch, *shape), a row for each.
        x: shape (n, *shape).
    """
    if x.numel() <= AT_ONCE or len(x) == 0:
        return evaluate(x)
    return torch.cat([evaluate(part) for part in x.split(max(1, AT_ONCE // x[0].numel()))])
