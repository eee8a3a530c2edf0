"""Acceptance adaptation of a kernel's step size."""

from __future__ import annotations

import math

from landscape_app.physics.kernels.kernel import Kernel


class StepSizeAdaptation:
    """Moves log step size by `rate` × (acceptance − target) after every step (Robbins and Monro 1951).

    A kernel whose step size depends on its own past is not exactly invariant; adapt while the model trains
    or while chains warm up, and freeze the step size when samples are kept.

    Args:
        kernel: whose `step_size` is changed in place, within its `step_size_range`.
        rate: gain; 0.05 follows a change of the landscape within some tens of steps.
    """

    def __init__(self, kernel: Kernel, rate: float = 0.05) -> None:
        self.kernel = kernel
        self.rate = rate

    def update(self, acceptance_rate: float) -> None:
        """Adjusts the kernel to one step's mean acceptance probability."""
        low, high = self.kernel.step_size_range
        step = self.kernel.step_size * math.exp(self.rate * (acceptance_rate - self.kernel.target_acceptance))
        self.kernel.step_size = min(max(step, low), high)
