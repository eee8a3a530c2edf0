"""What an epoch of training reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

MONITOR_INTERVAL = 10
"""Epochs between two looks at the energies of whole data sets."""


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch measured; numbers and host arrays only.

    Gradient, χ² and residuals are those before the epoch's first update, multipliers those after its last.

    Attributes:
        epoch: from 1.
        seconds: training time so far.
        entropy_gradient: ‖∂S/∂θ‖ (equation 8), Euclidean norm over all parameters, in nats per unit of θ.
        chi_squared: χ² (equation 5).
        residuals: z_i, shape (K,).
        multipliers: λ_i, shape (K,).
        energy_training: ⟨H⟩ over the training set, nats, at the last look (every `MONITOR_INTERVAL` epochs).
        energy_held_out: ⟨H⟩ over the held-out set, nats, at the same time.
        energy_model: ⟨H⟩ of the model, nats, at the same time.
        acceptance_rate: of the kernel at β = 1.
        step_size: of the kernel at β = 1, in units of x.
        swap_rate: of the neighbouring temperatures that swap least; NaN without a ladder.
        effective_samples: how many samples the weighted ones are worth that averages were taken from.
        weight_share: effective sample size of the weights that the ensemble carries, over their number, before it is
            resampled.
        updates: updates of θ and λ done.
        update_share: how much of the last one the step control let through.
        resampled: 1 where the ensemble was resampled in this epoch, else 0.
        recoveries: how often training has gone back to an earlier state so far.
    """

    epoch: int
    seconds: float
    entropy_gradient: float
    chi_squared: float
    residuals: np.ndarray
    multipliers: np.ndarray
    energy_training: float
    energy_held_out: float
    energy_model: float
    acceptance_rate: float
    step_size: float
    swap_rate: float
    effective_samples: float
    weight_share: float
    updates: int
    update_share: float
    resampled: int
    recoveries: int


class Constraints(NamedTuple):
    """What an update is made from, before it.

    Attributes:
        loss: the auxiliary loss (equations 9, 10).
        chi_squared: χ² (equation 5).
        entropy_gradient: ‖∂S/∂θ‖.
        residuals: z_i, float32, shape (K,).
        effective_samples: how many samples the weighted ones are worth that averages were taken from.
    """

    loss: float
    chi_squared: float
    entropy_gradient: float
    residuals: np.ndarray
    effective_samples: float


class Energies(NamedTuple):
    """⟨H⟩ of training set, held-out set and model at one time, nats."""

    training: float
    held_out: float
    model: float
