"""Correlations of spins in space: structure factor, correlation function, and correlation length."""

from __future__ import annotations

import math

import numpy as np


def structure_factors(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S(0) and S(k) = |Σ_x s_x exp(ik·x)|²/N at k = 2π/L along an axis, averaged over the axes, both shape (batch,).

    Args:
        s: spins on lattices of one side L, shape (batch, L, …).
    """
    axes, side = s.ndim - 1, s.shape[1]
    wave = np.exp(2j * np.pi * np.arange(side) / side)
    sites, lowest = side**axes, np.zeros(len(s))
    projected = s[:, :, None] if axes == 1 else s
    for axis in range(axes):
        others = tuple(k for k in range(1, projected.ndim) if k != axis + 1)
        lowest += np.abs(projected.sum(others, dtype=np.float64) @ wave) ** 2 / sites / axes
    return s.reshape(len(s), -1).sum(1, dtype=np.float64) ** 2 / sites, lowest


def second_moment_length(zero: float, lowest: float, side: int) -> float:
    """ξ = √(S(0)/S(k) − 1) / (2 sin(π/L)), k = 2π/L; 0 where S does not fall with k, NaN without correlations.

    Args:
        zero: S(0), of connected correlations where spins have a mean: N (⟨m²⟩ − ⟨|m|⟩²).
        lowest: S(k) at the smallest wave number.
        side: L.

    Source: Cooper, Freedman, Preston, "Solving φ⁴ theory with Monte Carlo" (1982). It is the length of
    S(k) = A/(4 sin²(k/2) + ξ⁻²). At T_c of the periodic square lattice ξ/L is 0.905.
    """
    if lowest <= 0:
        return math.nan
    return math.sqrt(max(zero / lowest - 1, 0.0)) / (2 * math.sin(math.pi / side))


CRITICAL_LENGTH = 0.90505
"""ξ/L at T_c of large periodic squares (Salas, Sokal 2000)."""


def power_spectrum(s: np.ndarray) -> np.ndarray:
    """S(k) = |Σ_x s_x exp(ik·x)|²/N at all wave vectors, averaged over the batch, shape (L, …, L/2 + 1).

    Args:
        s: spins on lattices of one even side L, shape (batch, L, …).
    """
    # scipy loads for a moment, which those who ask for no correlations need not wait for.
    from scipy import fft

    waves = fft.rfftn(s.astype(np.float32, copy=False), axes=range(1, s.ndim))
    return (waves.real**2 + waves.imag**2).mean(0, dtype=np.float64) / s[0].size


MOST_FITS, MOST_STEPS = 12, 50


def fitted_length(power: np.ndarray, with_mean: bool) -> float:
    """ξ of S(k) = χ/(1 + ξ² k̂²), k̂² = Σ 4 sin²(k/2), fitted to all wave vectors with k̂ ξ ≤ 1.

    Powers of waves are exponentially distributed about S(k), whose likelihood is made largest (Whittle 1953). With
    the two smallest k̂ alone, as near T_c, that is `second_moment_length`; elsewhere, where many waves are longer than
    ξ, it is far more certain.

    Args:
        power: of `power_spectrum`.
        with_mean: whether k = 0 counts; where spins have a mean it is no fluctuation.
    """
    side, axes = 2 * (power.shape[-1] - 1), power.ndim
    squares = [4 * np.sin(np.pi * np.arange(n) / side) ** 2 for n in power.shape]
    q = sum(np.meshgrid(*squares, indexing="ij"), start=np.zeros(power.shape))
    weight = np.full(power.shape, 2.0)
    weight[..., 0] = weight[..., -1] = 1.0
    if not with_mean:
        weight.flat[0] = 0.0
    # Two lengths of waves at least.
    least = squares[0][1] * (1 if with_mean else min(axes, 2)) if axes > 1 or with_mean else squares[0][2]
    cut, length = max(1.0, least), math.nan
    for _ in range(MOST_FITS):
        chosen = (q <= cut * (1 + 1e-9)) & (weight > 0)
        length = _length_of(power[chosen], q[chosen], weight[chosen])
        wanted = max(least, 1 / max(length, 1e-3) ** 2)
        if math.isnan(length) or abs(wanted / cut - 1) < 0.05:
            break
        # Halfway, as otherwise it may go to and fro.
        cut = math.sqrt(cut * wanted)
    return length


def _length_of(power: np.ndarray, q: np.ndarray, weight: np.ndarray) -> float:
    """√(b/a) where Σ w [S (a + bq) − log(a + bq)] is least, by Newton's steps; 0 where b is not positive."""
    if (power <= 0).any():
        return math.nan
    scale = (weight * power).sum() / weight.sum()
    shares, x = power / scale, np.array([1.0, 0.0])
    basis = np.stack([np.ones_like(q), q / q.max()])
    for _ in range(MOST_STEPS):
        g = x @ basis
        slope = basis @ (weight * (shares - 1 / g))
        curvature = (basis * (weight / g**2)) @ basis.T
        step = np.linalg.solve(curvature, slope)
        decrement = math.sqrt(max(float(slope @ step), 0.0))
        x = x - step / (1 + decrement)
        if decrement < 1e-9:
            break
    a, b = x[0], x[1] / q.max()
    return math.sqrt(b / a) if b > 0 and a > 0 else 0.0


def pair_correlation(s: np.ndarray, periodic: bool) -> np.ndarray:
    """⟨s_x s_{x+r}⟩ over all x, along the axes of the lattice and over the batch, for r = 0 … L/2, shape (L/2 + 1,).

    Args:
        s: spins, shape (batch, L, …).
        periodic: whether the last site is a neighbour of the first; else pairs do not go around.
    """
    # scipy loads for a moment, which those who ask for no correlations need not wait for.
    from scipy import fft

    side = s.shape[1]
    reach = side // 2 + 1
    length = side if periodic else 2 * side
    total = np.zeros(reach)
    for axis in range(1, s.ndim):
        waves = fft.rfft(s.astype(np.float32, copy=False), length, axis)
        power = np.moveaxis(waves.real**2 + waves.imag**2, axis, -1).reshape(-1, length // 2 + 1)
        total += fft.irfft(power.mean(0, dtype=np.float64), length)[:reach]
    pairs = side if periodic else side - np.arange(reach)
    return total / pairs / (s.ndim - 1)
