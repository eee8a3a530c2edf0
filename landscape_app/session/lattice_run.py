"""Ising spins on view: lattices that are moved, heated, magnetised and measured, one large or many small ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from landscape_app.language import tr
from landscape_app.physics.chains import Chains
from landscape_app.physics.correlation import fitted_length, pair_correlation, power_spectrum
from landscape_app.physics.diagnostics import (
    LEAST_STEPS,
    LONG_RUN,
    are_parted,
    autocorrelation_time,
    spread_of_chains,
)
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.host import read_back
from landscape_app.physics.spin_lattices import MOST_SPINS, SpinLattice

TRACE = 2_000
"""Steps that traces reach back."""

MOST_BLOCKS = 2_048
"""Means of equally many steps each that are kept; then two and two become one."""

BARS = 64
"""About as many bars has the histogram of m."""

SKIPPED = 1 / 3
"""Share of the steps since a change that means leave out, as spins need time to follow."""

OFF = 2.0
"""Standard errors of the energy that lattices which do not turn round may be off by."""

LEAST_DROPPED = 16
"""Steps after a change at which averages begin anew for the first time; then at each doubling."""


class LatticeConditions(NamedTuple):
    """Temperature, field and sampler.

    Attributes:
        temperature: T, in J/k_B.
        field: h, in J.
        sampler: a name in `SAMPLERS`.
    """

    temperature: float
    field: float
    sampler: str


@dataclass(frozen=True, eq=False)
class LatticeTrace:
    """The last steps, up to `TRACE`.

    Attributes:
        steps: their numbers, shape (n,).
        energies: energy per spin in J, averaged over the lattices, shape (n,).
        magnetisations: m of a single lattice, or ⟨|m|⟩ over many, shape (n,).
        since: number of the step at which conditions changed last.
    """

    steps: np.ndarray
    energies: np.ndarray
    magnetisations: np.ndarray
    since: int


@dataclass(frozen=True, eq=False)
class LatticeMeasurement:
    """Averages over lattices and steps since conditions changed.

    Of the steps since the change averages hold the last half to three quarters, as spins need time to follow.

    Attributes:
        steps: averaged over.
        energy: per spin, J; its error counts how long the lattices remember, and is NaN while `memory` is no more
            than a bound, while anything has not changed at all yet, while lattices differ by more than they have
            moved, and where spins stand against the field more than they may, or turn round too seldom to tell.
        magnetisation: ⟨|m|⟩ per spin, likewise.
        memory: autocorrelation time of the slower of the two, in steps; NaN while too short to say.
        is_long: false where there is no error; `memory` is then a bound from below.
        times: steps of the averages over `memory`, which is at most so many while `is_long` is false; NaN while too
            short to say, infinite where `LONG_RUN` of `memory` are not enough, as lattices do not come together.
        bars: middles of the bars of the histogram of m, shape (n,).
        density: of m, per unit of m, shape (n,).
        correlation: G(r), r = 0 … L/2, less m̄² where there is order; None where distance means nothing.
        length: correlation length ξ in lattice spacings (`fitted_length`); NaN where there is none.
        turned: share of the spins that a step turns.
    """

    steps: int
    energy: Estimate
    magnetisation: Estimate
    memory: float
    is_long: bool
    times: float
    bars: np.ndarray
    density: np.ndarray
    correlation: np.ndarray | None
    length: float
    turned: float


class _Means(NamedTuple):
    """The entries of a `LatticeMeasurement` that blocks tell, of the same names."""

    energy: Estimate
    magnetisation: Estimate
    memory: float
    is_long: bool
    times: float


def _lacking(conditions: LatticeConditions, spins: int, m: np.ndarray) -> float:
    """m less |m| tanh(h N |m| / T), averaged over the lattices, in the direction of the field h; its mean is 0.

    Without the field a configuration and its mirror image have one energy: m is turned to the field with probability
    (1 + tanh(h N |m| / T)) / 2.

    Args:
        conditions: T and h.
        spins: N.
        m: of each lattice, shape (lattices,).
    """
    temperature, field, _ = conditions
    size = np.abs(m)
    return float((m * np.sign(field) - size * np.tanh(abs(field) * spins * size / temperature)).mean())


class _Blocks:
    """Energy and |m| of all steps since a change, in blocks that become longer as steps become more."""

    def __init__(self) -> None:
        self.length, self._filled, self._inside = 1, 0, 0
        # E, |m|, their squares and what the sign of m lacks.
        self._means = np.zeros((5, MOST_BLOCKS))
        self._sums = np.zeros(5)

    def add(self, energy: float, magnetisation: float, lack: float = 0.0) -> None:
        """Adds a step; the lack is that of `_lacking`."""
        self._sums += energy, magnetisation, energy**2, magnetisation**2, lack
        self._inside += 1
        if self._inside < self.length:
            return
        self._means[:, self._filled] = self._sums / self.length
        self._sums, self._inside = np.zeros(5), 0
        self._filled += 1
        if self._filled == MOST_BLOCKS:
            self._filled //= 2
            self.length *= 2
            self._means[:, : self._filled] = self._means.reshape(5, -1, 2).mean(2)

    def means(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Means over the blocks and mean squares, both shape (2, blocks), without the first; and the mean lack."""
        kept = self._means[:, int(SKIPPED * self._filled) : self._filled]
        return kept[:2], kept[2:4], float(kept[4].mean()) if kept.size else 0.0


class _Sums:
    """Sums over steps, and over looks at correlations in space; empty ones are zero."""

    def __init__(self) -> None:
        self.steps: np.ndarray = np.zeros(3)
        self.bars: np.ndarray = np.zeros(1, np.int64)
        self.correlations: np.ndarray = np.zeros(1)
        self.powers: np.ndarray = np.zeros(1)
        self.each: np.ndarray = np.zeros((2, 1))
        self.squares: np.ndarray = np.zeros(2)
        self.looks = 0

    def add_step(self, numbers: np.ndarray, bars: np.ndarray) -> None:
        """Adds |m|, the share turned and 1, shape (3,), and counts of the histogram."""
        self.steps = self.steps + numbers
        self.bars = self.bars + bars

    def add_each(self, values: np.ndarray, squares: np.ndarray) -> None:
        """Adds e and |m| of every lattice, shape (2, lattices), and their mean squares, shape (2,)."""
        self.each = self.each + values
        self.squares = self.squares + squares

    def add_look(self, correlations: np.ndarray, powers: np.ndarray) -> None:
        """Adds correlations in space."""
        self.correlations = self.correlations + correlations
        self.powers = self.powers + powers
        self.looks += 1

    def plus(self, other: _Sums) -> _Sums:
        """Both together."""
        both = _Sums()
        both.add_step(self.steps + other.steps, self.bars + other.bars)
        both.add_each(self.each + other.each, self.squares + other.squares)
        both.add_look(self.correlations + other.correlations, self.powers + other.powers)
        both.looks = self.looks + other.looks
        return both


class LatticeRun:
    """Copies of one lattice of spins under one sampler.

    Args:
        lattice: graph and side.
        count: lattices.
        conditions: T, h and the sampler.
        start: "random" or "up".
        seed: of every random number.

    Attributes:
        lattice: graph and side.
        conditions: T, h and the sampler.
        steps: since the start; sweeps, but of Wolff, which turns one cluster a step.

    Raises:
        ValueError: a number out of range, or no such sampler or start.
    """

    def __init__(
        self,
        lattice: SpinLattice,
        count: int = 1,
        conditions: LatticeConditions = LatticeConditions(2.27, 0.0, "heat-bath"),  # noqa: B008
        start: str = "random",
        seed: int = 0,
    ) -> None:
        if count != int(count) or not 1 <= count <= MOST_SPINS // lattice.spins:
            raise ValueError(
                tr(
                    "the number of lattices must be from 1 to {most:,} for L = {side}, got {count:,}",
                    most=MOST_SPINS // lattice.spins,
                    side=lattice.side,
                    count=count,
                )
            )
        self.lattice, self.conditions, self.steps = lattice, conditions, 0
        generator = torch.Generator().manual_seed(seed)
        x = lattice.start(count, start, generator)
        target = lattice.target(conditions.temperature, conditions.field)
        kernel = lattice.kernel(conditions.sampler)
        self._chains = Chains(x, target, kernel, generator, adapt=False)
        spins = lattice.spins
        # Of an odd number of values of m each, so that no value lies between two bars.
        self._values = (spins // BARS) | 1
        self._half = -(-(spins // 2) // self._values)
        self._trace = np.zeros((3, 2 * TRACE))
        self._kept = 0
        self._since = 0
        self._older, self._newer = _Sums(), _Sums()
        self._blocks = _Blocks()
        self._looked_at = -1

    @property
    def count(self) -> int:
        """Lattices."""
        return len(self._chains)

    def set_conditions(self, conditions: LatticeConditions) -> None:
        """Heats, magnetises, or goes on with another sampler; the spins stay as they are.

        Raises:
            ValueError: a number out of range, or no such sampler; all is as it was then.
        """
        if conditions == self.conditions:
            return
        target = self._chains.target
        if conditions[:2] != self.conditions[:2]:
            target = self.lattice.target(conditions.temperature, conditions.field)
        kernel = None
        if conditions.sampler != self.conditions.sampler:
            kernel = self.lattice.kernel(conditions.sampler)
        self._chains.retarget(target, kernel=kernel)
        self.conditions = conditions
        self._since = self.steps
        self._forget()

    def step(self) -> None:
        """One sweep of every lattice, or one cluster of Wolff's; notes what it gives."""
        before = self._chains.x
        self._chains.advance(1)
        turned = (self._chains.x != before).float().mean()
        x, energy, turned = read_back(self._chains.x, self._chains.energy, turned)
        self.steps += 1
        spins = self.lattice.spins
        s = x.numpy()
        total = np.rint(s.reshape(len(s), -1).sum(1, dtype=np.float64)).astype(int)
        m = total / spins
        each = energy.double().numpy() * self.conditions.temperature / spins
        e, size = float(each.mean()), float(np.abs(m).mean())
        self._note(self.steps, e, float(m[0]) if len(m) == 1 else size)
        self._blocks.add(e, size, _lacking(self.conditions, spins, m))
        since = self.steps - self._since
        if since >= LEAST_DROPPED and since & (since - 1) == 0:
            self._older, self._newer = self._newer, _Sums()
        bars = np.rint(total / (2 * self._values)).astype(int) + self._half
        counts = np.bincount(bars, minlength=2 * self._half + 1)
        self._newer.add_step(np.array([np.abs(m).mean(), float(turned), 1.0]), counts)
        both = np.stack([each, np.abs(m)])
        self._newer.add_each(both, (both**2).mean(1))

    def picture(self) -> np.ndarray:
        """1 for up, uint8, shape (count, L, L): rings and complete graphs row by row."""
        (x,) = read_back(self._chains.x)
        side = self.lattice.side
        return (x.numpy().reshape(-1, side, side) > 0).astype(np.uint8)

    def trace(self) -> LatticeTrace:
        """The last steps."""
        steps, energies, magnetisations = self._trace[:, max(0, self._kept - TRACE) : self._kept].copy()
        return LatticeTrace(steps, energies, magnetisations, self._since)

    def measurement(self) -> LatticeMeasurement | None:
        """Averages since conditions changed; None before the first step."""
        if self.steps == self._since:
            return None
        self._look()
        sums = self._older.plus(self._newer)
        size, turned, steps = sums.steps
        size, turned = size / steps, turned / steps
        temperature, field, _ = self.conditions
        critical = self.lattice.critical_temperature
        ordered = field != 0 or (critical is not None and temperature < critical)
        subtracted = size if ordered else 0.0
        correlation, length = None, float("nan")
        if self.lattice.has_distance:
            correlation = sums.correlations / sums.looks - subtracted**2
            length = fitted_length(sums.powers / sums.looks, with_mean=not ordered)
        means = self._means()
        width = 2 * self._values / self.lattice.spins
        bars = width * np.arange(-self._half, self._half + 1)
        density = sums.bars / sums.bars.sum() / width
        return LatticeMeasurement(
            steps=int(steps),
            energy=means.energy,
            magnetisation=means.magnetisation,
            memory=means.memory,
            is_long=means.is_long,
            times=means.times,
            bars=bars,
            density=density,
            correlation=correlation,
            length=length,
            turned=float(turned),
        )

    def _note(self, step: int, energy: float, magnetisation: float) -> None:
        if self._kept == self._trace.shape[1]:
            self._trace[:, :TRACE] = self._trace[:, TRACE:]
            self._kept = TRACE
        self._trace[:, self._kept] = step, energy, magnetisation
        self._kept += 1

    def _look(self) -> None:
        """Adds correlations in space, which are too costly for every step."""
        if self._looked_at == self.steps or not self.lattice.has_distance:
            return
        (x,) = read_back(self._chains.x)
        self._newer.add_look(pair_correlation(x.numpy(), self.lattice.periodic), power_spectrum(x.numpy()))
        self._looked_at = self.steps

    def _means(self) -> _Means:
        """⟨e⟩ and ⟨|m|⟩ since the change, and the longer of their autocorrelation times.

        Both have no error until the steps are `LONG_RUN` of the longer time: of shorter runs the time is a bound from
        below, and so would the error be. What is slow in m moves the energy too, though little of it is seen there.
        What has not changed at all may not have been seen to, as stripes that lie across a cold lattice; lattices
        whose means differ by more than they have moved lie in different valleys; and where m stands against a field
        more than Boltzmann's factor allows, or turned round too seldom to tell, the energy would be off.
        """
        means, squares, lack = self._blocks.means()
        if not means.size:
            unknown = Estimate(float("nan"), float("nan"))
            return _Means(unknown, unknown, float("nan"), False, float("nan"))
        blocks, length = means.shape[1], self._blocks.length
        values, errors, times = means.mean(1), [float("nan")] * 2, [float("nan")] * 2
        if blocks >= LEAST_STEPS:
            for k, draws in enumerate(means):
                times[k] = time = autocorrelation_time(draws[None])
                if np.isfinite(time):
                    variance = float(time * draws.var())
                    errors[k] = float(np.sqrt(variance / blocks))
                    # Of the steps themselves, whose blocks are less spread.
                    spread = float(squares[k].mean() - values[k] ** 2)
                    times[k] = length * variance / spread if length > 1 else time
        memory = max(times) if np.isfinite(times).all() else float("nan")
        enough = bool(blocks * length >= LONG_RUN * memory)
        is_long = enough and not self._parted(times) and abs(self.conditions.field * lack) <= OFF * errors[0]
        if not is_long:
            errors = [float("nan")] * 2
        energy, magnetisation = (
            Estimate(float(value), error) for value, error in zip(values, errors, strict=True)
        )
        held = blocks * length / memory if is_long or not enough else float("inf")
        return _Means(energy, magnetisation, memory, is_long, held)

    def _parted(self, times: list[float]) -> bool:
        """True if the means of the lattices differ by more than their autocorrelation times explain."""
        sums = self._older.plus(self._newer)
        steps = sums.steps[2]
        if not steps:
            return False
        each, squares = sums.each / steps, sums.squares / steps
        return any(
            are_parted(spread_of_chains(own, float(square - own.mean() ** 2), int(steps)), time, len(own))
            for own, square, time in zip(each, squares, times, strict=True)
        )

    def _forget(self) -> None:
        """Begins averages anew."""
        self._older, self._newer = _Sums(), _Sums()
        self._blocks = _Blocks()
        self._looked_at = -1
