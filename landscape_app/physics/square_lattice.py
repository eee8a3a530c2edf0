"""The Ising model on the periodic square lattice, J = 1 and no field: what is known exactly.

Temperatures are in units of J/k_B, energies in units of J.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

CRITICAL_TEMPERATURE = 2 / math.log(1 + math.sqrt(2))
"""T_c of the infinite lattice (Kramers, Wannier 1941)."""

CRITICAL_CUMULANT = 0.6107
"""Binder's cumulant at T_c, of large periodic squares (Kamieniarz, Blöte 1993)."""

STEP = 2e-4
"""Of 1/T in differences of log Z: rounding and the fourth derivative both cost less than one part in 10⁴."""


def spontaneous_magnetisation(temperature: np.ndarray) -> np.ndarray:
    """(1 − sinh(2/T)⁻⁴)^(1/8) below T_c, 0 above (Onsager 1949; Yang 1952), same shape."""
    return np.maximum(0.0, 1 - np.sinh(2 / temperature) ** -4.0) ** 0.125


def onsager_energy(temperature: np.ndarray) -> np.ndarray:
    """Energy per spin of the infinite lattice, −coth 2K [1 + (2/π) κ K(k)], κ = 2 tanh² 2K − 1 (Onsager 1944).

    K = 1/T, and K(k) is the complete elliptic integral of the first kind with k² = 1 − κ². Same shape as T.
    """
    twice = 2 / np.asarray(temperature, float)
    kappa = 2 * np.tanh(twice) ** 2 - 1
    # At T_c itself κ K(k) is 0 times infinity, and its limit is 0.
    product = kappa * special.ellipkm1(np.maximum(kappa**2, np.finfo(float).tiny))
    return -(1 + 2 / np.pi * product) / np.tanh(twice)


def onsager_heat_capacity(temperature: np.ndarray) -> np.ndarray:
    """Heat capacity per spin of the infinite lattice, k_B, same shape as T; infinite at T_c (Onsager 1944)."""
    twice = 2 / np.asarray(temperature, float)
    kappa = 2 * np.tanh(twice) ** 2 - 1
    first, second = special.ellipkm1(kappa**2), special.ellipe(1 - kappa**2)
    bracket = first - second - (1 - kappa) / 2 * (np.pi / 2 + kappa * first)
    return (twice / np.tanh(twice)) ** 2 / np.pi * bracket


def log_partition(coupling: float, side: int) -> float:
    """log Z of the periodic side × side lattice at K = J/T, a sum of four products over modes (Kaufman 1949).

    Two bonds join the same pair of sites where the side is 2.
    """
    modes = np.arange(1, 2 * side)
    cosines = math.cosh(2 * coupling) / math.tanh(2 * coupling) - np.cos(np.pi * modes / side)
    gamma = np.concatenate([[2 * coupling + math.log(math.tanh(coupling))], np.arccosh(cosines)])
    half = side * gamma / 2
    logs = []
    for first in (1, 0):
        size = np.abs(half[first::2])
        logs.append((1.0, float((size + np.log1p(np.exp(-2 * size))).sum())))
        if size.all():
            sign = float(np.prod(np.sign(half[first::2])))
            logs.append((sign, float((size + np.log(-np.expm1(-2 * size))).sum())))
    largest = max(value for _, value in logs)
    total = sum(sign * math.exp(value - largest) for sign, value in logs)
    return side**2 / 2 * math.log(2 * math.sinh(2 * coupling)) - math.log(2) + largest + math.log(total)


def lattice_energy(temperature: np.ndarray, side: int) -> np.ndarray:
    """Energy per spin of the periodic side × side lattice, −∂ log Z/∂K by differences, same shape."""
    low, _, high = _log_partitions(temperature, side)
    return -(high - low) / (2 * STEP * side**2)


def lattice_heat_capacity(temperature: np.ndarray, side: int) -> np.ndarray:
    """Heat capacity per spin of the periodic side × side lattice, K² ∂² log Z/∂K² by differences, same shape."""
    low, middle, high = _log_partitions(temperature, side)
    return (high - 2 * middle + low) / (STEP * side * np.asarray(temperature)) ** 2


def _log_partitions(temperature: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log Z a step below 1/T, there, and a step above."""
    couplings = 1 / np.asarray(temperature, float)
    low, middle, high = (
        np.array([log_partition(float(k) + step, side) for k in couplings.flat]).reshape(couplings.shape)
        for step in (-STEP, 0.0, STEP)
    )
    return low, middle, high
