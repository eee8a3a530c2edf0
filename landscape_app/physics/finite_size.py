"""Averages of finite lattices, with the errors of independent chains, and where Binder's cumulants cross."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

NEAREST = 4
"""Points about a crossing through which a parabola is laid: more would need a curve of a higher degree."""


class LatticeEstimate(NamedTuple):
    """Numbers with their standard errors, both of the same shape."""

    value: np.ndarray
    error: np.ndarray


def jackknife(estimate: Callable[[np.ndarray], np.ndarray], moments: np.ndarray) -> LatticeEstimate:
    """A function of means over independent chains, its error from leaving out one chain after the other.

    The memory of a chain counts by itself: what is left out is all that a chain has seen (Efron 1982).

    Args:
        estimate: means of shape (k, n) to numbers of shape (n,).
        moments: of every chain, shape (k, n, chains).
    """
    chains = moments.shape[-1]
    left_out = (moments.sum(-1, keepdims=True) - moments) / (chains - 1)
    values = np.stack([estimate(left_out[..., c]) for c in range(chains)])
    spread = (values - values.mean(0)) ** 2
    return LatticeEstimate(estimate(moments.mean(-1)), np.sqrt((chains - 1) / chains * spread.sum(0)))


def binder(moments: np.ndarray) -> np.ndarray:
    """U = 1 − ⟨m⁴⟩/(3⟨m²⟩²) of weights and weighted m² and m⁴, shape (3, …) (Binder 1981)."""
    weight, square, fourth = moments
    return 1 - fourth * weight / (3 * square**2)


def fall_through_zero(x: np.ndarray, difference: np.ndarray) -> float:
    """Place where a difference falls through 0, the nearest to the middle of x, on straight lines; NaN without one.

    Args:
        x: rising, shape (n,).
        difference: shape (n,).
    """
    falls = np.flatnonzero((difference[:-1] > 0) & (difference[1:] <= 0))
    if not len(falls):
        return float("nan")
    k = falls[np.argmin(np.abs(falls - len(x) // 2))]
    share = difference[k] / (difference[k] - difference[k + 1])
    return float(x[k] + share * (x[k + 1] - x[k]))


def binder_crossing(temperatures: np.ndarray, smaller: np.ndarray, larger: np.ndarray) -> LatticeEstimate:
    """Temperature at which the cumulants of two sides are equal, and that cumulant, shape (2,); NaN without one.

    Below it the larger lattice has the larger cumulant. A parabola, or a straight line where few points or
    noise allow no more, is laid through the `NEAREST` points about the change of sign, by least squares; the error is
    the jackknife's.

    Args:
        temperatures: rising, shape (n,).
        smaller: means of m² and m⁴ of every chain of the smaller side, shape (2, n, chains).
        larger: those of the larger, of as many chains.
    """
    known = np.isfinite(smaller).all((0, 2)) & np.isfinite(larger).all((0, 2))
    t, smaller, larger = temperatures[known], smaller[:, known], larger[:, known]
    if len(t) < 2 or smaller.shape[-1] < 2:
        return LatticeEstimate(np.full(2, np.nan), np.full(2, np.nan))

    def cumulants(moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        one = np.ones(len(t))
        return binder(np.stack([one, *moments[:2]])), binder(np.stack([one, *moments[2:]]))

    moments = np.concatenate([smaller, larger])

    def difference(means: np.ndarray) -> np.ndarray:
        of_smaller, of_larger = cumulants(means)
        return of_larger - of_smaller

    # Far from T_c curves are equal but for noise, and cross without a meaning: what counts is where differences that
    # are large beside their errors change from positive to negative.
    value, error = jackknife(difference, moments)
    size = value / np.maximum(error, np.finfo(float).tiny + 1e-9 * np.abs(value))
    k = int(np.argmax(np.cumsum(size)[:-1] - np.cumsum(size[::-1])[::-1][1:]))
    if not value[k] > 0 >= value[k + 1]:
        return LatticeEstimate(np.full(2, np.nan), np.full(2, np.nan))
    first = int(np.clip(k + 1 - NEAREST // 2, 0, max(len(t) - NEAREST, 0)))
    near = slice(first, first + NEAREST)
    centre, scale = (t[k] + t[k + 1]) / 2, max(float(np.ptp(t[near])) / 2, 1e-12)
    u = (t[near] - centre) / scale

    def found(means: np.ndarray, degree: int) -> np.ndarray:
        fit = np.polynomial.Polynomial.fit(u, difference(means)[near], degree, domain=(-1, 1))
        roots = fit.roots()
        real = roots.real[np.abs(roots.imag) < 1e-9]
        real = real[(real >= u[0]) & (real <= u[-1])]
        if not len(real):
            return np.full(2, np.nan)
        place = real[np.argmin(np.abs(real))]
        height = np.polynomial.Polynomial.fit(u, cumulants(means)[1][near], degree, domain=(-1, 1))
        return np.array([centre + scale * place, height(place)])

    # Noise may leave a parabola without a root; a straight line has one.
    parabola = jackknife(lambda means: found(means, min(2, len(u) - 1)), moments)
    return (
        parabola if np.isfinite(parabola.error).all() else jackknife(lambda means: found(means, 1), moments)
    )
