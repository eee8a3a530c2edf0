"""Correlations of spins in space: structure factor, correlation function, and correlation length."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

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


def second_moment_length(zero: np.ndarray, lowest: np.ndarray, side: int) -> np.ndarray:
    """ξ = √(S(0)/S(k) − 1) / (2 sin(π/L)), k = 2π/L, same shape; 0 where S does not fall with k, NaN where S(k) is 0.

    Args:
        zero: S(0), of connected correlations where spins have a mean: N (⟨m²⟩ − ⟨|m|⟩²).
        lowest: S(k) at the smallest wave number.
        side: L.

    Source: Cooper, Freedman, Preston, "Solving φ⁴ theory with Monte Carlo" (1982). It is the length of
    S(k) = A/(4 sin²(k/2) + ξ⁻²). At T_c of the periodic square lattice ξ/L is 0.905.
    """
    ratio = np.asarray(zero) / np.where(np.asarray(lowest) > 0, lowest, np.nan)
    return np.sqrt(np.maximum(ratio - 1, 0)) / (2 * math.sin(math.pi / side))


CRITICAL_LENGTH = 0.90505
"""ξ/L at T_c of large periodic squares (Salas, Sokal 2000)."""

MOST_OF_SIDE = 0.5
"""ξ/L up to which a lattice tells its correlation length: beyond, correlations reach around it."""


def exceeds_lattice(length: np.ndarray | float, side: float) -> np.ndarray:
    """True where a correlation length is more than L/2, so that the lattice is too small to tell it; same shape.

    Args:
        length: ξ in lattice spacings; NaN, where there is none, exceeds nothing.
        side: L; 1 where ξ/L is given.
    """
    return np.asarray(length) > MOST_OF_SIDE * side


def power_spectrum(s: np.ndarray) -> np.ndarray:
    """S(k) = |Σ_x s_x exp(ik·x)|²/N at all wave vectors, averaged over the batch, shape (L, …, L/2 + 1).

    Args:
        s: spins on lattices of one even side L, shape (batch, L, …).
    """
    # scipy loads for a moment, which those who ask for no correlations need not wait for.
    from scipy import fft

    waves = fft.rfftn(s.astype(np.float32, copy=False), axes=range(1, s.ndim))
    return (waves.real**2 + waves.imag**2).mean(0, dtype=np.float64) / s[0].size


MOST_FITS, CLOSE = 12, 0.95
EXACT_SHELLS, OTHER_SHELLS = 24, 100
"""Wave numbers that are taken one by one, and groups of those that are larger."""

SMALLEST_LENGTH = 0.01
TRIALS, NARROWINGS = 17, 7
"""Lengths tried at a time, and how often the best is narrowed down: to one part in a million."""


class _Shells(NamedTuple):
    """Wave vectors in groups of about one length.

    Attributes:
        group: of each wave vector of a `power_spectrum`, flat.
        weight: of each wave vector, flat: 2 where its negative is not in the spectrum.
        weights: sums over the groups, shape (groups,).
        squares: mean k̂² of the groups, rising from 0, shape (groups,).
    """

    group: np.ndarray
    weight: np.ndarray
    weights: np.ndarray
    squares: np.ndarray


@functools.lru_cache(maxsize=8)
def _shells(shape: tuple[int, ...]) -> _Shells:
    side = 2 * (shape[-1] - 1)
    squares = [4 * np.sin(np.pi * np.arange(n) / side) ** 2 for n in shape]
    q = sum(np.meshgrid(*squares, indexing="ij"), start=np.zeros(shape)).ravel()
    weight = np.full(shape, 2.0)
    weight[..., 0] = weight[..., -1] = 1.0
    distinct = np.unique(q.round(12))
    edges = (distinct[:-1] + distinct[1:]) / 2
    if len(distinct) > EXACT_SHELLS + OTHER_SHELLS:
        rest = np.geomspace(distinct[EXACT_SHELLS], distinct[-1] * 1.001, OTHER_SHELLS)
        edges = np.concatenate([edges[:EXACT_SHELLS], rest[1:]])
    found = np.searchsorted(edges, q)
    _, group = np.unique(found, return_inverse=True)
    flat = weight.ravel()
    weights = np.bincount(group, flat)
    return _Shells(group, flat, weights, np.bincount(group, flat * q) / weights)


def fitted_length(power: np.ndarray, with_mean: bool) -> float:
    """ξ of S(k) = χ/(1 + ξ² k̂²), k̂² = Σ 4 sin²(k/2), fitted to all wave vectors with k̂ ξ ≤ 1.

    Powers of waves are exponentially distributed about S(k), whose likelihood is made largest (Whittle 1953). With
    the two smallest k̂ alone, as near T_c, that is `second_moment_length`; elsewhere, where many waves are longer than
    ξ, it is far more certain.

    Args:
        power: of `power_spectrum`.
        with_mean: whether k = 0 counts; where spins have a mean it is no fluctuation.
    """
    shells = _shells(power.shape)
    first = 0 if with_mean else 1
    q, weight = shells.squares[first:], shells.weights[first:]
    means = np.bincount(shells.group, shells.weight * power.ravel())[first:] / weight
    longest = 100 / math.sqrt(q[1])

    def length_up_to(cut: float) -> float:
        # Two lengths of waves at least.
        count = max(2, int(np.searchsorted(q, cut * (1 + 1e-9), side="right")))
        return _length_of(means[:count], q[:count], weight[:count], longest)

    cut = float(q[-1])
    length = length_up_to(cut)
    for _ in range(MOST_FITS):
        wanted = max(float(q[1]), 1 / max(length, SMALLEST_LENGTH) ** 2)
        if math.isnan(length) or wanted > CLOSE * cut:
            break
        closer = length_up_to(wanted)
        # Where longer waves alone tell of a much shorter length, they are too few to tell.
        if closer < length / 2:
            break
        cut, length = wanted, closer
    return length


def _length_of(power: np.ndarray, q: np.ndarray, weight: np.ndarray, longest: float) -> float:
    """ξ at which Σ w [S (1 + ξ²q)/χ + log χ − log(1 + ξ²q)] is least, χ the best for each ξ; 0 for none.

    Args:
        power: S, shape (n,).
        q: k̂², shape (n,).
        weight: w, shape (n,).
        longest: ξ at most.
    """
    if (power <= 0).any():
        return math.nan

    def loss(lengths: np.ndarray) -> np.ndarray:
        slope = 1 + lengths[:, None] ** 2 * q
        chi = (slope @ (weight * power)) / weight.sum()
        return weight.sum() * np.log(chi) - np.log(slope) @ weight

    trials = np.geomspace(SMALLEST_LENGTH, longest, 4 * TRIALS)
    for _ in range(NARROWINGS):
        best = int(np.argmin(loss(trials)))
        trials = np.geomspace(trials[max(best - 1, 0)], trials[min(best + 1, len(trials) - 1)], TRIALS)
    length = float(trials[TRIALS // 2])
    return 0.0 if length < 1.01 * SMALLEST_LENGTH else length


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
