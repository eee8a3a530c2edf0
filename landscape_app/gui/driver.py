"""What the engine's thread does with its session: every command, every step, and the frames they leave."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import torch

from landscape_app.data import Dataset, asset_path
from landscape_app.gui.beginning import begin_session
from landscape_app.gui.landscape_work import LandscapeWork
from landscape_app.gui.messages import DIVERGED, Message, describe_outcome, failure_message
from landscape_app.gui.on_view import ChainsOnView, first_state, kernel_on_view
from landscape_app.gui.run_files import RunFiles
from landscape_app.gui.starts_test import StartsTest
from landscape_app.gui.state import DEFAULT_SPEED, Activity, Compute, EngineState, Facts, Origin
from landscape_app.gui.steering_commands import SteeringCommands
from landscape_app.gui.worker import FRAME_SECONDS, Scheduler
from landscape_app.learning.epoch import EpochRecord
from landscape_app.physics.fields import FieldError
from landscape_app.problems import Configuration
from landscape_app.session import (
    Composition,
    LadderWatch,
    Session,
    Snapshot,
    SweepRecord,
    available_devices,
    open_session,
    resolve_device,
)
from landscape_app.session.journal import Action, Finished, Planned, Steered
from landscape_app.session.memory import NotEnoughMemoryError
from landscape_app.session.noting import note_opening
from landscape_app.session.persistence import run_state, session_of
from landscape_app.session.training import StoppedError, finish_in_sight

TRAINING_FRAME_SECONDS = 1 / 30
"""Half as often as the screen draws: every picture holds the interpreter while training waits for it."""

ENERGY_SECONDS = 1.0
KERNEL_SECONDS = 0.25
PREVIEW_SECONDS = 0.5

STOPPED = "The engine has stopped"
DEFAULT_WALKERS = 100


class Driver:
    """Owns the session on view; called from the engine's thread only, but for `frame`, which any may read."""

    def __init__(self) -> None:
        self.state = EngineState()
        self.landscape = LandscapeWork(lambda known: self._update(landscape=known))
        self._session: Session | None = None
        self._training: Iterator[EpochRecord] | None = None
        self._sampling: Iterator[SweepRecord] | None = None
        self.steering = SteeringCommands(self)
        self.files = RunFiles(self)
        self._testing: StartsTest | None = None
        self._watch: LadderWatch | None = None
        self._watched = False
        self._speed = DEFAULT_SPEED
        self._view = ChainsOnView()
        self._recoveries = 0
        self._stops_measuring = threading.Event()
        self._epoch_seconds = 0.0
        self._rests = True
        self._not_kept = ""
        self._device = "auto"
        self._device_note = ""
        self._scheduler = Scheduler()

    @property
    def timeout(self) -> float | None:
        """Seconds that commands may be waited for before the next step; None where there is no step to do."""
        training = self.state.activity is Activity.TRAINING or self.steering.is_training_a_network
        if training or self._testing or self.landscape.is_searching:
            return 0.0
        if self.state.activity is Activity.SAMPLING:
            return self._scheduler.timeout()
        return self.files.timeout

    def advance(self) -> None:
        """The next step of whatever is going on."""
        self.steering.advance(self._epoch_seconds if self.state.activity is Activity.TRAINING else 0.0)
        if self._testing is not None:
            self._test_step(self._testing)
        self.landscape.step()
        self._keep(self.files.step)
        if self.state.activity is Activity.TRAINING:
            self._train_epoch()
        elif self.state.activity is Activity.SAMPLING and self._scheduler.is_step_due(1 / self._speed):
            self._move_walkers()

    def tell(self, kind: str, text: str, detail: str = "") -> None:
        """Leaves a message for the person."""
        message, number = Message(kind, text, detail), self.state.message_number + 1
        activity = Activity.STILL if self._session is None else self.state.activity
        self._update(message=message, message_number=number, busy="", activity=activity)

    def hold(self) -> None:
        """Stops all that goes on by itself, as it fails again and again; what there is stays on view."""
        self._testing = None
        self.steering.stop_network()
        self.landscape.stop()
        activity = Activity.LOADING if self.state.facts is None else Activity.STILL
        self._update(activity=activity, testing=False, busy="", rate=0.0)

    def end_for_good(self, message: Message) -> None:
        """Leaves the last message: nothing is done any longer."""
        number = self.state.message_number + 1
        self._update(
            activity=Activity.STILL, testing=False, busy=STOPPED, message=message, message_number=number
        )

    def publish(self, **changes: object) -> None:
        """Changes the frame; for commands that have a file of their own."""
        self._update(**changes)

    def note(self, action: Action) -> None:
        """Notes in the journal of the run what was done."""
        if self._session is not None:
            self._session.journal.add(action, self._session.trainer.epoch)
            self._update(journal=self._session.journal.entries)

    def compute_on(self, wanted: Compute) -> None:
        """Computes on another device, and takes the run on view there.

        Where the device does not work, the CPU computes, or what computed before, and the person is told.
        """
        torch.set_num_threads(wanted.threads)
        try:
            device, reason = resolve_device(wanted.device, fall_back=True)
        except ValueError as error:
            device, reason = torch.device("cpu"), str(error)
        session, name = self._session, str(device)
        if session is not None and name != str(session.device):
            try:
                self._move(session, name)
            except Exception as error:
                name, reason = str(session.device), failure_message(error).text
        self._settle_on(name, reason)
        if session is not None:
            self._tell_of_device()

    def _settle_on(self, device: str, reason: str | None) -> None:
        """Computes there from now on; notes why it is not where it was to be."""
        self._device = device
        compute = Compute(device, torch.get_num_threads())
        self._update(busy="", devices=available_devices(), compute=compute)
        self._device_note = "" if reason is None else f"{reason}; {_spoken(device)} computes instead"

    def _tell_of_device(self) -> None:
        """Tells what was noted: with a run on view, as one that comes there takes the message before it away."""
        if self._device_note:
            self.tell("warning", self._device_note)
            self._device_note = ""

    def open(self, path: Path) -> None:
        """Opens a run file."""
        self._open(path, Origin.FILE)

    def open_shipped(self, name: str) -> None:
        """Opens a model that ships."""
        self._open(asset_path(name), Origin.SHIPPED)

    def new(self, configuration: Configuration, train: bool, dataset: Dataset | None = None) -> None:
        """Starts a run from scratch, under the composition on view."""

        def begin(device: str) -> Session:
            return begin_session(
                configuration,
                dataset,
                device,
                self._walkers,
                self._session,
                train,
                self.steering.take_over,
                lambda text: self._update(busy=text),
            )

        session = self._made(begin)
        self._adopt(session, Origin.NEW, None, Activity.TRAINING if train else Activity.STILL)
        if session.classes and session.classifier is None:
            self.steering.train_classifier()

    def plan_epochs(self, epochs: int) -> None:
        """Plans the training to end after so many epochs; ends it where it has done as many."""
        if self._session is None or self.state.facts is None or self.state.facts.origin is Origin.SHIPPED:
            return
        self._plan(epochs)
        if self._session.is_done and self.state.activity is Activity.TRAINING:
            self._finish()

    def train(self) -> None:
        """Trains on."""
        session, facts = self._session, self.state.facts
        if session is None or facts is None or self.state.activity is Activity.TRAINING:
            return
        self.stop_test()
        self.landscape.forget()
        self.files.stop_following()
        self.steering.end_comparison()
        self._watch = LadderWatch(session.ladder)
        self._update(facts=replace(facts, origin=Origin.NEW), starts=None, ladder=None)
        if session.progress >= 1.0:
            self._plan(session.trainer.epoch + max(session.configuration.planned_epochs // 2, 250))
        self._scheduler.restart()
        self._update(activity=Activity.TRAINING, rate=0.0, sweep=None, failed=False, kept=None)

    def pause(self) -> None:
        """Stops training."""
        if self.state.activity is Activity.TRAINING:
            self._leave_training(Activity.SAMPLING)

    def step_epoch(self) -> None:
        """One epoch, then hold."""
        self.train()
        if self._session is not None and self.state.activity is Activity.TRAINING:
            self._train_epoch()
            self.pause()
            self.play(False)

    def play(self, moving: bool) -> None:
        """Lets the walkers move, or holds them; leaves training alone."""
        if self._session is not None and self.state.activity is not Activity.TRAINING:
            self._scheduler.restart()
            activity = Activity.SAMPLING if moving else Activity.STILL
            self._update(activity=activity, rate=0.0, snapshot=self.look_again())

    def step_chains(self) -> None:
        """One kernel step of the walkers, then hold."""
        if self._session is not None and self.state.activity is not Activity.TRAINING:
            self.play(False)
            self._move_walkers()

    def compose(self, composition: Composition, hurried: bool = False, number: int | None = None) -> None:
        """Puts the walkers on a composition made for a session; while training, with the next preview."""
        if self._session is None or not self.state.is_of(number):
            return
        if self.state.activity is not Activity.TRAINING:
            self.steering.compose(composition, hurried)
            return
        self._session.sampler.composition = composition = self.steering.wanted(composition)
        self.note(Steered(composition))
        self._scheduler.trigger("preview")
        if composition.is_model:
            self._update(steering=None, composition=composition)

    def restart(self, place: str, count: int | None) -> None:
        """Starts the walkers anew."""
        if self._session is not None and self.state.activity is not Activity.TRAINING:
            self.steering.restart(place, count)

    def set_kernel(self, name: str) -> None:
        """Moves the walkers with another kernel."""
        if self._session is not None:
            self.steering.set_kernel(name)
            self._update(kernel=self._session.sampler.kernel)

    def tune_kernel(self, automatic: bool, parameters: Mapping[str, float]) -> None:
        """Sets the walkers' kernel, or lets it tune itself."""
        if self._session is not None and self.state.activity is not Activity.TRAINING:
            self.steering.tune_kernel(automatic, parameters)
            self._update(kernel=self._session.sampler.kernel)

    def set_speed(self, steps_per_second: float) -> None:
        """Steps a second of the walkers, from now."""
        self._speed = steps_per_second
        self._scheduler.trigger("step")

    def look(self, change: Callable[[ChainsOnView], None]) -> None:
        """Changes what is seen of the chains on view, and shows it."""
        change(self._view)
        if self._session is not None:
            self._update(snapshot=self._snapshot())

    def save(self, path: Path) -> None:
        """Saves the session."""
        self.files.save(path)

    def test_starts(self) -> None:
        """Begins the three-starts test on the model as it stands; leaves training alone."""
        if self._session is not None and self.state.activity is not Activity.TRAINING:
            self._testing = StartsTest(self._session)
            self._watch = self._testing.watch
            self._update(starts=None, testing=True)
            self._show_ladder()

    def stop_test(self) -> None:
        """Ends the three-starts test; what it found stays on view."""
        if self._testing is not None:
            self._testing.end(self.note)
        self._testing = None
        self._update(testing=False)
        self._show_ladder()

    def search(self, begin: Callable[[LandscapeWork], None]) -> None:
        """Begins something on the landscape of the model as it stands; leaves training alone."""
        if self._session is not None and self.state.activity is not Activity.TRAINING:
            begin(self.landscape)

    def watch_ladder(self, wanted: bool) -> None:
        """Whether frames shall carry the ladder's replicas."""
        self._watched = wanted
        self._show_ladder()

    def follow_walker(self, walker: int) -> None:
        """Follows a walker of the ladder on view."""
        if self._watch is not None:
            self._watch.follow(walker)
            self._show_ladder()

    @property
    def _walkers(self) -> int:
        return len(self._session.sampler) if self._session is not None else DEFAULT_WALKERS

    def _open(self, path: Path, origin: Origin) -> None:
        self._update(busy=f"Opening {path.name} …")
        session = self._made(lambda device: open_session(path, device, self._walkers))
        note_opening(session, path, origin is Origin.SHIPPED)
        self._adopt(session, origin, path if origin is Origin.FILE else None, Activity.SAMPLING)
        session.sampler.prepare()

    def _made(self, make: Callable[[str], Session]) -> Session:
        """A session on the device that was chosen; on the CPU where that fails in the middle, and says so."""
        try:
            return make(self._device)
        except Exception as error:
            if self._device in ("cpu", "auto"):
                raise
            # What fails here too is no fault of the device.
            session = make("cpu")
            self._settle_on("cpu", failure_message(error).text)
            return session

    def _move(self, session: Session, device: str) -> None:
        """Takes the run on view to another device; it goes on from its state, with its chains drawn anew."""
        facts, state = self.state.facts, self.state
        assert facts is not None
        self._update(busy=f"Moving the run to {_spoken(device)} …")
        moved = session_of(
            run_state(session, passing=True), facts.path or Path(facts.title), device, self._walkers
        )
        moved.lineage = session.lineage
        moved.sampler.set_kernel(session.sampler.kernel.name)
        composition = self.steering.take_over(moved, session.composition)
        if state.activity is Activity.TRAINING:
            moved.sampler.composition = composition
        else:
            moved.steer(composition)
        learns = self.steering.is_training_a_network
        self._adopt(moved, facts.origin, facts.path, state.activity)
        self._update(unsaved=state.unsaved, failed=state.failed, starts=None)
        if learns and moved.classes and moved.classifier is None:
            self.steering.train_classifier()

    def _adopt(self, session: Session, origin: Origin, path: Path | None, activity: Activity) -> None:
        """Makes a session the one on view; where it cannot be shown, the one before stays there."""
        number = self.state.facts.number + 1 if self.state.facts is not None else 0
        facts = Facts.of(session, number, origin, path)
        view = copy.copy(self._view)
        view.adopt(session)
        state = first_state(session, view, activity, facts)
        landscape = self.landscape.adopt(session)
        # All that computes, and may lack the memory for it, is done.
        self._session, self._view = session, view
        self._keep(lambda: self.files.adopt(session, path))
        self._rests = True
        self._recoveries = session.trainer.recoveries
        self._training, self._sampling = session.train(), session.sample()
        self._testing = None
        self.steering.adopt(session)
        self._watch = LadderWatch(session.ladder)
        session.ladder.on_step = self._on_ladder_step
        session.trainer.ensemble.on_step = self._on_training_step
        self._scheduler.restart()
        self.state = replace(
            state,
            **self.steering.known(),  # type: ignore[arg-type]
            landscape=landscape,
            faults=self.state.faults,
            compute=self.state.compute,
            devices=self.state.devices,
            message=self.state.message,
            message_number=self.state.message_number,
        )
        self._tell_of_device()

    def _train_epoch(self) -> None:
        session = self._session
        assert session is not None
        assert self._training is not None
        start = time.perf_counter()
        try:
            record = next(self._training)
        except Exception as error:
            self._training = session.train()
            self._update(failed=True)
            self._leave_training(Activity.SAMPLING)
            if not isinstance(error, NotEnoughMemoryError):
                raise
            epochs = session.trainer.epoch
            raise NotEnoughMemoryError(f"{error}. The model is as it was after epoch {epochs:,}") from error
        self._epoch_seconds = time.perf_counter() - start
        self._keep(self.files.after_epoch)
        rate, progress = self._scheduler.rate(), session.progress
        self._update(epoch=record.epoch, unsaved=True, rate=rate, progress=progress)
        if self._scheduler.is_due("kernel", KERNEL_SECONDS):
            self._update(kernel=kernel_on_view(session, True, record.acceptance_rate))
        if record.recoveries > self._recoveries:
            self._recoveries = record.recoveries
            self.tell("warning", DIVERGED)
        if not session.composition.is_model and self._scheduler.is_due("preview", PREVIEW_SECONDS):
            self.steering.preview()
        if self._scheduler.is_due("energies", ENERGY_SECONDS):
            self._update(energies=session.energy_sets())
        if session.is_done:
            self._finish()

    def _leave_training(self, activity: Activity) -> None:
        """Goes on with the walkers under the model as it stands; holds where even that fails."""
        session = self._session
        assert session is not None
        self._scheduler.restart()
        self._update(activity=activity, rate=0.0, sweep=None, kernel=session.sampler.kernel)
        self._rests = False
        try:
            self._rest()
        except FieldError:
            self._rests = True
            raise
        except Exception:
            self._update(activity=Activity.STILL)
            raise

    def _rest(self) -> None:
        """Lets the model rest after a training, and puts the walkers on it."""
        session = self._session
        assert session is not None
        session.rest()
        steering = session.steer(session.composition)
        self._rests = True
        self._update(
            steering=steering,
            composition=session.composition,
            kernel=session.sampler.kernel,
            snapshot=self.look_again(),
            energies=session.energy_sets(),
        )

    def _finish(self) -> None:
        """Measures and pauses where training ends; keeps the best state."""
        session = self._session
        assert session is not None
        self._stops_measuring.clear()
        outcome = None
        try:
            outcome = finish_in_sight(session, self._while_measuring)
            self._update(kept=session.kept)
            self.note(Finished())
        except StoppedError:
            pass
        finally:
            self._update(busy="")
            self._leave_training(Activity.SAMPLING)
        if outcome is None:
            self.tell("warning", "Stopped before the model was measured")
        else:
            self.tell("done", describe_outcome(outcome, self.state.epoch, session.trainer.seconds))

    def stop_measuring(self) -> None:
        """Ends the measurement that follows a training, if there is one; for any thread."""
        self._stops_measuring.set()

    def _while_measuring(self, what: str, share: float) -> None:
        if self._stops_measuring.is_set():
            raise StoppedError
        self._update(busy=f"{what} … {share:.0%}")

    def _plan(self, epochs: int) -> None:
        assert self._session is not None
        assert self.state.facts is not None
        self._session.plan_epochs(epochs)
        self.note(Planned(epochs))
        facts = replace(self.state.facts, configuration=self._session.configuration)
        self._update(progress=self._session.progress, facts=facts)

    def _move_walkers(self) -> None:
        assert self._session is not None
        assert self._sampling is not None
        try:
            if not self._rests:
                self._rest()
            self.steering.before_step()
            sweep = next(self._sampling)
        except Exception as error:
            self._sampling = self._session.sample()
            if not isinstance(error, FieldError):
                self._update(activity=Activity.STILL, rate=0.0)
            raise
        self._view.observe(training=False)
        self._update(sweep=sweep, rate=self._scheduler.rate(), kernel=self._session.sampler.kernel)
        if self.state.activity is Activity.STILL or self._scheduler.is_due("snapshot", FRAME_SECONDS):
            passing = self.state.activity is Activity.SAMPLING
            self._update(snapshot=self._view.snapshot(False, passing))
            self.steering.snapshot_compared()
        self.steering.after_step()

    def _on_ladder_step(self) -> None:
        """Shows the ladder of the training, or of the meter beside it, as it moves."""
        if self._testing is None and self._watch is not None:
            self._watch.observe()
            if self._scheduler.is_due("ladder", TRAINING_FRAME_SECONDS):
                self._show_ladder()

    def _on_training_step(self) -> None:
        """Shows the training chains as they move, and their ladder."""
        self._on_ladder_step()
        self._view.observe(training=True)
        shown = self._session is not None and self._session.composition.is_model
        if shown and self._scheduler.is_due("snapshot", TRAINING_FRAME_SECONDS):
            self._update(snapshot=self._view.snapshot(True, passing=True))

    def _test_step(self, test: StartsTest) -> None:
        try:
            record = test.step()
        except Exception:
            self.stop_test()
            raise
        if record is None:
            self.stop_test()
        else:
            self._update(starts=record)
            if self._scheduler.is_due("ladder", FRAME_SECONDS):
                self._show_ladder()

    def _keep(self, action: Callable[[], None]) -> None:
        """Does what concerns the files of the run; where it fails, that is told once, and all else goes on."""
        try:
            action()
        except Exception as error:
            message = failure_message(error, "This run is no longer recorded: ")
            if message.text != self._not_kept:
                self._not_kept = message.text
                self.tell("warning", *message[1:])

    def _show_ladder(self) -> None:
        if self._watch is not None and self._watched:
            self._update(ladder=self._watch.snapshot())

    def look_again(self) -> Snapshot:
        """The walkers as they are now."""
        return self._view.snapshot(training=False)

    def _snapshot(self) -> Snapshot:
        """The chains on view now."""
        return self._view.snapshot(self.state.activity is Activity.TRAINING)

    def _update(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]


def _spoken(device: str) -> str:
    """The name of a device in a sentence."""
    return "the CPU" if device == "cpu" else device
