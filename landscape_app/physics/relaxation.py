"""The energy between the levels: H(x) − log q(x) of a discrete space as a smooth function of real coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor

from landscape_app.physics.base_measure import ProductBase, kind_of
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import is_true

PUSH = 1e-3
"""Length, in units of the force, of the trial move that finds which forces the range stops."""

LEAST_STEP, LONGEST_STEP = 1e-6, 10.0
"""Bounds of a step of descent, in units of the force: below the first, rounding decides."""


class SmoothSurface(Protocol):
    """An energy over real coordinates, on which paths are relaxed (see `physics.paths`)."""

    def energy(self, x: Tensor) -> Tensor:
        """Energy in nats, shape (batch,), of x with shape (batch, sites)."""
        ...

    def energy_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Energy in nats, shape (batch,), and its gradient, shape (batch, sites)."""
        ...

    def confine(self, x: Tensor) -> Tensor:
        """The nearest points within the surface's range, same shape as x."""
        ...


class RelaxedTarget:
    """U(x) = H(x) − log q(x) for real levels: −log P, but for log Z.

    H is a function of real x already. Each log q_i is joined from level to level by a monotone cubic (Fritsch and
    Butland 1984): its slope is continuous, it keeps the table's values, and no extremum arises between two levels.
    Sites that q holds are no coordinates of it: they lie at their values.

    Args:
        target: q, a product over sites of a discrete space, and H; its β, if any, is left aside.

    Raises:
        ValueError: the base measure has no levels to join.
    """

    def __init__(self, target: Target) -> None:
        if not isinstance(target.base_measure, ProductBase):
            raise ValueError(f"only a table of levels can be relaxed, not {kind_of(target.base_measure)}")
        self.target = target
        self.space = target.base_measure.space
        self._fixed = target.base_measure.fixed_sites
        zero = self.space.from_index(torch.zeros_like(self._fixed, dtype=torch.long))
        self._values = target.base_measure.with_fixed_sites(self.configurations(zero.unsqueeze(0))).flatten()
        self._log_q = target.base_measure.log_probabilities.masked_fill(self._fixed.unsqueeze(1), 0.0)
        self._slopes = monotone_slopes(self._log_q)

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and the highest value of a site."""
        return self.space.lowest, self.space.lowest + self.space.spacing * (self.space.levels - 1)

    def confine(self, x: Tensor) -> Tensor:
        """x, shape (…, sites), with every site within its range, and those that q holds at their values."""
        return torch.where(self._fixed, self._values, x.clamp(*self.range))

    def rounded(self, x: Tensor) -> Tensor:
        """The nearest configurations of the space itself, same shape."""
        return self.space.from_index(self.space.index(self.confine(x)))

    def configurations(self, x: Tensor) -> Tensor:
        """x with shape (batch, sites) in the shape of the space, (batch, *shape)."""
        return x.reshape(len(x), *self.space.shape)

    def energy(self, x: Tensor) -> Tensor:
        """U(x) in nats, shape (batch,), of x with shape (batch, sites) within the range."""
        return self.target.hamiltonian.energy(self.configurations(x)) - self._interpolated(x)[0].sum(1)

    def energy_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """U(x), shape (batch,), and ∂U/∂x in nats per level, shape (batch, sites)."""
        energy, gradient = self.target.hamiltonian.energy_and_gradient(self.configurations(x))
        log_q, slope = self._interpolated(x)
        return energy - log_q.sum(1), gradient.flatten(1) - slope

    def _interpolated(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """log q_i(x_i) and its derivative, both of shape (batch, sites): Hermite's cubic on every interval."""
        u = (x - self.space.lowest) / self.space.spacing
        left = u.detach().floor().clamp(0, self.space.levels - 2)
        t, k = u - left, left.long().unsqueeze(-1)
        y0, y1, d0, d1 = (
            table.expand(len(x), -1, -1).gather(-1, node).squeeze(-1)
            for table in (self._log_q, self._slopes)
            for node in (k, k + 1)
        )
        rise = y1 - y0
        value = y0 + t * (d0 + t * ((3 * rise - 2 * d0 - d1) + t * (d0 + d1 - 2 * rise)))
        slope = d0 + t * (2 * (3 * rise - 2 * d0 - d1) + t * 3 * (d0 + d1 - 2 * rise))
        return value, slope / self.space.spacing


class SmoothDescent:
    """Descent of a smooth surface from several points at once by projected gradients.

    Steps are as long as Barzilai and Borwein (1988) have them. A step that does not lower the energy
    is not taken, and the next one is a quarter as long.

    Args:
        surface: whose minima.
        x: starts, shape (n, sites).
        tolerance: force at which a descent has arrived, nats per unit of x.

    Attributes:
        x: the points as they stand, shape (n, sites).
    """

    def __init__(self, surface: SmoothSurface, x: Tensor, tolerance: float = 0.1) -> None:
        self._surface = surface
        self._tolerance = tolerance
        self.x = surface.confine(x)
        self._energy, self._gradient = surface.energy_and_gradient(self.x)
        strength = self._gradient.norm(dim=1).clamp_min(tolerance)
        self._step = (0.1 / strength).clamp(LEAST_STEP, LONGEST_STEP)

    @property
    def force(self) -> Tensor:
        """Slope at each point, less what the range stops, nats per unit of x, shape (n,)."""
        pushed = self._surface.confine(self.x - PUSH * self._gradient)
        return (pushed - self.x).norm(dim=1) / PUSH

    @property
    def arrived(self) -> Tensor:
        """Mask of the descents whose force has fallen below the tolerance, bool, shape (n,)."""
        return self.force < self._tolerance

    def run(self, steps: int) -> Iterator[None]:
        """Descends until all have arrived, at most so many steps; yields after every one."""
        for _ in range(steps):
            if is_true((self.arrived | (self._step <= LEAST_STEP)).all()):
                return
            self._move()
            yield

    def _move(self) -> None:
        trial = self._surface.confine(self.x - self._step.unsqueeze(1) * self._gradient)
        energy, gradient = self._surface.energy_and_gradient(trial)
        falls = (energy < self._energy) & ~self.arrived
        move, turn = trial - self.x, gradient - self._gradient
        bend, square = (move * turn).sum(1), move.square().sum(1)
        longer = torch.where(bend > 0, square / bend.clamp_min(1e-12), 2 * self._step)
        self._step = torch.where(falls, longer, self._step / 4).clamp(LEAST_STEP, LONGEST_STEP)
        self.x = torch.where(falls.unsqueeze(1), trial, self.x)
        self._energy = torch.where(falls, energy, self._energy)
        self._gradient = torch.where(falls.unsqueeze(1), gradient, self._gradient)


def monotone_slopes(values: Tensor) -> Tensor:
    """Slopes at evenly spaced nodes of a cubic that is monotone wherever the values are, same shape.

    Inside: the harmonic mean of the two differences, 0 where they differ in sign. At the ends: the parabola through
    the last three nodes, held back where it would overshoot (Fritsch and Butland 1984; Moler's PCHIP).

    Args:
        values: at the nodes, a unit apart, shape (…, nodes), two nodes at least.
    """
    steps = values.diff(dim=-1)
    if steps.shape[-1] == 1:
        return steps.expand_as(values).clone()
    before, after = steps[..., :-1], steps[..., 1:]
    product = before * after
    mean = 2 * product / torch.where(product > 0, before + after, 1.0)
    inner = torch.where(product > 0, mean, 0.0)
    return torch.cat([_end_slope(steps[..., :2]), inner, _end_slope(steps[..., -2:].flip(-1))], dim=-1)


def _end_slope(steps: Tensor) -> Tensor:
    """The slope at an end, shape (…, 1), from the two differences next to it, nearest first, shape (…, 2)."""
    first, second = steps[..., :1], steps[..., 1:]
    slope = (3 * first - second) / 2
    slope = torch.where(slope * first > 0, slope, 0.0)
    overshoots = (first * second <= 0) & (slope.abs() > 3 * first.abs())
    return torch.where(overshoots, 3 * first, slope)
