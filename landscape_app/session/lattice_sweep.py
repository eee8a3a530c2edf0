"""Sweeps of Ising lattices over temperature or field: sizes side by side, averages with errors, crossings."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import platformdirs
import torch

from landscape_app.language import tr
from landscape_app.physics.chains import Chains
from landscape_app.physics.correlation import second_moment_length, structure_factors
from landscape_app.physics.diagnostics import LEAST_STEPS, memory_of_all
from landscape_app.physics.finite_size import LatticeEstimate, binder, binder_crossing, jackknife
from landscape_app.physics.host import read_back
from landscape_app.physics.spin_lattices import MOST_SPINS, SAMPLERS, SpinLattice, check_conditions
from landscape_app.runs import RunFileError, RunState, read_run, write_run
from landscape_app.runs.atomic import atomic_write, reason_of
from landscape_app.version import __version__

KIND = "lattice sweep"
"""Name in the provenance of such a file."""

MOMENTS = ("e", "e²", "m", "|m|", "m²", "m⁴", "S(k)")
"""Averages kept of every chain."""

MOST_POINTS, MOST_COPIES, MOST_STEPS, MOST_SIDES = 200, 1_000, 1_000_000, 6
MOST_DRAWS = 20_000_000
"""Steps of all copies of a point, of which autocorrelations are told."""

PIECE = 200_000
"""Spin updates after which a sweep says how far it is."""

OVERHEAD = 8_000
"""Spin updates that take as long as all else of a kernel's step."""

TOGETHER = 2**14
"""Spins that are moved in one step of a kernel: cluster moves let no other thread work meanwhile."""

LONG_RUN = 20.0
"""Autocorrelation times that each chain is measured for, at least; otherwise its start may still show."""


@dataclass(frozen=True)
class SweepPlan:
    """Choices of a sweep.

    Attributes:
        graph: a name in `GRAPHS`.
        sides: L of each lattice, rising.
        over: "temperature" or "field".
        low, high: ends, in J/k_B or J.
        points: evenly spaced from end to end.
        fixed: the field of a sweep over T, or the temperature of one over h.
        sampler: a name in `SAMPLERS`.
        copies: independent lattices of each side at each point, by which errors are told.
        warm_up: steps before a measurement.
        steps: measured.
        seed: of every random number.

    Raises:
        ValueError: a choice that cannot be; says what is allowed.
    """

    graph: str = "square"
    sides: tuple[int, ...] = (8, 16, 32)
    over: str = "temperature"
    low: float = 2.0
    high: float = 2.6
    points: int = 13
    fixed: float = 0.0
    sampler: str = "swendsen-wang"
    copies: int = 20
    warm_up: int = 100
    steps: int = 400
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.sides or len(self.sides) > MOST_SIDES or list(self.sides) != sorted(set(self.sides)):
            raise ValueError(
                tr(
                    "a sweep needs from one to {most} sides L, rising and each once, got {sides}",
                    most=MOST_SIDES,
                    sides=self.sides,
                )
            )
        for side in self.sides:
            SpinLattice(self.graph, side)
        if self.over not in ("temperature", "field"):
            raise ValueError(f"a sweep goes over the temperature or the field, not {self.over!r}")
        if self.sampler not in SAMPLERS:
            raise ValueError(f"no sampler is called {self.sampler!r}; choose from {', '.join(SAMPLERS)}")
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(
                tr(
                    "a sweep goes from a smaller number to a larger one, got {low:g} to {high:g}",
                    low=self.low,
                    high=self.high,
                )
            )
        for value in (self.low, self.high):
            check_conditions(*self.conditions_at(value))
        for name, least, most in (
            ("points", 2, MOST_POINTS),
            ("copies", 2, MOST_COPIES),
            ("warm_up", 0, MOST_STEPS),
            ("steps", LEAST_STEPS, MOST_STEPS),
            ("seed", 0, 2**31 - 1),
        ):
            value = getattr(self, name)
            if value != int(value) or not least <= value <= most:
                raise ValueError(
                    f"{name.replace('_', ' ')} must be a whole number from {least:,} to {most:,}, got {value}"
                )
        if self.copies * self.steps > MOST_DRAWS:
            most = MOST_DRAWS // self.copies
            raise ValueError(
                tr(
                    "at most {most:,} steps of {copies:,} copies fit, got {steps:,}; ask for fewer",
                    most=most,
                    copies=self.copies,
                    steps=self.steps,
                )
            )
        if self.copies * self.sides[-1] ** 2 > 16 * MOST_SPINS:
            most = 16 * MOST_SPINS // self.sides[-1] ** 2
            raise ValueError(
                tr(
                    "at most {most:,} copies of L = {side} fit, got {copies:,}; ask for fewer",
                    most=most,
                    side=self.sides[-1],
                    copies=self.copies,
                )
            )

    @property
    def values(self) -> np.ndarray:
        """The temperatures or fields, rising, shape (points,)."""
        return np.linspace(self.low, self.high, self.points)

    @property
    def temperatures(self) -> np.ndarray:
        """T at every point, shape (points,)."""
        return self.values if self.over == "temperature" else np.full(self.points, self.fixed)

    @property
    def has_field(self) -> bool:
        """True where spins are magnetised: averages are then of m rather than of |m|."""
        return self.over == "field" or self.fixed != 0

    @property
    def work(self) -> float:
        """Cost of the whole sweep, in spin updates."""
        return float(sum(map(self.work_of, self.sides)) * self.points * (self.warm_up + self.steps))

    def work_of(self, side: int) -> int:
        """Cost of a step of all copies of a side, in spin updates."""
        return self.copies * side**2 + OVERHEAD * math.ceil(self.copies / max(1, TOGETHER // side**2))

    def conditions_at(self, value: float) -> tuple[float, float]:
        """T and h at one of the values."""
        return (value, self.fixed) if self.over == "temperature" else (self.fixed, value)


class SideAverages(NamedTuple):
    """Averages of one side at every point, NaN where not measured yet, each of shape (points,).

    Attributes:
        side: L.
        energy: per spin, J.
        magnetisation: ⟨|m|⟩, or ⟨m⟩ in a field.
        susceptibility: N (⟨m²⟩ − ⟨|m|⟩²)/T, or N (⟨m²⟩ − ⟨m⟩²)/T in a field, 1/J.
        heat_capacity: N (⟨e²⟩ − ⟨e⟩²)/T² per spin, k_B.
        cumulant: U = 1 − ⟨m⁴⟩/(3⟨m²⟩²).
        length_ratio: ξ/L, second moment, from ⟨m²⟩ without a subtraction; of rings ξ/N.
        memory: autocorrelation time of |m| or e, the longer, in steps, of all copies together (`memory_of_all`);
            infinite where neither ever changed.
        is_long_enough: whether each chain is measured for `LONG_RUN` of them.

    An error is NaN where all that was measured is one and the same: what was not seen is no certainty.
    """

    side: int
    energy: LatticeEstimate
    magnetisation: LatticeEstimate
    susceptibility: LatticeEstimate
    heat_capacity: LatticeEstimate
    cumulant: LatticeEstimate
    length_ratio: LatticeEstimate
    memory: np.ndarray
    is_long_enough: np.ndarray


class Crossing(NamedTuple):
    """Binder's cumulants of two sides are equal.

    Attributes:
        sides: the smaller and the larger.
        temperature: T and its standard error.
        cumulant: U there and its standard error.
    """

    sides: tuple[int, int]
    temperature: tuple[float, float]
    cumulant: tuple[float, float]


class LatticeSweep:
    """A sweep that goes on piece by piece, and can be kept in a file and resumed.

    Args:
        plan: choices.

    Attributes:
        plan: choices.
        moments: means of `MOMENTS` of every chain by side, NaN where not measured, shape (7, points, copies).
        memory: autocorrelation times by side, likewise, shape (points,).

    Example:
        >>> sweep = LatticeSweep(SweepPlan(sides=(8,), points=2, copies=4, warm_up=20, steps=40))
        >>> for share in sweep.run():
        ...     pass
        >>> bool(sweep.averages(8).energy.value[0] < -1.6)
        True
    """

    def __init__(self, plan: SweepPlan) -> None:
        self.plan = plan
        shape = (len(MOMENTS), plan.points, plan.copies)
        self.moments = {side: np.full(shape, np.nan) for side in plan.sides}
        self.memory = {side: np.full(plan.points, np.nan) for side in plan.sides}
        self._point: _Point | None = None

    @property
    def share(self) -> float:
        """Share of the work that is done, 0 to 1."""
        plan = self.plan
        done = sum(int(self._measured(side).sum()) * plan.work_of(side) for side in plan.sides)
        done *= plan.warm_up + plan.steps
        if self._point is not None:
            done += self._point.taken * plan.work_of(self._point.side)
        return 1.0 if self.is_complete else min(done / plan.work, 1.0)

    @property
    def is_complete(self) -> bool:
        """True if every point is measured."""
        return all(self._measured(side).all() for side in self.plan.sides)

    @property
    def doing(self) -> str:
        """Point that is measured, in words."""
        if self.is_complete:
            return tr("Done")
        side, index = self._next
        symbol = "T" if self.plan.over == "temperature" else "h"
        return f"L = {side}, {symbol} = {self.plan.values[index]:.4g}".replace("-", "−")

    def step(self) -> None:
        """The next piece of the next point."""
        if self.is_complete:
            return
        if self._point is None:
            self._point = _Point(self.plan, *self._next)
        if self._point.advance():
            side, index = self._point.side, self._point.index
            self.moments[side][:, index], self.memory[side][index] = self._point.found()
            self._point = None

    def run(self) -> Iterator[float]:
        """Does what is left, and yields the share that is done."""
        while not self.is_complete:
            self.step()
            yield self.share

    def averages(self, side: int) -> SideAverages:
        """Averages of one side, as far as they are measured."""
        plan, moments, spins = self.plan, self.moments[side], side**2
        t = plan.temperatures
        first = 2 if plan.has_field else 3
        length = SpinLattice(plan.graph, side).shape[0]

        def of(estimate: object) -> LatticeEstimate:
            value, error = jackknife(estimate, moments)  # type: ignore[arg-type]
            return LatticeEstimate(value, np.where(error > 0, error, np.nan))

        with np.errstate(invalid="ignore", divide="ignore"):
            return SideAverages(
                side=side,
                energy=of(lambda x: x[0]),
                magnetisation=of(lambda x: x[first]),
                susceptibility=of(lambda x: spins * (x[4] - x[first] ** 2) / t),
                heat_capacity=of(lambda x: spins * (x[1] - x[0] ** 2) / t**2),
                cumulant=of(lambda x: binder(np.stack([np.ones_like(x[4]), x[4], x[5]]))),
                length_ratio=of(lambda x: second_moment_length(spins * x[4], x[6], length) / length),
                memory=self.memory[side],
                is_long_enough=plan.steps >= LONG_RUN * self.memory[side],
            )

    def crossings(self) -> list[Crossing]:
        """Crossings of each two sides that follow one another; of a sweep over T without a field."""
        plan = self.plan
        if plan.has_field:
            return []
        found = []
        for smaller, larger in zip(plan.sides, plan.sides[1:], strict=False):
            value, error = binder_crossing(plan.values, self.moments[smaller][4:6], self.moments[larger][4:6])
            if np.isfinite(value[0]) and np.isfinite(error[0]):
                temperature, cumulant = zip(value.tolist(), error.tolist(), strict=True)
                found.append(Crossing((smaller, larger), temperature, cumulant))
        return found

    @property
    def _next(self) -> tuple[int, int]:
        for side in self.plan.sides:
            missing = np.flatnonzero(~self._measured(side))
            if len(missing):
                return side, int(missing[0])
        raise ValueError("the sweep is complete")

    def _measured(self, side: int) -> np.ndarray:
        return np.isfinite(self.moments[side][0, :, 0])


class _Point:
    """Chains of one side at one point, from their start."""

    def __init__(self, plan: SweepPlan, side: int, index: int) -> None:
        self.side, self.index, self.taken = side, index, 0
        self._plan = plan
        lattice = SpinLattice(plan.graph, side, plan.seed)
        self._temperature, self._field = plan.conditions_at(float(plan.values[index]))
        field = self._field
        # A point has numbers of its own, so that it comes out the same after an interruption.
        seeds = np.random.SeedSequence([plan.seed, side, index]).generate_state(1, np.uint32)
        generator = torch.Generator().manual_seed(int(seeds[0]))
        target = lattice.target(self._temperature, field)
        # Random signs have no order that all up would be near to.
        up = lattice.start(plan.copies, "random" if plan.graph == "random" else "up", generator)
        self._groups = [
            Chains(x, target, lattice.kernel(plan.sampler), generator, adapt=False)
            for x in (-up if field < 0 else up).split(max(1, TOGETHER // lattice.spins))
        ]
        self._sums = np.zeros((len(MOMENTS), plan.copies))
        self._series = np.zeros((2, plan.copies, plan.steps), np.float32)

    def advance(self) -> bool:
        """Some steps; returns whether all are done."""
        plan, spins = self._plan, self.side**2
        for _ in range(max(1, PIECE // (spins * plan.copies))):
            if self.taken >= plan.warm_up + plan.steps:
                break
            for chains in self._groups:
                chains.advance(1)
            self.taken += 1
            if self.taken > plan.warm_up:
                self._measure(spins)
        return self.taken >= plan.warm_up + plan.steps

    def _measure(self, spins: int) -> None:
        """Adds the averages over each configuration s and −s, of which −s has its share by Boltzmann's factor.

        Without the field both have one energy: given that it is one of the two, it is s with probability
        (1 + tanh(h M / T)) / 2. So what is measured does not wait for chains to cross from one to the other.
        """
        first = 0
        for chains in self._groups:
            x, energy = read_back(chains.x, chains.energy)
            s, copies = x.numpy(), slice(first, first + len(x))
            e = energy.double().numpy() * self._temperature / spins
            m = s.reshape(len(s), -1).sum(1, dtype=np.float64) / spins
            _, lowest = structure_factors(s)
            turned = self._field * m
            ahead = np.tanh(turned * spins / self._temperature)
            square = (e + turned) ** 2 - 2 * (e + turned) * turned * ahead + turned**2
            e, mean = e + turned * (1 - ahead), m * ahead if self._plan.has_field else m
            self._sums[:, copies] += (e, square, mean, np.abs(m), m**2, m**4, lowest)
            self._series[:, copies, self.taken - self._plan.warm_up - 1] = e, np.abs(m)
            first = copies.stop

    def found(self) -> tuple[np.ndarray, float]:
        """Means of every chain, shape (7, copies), and the longest autocorrelation time, in steps.

        Infinite where nothing changes: no length of a run is known to be enough there.
        """
        times = [memory_of_all(series) for series in self._series]
        finite = [time for time in times if math.isfinite(time)]
        return self._sums / self._plan.steps, max(finite, default=math.inf)


def save_sweep(sweep: LatticeSweep, path: Path) -> None:
    """Writes plan and finished points into one small file, whole or not at all.

    Raises:
        RunFileError: it cannot be written.
    """
    arrays: dict[str, np.ndarray] = {f"moments/{side}": values for side, values in sweep.moments.items()}
    arrays |= {f"memory/{side}": values for side, values in sweep.memory.items()}
    state = RunState(
        configuration=dataclasses.asdict(sweep.plan),
        provenance={"kind": KIND, "version": __version__},
        metrics={},
        arrays=arrays,
    )
    write_run(path, state)


def open_sweep(path: Path) -> LatticeSweep:
    """The sweep in a file; what it lacks can be done still.

    Raises:
        RunFileError: the file is missing, damaged, or holds something else.
    """
    state = read_run(path)
    if state.provenance.get("kind") != KIND:
        raise RunFileError(
            tr(
                "{path} holds no sweep of a lattice; choose a file that the lattice window has saved",
                path=path,
            )
        )
    try:
        told = dict(state.configuration)
        sweep = LatticeSweep(SweepPlan(**told | {"sides": tuple(int(side) for side in told["sides"])}))
        for side in sweep.plan.sides:
            moments, memory = state.arrays[f"moments/{side}"], state.arrays[f"memory/{side}"]
            if moments.shape != sweep.moments[side].shape or memory.shape != sweep.memory[side].shape:
                raise ValueError(f"averages of side {side} have another shape than planned")
            sweep.moments[side], sweep.memory[side] = moments.astype(float), memory.astype(float)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise RunFileError(
            tr("{path} is not a whole sweep: {reason}", path=path, reason=reason_of(error))
        ) from error
    return sweep


def cached_sweep() -> Path:
    """File of the last sweep of the window, by which it goes on after the next start."""
    return platformdirs.user_cache_path("landscape", appauthor=False) / "lattice-sweep.h5"


QUANTITIES = {
    "energy": "E/N (J)",
    "magnetisation": "|m|",
    "susceptibility": "chi of |m| (1/J)",
    "heat_capacity": "C/N (k_B)",
    "cumulant": "Binder U",
    "length_ratio": "xi/L",
}
"""Averages by their field in `SideAverages`, and as tables name them where there is no field h."""


def quantities_of(plan: SweepPlan) -> dict[str, str]:
    """`QUANTITIES` of a sweep: in a field it has m in the place of |m|."""
    in_field = {"magnetisation": "m", "susceptibility": "chi (1/J)"}
    return QUANTITIES | in_field if plan.has_field else QUANTITIES


def write_table(sweep: LatticeSweep, path: Path) -> None:
    """Writes all points that are measured as CSV, a row each, every average beside its standard error.

    Raises:
        RunFileError: it cannot be written.
    """
    plan = sweep.plan
    names = quantities_of(plan)
    head = ["L", "T (J/k_B)", "h (J)"]
    for name in names.values():
        head += [name, f"error of {name}"]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*head, "autocorrelation time (steps)"])
    for side in plan.sides:
        found = sweep.averages(side)
        for k, value in enumerate(plan.values):
            if np.isfinite(found.energy.value[k]):
                pairs = [getattr(found, name) for name in names]
                numbers = [float(part[k]) for pair in pairs for part in pair]
                row = [side, *plan.conditions_at(float(value)), *numbers, float(found.memory[k])]
                writer.writerow([repr(number) for number in row])
    with atomic_write(path) as part:
        part.write_bytes(text.getvalue().encode("utf-8"))


def lattice_sweep(plan: SweepPlan, path: str | Path | None = None, seconds: float = 5.0) -> LatticeSweep:
    """Does a whole sweep; with a file, goes on with what is in it, and keeps it up to date.

    Args:
        plan: choices; a file of other choices is refused.
        path: of the file.
        seconds: between two of its versions.

    Raises:
        ValueError: the file is of another plan.
        RunFileError: it is damaged, or cannot be written.
    """
    sweep = LatticeSweep(plan)
    path = None if path is None else Path(path)
    if path is not None and path.exists():
        sweep = open_sweep(path)
        if sweep.plan != plan:
            raise ValueError(f"{path} holds another sweep than the one asked for; choose another name")
    saved = time.monotonic()
    for _ in sweep.run():
        if path is not None and time.monotonic() - saved > seconds:
            save_sweep(sweep, path)
            saved = time.monotonic()
    if path is not None:
        save_sweep(sweep, path)
    return sweep
