"""The background thread that moves the lattices on view."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landscape_app.gui.worker import FRAME_SECONDS, MovingState, MovingWorker, command
from landscape_app.language import tr
from landscape_app.physics.diagnostics import LEAST_STEPS, autocorrelation_time
from landscape_app.physics.spin_lattices import SpinLattice
from landscape_app.physics.square_lattice import CRITICAL_TEMPERATURE
from landscape_app.physics.threads import set_threads
from landscape_app.session.lattice_run import LatticeConditions, LatticeMeasurement, LatticeRun, LatticeTrace
from landscape_app.session.memory import Work

MEASURE_SECONDS = 0.1
PICTURE_SECONDS = FRAME_SECONDS / 3
"""Between two pictures: the window, whose clock is another, shall find a new one whenever it looks."""

FIRST_LATTICE = SpinLattice("square", 128)
FIRST_CONDITIONS = LatticeConditions(round(CRITICAL_TEMPERATURE, 4), 0.0, "heat-bath")
MOVING_SPINS = Work(tr("these lattices"), tr("A smaller side or number of lattices"))


@dataclass(frozen=True)
class LatticeChoice:
    """Lattices to begin with.

    Attributes:
        lattice: graph and side.
        count: how many.
        start: "random" or "up".
        seed: of every random number.
    """

    lattice: SpinLattice = FIRST_LATTICE
    count: int = 1
    start: str = "random"
    seed: int = 0


@dataclass(frozen=True, eq=False)
class LatticeState(MovingState):
    """Everything the lattice's page shows, at one moment.

    Attributes:
        choice: what is on view.
        conditions: T, h and the sampler.
        picture: 1 for up, uint8, shape (count, L, L); None before the first.
        trace: of the last steps; None before the first.
        measurement: averages since conditions changed; None before a step.
        measured: grows with every measurement and trace.
    """

    choice: LatticeChoice = LatticeChoice()
    conditions: LatticeConditions = FIRST_CONDITIONS
    picture: np.ndarray | None = None
    trace: LatticeTrace | None = None
    measurement: LatticeMeasurement | None = None
    measured: int = 0


class LatticeWorker(MovingWorker[LatticeState]):
    """Moves lattices of spins, and measures them ten times a second."""

    def __init__(self) -> None:
        super().__init__("lattice", LatticeState(), math.inf, MOVING_SPINS)
        self._lattice_run: LatticeRun | None = None

    def begin(self) -> None:
        """Takes the first lattice, and loads the diagnostics, for which the spins would wait later."""
        set_threads(1)
        self.take(self.state.choice)
        autocorrelation_time(np.random.default_rng(0).standard_normal((1, LEAST_STEPS)))

    @command(replaces="take")
    def take(self, choice: LatticeChoice) -> None:
        """Begins anew with other lattices, or with the same."""
        self._lattice_run = LatticeRun(
            choice.lattice, choice.count, self.state.conditions, choice.start, choice.seed
        )
        self._scheduler.restart()
        self.show_all(choice=choice, rate=0.0)

    @command(replaces="temperature")
    def set_temperature(self, temperature: float) -> None:
        """Heats or cools."""
        self._change(lambda conditions: conditions._replace(temperature=temperature))

    @command(replaces="field")
    def set_field(self, field: float) -> None:
        """Sets the field."""
        self._change(lambda conditions: conditions._replace(field=field))

    @command(replaces="sampler")
    def set_sampler(self, sampler: str) -> None:
        """Goes on with another sampler."""
        self._change(lambda conditions: conditions._replace(sampler=sampler))

    @command()
    def step_once(self) -> None:
        """One step, then a pause."""
        if self._lattice_run is not None:
            self._lattice_run.step()
        self.show_all(moving=False, rate=0.0)

    def _change(self, change: Callable[[LatticeConditions], LatticeConditions]) -> None:
        """Changes conditions of the lattices as they are; where that fails, all is as it was."""
        run = self._lattice_run
        if run is not None:
            run.set_conditions(change(run.conditions))
            self.show_all(conditions=run.conditions)

    def move(self) -> None:
        """One step of all lattices."""
        run = self._lattice_run
        if run is None:
            return
        run.step()
        rate = self._scheduler.rate()
        if self._scheduler.is_due("frame", PICTURE_SECONDS):
            self._show(measured=self._scheduler.is_due("measure", MEASURE_SECONDS), rate=rate)

    def show_all(self, **changes: object) -> None:
        """Leaves the spins as they are and what is measured of them, and these changes of the state with it."""
        self._show(measured=True, **changes)

    def _show(self, measured: bool, **changes: object) -> None:
        """Leaves the spins as they are, on request with what is measured."""
        run = self._lattice_run
        if run is not None:
            changes |= {"picture": run.picture(), "steps": run.steps}
            if measured:
                number = self.state.measured + 1
                changes |= {"trace": run.trace(), "measurement": run.measurement(), "measured": number}
        self.update(**changes)
