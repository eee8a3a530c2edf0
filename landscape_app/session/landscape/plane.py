"""A landscape of one or two coordinates: energy and density on a grid, and the range that shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from landscape_app.language import tr
from landscape_app.physics.base_measure import UnboundedBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.host import read_back, to_host
from landscape_app.physics.space import Space

NODES = {1: 801, 2: 161}
"""Along each axis, by the number of axes."""

BATCH = 2_048
"""Nodes evaluated at once: what a field of many centres needs for them stays small."""

BASE_REACH = 7.0
"""On the line nothing of q is left beyond so many of its deviations: exp(−24)."""

MARGIN = 0.15
"""Share of the data's extent that is shown beyond them."""

Bounds = tuple[tuple[float, float], ...]
"""Lowest and highest value of each coordinate."""


class NoLandscapeError(ValueError):
    """An energy is finite nowhere on a grid."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """H and p on an even grid; a plane has y along rows, x along columns, both rising.

    Attributes:
        axes: nodes of each coordinate, each of shape (n,).
        energy: H in nats, shape (n,) or (rows, columns).
        log_density: log p in nats, normalised over the whole space, of the same shape.
        inside: share of the probability within the grid's bounds.
        even_base: whether the base measure is uniform, so that −log p is H but for a constant.
    """

    axes: tuple[np.ndarray, ...]
    energy: np.ndarray
    log_density: np.ndarray
    inside: float
    even_base: bool

    @property
    def dimensions(self) -> int:
        """1 or 2."""
        return len(self.axes)

    @property
    def bounds(self) -> Bounds:
        """Part of the space that the grid covers."""
        return tuple((float(axis[0]), float(axis[-1])) for axis in self.axes)

    @cached_property
    def cell_probability(self) -> np.ndarray:
        """Probability of the cell about each node by the trapezoid rule, normalised over the grid."""
        weights = np.exp(self.log_density - self.log_density.max()) * trapezoid_weights(self.axes)
        return weights / weights.sum()

    def mean(self, values: np.ndarray) -> float:
        """⟨f⟩ within the bounds, of the values of f at the nodes."""
        p = self.cell_probability
        return float((p * np.where(p > 0, values, 0.0)).sum())

    def coordinate(self, i: int) -> np.ndarray:
        """The i-th coordinate of every node, of the shape of `energy`."""
        if self.dimensions == 1:
            return self.axes[0]
        return np.meshgrid(*self.axes)[i]

    def enclosing(self, share: float) -> float:
        """log p on the edge of the smallest region that holds so much of the probability within the bounds."""
        order = np.argsort(self.log_density, axis=None)[::-1]
        held = np.cumsum(self.cell_probability.ravel()[order])
        last = min(int(np.searchsorted(held, share)), len(order) - 1)
        return float(self.log_density.ravel()[order[last]])

    def draw(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """Independent points of the density within the bounds, float32, shape (count, dimensions).

        Exact but for the width of a cell, within which they are even.
        """
        chosen = generator.choice(self.energy.size, size=count, p=self.cell_probability.ravel())
        nodes = np.stack([self.coordinate(i).ravel()[chosen] for i in range(self.dimensions)], axis=1)
        widths = np.array([axis[1] - axis[0] for axis in self.axes])
        points = nodes + (generator.random(nodes.shape) - 0.5) * widths
        low, high = np.array(self.bounds).T
        return np.clip(points, low, high).astype(np.float32)


def bounds_for(target: Target, data: np.ndarray | None = None) -> Bounds:
    """Part of a space to show: a whole box; on the line, where data and base measure are.

    Args:
        target: on one or two coordinates.
        data: shape (n, coordinates).

    Raises:
        ValueError: the space has no landscape (see `check_drawable`).
    """
    space = target.base_measure.space
    check_drawable(space)
    if space.bounds is not None:
        return (space.bounds,) * space.sites
    base = target.base_measure
    assert isinstance(base, UnboundedBase)
    centre, reach = to_host(base.mean.flatten()).numpy(), 2.0 * to_host(base.deviation.flatten()).numpy()
    low, high = centre - reach, centre + reach
    if data is not None and len(data):
        extent = data.max(0) - data.min(0)
        low, high = data.min(0) - MARGIN * extent, data.max(0) + MARGIN * extent
        flat = high <= low
        low, high = np.where(flat, low - reach, low), np.where(flat, high + reach, high)
    return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))


def is_drawable(space: Space) -> bool:
    """True if a space is of one or two real coordinates."""
    return space.is_real and space.sites in NODES


def check_drawable(space: Space) -> None:
    """Refuses spaces whose landscape cannot be drawn.

    Raises:
        ValueError: more than two coordinates, or discrete ones.
    """
    if not is_drawable(space):
        raise ValueError(
            tr(
                "a landscape is drawn over one or two continuous coordinates, not over {sites} of {space}",
                sites=space.sites,
                space=space.label,
            )
        )


def survey(target: Target, bounds: Bounds) -> Landscape:
    """H and p on a grid.

    p is normalised by the trapezoid rule. On the line what lies beyond the bounds counts too: it is summed over a
    second grid that reaches as far as the base measure does.

    Args:
        target: on one or two coordinates; its β is left aside.
        bounds: of the grid.

    Raises:
        ValueError: the space has no landscape (see `check_drawable`).
        NoLandscapeError: H is finite nowhere.
    """
    check_drawable(target.base_measure.space)
    count = NODES[target.base_measure.space.sites]
    axes = tuple(np.linspace(low, high, count) for low, high in bounds)
    energy, log_weight = _evaluate(target, axes)
    if not np.isfinite(log_weight).any():
        raise NoLandscapeError(tr("the energy is finite nowhere on the grid; there is no landscape to draw"))
    within = _log_integral(log_weight, axes)
    whole = np.logaddexp(within, _log_integral_beyond(target, bounds, count))
    return Landscape(
        axes=axes,
        energy=energy,
        log_density=log_weight - whole,
        inside=float(np.exp(within - whole)),
        even_base=target.base_measure.space.bounds is not None,
    )


class Survey:
    """Keeps the landscape of what chains sample, and surveys it anew only where that has changed.

    Args:
        bounds: of the grid.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._surveyed: tuple[Hamiltonian, int] | None = None
        self._landscape: Landscape | None = None

    def landscape(self, target: Target, version: int = 0) -> Landscape:
        """The landscape of a target.

        Args:
            target: what is sampled.
            version: grows whenever parameters have changed within the same Hamiltonian, such as the epoch.

        Raises:
            ValueError: what `survey` raises.
        """
        known = self._surveyed
        if (
            self._landscape is None
            or known is None
            or known[0] is not target.hamiltonian
            or known[1] != version
        ):
            self._landscape = survey(target, self.bounds)
            self._surveyed = (target.hamiltonian, version)
        return self._landscape


def trapezoid_weights(axes: tuple[np.ndarray, ...]) -> np.ndarray:
    """Volume that each node of an even grid stands for, of the grid's shape."""
    lengths = []
    for axis in axes:
        length = np.full(len(axis), axis[1] - axis[0])
        length[[0, -1]] /= 2
        lengths.append(length)
    return lengths[0] if len(lengths) == 1 else np.outer(lengths[1], lengths[0])


def _evaluate(target: Target, axes: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """H and log q − H at the nodes, float64, of the grid's shape; what is not a number weighs nothing."""
    shape = tuple(len(axis) for axis in reversed(axes))
    grid = np.meshgrid(*axes) if len(axes) > 1 else [axes[0]]
    x = torch.as_tensor(np.stack([c.ravel() for c in grid], axis=1), dtype=torch.float32)
    x = x.reshape(-1, *target.base_measure.space.shape)
    if target.base_measure.space.bounds is not None:
        # Rounding may put a node on the wall one digit outside.
        x = x.clamp(*target.base_measure.space.bounds)
    energies, log_q = [], []
    for piece in x.to(target.base_measure.device).split(BATCH):
        energies.append(to_host(target.hamiltonian.energy(piece)).double())
        log_q.append(to_host(target.base_measure.log_prob(piece)).double())
    energy = torch.cat(energies).numpy().reshape(shape)
    log_weight = torch.cat(log_q).numpy().reshape(shape) - energy
    return energy, np.where(np.isfinite(log_weight), log_weight, -np.inf)


def _log_integral(log_weight: np.ndarray, axes: tuple[np.ndarray, ...]) -> float:
    top = float(log_weight.max())
    if top == -np.inf:
        return -math.inf
    return top + math.log(float((np.exp(log_weight - top) * trapezoid_weights(axes)).sum()))


def _log_integral_beyond(target: Target, bounds: Bounds, nodes: int) -> float:
    """log of the integral over what lies beyond the bounds; minus infinity where that is nothing."""
    space, base = target.base_measure.space, target.base_measure
    if space.bounds is not None:
        full: Bounds = (space.bounds,) * space.sites
    else:
        assert isinstance(base, UnboundedBase)
        means, deviations = (table.flatten().tolist() for table in read_back(base.mean, base.deviation))
        full = tuple((m - BASE_REACH * s, m + BASE_REACH * s) for m, s in zip(means, deviations, strict=True))
    if all(a <= c and b >= d for (a, b), (c, d) in zip(bounds, full, strict=True)):
        return -math.inf
    axes = tuple(np.linspace(low, high, nodes) for low, high in full)
    _, log_weight = _evaluate(target, axes)
    inside = [(axis >= low) & (axis <= high) for axis, (low, high) in zip(axes, bounds, strict=True)]
    within = inside[0] if len(axes) == 1 else np.outer(inside[1], inside[0])
    return _log_integral(np.where(within, -np.inf, log_weight), axes)
