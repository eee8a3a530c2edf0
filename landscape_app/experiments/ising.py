"""The Ising model on square lattices: cluster moves against Onsager's solution, and T_c from Binder's cumulants."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import ClassVar

import numpy as np
import torch

from landscape_app.counting import capitalised
from landscape_app.experiments.experiment import (
    SEED,
    Finding,
    Parameter,
    Progress,
    RepeatedExperiment,
    Values,
)
from landscape_app.experiments.figure import Curve, Figure, Mark, Marker, Panel, Points, Role
from landscape_app.experiments.lattice_figure import INFINITE, heat_capacity_curve, kaufman_curves
from landscape_app.language import tr
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.finite_size import LatticeEstimate, binder, fall_through_zero, jackknife
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.host import read_back
from landscape_app.physics.kernels import SwendsenWang
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from landscape_app.physics.square_lattice import (
    CRITICAL_CUMULANT,
    CRITICAL_TEMPERATURE,
    lattice_energy,
    lattice_heat_capacity,
    onsager_energy,
    spontaneous_magnetisation,
)
from landscape_app.session.share_out import ShareOut

TEMPERATURES = np.array([2.0, 2.1, 2.18, 2.22, 2.25, 2.27, 2.29, 2.32, 2.36, 2.42, 2.5, 2.6])
"""Of the chains, in units of J/k_B."""

CENTRE = int(np.argmin(np.abs(TEMPERATURES - 2.27)))
"""Place of the temperature whose samples are reweighted to others."""

NEARBY = TEMPERATURES[CENTRE] + np.linspace(-0.04, 0.04, 81)
"""Temperatures to which they are reweighted."""

SMALLEST_SIDE = 8
WARM_UP = 50
"""Sweeps from all spins up before a measurement: at T_c clusters forget in five, whatever the side up to 64."""

INTERVAL = 10
"""Sweeps between two looks."""

STANDARD_ERRORS = 4.0
"""By which a mean may miss what is exact: of a dozen from 40 chains, one in 300 runs does."""

LARGEST_SHIFT, LARGEST_RISE = 0.01, 0.015
"""Share by which T_c, and number by which the cumulant there, may miss: finite lattices cross elsewhere, and the
error of the cumulant is some 0.004."""

ROLES = (Role.MODEL, Role.RIVAL, Role.OTHER, Role.DATA)
"""Of the sides, the largest first."""


class Lattice:
    """Chains of one side at all temperatures, and sums over what they have been through.

    Args:
        side: L.
        chains: at each temperature.
        seed: of their random numbers.

    Attributes:
        side: L.
        sweeps: measured.
    """

    def __init__(self, side: int, chains: int, seed: int) -> None:
        self.side, self.sweeps = side, 0
        space = Spins((side, side))
        beta = torch.as_tensor(1 / TEMPERATURES).float().repeat_interleave(chains)
        ising = Hamiltonian([WeightedTerm(1.0, Ising(space.shape, 1.0))])
        target = Target(ProductBase.uniform(space), ising, beta)
        up = torch.ones(len(beta), side, side)
        self._chains = Chains(up, target, SwendsenWang(), torch.Generator().manual_seed(seed), adapt=False)
        self._shape = (len(TEMPERATURES), chains)
        self._sums = np.zeros((5, *self._shape))
        self._central: list[np.ndarray] = []

    def warm_up(self) -> None:
        """Moves the chains without a measurement."""
        self._chains.run(WARM_UP)

    def measure(self, sweeps: int) -> None:
        """Moves the chains, and adds up E, E², |m|, m² and m⁴ after every sweep."""
        for _ in range(sweeps):
            self._chains.run(1)
            energy, x = read_back(self._chains.energy, self._chains.x)
            e = energy.double().numpy().reshape(self._shape) / self.side**2
            m = x.flatten(1).sum(1).double().abs().numpy().reshape(self._shape) / self.side**2
            self._sums += (e, e**2, m, m**2, m**4)
            self._central.append(np.stack([e[CENTRE], m[CENTRE]]))
        self.sweeps += sweeps

    @property
    def moments(self) -> np.ndarray:
        """Means of E/N, (E/N)², |m|, m² and m⁴ of every chain, shape (5, temperatures, chains)."""
        return self._sums / max(self.sweeps, 1)

    def energy(self) -> LatticeEstimate:
        """Energy per spin at every temperature."""
        return jackknife(lambda moments: moments[0], self.moments)

    def magnetisation(self) -> LatticeEstimate:
        """⟨|m|⟩ at every temperature."""
        return jackknife(lambda moments: moments[2], self.moments)

    def heat_capacity(self) -> LatticeEstimate:
        """N (⟨(E/N)²⟩ − ⟨E/N⟩²)/T² at every temperature."""
        scale = self.side**2 / TEMPERATURES**2
        return jackknife(lambda moments: scale * (moments[1] - moments[0] ** 2), self.moments)

    def cumulant(self) -> LatticeEstimate:
        """Binder's cumulant at every temperature."""
        moments = self.moments
        return jackknife(binder, np.stack([np.ones(self._shape), moments[3], moments[4]]))

    def reweighted(self) -> np.ndarray:
        """Σ w, Σ w m² and Σ w m⁴ of every chain at `NEARBY`, shape (3, temperatures, chains).

        Samples of one temperature have the weights exp(−ΔβE) at another (Ferrenberg, Swendsen 1988).
        """
        energy, m = np.stack(self._central, 1) if self._central else np.zeros((2, 1, self._shape[1]))
        away = self.side**2 * (energy - energy.mean())
        found = np.empty((3, len(NEARBY), self._shape[1]))
        for k, temperature in enumerate(NEARBY):
            weight = np.exp(-(1 / temperature - 1 / TEMPERATURES[CENTRE]) * away)
            found[:, k] = [(weight * m**power).mean(0) for power in (0, 2, 4)]
        return found


def crossing_of(smaller: Lattice, larger: Lattice) -> LatticeEstimate:
    """Temperature at which the cumulants of two sides are equal, and that cumulant, shape (2,)."""

    def found(moments: np.ndarray) -> np.ndarray:
        of_smaller, of_larger = binder(moments[:3]), binder(moments[3:])
        temperature = fall_through_zero(NEARBY, of_larger - of_smaller)
        return np.array([temperature, np.interp(temperature, NEARBY, of_larger)])

    return jackknife(found, np.concatenate([smaller.reweighted(), larger.reweighted()]))


class SquareIsing(RepeatedExperiment):
    """Square lattices of Ising spins about T_c."""

    name: ClassVar[str] = "ising"
    title: ClassVar[str] = tr("The Ising model and its critical point")
    paper: ClassVar[str] = "Onsager 1944; Binder 1981"
    summary: ClassVar[str] = tr(
        "The model with a phase transition that is solved exactly. Chains move by turning whole clusters over "
        "(Swendsen, Wang 1987), so that they forget in a few sweeps even at T_c, where single flips take thousands. "
        "Energy and heat capacity of every finite lattice have Kaufman's formula to meet, without a free parameter, "
        "and grow into Onsager's. The chains themselves tell where the transition lies: there the cumulants of all "
        "sides cross, at one height."
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "side",
            tr("Largest side"),
            32,
            64,
            16,
            128,
            tr("Sides are 8, 16 and so on, doubled up to this one."),
        ),
        Parameter("chains", tr("Chains"), 40, 40, 4, 1_000, tr("Of each side at each temperature.")),
        Parameter(
            "sweeps",
            capitalised(tr("sweeps")),
            400,
            600,
            10,
            100_000,
            tr("Measured, after those that warm up."),
        ),
        SEED,
    )
    minutes: ClassVar[tuple[float, float]] = (0.8, 6.0)

    def sketch(self) -> tuple[Mark, ...]:
        """The spontaneous magnetisation, and heat capacities that grow with the lattice."""
        t = np.linspace(1.7, 2.9, 121)
        heat = [0.4 * lattice_heat_capacity(t, side) for side in (8, 32)]
        return (
            Curve(t, heat[0], role=Role.OTHER),
            Curve(t, heat[1], role=Role.RIVAL),
            Curve(t, spontaneous_magnetisation(t)),
        )

    def run_shared(self, values: Values, share_out: ShareOut) -> Iterator[Progress]:
        """Every side by itself, the smallest first."""
        sides = sides_up_to(int(values["side"]))
        chains, sweeps, seed = (int(values[name]) for name in ("chains", "sweeps", "seed"))
        steps, whole = WARM_UP + sweeps, sum(side**2 for side in sides) * (WARM_UP + sweeps)
        picture, lattices = LatticePicture(sides), list[Lattice]()
        pieces = [(side, chains, seed * len(sides) + k, sweeps) for k, side in enumerate(sides)]
        for part in share_out(measured, pieces):
            lattice = part.look or part.found
            assert lattice is not None
            shown = [*lattices, lattice]
            if part.found is not None:
                lattices = shown
            done = steps * sum(other.side**2 for other in lattices)
            if part.look is not None:
                done += lattice.side**2 * (lattice.sweeps + (WARM_UP if lattice.sweeps else 0))
            doing = tr("sweep {sweep:,}", sweep=lattice.sweeps) if lattice.sweeps else tr("warming up")
            words = tr("{side} × {side} spins, {doing}", side=lattice.side, doing=doing)
            yield Progress(0.99 * done / whole, words, picture.figure(shown))
        yield Progress(1.0, tr("Done"), picture.figure(lattices), findings(lattices))


def measured(side: int, chains: int, seed: int, sweeps: int) -> Generator[Lattice, None, Lattice]:
    """Moves and measures the chains of one side; yields them as they are, and returns them."""
    lattice = Lattice(side, chains, seed)
    yield lattice
    lattice.warm_up()
    while lattice.sweeps < sweeps:
        lattice.measure(min(INTERVAL, sweeps - lattice.sweeps))
        yield lattice
    return lattice


def sides_up_to(largest: int) -> list[int]:
    """8, 16, …, the last that is not above the largest."""
    sides = [SMALLEST_SIDE]
    while 2 * sides[-1] <= largest:
        sides.append(2 * sides[-1])
    return sides


def findings(lattices: list[Lattice]) -> tuple[Finding, ...]:
    """Verdicts on the crossing of the two largest sides, and on the largest side's means."""
    smaller, largest = lattices[-2:]
    side = largest.side
    crossed = crossing_of(smaller, largest)
    (temperature, height), (error, height_error) = crossed
    energy, magnetisation = largest.energy(), largest.magnetisation()
    finite = _misses(energy, lattice_energy(TEMPERATURES, side))
    infinite = _misses(energy, onsager_energy(TEMPERATURES))
    spontaneous = _misses(magnetisation, spontaneous_magnetisation(TEMPERATURES))
    known = onsager_energy(TEMPERATURES[[0, -1]])
    ends, allowed = [0, -1], tr("within {count:g} standard errors", count=STANDARD_ERRORS)
    return (
        Finding(
            tr("cumulant"),
            tr("T_c from the crossing of the sides {first} and {second}", first=smaller.side, second=side),
            f"{CRITICAL_TEMPERATURE:.4f} ± {100 * LARGEST_SHIFT:g}%",
            f"{temperature:.4f} ± {error:.4f}",
            bool(abs(temperature / CRITICAL_TEMPERATURE - 1) < LARGEST_SHIFT),
        ),
        Finding(
            tr("cumulant"),
            tr("Cumulant where they cross"),
            tr(
                "{cumulant:.4f} ± {tolerance:g}, of infinite lattices",
                cumulant=CRITICAL_CUMULANT,
                tolerance=LARGEST_RISE,
            ),
            f"{height:.4f} ± {height_error:.4f}",
            bool(abs(height - CRITICAL_CUMULANT) < LARGEST_RISE),
        ),
        Finding(
            tr("energy"),
            tr(
                "Energy per spin at {count} temperatures, side {side}",
                count=len(TEMPERATURES),
                side=side,
            ),
            tr("Kaufman's for this side, {allowed}", allowed=allowed),
            tr("{most:.1f} standard errors off at most", most=finite.max()),
            bool(finite.max() <= STANDARD_ERRORS),
        ),
        Finding(
            tr("energy"),
            tr(
                "Energy per spin at T = {low:g} and {high:g}, where the side no longer matters",
                low=TEMPERATURES[0],
                high=TEMPERATURES[-1],
            ),
            tr(
                "{first:.4f} and {last:.4f} (Onsager), {allowed}",
                first=known[0],
                last=known[1],
                allowed=allowed,
            ),
            tr(
                "{first:.4f} ± {first_error:.4f} and {last:.4f} ± {last_error:.4f}",
                first=energy.value[0],
                first_error=energy.error[0],
                last=energy.value[-1],
                last_error=energy.error[-1],
            ),
            bool(infinite[ends].max() <= STANDARD_ERRORS),
        ),
        Finding(
            tr("magnetisation"),
            tr("⟨|m|⟩ at T = {temperature:g}", temperature=TEMPERATURES[0]),
            tr(
                "{magnetisation:.4f} (Yang), {allowed}",
                magnetisation=spontaneous_magnetisation(TEMPERATURES)[0],
                allowed=allowed,
            ),
            f"{magnetisation.value[0]:.4f} ± {magnetisation.error[0]:.4f}",
            bool(spontaneous[0] <= STANDARD_ERRORS),
        ),
    )


def _misses(found: LatticeEstimate, exact: np.ndarray) -> np.ndarray:
    """Distance from what is exact, in standard errors."""
    return np.abs(found.value - exact) / np.maximum(found.error, np.finfo(float).tiny)


class LatticePicture:
    """Figure of lattices as they stand, over the exact curves.

    Args:
        sides: all that there will be.
    """

    def __init__(self, sides: list[int]) -> None:
        self._roles = dict(zip(reversed(sides), (*ROLES, *ROLES), strict=False))
        self._t = np.linspace(TEMPERATURES[0], TEMPERATURES[-1], 241)
        self._energies, self._heats = kaufman_curves(self._t, {side: self._roles[side] for side in sides})

    def figure(self, lattices: list[Lattice]) -> Figure:
        """Magnetisation, energy and heat capacity; the cumulants, and where they cross."""
        t, critical = self._t, Marker(CRITICAL_TEMPERATURE, "T_c")
        panels = (
            Panel(
                tr("Magnetisation"),
                (
                    Curve(t, spontaneous_magnetisation(t), INFINITE, Role.TRUTH, dashed=True),
                    *self._points(lattices, Lattice.magnetisation),
                ),
                "T, J/k_B",
                "⟨|m|⟩",
            ),
            Panel(
                tr("Energy (curves: exact)"),
                (
                    Curve(t, onsager_energy(t), INFINITE, Role.TRUTH, dashed=True),
                    *self._energies,
                    *self._points(lattices, Lattice.energy),
                ),
                "T, J/k_B",
                "⟨E⟩/N, J",
            ),
            Panel(
                tr("Heat capacity (curves: exact)"),
                (
                    heat_capacity_curve(t),
                    *self._heats,
                    *self._points(lattices, Lattice.heat_capacity),
                ),
                "T, J/k_B",
                "C/N, k_B",
            ),
        )
        cumulants = (
            Panel(
                tr("Cumulant U = 1 − ⟨m⁴⟩/(3⟨m²⟩²)"),
                (critical, *self._points(lattices, Lattice.cumulant, joined=True)),
                "T, J/k_B",
                "U",
            ),
            Panel(
                tr("Where the cumulants cross"),
                (
                    critical,
                    Marker(CRITICAL_CUMULANT, tr("U at T_c"), upright=False),
                    *(self._near(lattice) for lattice in lattices if lattice.sweeps),
                ),
                "T, J/k_B",
                "U",
                x_range=(float(NEARBY[0]), float(NEARBY[-1])),
            ),
        )
        return Figure((panels, cumulants))

    def _points(
        self, lattices: list[Lattice], measured: Callable[[Lattice], LatticeEstimate], joined: bool = False
    ) -> Iterator[Mark]:
        for lattice in lattices:
            if lattice.sweeps:
                found, role = measured(lattice), self._roles[lattice.side]
                if joined:
                    yield Curve(TEMPERATURES, found.value, "", role, faint=True)
                yield Points(TEMPERATURES, found.value, f"L = {lattice.side}", role, 5, found.error)

    def _near(self, lattice: Lattice) -> Curve:
        """Cumulant reweighted from one temperature, ± one error."""
        u, error = jackknife(binder, lattice.reweighted())
        role = self._roles[lattice.side]
        return Curve(NEARBY, u, f"L = {lattice.side}", role, low=u - error, high=u + error)
