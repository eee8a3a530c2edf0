"""The engine without a window: opened, trained, steered and searched, turn by turn or in its thread."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.gui.engine import Engine
from landscape_app.gui.state import Activity, Origin
from landscape_app.physics.base_measure import ContinuousBase
from landscape_app.physics.fields.pixels import FixedPixels, InkAmount, SymmetryAbout
from landscape_app.problems import PROBLEMS
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.convergence import ConvergenceRecord
from landscape_app.session.entropy_estimator import MEASURING_LAST, Best
from landscape_app.session.finish_share import finish_share
from landscape_app.session.journal import BestKept, ClassesTrained, Entry
from landscape_app.session.script import script_of
from tests.gui.driving import PATIENCE, Desk, is_told, leave, missing, wait


@pytest.mark.usefixtures("quick_classifier", "small_problem")
def test_epochs_do_not_wait_for_the_classifier_and_steering_to_a_class_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Four batches a turn, however long an epoch takes on this machine: it has several turns to learn.
    monkeypatch.setattr(
        "landscape_app.gui.engine.learn_for", lambda steps, seconds: next(islice(steps, 3, None), None)
    )
    desk = Desk()
    engine = desk.engine
    engine.new(PROBLEMS["digits"].defaults, train=True)
    desk.turn()
    assert (engine.state.epoch, engine.state.accuracy) == (1, None)
    assert engine.state.beside.startswith("training the classifier ")
    engine.compose(Composition.towards(3))
    desk.turn()
    assert engine.state.composition.target is None
    while engine.state.accuracy is None:
        desk.turn()
    epoch = engine.state.epoch
    assert epoch > 1
    assert engine.state.beside == ""
    assert engine.state.composition.target == 3
    assert Entry(epoch - 1, ClassesTrained(0)) in engine.state.journal
    engine.pause()
    desk.turn()
    assert engine.state.snapshot is not None
    assert engine.state.snapshot.shares is not None


def test_the_measurement_at_the_end_tells_how_far_it_is_and_can_be_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # By the ladder: a sum over the line is one step.
    monkeypatch.setattr(ContinuousBase, "is_summable", False)
    desk = Desk()
    engine = desk.engine
    engine.new(replace(PROBLEMS["two-gaussians"].defaults, planned_epochs=1), train=True)
    told: list[str] = []
    bars: list[object] = []

    def watch(changes: dict[str, object]) -> None:
        busy = str(changes.get("busy", ""))
        if busy.startswith("Measuring"):
            told.append(busy)
            bars.append(changes["busy_share"])
            if len(told) == 3:
                user = threading.Thread(target=engine.pause)
                user.start()
                user.join()

    update = engine.update
    engine.update = lambda **changes: (watch(changes), update(**changes))  # type: ignore[assignment, method-assign]
    desk.turn()
    steps = engine.session.estimator.steps
    done = finish_share(engine.session.estimator, engine.session.fresh_chains(), engine.session.trainer.epoch)
    shares = [done.of(MEASURING_LAST, step / steps) for step in (1, 2, 3)]
    assert bars == pytest.approx(shares)
    # The share that is said is that of the bar: of all that is to be done, not of a part of it.
    assert told == [f"Measuring the entropy … {share:.0%}" for share in shares]
    assert (engine.state.epoch, engine.state.activity, engine.state.busy) == (1, Activity.SAMPLING, "")
    assert engine.state.message is not None
    assert engine.state.message.text == "Stopped before the model was measured"
    assert len(engine.state.measurements) == 0


def test_a_training_tells_how_long_the_measuring_after_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContinuousBase, "is_summable", False)
    monkeypatch.setattr("landscape_app.gui.worker.LEAST_COUNTED", 0.0)
    desk = Desk()
    engine = desk.engine
    engine.new(replace(PROBLEMS["two-gaussians"].defaults, planned_epochs=500), train=True)
    desk.turn(4)
    trainer = engine.session.trainer
    assert engine.state.left is not None
    assert engine.state.afterwards is not None
    planned = engine.session.fresh_chains(round(trainer.evaluations / engine.session.progress))
    done = finish_share(engine.session.estimator, planned, 0)
    expected = done.evaluations * trainer.seconds / trainer.evaluations
    assert engine.state.afterwards == pytest.approx(expected, rel=0.9)


def test_the_model_goes_back_to_its_best_state_and_training_on_from_the_last() -> None:
    desk = Desk()
    engine = desk.engine
    engine.new(replace(PROBLEMS["two-gaussians"].defaults, planned_epochs=500), train=True)
    desk.turn(6)
    session = desk.session
    best = Best(
        replace(session.estimator.measure_now(), epoch=session.trainer.epoch), session.trainer.average
    )
    # However the rest went.
    session.estimator.best = best._replace(found=replace(best.found, validation_nats=-100.0))
    desk.turn(4)
    assert engine.state.left is None
    engine.back_to_best()
    desk.turn()
    assert engine.state.activity is Activity.SAMPLING
    assert (engine.state.busy, engine.state.busy_share) == ("", None)
    assert engine.state.kept is not None
    assert engine.state.kept.epoch == best.epoch < engine.state.epoch
    # It is measured anew, and multipliers may be solved.
    assert engine.state.kept.validation_nats > -100
    for now, then in zip(session.model.values()[1:], best.parameters[1:], strict=True):
        assert torch.equal(now, then)
    assert engine.state.message is not None
    assert engine.state.message.text.startswith("Back to the best state: ")
    assert engine.state.journal[-1] == Entry(engine.state.epoch, BestKept())
    assert "session.finish(best=True)" in script_of(engine.state.journal, engine.state.epoch)
    last = engine.state.epoch
    engine.train()
    desk.turn()
    assert (engine.state.epoch, engine.state.kept) == (last + 1, None)


def test_searches_are_under_all_that_the_chains_are_under(small_run: Path) -> None:
    desk = Desk(small_run)
    session = desk.session
    layers = (
        Layer(FixedPixels(((0, 0, 9), (7, 7, 4)))),
        Layer(InkAmount(0.2), 30.0),
        Layer(SymmetryAbout("left-right"), -2.0),
    )
    desk.engine.compose(Composition(layers, temperature=2.0, model_temperature=0.5))
    # Every chain is a start of the search for minima.
    desk.engine.restart("chains", 12)
    image = session.dataset.training_items[4]
    desk.engine.dissect(image)
    desk.turn()
    known = desk.state.landscape
    assert known is not None
    record = known.dissection
    assert record is not None
    pinned = torch.as_tensor(image).float()[None].clone()
    pinned[0, 0, 0], pinned[0, 7, 7] = 9, 4
    u = pinned / 16
    h = session.model_energy(pinned) / 0.5 + 30 * 64 * (u.mean((1, 2)) - 0.2).square()
    h = (h - (u - u.flip(2)).square().sum((1, 2))) / 2
    free = torch.ones(64, dtype=torch.bool)
    free[[0, 63]] = False
    table = session.model.base_measure.log_probabilities[free]
    log_q = table.gather(1, pinned.flatten()[free].long()[:, None]).sum()
    assert sum(part.energy for part in record.parts) == pytest.approx(float(h - log_q), abs=1e-2)
    desk.engine.find_minima()
    desk.turn()
    while True:
        known = desk.state.landscape
        assert known is not None
        if known.minima is not None and len(known.minima.images):
            break
        assert known.searching == "minima"
        desk.turn()
    assert (known.minima.images[:, 0, 0] == 9).all()
    assert (known.minima.images[:, 7, 7] == 4).all()
    desk.engine.stop_search()
    desk.turn()
    assert desk.state.landscape is not None
    assert not desk.state.landscape.searching
    assert desk.state.landscape.minima is not None


def test_commands_that_need_a_run_do_nothing_before_there_is_one() -> None:
    desk = Desk()
    engine = desk.engine
    engine.play(True)
    engine.train()
    engine.step_epoch()
    engine.compose(Composition.towards(3))
    engine.restart("noise")
    engine.tune_kernel(step_size=0.1)
    engine.test_convergence()
    engine.find_minima()
    engine.train_classifier()
    desk.turn(2)
    assert desk.state.activity is Activity.LOADING
    assert desk.state.message is None


def test_commands_on_the_chains_do_nothing_while_the_model_trains(small_run: Path) -> None:
    desk = Desk(small_run)
    desk.engine.train()
    desk.turn()
    epoch, entries = desk.state.epoch, len(desk.state.journal)
    desk.engine.play(False)
    desk.engine.step_chains()
    desk.engine.restart("noise", 4)
    desk.engine.tune_kernel(automatic=True)
    desk.engine.test_convergence()
    desk.engine.find_minima()
    desk.turn()
    assert (desk.state.activity, desk.state.epoch) == (Activity.TRAINING, epoch + 1)
    assert (len(desk.session.sampler), len(desk.state.journal)) == (100, entries)
    assert not desk.state.testing
    assert desk.state.message is None


def test_what_was_asked_to_be_seen_before_a_run_is_seen_of_it(small_run: Path) -> None:
    desk = Desk()
    desk.engine.follow_chain(2)
    desk.engine.set_classify(True)
    desk.turn()
    desk.engine.open(small_run)
    desk.turn()
    snapshot = desk.state.snapshot
    assert snapshot is not None
    assert snapshot.classes is not None
    assert snapshot.followed is not None
    assert snapshot.followed.chain == 2


def test_all_that_is_shown_of_chains_that_are_held_is_of_the_same_step(
    small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(small_run)
    engine = desk.engine
    engine.compare(Composition())
    engine.compose(Composition.towards(7))
    engine.play(True)
    desk.turn()
    # However quick the machine, neither pictures nor figures are due in the steps that follow.
    monkeypatch.setattr("landscape_app.gui.engine.FRAME_SECONDS", math.inf)
    monkeypatch.setattr("landscape_app.gui.engine.STATISTICS_SECONDS", math.inf)
    desk.turn(3)
    engine.play(False)
    desk.turn()
    comparison, state = engine._comparison, desk.state
    assert comparison is not None
    assert state.compared is not None
    assert state.snapshot is not None
    assert comparison.a.steps == comparison.b.steps >= 3
    space = state.facts.space  # type: ignore[union-attr]
    for sampler, snapshot in ((comparison.a, state.compared.snapshot), (comparison.b, state.snapshot)):
        np.testing.assert_array_equal(snapshot.x, space.compact(sampler.chains.x).numpy())
    # log p(7 | x) of the chains as they are now.
    ((_, field),) = comparison.b.chains.target.hamiltonian.terms[1:]
    assert state.statistics is not None
    (figures,) = state.statistics.layers
    assert figures is not None
    assert figures.chains_mean == pytest.approx(float(field.energy(comparison.b.chains.x).mean()), rel=1e-4)


def test_chains_are_recorded_while_somebody_looks_and_no_model_trains(
    small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landscape_app.gui.engine.DRAWS_SECONDS", 0.0)
    desk = Desk()
    desk.engine.record_chains(True)
    desk.engine.open(small_run)
    desk.turn(12)
    draws = desk.state.draws
    assert draws is not None
    assert 2 <= draws.draws <= 12
    assert {"energy", "ink", "f1"} <= set(draws.quantities)
    desk.engine.restart("noise")
    desk.turn(4)
    assert desk.state.draws is None or desk.state.draws.draws <= 4
    desk.engine.train()
    desk.turn()
    assert desk.state.draws is None
    desk.engine.pause()
    desk.turn(6)
    assert desk.state.draws is not None
    desk.engine.record_chains(False)
    desk.turn(3)
    assert desk.state.draws is None


def test_what_was_trained_is_whole_in_the_file_when_the_engine_ends(small_run: Path, tmp_path: Path) -> None:
    engine = Engine(threads=1)
    engine.start()
    engine.open(small_run)
    engine.train()
    wait(lambda: engine.state.activity is Activity.TRAINING and engine.state.epoch > 10)
    engine.save(tmp_path / "run.h5")
    engine.end()
    assert not engine.is_alive
    assert engine.state.facts is not None
    assert engine.state.facts.origin is Origin.NEW
    desk = Desk(tmp_path / "run.h5")
    assert desk.state.epoch <= engine.state.epoch
    assert len(desk.state.history) == desk.state.epoch > 10


@pytest.fixture
def engine(small_run: Path) -> Iterator[Engine]:
    """A running engine on the small run, without a window."""
    engine = Engine(threads=1)
    engine.start()
    engine.open(small_run)
    wait(lambda: engine.state.sweep is not None)
    yield engine
    engine.end()


@pytest.mark.parametrize("fail", [missing, leave])
def test_a_step_that_fails_again_and_again_is_not_tried_for_ever(
    engine: Engine, fail: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = engine.state.message_number
    with monkeypatch.context() as broken:
        broken.setattr(engine, "step", fail)
        wait(lambda: engine.state.activity is Activity.STILL)
        wait(lambda: engine.state.message_number >= before + 2)
        told = engine.state.message_number
        answered = threading.Event()
        engine.take_run(lambda _: answered.set())
        assert answered.wait(PATIENCE / 1000)
        # One more for the command, after which the step was tried.
        assert engine.state.message_number <= told + 1
        assert is_told(engine.state.message, "lost" if fail is missing else "gone")
    engine.play(True)
    sweep = engine.state.sweep
    wait(lambda: engine.state.sweep is not sweep)
    assert engine.state.activity is Activity.SAMPLING


def test_the_engine_survives_a_failure_of_its_own(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(type(engine), "timeout", property(missing))
        wait(lambda: engine.state.activity is Activity.STILL)
        assert is_told(engine.state.message)
    engine.play(True)
    wait(lambda: engine.state.activity is Activity.SAMPLING)


def test_an_engine_that_cannot_even_tell_says_that_it_has_stopped(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(engine, "tell", missing)
        broken.setattr(engine, "step", missing)
        wait(lambda: not engine.is_alive)
    state = engine.state
    assert is_told(state.message, "The engine has stopped. “lost” is missing")
    assert is_told(state.message, "it offers the run as it was last recorded")
    assert state.activity is Activity.STILL
    assert state.busy == "The engine has stopped"


def test_a_new_run_does_not_take_the_time_left_from_the_run_before() -> None:
    desk = Desk()
    engine = desk.engine
    plan = replace(PROBLEMS["two-gaussians"].defaults, planned_epochs=100)
    engine.new(plan, train=True)
    desk.turn()
    # The run before had done little, long ago.
    engine._countdown.restart()
    engine._countdown.left(0.001, now=time.perf_counter() - 1_000)
    engine.new(plan, train=True)
    for _ in range(3):
        desk.turn()
    assert engine.state.epoch == 3
    assert engine.state.left is None or engine.state.left < 600


def test_a_convergence_test_that_is_begun_again_goes_on_with_its_chains_until_the_starts_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("landscape_app.gui.engine.TEST_STEPS", 120)
    monkeypatch.setattr(ConvergenceRecord, "is_settled", False)
    desk = Desk()
    engine = desk.engine
    engine.new(PROBLEMS["two-gaussians"].defaults, train=False)
    desk.turn()

    def train() -> None:
        """An epoch, after which no test is on view."""
        engine.step_epoch()
        desk.turn()
        while engine.state.activity is Activity.TRAINING:
            desk.turn()
        assert engine.state.convergence is None

    def run(steps: int) -> ConvergenceRecord:
        """Goes on until it has ended, or so many steps are recorded."""
        engine.test_convergence()
        desk.turn()
        assert engine.state.testing
        while engine.state.testing and (
            engine.state.convergence is None or engine.state.convergence.steps < steps
        ):
            desk.turn()
        assert engine.state.convergence is not None
        return engine.state.convergence

    train()
    first = run(1_000)
    assert first.trace.any()
    assert (first.steps, first.budget, engine.state.testing) == (120, 120, False)
    second = run(130)
    assert (second.steps, second.budget) == (130, 240)
    assert second.trace[: len(first.trace)].tolist() == first.trace.tolist()
    engine.stop_test()
    desk.turn()
    assert not engine.state.testing
    third = run(1_000)
    assert (third.steps, third.budget) == (250, 250)
    # One that has come to an agreement is made anew, and so is one of another model.
    monkeypatch.setattr(ConvergenceRecord, "is_settled", True)
    assert run(1).steps == 1
    monkeypatch.setattr(ConvergenceRecord, "is_settled", False)
    train()
    assert run(1).budget == 120


def test_a_wish_at_the_end_of_a_training_is_seen_to_wait(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ContinuousBase, "is_summable", False)
    desk = Desk()
    engine = desk.engine
    engine.new(replace(PROBLEMS["two-gaussians"].defaults, planned_epochs=1, chains=32), train=True)
    file, wishes = tmp_path / "chains.npz", []

    def wish() -> None:
        engine.export_samples(file)
        engine.restart("base")

    def watch(changes: dict[str, object]) -> None:
        if changes.get("busy_share") and not wishes:
            user = threading.Thread(target=wish)
            user.start()
            user.join()
            wishes.append(engine.wishes(0.0))

    update = engine.update
    engine.update = lambda **changes: (watch(changes), update(**changes))  # type: ignore[assignment, method-assign]
    desk.turn()
    assert wishes == [("chains.npz waits to be written", "")]
    desk.turn()
    assert engine.wishes(0.0) == ()
    wait(file.exists)
