"""Held, paused, stopped or ended: all that stands on view is of the last step, however seldom things were due."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from landscape_app.experiments import Progress
from landscape_app.experiments.figure import Figure
from landscape_app.gui.experiments.worker import ExperimentsState, ExperimentWorker
from landscape_app.gui.lattice import sweep_worker
from landscape_app.gui.lattice.sweep_worker import SweepWorker
from landscape_app.gui.lattice.worker import LatticeChoice, LatticeState, LatticeWorker
from landscape_app.gui.playground.worker import PlaygroundState, PlaygroundWorker
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.training.observables_window import ObservablesWindow
from landscape_app.gui.worker import Scheduler, Worker
from landscape_app.physics.fields.pixels import InkAmount
from landscape_app.physics.spin_lattices import SpinLattice
from landscape_app.problems import PROBLEMS, fitted_otherwise
from landscape_app.runs import RunFileError
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.lattice_sweep import SweepPlan
from tests.gui.driving import Desk

MACHINE = fitted_otherwise(
    replace(PROBLEMS["ising"].defaults, model="rbm", fit="persistent", units=4, chains=16, planned_epochs=50)
)


@pytest.fixture
def nothing_due(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called, makes nothing due any more, however quick the machine."""

    def stop() -> None:
        monkeypatch.setattr(Scheduler, "is_due", lambda self, what, interval: False)

    return stop


def turn(worker: Worker[Any], times: int = 1) -> None:
    for _ in range(times):
        worker.post(lambda: None)
        worker.turn()


def states_of(worker: Worker[Any]) -> list[Any]:
    """Every state that the worker leaves from now on, in order."""
    states, update = [], worker.update

    def watched(**changes: object) -> None:
        update(**changes)
        states.append(worker.state)

    worker.update = watched  # type: ignore[method-assign]
    return states


def test_what_is_recorded_of_chains_ends_with_their_last_step(
    small_run: Path, nothing_due: Callable[[], None]
) -> None:
    desk = Desk(small_run)
    desk.engine.record_chains(True)
    desk.turn(4)
    nothing_due()
    desk.turn(5)
    states = states_of(desk.engine)
    desk.engine.play(False)
    desk.turn()
    chains = desk.session.sampler.chains
    held = next(state for state in states if state.activity is Activity.STILL)
    for state in (held, desk.state):
        assert state.draws is not None
        np.testing.assert_array_equal(
            state.draws.quantities["energy"][:, -1].astype(np.float32), chains.energy[:32].numpy()
        )
    desk.engine.step_chains()
    desk.turn()
    assert desk.state.draws is not None
    np.testing.assert_array_equal(
        desk.state.draws.quantities["energy"][:, -1].astype(np.float32), chains.energy[:32].numpy()
    )


def test_chains_that_fall_are_held_where_they_have_fallen_to_and_wander_from_there(
    nothing_due: Callable[[], None],
) -> None:
    desk = Desk()
    engine = desk.engine
    engine.new(PROBLEMS["letters"].defaults, train=True)
    while desk.state.activity is not Activity.SAMPLING:
        desk.turn()
    engine.restart("noise")
    engine.fall()
    desk.turn()
    nothing_due()
    for leave in (lambda: engine.play(False), engine.wander):
        desk.turn(4)
        fall, session = engine._fall, desk.session
        assert fall is not None
        assert not fall.has_settled
        before = session.sampler.chains.x.flatten(1).clone()
        spins, sweeps = fall.s.float(), fall.sweeps
        assert not before.equal(spins)
        leave_first(engine, leave)
        assert session.sampler.chains.x.flatten(1).equal(spins)
        if engine._fall is not None:
            state = desk.state
            assert state.activity is Activity.STILL
            assert state.falling is not None
            assert state.falling.sweeps == sweeps
            assert state.snapshot is not None
            shown = session.space.compact(session.sampler.chains.x).numpy()
            np.testing.assert_array_equal(state.snapshot.x, shown)
            engine.play(True)


def leave_first(engine: Any, leave: Callable[[], None]) -> None:
    """Does a command without a step after it."""
    leave()
    step, engine.step = engine.step, lambda: None
    engine.turn()
    engine.step = step


def test_hidden_units_and_layers_are_of_chains_that_were_steered_while_they_were_held() -> None:
    desk = Desk()
    engine = desk.engine
    engine.new(MACHINE, train=False)
    desk.turn()
    engine.play(False)
    desk.turn()
    for change in (
        lambda: engine.compose(Composition((Layer(InkAmount(0.9), 6.0),))),
        lambda: restart(engine),
    ):
        change()
        desk.turn()
        figures = desk.session.hidden_figures(training=False)
        assert desk.state.hidden is not None
        assert figures is not None
        assert desk.state.hidden.chains == figures.chains
        assert desk.state.hidden.steered
        statistics, state = engine._layers, desk.state
        assert statistics is not None
        assert state.statistics == statistics.measure()


def restart(engine: Any) -> None:
    for chain in range(8):
        engine.restart_one(chain)


def test_the_ladder_of_a_training_that_is_paused_is_that_of_its_last_epoch(
    small_run: Path, nothing_due: Callable[[], None]
) -> None:
    desk = Desk()
    engine = desk.engine
    engine.watch_ladder(True)
    engine.new(
        replace(PROBLEMS["two-gaussians"].defaults, replicas=4, chains=16, planned_epochs=500), train=True
    )
    desk.turn(2)
    nothing_due()
    desk.turn(4)
    engine.pause()
    desk.turn()
    assert engine._ladder is not None
    last, shown = engine._ladder.snapshot(), desk.state.ladder
    assert shown is not None
    np.testing.assert_array_equal(shown.replica_ids, last.replica_ids)
    np.testing.assert_array_equal(shown.path, last.path)


def test_bounds_that_are_stopped_are_those_found_last(nothing_due: Callable[[], None]) -> None:
    desk = Desk()
    engine = desk.engine
    engine.new(MACHINE, train=False)
    engine.find_bounds(1.5, 4)
    desk.turn()
    nothing_due()
    desk.turn(3)
    found, shown = engine._bounded, desk.state.bounds
    assert engine._bounds is not None
    assert found is not shown
    engine.stop_bounds()
    desk.turn()
    assert desk.state.bounds is found
    assert not desk.state.bounding


@pytest.fixture
def lattice() -> LatticeWorker:
    worker = LatticeWorker()
    worker.begin()
    worker.take(LatticeChoice(SpinLattice("square", 16), 2))
    return worker


@pytest.fixture
def playground() -> PlaygroundWorker:
    worker = PlaygroundWorker()
    worker.begin()
    worker.set_speed(math.inf)
    worker.tune_kernel(step_size=0.3)
    return worker


def test_spins_that_are_held_are_shown_and_measured_after_their_last_step(
    lattice: LatticeWorker, nothing_due: Callable[[], None]
) -> None:
    lattice.play(True)
    turn(lattice, 3)
    nothing_due()
    turn(lattice, 5)
    states: list[LatticeState] = states_of(lattice)
    lattice.play(False)
    turn(lattice)
    lattice.step_once()
    lattice.set_temperature(3.0)
    turn(lattice)
    run = lattice._lattice_run
    assert run is not None
    # Never a picture of another step, or other conditions, than what is measured.
    assert [state.steps for state in states] == [run.steps - 1, run.steps, run.steps]
    assert [state.conditions.temperature for state in states][1:] == [states[0].conditions.temperature, 3.0]
    for state in states:
        assert not state.moving
        assert state.trace is not None
        assert state.picture is not None
        assert state.trace.steps[-1] == state.steps
        magnetisation = np.abs(2 * state.picture.reshape(2, -1).mean(1) - 1).mean()
        assert state.trace.magnetisations[-1] == pytest.approx(magnetisation, abs=1e-6)


def test_chains_of_the_playground_that_are_held_are_shown_and_judged_after_their_last_step(
    playground: PlaygroundWorker, nothing_due: Callable[[], None]
) -> None:
    playground.play(True)
    turn(playground, 40)
    nothing_due()
    turn(playground, 40)
    states: list[PlaygroundState] = states_of(playground)
    playground.play(False)
    turn(playground)
    playground.step_chains()
    playground.set_temperature(2.0)
    turn(playground)
    run = playground._surface_run
    assert run is not None
    assert [state.steps for state in states] == [80, 81, 0]
    for state in states:
        assert not state.moving
        assert state.chains is not None
    assert states[0].mixing is not None
    assert states[0].mixing.steps == 40
    np.testing.assert_array_equal(states[-1].chains.positions, run.chains.x.numpy())
    assert states[-1].landscape is run.landscape
    assert states[-1].temperature == 2.0
    assert states[-2].temperature == 1.0


def test_the_curve_of_a_multiplier_goes_on_to_the_end_of_a_training(
    settings: QSettings, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, nothing_due: Callable[[], None]
) -> None:
    desk = Desk()
    engine = desk.engine
    engine.new(replace(PROBLEMS["two-gaussians"].defaults, planned_epochs=500), train=True)
    desk.turn(2)
    engine.look_into_observables()
    while desk.state.observables is None:
        desk.turn()
    window = ObservablesWindow(LIGHT, settings)
    qtbot.addWidget(window)
    window.show_state(desk.state)
    window.bring_up()
    window.table.setCurrentCell(0, 0)
    nothing_due()
    desk.turn(3)
    window.show_state(desk.state)
    engine.pause()
    desk.turn()
    window.show_state(desk.state)
    (curve,) = window.multiplier.series()
    assert len(curve.values[0][1]) == desk.state.epoch


class Endless:
    """An experiment that does not end."""

    name = "endless"
    title = "Endless"

    def start(self, values: object) -> Iterator[Progress]:
        while True:
            yield Progress(0.5, "on", Figure())


def test_an_experiment_that_runs_no_more_has_its_result_in_the_same_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    worker = ExperimentWorker({"endless": Endless()}, threads=1)  # type: ignore[dict-item]
    worker.run("endless", {})
    worker.turn()
    states: list[ExperimentsState] = states_of(worker)
    worker.stop()
    worker.turn()
    assert [len(state.entries) for state in states if state.running is None] == [1]


def test_a_sweep_whose_file_cannot_be_written_stops_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RunFileError("the disk is full")

    worker = SweepWorker(tmp_path / "sweep.h5")
    worker.begin()
    monkeypatch.setattr(sweep_worker, "save_sweep", full)
    worker.start_sweep(SweepPlan(sides=(8,), points=2, copies=2, warm_up=2, steps=16))
    for _ in range(20):
        if not worker.state.running and worker.state.share == 1:
            break
        turn(worker)
    assert worker.state.share == 1
    assert not worker.state.running
    assert worker.state.message is not None
    assert "the disk is full" in worker.state.message.text
    assert worker.state.message_number == 1
