"""The exponential from samples, found three ways: over probabilities, over the multiplier, and by likelihood."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from scipy import optimize, special
from torch import Tensor

from landscape_app.learning.dual import solve_dual
from landscape_app.learning.primal import maximise_entropy

SMALLEST_SAMPLE = 10

SIZES_A_DECADE = 2


class Solution(NamedTuple):
    """One sample's distribution, found three ways.

    Attributes:
        samples: size of the sample.
        counts: of every level, shape (levels,).
        primal: p of largest entropy, by Newton's method on p, shape (levels,).
        multipliers: λ from the primal, from the dual, and from the likelihood of the sample.
        values: the entropy of p; the dual's value; −(1/n) Σ log p(x_n) of the sample, nats.
        rising: entropies on the way of the primal, nats.
        falling: values of −(1/n) Σ log p(x_n) on the way of the likelihood, nats.
    """

    samples: int
    counts: np.ndarray
    primal: np.ndarray
    multipliers: tuple[float, float, float]
    values: tuple[float, float, float]
    rising: np.ndarray
    falling: np.ndarray

    @property
    def gap(self) -> float:
        """Largest difference of the three values, nats."""
        return max(self.values) - min(self.values)


def sample_sizes(most: int) -> list[int]:
    """From the smallest sample to the largest, a few in every decade."""
    count = 1 + round(SIZES_A_DECADE * math.log10(most / SMALLEST_SAMPLE))
    return [int(n) for n in np.unique(np.geomspace(SMALLEST_SAMPLE, most, max(count, 2)).round())]


def solve(x: Tensor, counts: np.ndarray) -> Solution:
    """A sample's maximum-entropy distribution three ways: primal, dual, and maximum likelihood.

    Args:
        x: the levels, float64, shape (levels,).
        counts: how often each was drawn, shape (levels,).
    """
    n = int(counts.sum())
    mean = torch.as_tensor(counts / n) @ x
    constraints, wanted = torch.stack([torch.ones_like(x), x]), torch.stack([torch.ones_like(mean), mean])
    steps = list(maximise_entropy(constraints, wanted, two_plateaus(x, mean)))
    dual = solve_dual(x.unsqueeze(1), torch.zeros_like(x), mean.unsqueeze(0))
    path = maximise_likelihood(x.numpy(), counts)
    falling = np.array([surprise(at, x.numpy(), counts)[0] for at in path])
    return Solution(
        samples=n,
        counts=counts,
        primal=steps[-1].probabilities.numpy(),
        multipliers=(float(steps[-1].multipliers[1]), float(dual.multipliers[0]), path[-1]),
        values=(steps[-1].entropy, dual.entropy, float(falling[-1])),
        rising=np.array([step.entropy for step in steps]),
        falling=falling,
    )


def two_plateaus(x: Tensor, mean: Tensor) -> Tensor:
    """A distribution over the levels with that mean that is positive everywhere: where the primal may start."""
    flat = torch.full_like(x, 1 / len(x))
    near = (x <= mean).double()
    near = near / near.sum()
    share = (mean - near @ x) / (flat @ x - near @ x)
    return share * flat + (1 - share) * near


def maximise_likelihood(x: np.ndarray, counts: np.ndarray) -> list[float]:
    """λ of p ∝ exp(−λx) on its way to the largest likelihood of a sample, by BFGS from λ = 0."""
    path = [0.0]
    optimize.minimize(
        surprise,
        path[0],
        (x, counts),
        "BFGS",
        jac=True,
        callback=lambda at: path.append(float(at[0])),
        options={"gtol": 1e-11},
    )
    return path


def surprise(multiplier: float | np.ndarray, x: np.ndarray, counts: np.ndarray) -> tuple[float, np.ndarray]:
    """−(1/n) Σ log p(x_n) of a sample under p ∝ exp(−λx), nats, and its derivative by λ, shape (1,)."""
    log_p = special.log_softmax(-np.asarray(multiplier).item() * x)
    share = counts / counts.sum()
    return -float(share @ log_p), np.array([share @ x - np.exp(log_p) @ x])
