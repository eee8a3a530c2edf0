"""log Z, entropy and heat capacity with error bars, from the energies that a ladder's replicas pass through."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.host import read_back
from landscape_app.physics.ladder import LEAST_OVERLAP, Ladder


class Estimate(NamedTuple):
    """A number and its standard error."""

    value: float
    error: float

    def __format__(self, spec: str) -> str:
        """“value ± error”, both in one format; the value by itself where the error is not finite."""
        value = format(self.value, spec)
        return f"{value} ± {self.error:{spec}}" if math.isfinite(self.error) else value

    def interval(self, columns: int, level: float = 0.95) -> tuple[float, float]:
        """The confidence interval from so many independent columns (Student's t)."""
        from scipy.special import stdtrit  # a tenth of a second to import

        reach = float(stdtrit(columns - 1, (1 + level) / 2)) * self.error
        return self.value - reach, self.value + reach


class LadderEnergies(NamedTuple):
    """What a ladder passed through while its temperatures and step sizes stood still.

    Attributes:
        betas: inverse temperatures, shape (replicas,).
        energy: H of every replica, float64, shape (steps, replicas, columns).
        log_q: log q of the replicas at β = 1, float64, shape (steps, columns).
    """

    betas: Tensor
    energy: Tensor
    log_q: Tensor


class RecordedEnergies:
    """What a ladder has passed through so far, on its device: as it comes, nobody waits for it.

    Args:
        ladder: that is recorded.
        steps: most to be recorded.
        earlier: what it had passed through before.

    Attributes:
        betas: inverse temperatures, shape (replicas,).
    """

    def __init__(self, ladder: Ladder, steps: int, earlier: LadderEnergies | None = None) -> None:
        self.betas = ladder.betas
        self._energy = ladder.energies.new_empty(steps, ladder.replicas, ladder.columns)
        self._log_q = ladder.energies.new_empty(steps, ladder.columns)
        self._done = 0
        if earlier is not None:
            self._done = len(earlier.energy)
            self._energy[: self._done] = earlier.energy.float().to(self._energy.device)
            self._log_q[: self._done] = earlier.log_q.float().to(self._energy.device)

    def __len__(self) -> int:
        """Steps recorded."""
        return self._done

    def add(self, ladder: Ladder) -> None:
        """Records where the ladder is now."""
        self._energy[self._done] = ladder.energies
        self._log_q[self._done] = ladder.target.base.log_prob(ladder.x)
        self._done += 1

    def on_host(self) -> LadderEnergies:
        """The same in float64 on the host, where sums are taken."""
        found = read_back(self.betas, self._energy[: self._done], self._log_q[: self._done])
        return LadderEnergies(*(part.double() for part in found))


class Thermometry(NamedTuple):
    """Thermodynamics of a model by its ladder.

    Attributes:
        betas: inverse temperatures, float64, shape (replicas,).
        log_partition: log Z of the model, Z = E_q[exp(−H)].
        entropy: S = log Z + ⟨H⟩ − ⟨log q⟩, nats (differential, in continuous spaces).
        energy: ⟨H⟩ of the model, nats.
        log_partitions: log Z at every β, shape (replicas,).
        heat_capacity: β² Var(H) at every β, shape (replicas,).
        heat_capacity_error: standard errors, shape (replicas,).
        overlap: mean swap probability between neighbours, shape (replicas − 1,).
        columns: independent ladders that the errors come from.
    """

    betas: Tensor
    log_partition: Estimate
    entropy: Estimate
    energy: Estimate
    log_partitions: Tensor
    heat_capacity: Tensor
    heat_capacity_error: Tensor
    overlap: Tensor
    columns: int

    @property
    def is_connected(self) -> bool:
        """Whether every pair of neighbours overlaps; if not, log Z and the entropy are upper bounds."""
        return bool((self.overlap >= LEAST_OVERLAP).all())


def record_energies(
    ladder: Ladder, steps: int, earlier: RecordedEnergies | None = None
) -> Iterator[RecordedEnergies]:
    """Runs a ladder, a step at each `next()`; yields what it has passed through so far.

    Step sizes are frozen meanwhile; the temperatures must not be moved.

    Args:
        ladder: to be run.
        steps: to be recorded in all.
        earlier: what it has passed through already, if that was interrupted.
    """
    adapt, ladder.adapt = ladder.adapt, False
    recorded = earlier or RecordedEnergies(ladder, steps)
    try:
        while len(recorded) < steps:
            ladder.advance(1)
            recorded.add(ladder)
            yield recorded
    finally:
        ladder.adapt = adapt


def measure(energies: LadderEnergies) -> Thermometry:
    """Thermodynamics from the energies of a ladder in equilibrium.

    log Z is the sum over neighbours of Bennett's acceptance-ratio estimates (Bennett 1976). Columns are
    independent: every estimate is linearised in what each column adds to it, and the spread of these
    contributions over the columns is its standard error, whatever the autocorrelation within a column.

    Between neighbours that do not overlap nothing can be estimated. As ⟨H⟩ falls with β, log Z_b/Z_a = −∫⟨H⟩dβ is
    at most −(β_b − β_a)⟨H⟩_b, which is what counts there: log Z and the entropy are then upper bounds.

    Raises:
        ValueError: fewer than two columns, or energies that are not finite.
    """
    columns = energies.energy.shape[2]
    if columns < 2:
        raise ValueError("an error bar needs at least two ladders side by side")
    if not bool(torch.isfinite(energies.energy).all()):
        raise ValueError("an energy is not finite: the ladder cannot be measured")
    gaps = energies.betas.diff().view(1, -1, 1)
    lower = gaps * energies.energy[:, :-1]
    upper = gaps * energies.energy[:, 1:]
    swap = (-gaps * (energies.energy[:, :-1] - energies.energy[:, 1:])).clamp(max=0).exp()
    overlap = swap.mean((0, 2))
    apart = overlap < LEAST_OVERLAP
    ratio = acceptance_ratio(lower, upper)
    free = torch.where(apart, upper.mean((0, 2)), ratio)
    log_z = -free.sum()

    level = ratio.view(1, -1, 1)
    excess = torch.sigmoid(level - lower) - torch.sigmoid(upper - level)
    slope = _slope(level - lower) + _slope(upper - level)
    by_ratio = excess.mean(0) / slope.mean((0, 2)).clamp_min(1e-300).unsqueeze(1)
    influence = torch.where(apart.unsqueeze(1), -upper.mean(0), by_ratio).sum(0)
    top = energies.energy[:, -1].mean(0)
    surprise = top - energies.log_q.mean(0)
    variance, variance_error = _variances(energies.energy)
    return Thermometry(
        betas=energies.betas,
        log_partition=Estimate(float(log_z), _error(influence)),
        entropy=Estimate(float(log_z + surprise.mean()), _error(influence + surprise)),
        energy=Estimate(float(top.mean()), _error(top)),
        log_partitions=torch.cat([free.new_zeros(1), -free.cumsum(0)]),
        heat_capacity=energies.betas**2 * variance,
        heat_capacity_error=energies.betas**2 * variance_error,
        overlap=overlap,
        columns=columns,
    )


def acceptance_ratio(lower: Tensor, upper: Tensor) -> Tensor:
    """ΔF = −log Z_b/Z_a of each pair of neighbours, from as many samples of a as of b (Bennett 1976).

    The root of Σ_a σ(ΔF − u_a) = Σ_b σ(u_b − ΔF), σ the logistic function, by bisection.

    Args:
        lower: u = (β_b − β_a) H on samples of a, shape (steps, pairs, columns).
        upper: the same on samples of b.

    Returns:
        Shape (pairs,).
    """
    low = torch.minimum(lower.amin((0, 2)), upper.amin((0, 2))) - 1
    high = torch.maximum(lower.amax((0, 2)), upper.amax((0, 2))) + 1
    for _ in range(60):
        middle = (low + high) / 2
        level = middle.view(1, -1, 1)
        short = torch.sigmoid(level - lower).mean((0, 2)) < torch.sigmoid(upper - level).mean((0, 2))
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    return (low + high) / 2


def _slope(u: Tensor) -> Tensor:
    s = torch.sigmoid(u)
    return s * (1 - s)


def _error(contributions: Tensor) -> float:
    """Standard error of the mean of independent contributions, shape (columns,)."""
    return float(contributions.std()) / math.sqrt(len(contributions))


def _variances(energy: Tensor) -> tuple[Tensor, Tensor]:
    """Var(H) of each replica and its standard error, shapes (replicas,)."""
    square = (energy - energy.mean((0, 2), keepdim=True)) ** 2
    by_column = square.mean(0)
    return by_column.mean(1), by_column.std(1) / math.sqrt(by_column.shape[1])
