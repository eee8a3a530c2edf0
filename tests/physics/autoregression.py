"""Chains whose correlations have a closed form."""

import math

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Array = npt.NDArray[np.float64]
THREE_STARTS = np.repeat(["noise", "data", "hot"], 50)


def autoregressive(
    rho: float, chains: int, steps: int, seed: int, start: npt.ArrayLike | None = None
) -> Array:
    """x(t) = ρ x(t−1) + √(1−ρ²) noise, of unit variance; stationary unless it is given a start."""
    noise = math.sqrt(1 - rho**2) * np.random.default_rng(seed).normal(size=(chains, steps))
    noise[:, 0] = noise[:, 0] / math.sqrt(1 - rho**2) if start is None else start
    return np.asarray(lfilter([1.0], [1.0, -rho], noise, axis=1))


def shifts(*values: float, each: int = 1) -> Array:
    return np.repeat(values, each)[:, None]
