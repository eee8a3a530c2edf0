"""Acceptance adaptation of a kernel's step size."""

from __future__ import annotations

import math

from torch import Tensor

from landscape_app.physics.kernels.kernel import Kernel
from landscape_app.physics.space import Space


class StepSizeAdaptation:
    """Moves log step size by gain × (acceptance − target) after every step (Robbins and Monro 1951).

    A kernel whose step size depends on its own past is not exactly invariant; adapt while the model trains
    or while chains warm up, and freeze the step size when samples are kept.

    Args:
        kernel: whose `step_sizes` are changed in place, within its limits, each by its own group's acceptance.
        space: where the chains move.
    """

    def __init__(self, kernel: Kernel, space: Space) -> None:
        self.kernel = kernel
        self._limits = kernel.step_size_limits(space)

    def update(self, probability: Tensor) -> None:
        """Adjusts the kernel to one step's acceptance probabilities, shape (batch,)."""
        low, high = self._limits
        gain, target = self.kernel.adaptation_rate, self.kernel.target_acceptance
        groups = self.kernel.pooled_acceptance(probability.view(len(self.kernel.step_sizes), -1)).tolist()
        self.kernel.step_sizes = [
            min(max(step * math.exp(gain * (group - target)), low), high)
            for step, group in zip(self.kernel.step_sizes, groups, strict=True)
        ]
