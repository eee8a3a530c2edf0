"""Change of chains in a hundred steps, by which those that hardly move are told."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from torch import Tensor

from landscape_app.physics.averages import weighted_variance
from landscape_app.physics.host import number

STEPS = 100
"""Steps over which the change is measured."""

BLOCK = 25
"""Steps between two states that are kept for it."""

LEAST_CHANGE = 0.1
"""Share below which chains hardly move: that of two training items which have nothing to do with each other is 1."""


class Change(NamedTuple):
    """Change of chains in some steps.

    Attributes:
        share: mean squared distance from where they were, over that of two training items.
        steps: in which they have changed.
    """

    share: float
    steps: int

    @property
    def is_frozen(self) -> bool:
        """True where the chains hardly move."""
        return self.share < LEAST_CHANGE


class Motion:
    """Watches how far chains get from where they were `STEPS` before.

    Args:
        apart: mean squared distance of two training items, shape ().
    """

    def __init__(self, apart: Tensor) -> None:
        self._apart = apart
        self._kept: deque[Tensor] = deque(maxlen=STEPS // BLOCK + 1)
        self._change: Tensor | Change | None = None

    def start(self) -> None:
        """The chains have started anew, or jumped."""
        self._kept.clear()
        self._change = None

    def note(self, x: Tensor, steps: int) -> None:
        """Takes note of where the chains are.

        Args:
            x: configurations, shape (n, *shape).
            steps: since their start.
        """
        if steps % BLOCK:
            return
        if self._kept and self._kept[0].shape != x.shape:
            self.start()
        self._kept.append(x.clone())
        if len(self._kept) == self._kept.maxlen:
            moved = (x - self._kept[0]).float().flatten(1).square().sum(1).mean()
            self._change = moved / self._apart

    @property
    def change(self) -> Change | None:
        """Change in the last `STEPS`; None before so many."""
        if isinstance(self._change, Tensor):
            share = number(self._change)
            # Of items that are all alike there is nothing to compare with.
            self._change = Change(share, STEPS) if math.isfinite(share) else None
        return self._change


def apart(data: Tensor, weights: Tensor | None) -> Tensor:
    """Mean squared distance of two items that are drawn independently, shape ().

    Args:
        data: shape (n, *shape).
        weights: of the items, shape (n,); None for one each.
    """
    return 2 * weighted_variance(data.float().flatten(1), weights).sum()
