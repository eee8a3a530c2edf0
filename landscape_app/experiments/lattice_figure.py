"""Figures of Ising lattices: averages of several sides over temperature or field, beside what is known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from landscape_app.experiments.figure import (
    PADDING,
    RESULTS,
    Curve,
    Figure,
    Mark,
    Marker,
    Panel,
    Points,
    Role,
)
from landscape_app.language import tr
from landscape_app.physics.correlation import CRITICAL_LENGTH, MOST_OF_SIDE, exceeds_lattice
from landscape_app.physics.finite_size import LatticeEstimate
from landscape_app.physics.spin_lattices import SpinLattice
from landscape_app.physics.square_lattice import (
    CRITICAL_CUMULANT,
    CRITICAL_TEMPERATURE,
    lattice_energy,
    lattice_heat_capacity,
    onsager_heat_capacity,
)
from landscape_app.session.lattice_sweep import LatticeSweep, SideAverages, SweepPlan

SMOOTH = 181
"""Points of a curve that is known."""

INFINITE = tr("infinite lattice")


def heat_capacity_curve(t: np.ndarray) -> Curve:
    """Onsager's heat capacity, with a gap at T_c, where it is infinite."""
    away = np.abs(t - CRITICAL_TEMPERATURE) > 2e-3
    heat = np.full_like(t, np.nan)
    heat[away] = onsager_heat_capacity(t[away])
    return Curve(t, heat, INFINITE, Role.TRUTH, dashed=True)


def kaufman_curves(t: np.ndarray, roles: Mapping[int, Role]) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """Kaufman's energy and heat capacity of every periodic side, in the colour of its role."""
    energies = tuple(Curve(t, lattice_energy(t, side), "", role) for side, role in roles.items())
    heats = tuple(Curve(t, lattice_heat_capacity(t, side), "", role) for side, role in roles.items())
    return energies, heats


class SweepPicture:
    """Figure of a sweep as it stands.

    Args:
        plan: of the sweep; the exact curves are made once.
    """

    def __init__(self, plan: SweepPlan) -> None:
        self._plan = plan
        self._roles = dict(zip(plan.sides, RESULTS, strict=False))
        lattice = SpinLattice(plan.graph, plan.sides[-1])
        x = np.linspace(plan.low, plan.high, SMOOTH)
        self._exact: dict[str, tuple[Mark, ...]] = dict.fromkeys(
            ("energy", "magnetisation", "heat_capacity", "cumulant", "length_ratio"), ()
        )
        if plan.over == "field":
            known = [lattice.known_magnetisation(np.array([plan.fixed]), float(h)) for h in x]
            values = [value[0] for value in known if value is not None]
            if len(values) == len(x):
                curve = Curve(x, np.array(values), tr("many spins"), Role.TRUTH, dashed=True)
                self._exact["magnetisation"] = (curve,)
            return
        energy, m = lattice.known_energy(x, plan.fixed), lattice.known_magnetisation(x, plan.fixed)
        whole = INFINITE if plan.graph == "square" else tr("many spins")
        if m is not None and (plan.graph != "chain" or plan.fixed):
            self._exact["magnetisation"] = (Curve(x, m, whole, Role.TRUTH, dashed=True),)
        if energy is not None:
            self._exact["energy"] = (Curve(x, energy, whole, Role.TRUTH, dashed=True),)
        if plan.graph == "square" and not plan.fixed:
            energies, heats = kaufman_curves(x, self._roles)
            self._exact["energy"] += energies
            self._exact["heat_capacity"] = (heat_capacity_curve(x), *heats)
        critical = lattice.critical_temperature
        if critical is not None and not plan.fixed and plan.low < critical < plan.high:
            line = Marker(critical, f"T_c = {critical:.4f}")
            self._exact["cumulant"] = self._exact["length_ratio"] = (line,)
            if plan.graph == "square":
                self._exact["cumulant"] += (Marker(CRITICAL_CUMULANT, tr("U at T_c"), upright=False),)
                self._exact["length_ratio"] += (Marker(CRITICAL_LENGTH, tr("ξ/L at T_c"), upright=False),)

    def figure(self, sweep: LatticeSweep) -> Figure:
        """Magnetisation, energy and heat capacity; susceptibility, cumulant and correlation length."""
        plan = self._plan
        found = [sweep.averages(side) for side in plan.sides]
        x = "T (J/kB)" if plan.over == "temperature" else "h (J)"
        margin = PADDING * (plan.high - plan.low)
        ends = plan.low - margin, plan.high + margin
        m = "⟨m⟩" if plan.has_field else "⟨|m|⟩"
        exact = self._exact
        is_solved = bool(exact["heat_capacity"])
        panels = [
            Panel(
                tr("Magnetisation {average}", average=m),
                (*exact["magnetisation"], *self._points(found, "magnetisation")),
                x,
                tr("{average} per spin", average=m),
            ),
            Panel(
                tr("Energy (curves: exact)") if is_solved else tr("Energy"),
                (*exact["energy"], *self._points(found, "energy")),
                x,
                "⟨E⟩/N (J)",
            ),
            Panel(
                tr("Heat capacity (curves: exact)") if is_solved else tr("Heat capacity"),
                (*exact["heat_capacity"], *self._points(found, "heat_capacity")),
                x,
                "C/N (k_B)",
            ),
            Panel(
                tr("Susceptibility N(⟨m²⟩ − {average}²)/T", average=m),
                self._points(found, "susceptibility"),
                x,
                tr("χ per spin (1/J)"),
            ),
            Panel(
                tr("Binder cumulant 1 − ⟨m⁴⟩/(3⟨m²⟩²)"),
                (*exact["cumulant"], *self._points(found, "cumulant", joined=True)),
                x,
                "U",
            ),
        ]
        if SpinLattice(plan.graph, plan.sides[0]).has_distance and not plan.has_field:
            size = "N" if plan.graph == "chain" else "L"
            end = Marker(MOST_OF_SIDE, tr("{size}/2: no length beyond", size=size), upright=False)
            marks = (*exact["length_ratio"], end, *self._points(found, "length_ratio", joined=True, most=1.0))
            panels.append(Panel(tr("Correlation length over {size}", size=size), marks, x, f"ξ/{size}"))
        panels = [replace(panel, x_range=ends) for panel in panels]
        return Figure((tuple(panels[:3]), tuple(panels[3:])))

    def _points(
        self, found: list[SideAverages], name: str, joined: bool = False, most: float | None = None
    ) -> tuple[Mark, ...]:
        """Averages of one quantity of all sides.

        Args:
            found: of each side.
            name: of the quantity.
            joined: whether a line leads from point to point.
            most: side of a lattice that is to tell the quantity, a length; what exceeds it, the line alone shows, as
                lines of several sides still cross at T_c. None for quantities that any lattice tells.
        """
        marks: list[Mark] = []
        for side in found:
            estimate: LatticeEstimate = getattr(side, name)
            known = np.isfinite(estimate.value)
            if known.any():
                x, role = self._plan.values[known], self._roles[side.side]
                if joined:
                    marks.append(Curve(x, estimate.value[known], "", role, faint=True))
                if most is not None:
                    known &= ~exceeds_lattice(estimate.value, most)
                    x = self._plan.values[known]
                error = np.nan_to_num(estimate.error[known])
                marks.append(Points(x, estimate.value[known], f"L = {side.side}", role, 5, error))
        return tuple(marks)
