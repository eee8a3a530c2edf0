"""Numbers of the plots of chains: trace, ranks, autocorrelation, and the corner plot of several coordinates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import contourpy
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from landscape_app.physics.chain_statistics import (
    MOST_COORDINATES,
    Autocorrelation,
    ChainDraws,
    RankCounts,
    autocorrelation,
    rank_counts,
)
from landscape_app.physics.diagnostics import LEAST_STEPS

Array = npt.NDArray[np.float64]

MOST_CURVES = 8
"""Chains that a plot draws one by one."""

MOST_POINTS = 500
"""Draws of a chain that a trace shows, evenly spread."""

CORNER_BINS = 32

SMOOTHED, FEW_SMOOTHED = 1.0, 1.6
"""Bins that densities are smoothed over before their contours are drawn, and those of fewer draws than `FEW`."""

FEW = 10_000

MASSES = (0.9, 0.5)
"""Probability within the contours of a density."""

WITHIN = 0.99
"""Share of the draws and the data that the axes of a corner plot hold."""


@dataclass(frozen=True, eq=False)
class ChainPlots:
    """Plots of one quantity.

    Attributes:
        quantity: its name.
        axis: its name with its unit.
        chains: numbers, from 0, of the chains that are drawn one by one: those furthest from the others' law first.
        steps: of the draws that the trace shows, in steps of the chains, shape (n,).
        trace: of each chain that is drawn, NaN where a draw is not finite, shape (chains drawn, n).
        judged_from: step from which draws are judged; 0 for all.
        ranks: None of one chain, or where nothing can be ranked.
        correlation: None where chains do not move, or are too short.
        obstacle: why there are no ranks or correlations, in words; empty where there are.
    """

    quantity: str
    axis: str
    chains: tuple[int, ...]
    steps: npt.NDArray[np.int64]
    trace: Array
    judged_from: int
    ranks: RankCounts | None
    correlation: Autocorrelation | None
    obstacle: str = ""

    @classmethod
    def of(cls, draws: ChainDraws, quantity: str) -> ChainPlots:
        """The plots of one of the quantities.

        Raises:
            KeyError: there is none of that name.
        """
        whole, values = draws.quantities[quantity], draws.judged.quantities[quantity]
        ranks, correlation, obstacle = None, None, ""
        if not np.isfinite(values).all():
            obstacle = f"{quantity} has draws that are NaN or infinite"
        elif not np.ptp(values):
            obstacle = f"{quantity} is the same in every draw"
        elif values.shape[1] < LEAST_STEPS:
            obstacle = f"{values.shape[1]} draws a chain are too few: at least {LEAST_STEPS} are needed"
        else:
            if len(values) > 1:
                ranks = rank_counts(values)
            if (np.ptp(values, axis=1) > 0).any():
                correlation = autocorrelation(values, spacing=draws.spacing)
        first = () if ranks is None else ranks.outside
        others = (chain for chain in range(draws.chains) if chain not in first)
        chains = tuple(sorted([*first, *others][:MOST_CURVES]))
        shown = np.unique(np.linspace(0, draws.draws - 1, min(draws.draws, MOST_POINTS)).round().astype(int))
        trace = whole[list(chains)][:, shown]
        return cls(
            quantity,
            draws.axis(quantity),
            chains,
            draws.spacing * (shown + 1),
            np.where(np.isfinite(trace), trace, np.nan),
            draws.spacing * draws.burn_in,
            ranks,
            correlation,
            obstacle,
        )


class Contours(NamedTuple):
    """Contours of a density of two coordinates, in shares of the axes, 0 to 1.

    Attributes:
        outer: curves around nine tenths of the probability, each of shape (n, 2).
        inner: curves around half of it.
    """

    outer: tuple[Array, ...]
    inner: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class Corner:
    """Densities of coordinates, one by one and in pairs, of chains and perhaps of data.

    Attributes:
        names: of the coordinates, with their units.
        low: lower ends of their axes, shape (d,).
        high: upper ends.
        densities: of each coordinate of the chains, per unit of it, shape (d, bins).
        data_densities: those of the data; None without any.
        pairs: contours of the chains' coordinates (across, up), across < up.
        data_pairs: those of the data; empty without any.
    """

    names: tuple[str, ...]
    low: Array
    high: Array
    densities: Array
    data_densities: Array | None
    pairs: Mapping[tuple[int, int], Contours]
    data_pairs: Mapping[tuple[int, int], Contours]

    @classmethod
    def of(cls, draws: ChainDraws, data: Array | None = None) -> Corner | None:
        """Of the coordinates, or else of the first quantities that change; None of fewer than two.

        Args:
            draws: of the chains, the burn-in left out.
            data: of the same coordinates, shape (n, d); None for none.
        """
        draws = draws.judged
        names = draws.coordinates or tuple(draws.quantities)
        finite = [name for name in names if np.isfinite(draws.quantities[name]).all()]
        names = tuple(name for name in finite if np.ptp(draws.quantities[name]))[:MOST_COORDINATES]
        if len(names) < 2:
            return None
        chains = np.stack([draws.quantities[name].ravel() for name in names], axis=1)
        if data is not None and (names != draws.coordinates or data.shape[1:] != chains.shape[1:]):
            data = None
        together = chains if data is None else np.concatenate([chains, data])
        low, high = np.quantile(together, [(1 - WITHIN) / 2, (1 + WITHIN) / 2], axis=0)
        margin = 0.05 * (high - low) + 1e-9 * np.maximum(np.abs(low), 1)
        low, high = low - margin, high + margin
        densities, pairs = _densities(chains, low, high)
        found = (None, {}) if data is None else _densities(data, low, high)
        return cls(tuple(map(draws.axis, names)), low, high, densities, found[0], pairs, found[1])


def _densities(x: Array, low: Array, high: Array) -> tuple[Array, dict[tuple[int, int], Contours]]:
    """Densities of each column and contours of each pair of columns of x, shape (n, d)."""
    dimensions = range(x.shape[1])
    smoothed = SMOOTHED if len(x) >= FEW else FEW_SMOOTHED
    place = np.floor((x - low) / (high - low) * CORNER_BINS).astype(np.int64)
    inside = (place >= 0) & (place < CORNER_BINS)
    singles = []
    for k in dimensions:
        counts = np.bincount(place[inside[:, k], k], minlength=CORNER_BINS)
        singles.append(counts / (len(x) * (high[k] - low[k]) / CORNER_BINS))
    pairs = {}
    for up in dimensions:
        for across in range(up):
            both = inside[:, up] & inside[:, across]
            cell = place[both, up] * CORNER_BINS + place[both, across]
            counts = np.bincount(cell, minlength=CORNER_BINS**2).reshape(CORNER_BINS, CORNER_BINS)
            pairs[across, up] = _contours(gaussian_filter(counts.astype(float), smoothed, mode="constant"))
    return np.stack(singles), pairs


def _contours(density: Array) -> Contours:
    """Contours around shares of the probability, drawn around the outermost bins too."""
    # An empty bin on every side closes the curves.
    padded = np.pad(density, 1)
    middles = (np.arange(-1, CORNER_BINS + 1) + 0.5) / CORNER_BINS
    generator = contourpy.contour_generator(middles, middles, padded)
    falling = np.sort(density.ravel())[::-1]
    mass = np.cumsum(falling)
    curves = []
    for share in MASSES:
        level = float(falling[min(int(np.searchsorted(mass, share * mass[-1])), falling.size - 1)])
        found = generator.lines(level if level > 0 else math.ulp(0.0))
        curves.append(tuple(np.asarray(curve, np.float64) for curve in found))
    return Contours(*curves)
