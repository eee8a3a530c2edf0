"""Numbers of the plots of chains: trace, ranks, autocorrelation, and the corner plot of several coordinates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import contourpy
import numpy as np
import numpy.typing as npt

from landscape_app.data import ColumnMeaning
from landscape_app.data.columns import WHOLE
from landscape_app.data.importing.blocks import drawn_rows
from landscape_app.language import tr
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

CORNER_BINS, FEWER_BINS = 32, 18
"""Bins of an axis of a corner plot, and those where there are fewer rows or chains than `FEW_ROWS`."""

FEW_ROWS = 1_000

MOST_WHOLE = 40
"""Whole numbers along an axis that have a bin each."""

MOST_DOTS, LEAST_CONTOURED = 500, 100
"""Chains that are drawn one by one in a corner plot of a table, and rows from which on contours stand for them."""

BAND = 0.6
"""Width over which dots of one category are spread, of the distance between two."""


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
            obstacle = tr("{quantity} has draws that are NaN or infinite", quantity=quantity)
        elif not np.ptp(values):
            obstacle = tr("{quantity} is the same in every draw", quantity=quantity)
        elif values.shape[1] < LEAST_STEPS:
            obstacle = tr(
                "{count} draws a chain are too few: at least {least} are needed",
                count=values.shape[1],
                least=LEAST_STEPS,
            )
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
        densities: of each coordinate of the chains, per unit of it, shape (bins,) each; of a category the shares of
            its words. Empty of a column that is fixed.
        data_densities: those of the data; None without any.
        pairs: contours of the chains' coordinates (across, up), across < up, where they are not drawn by dots.
        data_pairs: those of the data; empty without any.
        columns: of a table, what the coordinates are; empty of others.
        dots: chains that are drawn one by one, in shares of the axes, shape (m, d); where contours stand for them
            pairs of categories alone use them.
        data_dots: rows of the data likewise.
        fixed: values that a condition gives to coordinates, in shares of their axes, by number.
    """

    names: tuple[str, ...]
    low: Array
    high: Array
    densities: tuple[Array, ...]
    data_densities: tuple[Array, ...] | None
    pairs: Mapping[tuple[int, int], Contours]
    data_pairs: Mapping[tuple[int, int], Contours]
    columns: tuple[ColumnMeaning, ...] = ()
    dots: Array = field(default_factory=lambda: np.zeros((0, 0)))
    data_dots: Array = field(default_factory=lambda: np.zeros((0, 0)))
    fixed: Mapping[int, float] = field(default_factory=dict)

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

    @classmethod
    def of_rows(
        cls,
        columns: Sequence[ColumnMeaning],
        everything: Array,
        rows: Array,
        chains: Array,
        fixed: Mapping[int, float] | None = None,
    ) -> Corner:
        """Of columns of a table, in the units of the file; columns on a log scale by their natural logarithms.

        Args:
            columns: that are drawn.
            everything: rows that the axes hold, shape (n, columns).
            rows: of those, which chains are compared with, shape (r, columns).
            chains: shape (m, columns).
            fixed: values of the columns that a condition fixes, by their number among these.
        """
        fixed = fixed or {}
        places = [
            np.stack([c.drawn(x[:, i]) for i, c in enumerate(columns)], 1) for x in (everything, rows, chains)
        ]
        drawn, of_rows, of_chains = places
        marks = {k: float(columns[k].drawn(value)) for k, value in fixed.items()}
        axes = [_axis(column, drawn[:, k], marks.get(k)) for k, column in enumerate(columns)]
        low, high = (np.array([ends[side] for ends in axes]) for side in (0, 1))
        fewest = min(len(rows), len(chains))
        bins = [_bins(column, *axes[k], fewest) for k, column in enumerate(columns)]
        of_numbers = [k for k, column in enumerate(columns) if not column.values and k not in fixed]
        found = []
        for x, most in ((of_chains, MOST_DOTS), (of_rows, LEAST_CONTOURED)):
            contoured = len(x) > most
            numbers = _pairs(x[:, of_numbers], low[of_numbers], high[of_numbers]) if contoured else {}
            pairs = {(of_numbers[a], of_numbers[b]): curves for (a, b), curves in numbers.items()}
            shares = (x[drawn_rows(len(x), MOST_DOTS)] - low) / (high - low)
            for k, column in enumerate(columns):
                if column.values:
                    shift = np.random.default_rng(k).uniform(-BAND / 2, BAND / 2, MOST_DOTS)[: len(shares)]
                    shares[:, k] += shift / (high[k] - low[k])
            found.append((pairs, shares))
        return cls(
            tuple(column.title for column in columns),
            low,
            high,
            tuple(
                np.zeros(0) if k in fixed else _density(of_chains[:, k], low[k], high[k], bins[k])
                for k in range(len(columns))
            ),
            tuple(_density(of_rows[:, k], low[k], high[k], bins[k]) for k in range(len(columns))),
            found[0][0],
            found[1][0],
            tuple(columns),
            found[0][1],
            found[1][1],
            {k: (mark - low[k]) / (high[k] - low[k]) for k, mark in marks.items()},
        )


def _axis(column: ColumnMeaning, x: Array, mark: float | None) -> tuple[float, float]:
    """Ends of an axis that hold nearly all of x, shape (n,), and a mark."""
    if column.values:
        return -0.5, len(column.values) - 0.5
    low, high = np.quantile(x, [(1 - WITHIN) / 2, (1 + WITHIN) / 2]).tolist()
    if mark is not None:
        low, high = min(low, mark), max(high, mark)
    if column.type == WHOLE and high - low < MOST_WHOLE:
        return math.floor(low) - 0.5, math.ceil(high) + 0.5
    margin = 0.08 * (high - low) + 1e-9 * max(abs(low), 1.0)
    return low - margin, high + margin


def _bins(column: ColumnMeaning, low: float, high: float, fewest: int) -> int:
    if column.values or (column.type == WHOLE and high - low <= MOST_WHOLE + 1):
        return round(high - low)
    return CORNER_BINS if fewest >= FEW_ROWS else FEWER_BINS


def _density(x: Array, low: float, high: float, bins: int) -> Array:
    """Share of x in every bin, per unit of the axis, shape (bins,)."""
    counts, _ = np.histogram(x, bins, (low, high))
    return counts / (max(len(x), 1) * (high - low) / bins)


def _densities(
    x: Array, low: Array, high: Array
) -> tuple[tuple[Array, ...], dict[tuple[int, int], Contours]]:
    """Densities of each column and contours of each pair of columns of x, shape (n, d)."""
    singles = tuple(_density(x[:, k], low[k], high[k], CORNER_BINS) for k in range(x.shape[1]))
    return singles, _pairs(x, low, high)


def _pairs(x: Array, low: Array, high: Array) -> dict[tuple[int, int], Contours]:
    """Contours of each pair of columns of x, shape (n, d)."""
    # Loaded with the first of them: starting up does not wait for it.
    from scipy.ndimage import gaussian_filter

    dimensions = range(x.shape[1])
    smoothed = SMOOTHED if len(x) >= FEW else FEW_SMOOTHED
    place = np.floor((x - low) / (high - low) * CORNER_BINS).astype(np.int64)
    inside = (place >= 0) & (place < CORNER_BINS)
    pairs = {}
    for up in dimensions:
        for across in range(up):
            both = inside[:, up] & inside[:, across]
            cell = place[both, up] * CORNER_BINS + place[both, across]
            counts = np.bincount(cell, minlength=CORNER_BINS**2).reshape(CORNER_BINS, CORNER_BINS)
            pairs[across, up] = _contours(gaussian_filter(counts.astype(float), smoothed, mode="constant"))
    return pairs


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
