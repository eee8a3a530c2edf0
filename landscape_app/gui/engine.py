"""The background thread that drives a session, and the mailbox through which the window sees it."""

from __future__ import annotations

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from landscape_app.experiments import Configuration
from landscape_app.gui.frame import Activity, Facts, Frame, Message, Origin
from landscape_app.learning.minmaxent import DivergenceError, EpochRecord
from landscape_app.runs import RunFileError
from landscape_app.session import (
    Composition,
    Session,
    SweepRecord,
    open_session,
    save_session,
)

FRAME_SECONDS = 1 / 60
ENERGY_SECONDS = 0.5
PREVIEW_SECONDS = 0.5
DEFAULT_SPEED = 30.0


class _Command(NamedTuple):
    action: Callable[[], None]
    replaces: str


def compute_threads() -> int:
    """Threads for the engine: all cores but one, which is left to the window."""
    return max(1, (os.cpu_count() or 2) - 1)


class Engine:
    """Drives one session at a time in a background thread.

    Every public method returns at once: it queues a command, applied between two steps. `frame` is the
    mailbox: the latest state, whole. Nothing here knows Qt.

    Args:
        threads: compute threads; None leaves one core to the window.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.frame = Frame()
        self._threads = compute_threads() if threads is None else threads
        self._commands: queue.SimpleQueue[_Command] = queue.SimpleQueue()
        self._stopping = False
        self._session: Session | None = None
        self._training: Iterator[EpochRecord] | None = None
        self._sampling: Iterator[SweepRecord] | None = None
        self._speed = DEFAULT_SPEED
        self._classify = False
        self._ends_at_plan = True
        self._due: dict[str, float] = {}
        self._ticks: list[float] = []
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Ends the thread after the step it is in."""
        self._stopping = True
        self._post(lambda: None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def open(self, path: Path, shipped: bool = False) -> None:
        """Opens a run file and moves its chains."""
        self._post(lambda: self._open(path, shipped))

    def new(self, configuration: Configuration, train: bool) -> None:
        """Starts a run from scratch; the class network is taken over, it depends on the data alone."""
        self._post(lambda: self._new(configuration, train))

    def plan_epochs(self, epochs: int) -> None:
        """Plans the training of a run made here to end after so many epochs."""
        self._post(lambda: self._plan_epochs(epochs), replaces="plan")

    def train(self) -> None:
        """Trains on from where the session is."""
        self._post(lambda: self._set_activity(Activity.TRAINING))

    def pause(self) -> None:
        """Stops training; the chains go on under the model as it stands."""
        self._post(self._pause)

    def step_epoch(self) -> None:
        """One epoch, then pause."""
        self._post(self._step_epoch)

    def play(self, moving: bool) -> None:
        """Lets the walkers move, or holds them."""
        self._post(lambda: self._set_activity(Activity.SAMPLING if moving else Activity.STILL))

    def step_chains(self) -> None:
        """One kernel step of the walkers, then still."""
        self._post(self._step_chains)

    def compose(self, composition: Composition) -> None:
        """Puts the walkers on a composition; a later one replaces one that still waits."""
        self._post(lambda: self._compose(composition), replaces="compose")

    def restart(self, place: str, count: int | None = None) -> None:
        """Starts the walkers anew from a place, in another number if given."""
        self._post(lambda: self._restart(place, count), replaces="restart")

    def set_kernel(self, name: str) -> None:
        """Moves the walkers with another kernel."""
        self._post(lambda: self._set_kernel(name))

    def set_speed(self, steps_per_second: float) -> None:
        """Steps a second of the walkers; infinity for as fast as can be."""
        self._speed = steps_per_second

    def set_classify(self, wanted: bool) -> None:
        """Whether snapshots carry predicted classes."""
        self._classify = wanted

    def save(self, path: Path) -> None:
        """Saves the session."""
        self._post(lambda: self._save(path))

    def train_classifier(self) -> None:
        """Trains the class network anew."""
        self._post(self._train_classifier)

    def _post(self, action: Callable[[], None], replaces: str = "") -> None:
        self._commands.put(_Command(action, replaces))

    def _run(self) -> None:
        torch.set_num_threads(self._threads)
        while not self._stopping:
            try:
                self._apply_commands(self._patience())
                self._advance()
            except DivergenceError as error:
                self._fail(f"Training stopped: {error}")
            except (RunFileError, ValueError) as error:
                self._fail(str(error))
            except Exception as error:
                self._fail(f"Something went wrong: {error}", traceback.format_exc())

    def _patience(self) -> float | None:
        """Seconds to wait for a command before the next step: none while there is work to do."""
        if self.frame.activity is Activity.TRAINING:
            return 0.0
        if self.frame.activity is Activity.SAMPLING:
            return max(0.0, self._due.get("step", 0.0) - time.perf_counter())
        return None

    def _apply_commands(self, patience: float | None) -> None:
        waiting: list[_Command] = []
        try:
            waiting.append(self._commands.get(block=patience != 0.0, timeout=patience or None))
            while True:
                waiting.append(self._commands.get_nowait())
        except queue.Empty:
            pass
        last = {command.replaces: command for command in waiting}
        for command in waiting:
            if not self._stopping and (not command.replaces or last[command.replaces] is command):
                command.action()

    def _advance(self) -> None:
        if self._session is None:
            return
        if self.frame.activity is Activity.TRAINING:
            self._train_epoch()
        elif self.frame.activity is Activity.SAMPLING:
            now = time.perf_counter()
            self._due["step"] = max(self._due.get("step", now) + 1 / self._speed, now - 0.1)
            self._move_walkers()

    def _train_epoch(self) -> None:
        assert self._session is not None
        assert self._training is not None
        record = next(self._training)
        self._update(
            epoch=record.epoch,
            unsaved=True,
            rate=self._rate(),
            progress=self._session.progress,
            settling=bool(self._session.trainer.settling_left),
        )
        if not self._session.composition.is_model and self._is_due("preview", PREVIEW_SECONDS):
            steering = self._session.steer(self._session.composition, moves=4, preview=True)
            self._update(steering=steering)
            self._publish(force=True)
        self._publish_energies()
        if self._ends_at_plan and self._session.progress >= 1.0:
            self._finish()

    def _finish(self) -> None:
        """Pauses where the plan ends."""
        seconds = self._session.trainer.seconds if self._session else 0.0
        self._set_activity(Activity.SAMPLING)
        self._tell("done", f"Training finished: {self.frame.epoch:,} epochs in {seconds:.0f} s")

    def _move_walkers(self) -> None:
        assert self._sampling is not None
        self._update(sweep=next(self._sampling), rate=self._rate())
        self._publish()
        self._publish_energies()

    def _on_training_step(self) -> None:
        if self._session is not None and self._session.composition.is_model:
            self._publish()

    def _publish(self, force: bool = False) -> None:
        """Puts the chains on view into the mailbox, at most once a frame."""
        if not force and not self._is_due("frame", FRAME_SECONDS):
            return
        assert self._session is not None
        training = self.frame.activity is Activity.TRAINING
        steered = not self._session.composition.is_model
        snapshot = self._session.snapshot(training and not steered, classify=self._classify or steered)
        self._update(snapshot=snapshot)

    def _publish_energies(self, force: bool = False) -> None:
        if self._session is not None and (force or self._is_due("energies", ENERGY_SECONDS)):
            if not force and self.frame.activity is not Activity.TRAINING:
                return
            self._update(energies=self._session.energy_sets())

    def _is_due(self, what: str, interval: float) -> bool:
        now = time.perf_counter()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + interval
        return True

    def _rate(self) -> float:
        """Steps a second over the last two seconds."""
        now = time.perf_counter()
        self._ticks = [tick for tick in self._ticks if tick > now - 2.0]
        self._ticks.append(now)
        span = now - self._ticks[0]
        return (len(self._ticks) - 1) / span if span > 0 else 0.0

    def _update(self, **changes: object) -> None:
        self.frame = replace(self.frame, **changes)  # type: ignore[arg-type]

    def _tell(self, kind: str, text: str, detail: str = "") -> None:
        message, number = Message(kind, text, detail), self.frame.message_number + 1
        self._update(message=message, message_number=number, busy="")

    def _fail(self, text: str, detail: str = "") -> None:
        was = self.frame.activity
        if self._session is not None and was is Activity.TRAINING:
            self._training = self._session.train()
            self._update(activity=Activity.SAMPLING, busy="")
            self._session.steer(self._session.composition)
        elif self._session is None:
            self._update(activity=Activity.STILL, busy="")
        self._tell("error", text, detail)

    def _set_activity(self, activity: Activity) -> None:
        session, was = self._session, self.frame.activity
        if session is None or activity is was:
            return
        self._ticks, self._due = [], {}
        self._ends_at_plan = session.progress < 1.0
        self._update(activity=activity, rate=0.0)
        if was is Activity.TRAINING:
            self._update(steering=session.steer(session.composition))
            self._publish_energies(force=True)
        if activity is not Activity.TRAINING:
            self._publish(force=True)

    def _pause(self) -> None:
        if self.frame.activity is Activity.TRAINING:
            self._set_activity(Activity.SAMPLING)

    def _plan_epochs(self, epochs: int) -> None:
        facts = self.frame.facts
        if self._session is not None and facts is not None and facts.origin is Origin.NEW:
            self._session.plan_epochs(epochs)
            self._update(progress=self._session.progress)
            self._ends_at_plan = self._session.progress < 1.0

    def _step_epoch(self) -> None:
        if self._session is None:
            return
        self._set_activity(Activity.TRAINING)
        self._train_epoch()
        self._set_activity(Activity.STILL)

    def _step_chains(self) -> None:
        if self._session is None:
            return
        self._set_activity(Activity.STILL)
        self._due = {}
        self._move_walkers()

    def _compose(self, composition: Composition) -> None:
        if self._session is None:
            return
        if self.frame.activity is Activity.TRAINING:
            self._session.composition = composition
            self._due["preview"] = 0.0
            return
        self._update(steering=self._session.steer(composition))
        self._publish(force=True)

    def _restart(self, place: str, count: int | None) -> None:
        if self._session is None:
            return
        self._session.restart_walkers(place, count)
        self._update(steering=None)
        self._publish(force=True)

    def _set_kernel(self, name: str) -> None:
        if self._session is None:
            return
        self._session.set_kernel(name)
        self._update(kernel=name)

    def _open(self, path: Path, shipped: bool) -> None:
        self._update(busy=f"Opening {path.name} …")
        walkers = len(self._session.walkers) if self._session else 100
        session = open_session(path, walkers=walkers)
        origin = Origin.SHIPPED if shipped else Origin.FILE
        self._adopt(session, origin, None if shipped else path, Activity.SAMPLING)

    def _new(self, configuration: Configuration, train: bool) -> None:
        self._update(busy="Preparing a new run …")
        old = self._session
        session = Session(configuration, walkers=len(old.walkers) if old else 100)
        if old is not None and old.classifier is not None:
            session.adopt_classifier(old)
        else:
            self._update(busy="Training the class network …")
            session.train_classifier()
        if old is not None:
            session.composition = old.composition
        activity = Activity.TRAINING if train else Activity.STILL
        self._adopt(session, Origin.NEW, None, activity)

    def _adopt(self, session: Session, origin: Origin, path: Path | None, activity: Activity) -> None:
        """Makes a session the one on view."""
        self._session = session
        self._training, self._sampling = session.train(), session.sample()
        session.trainer.chains.on_step = self._on_training_step
        self._ticks, self._due = [], {}
        self._ends_at_plan = True
        facts = Facts(
            configuration=session.configuration,
            origin=origin,
            path=path,
            device=str(session.device),
            training_images=session.dataset.training_images,
            levels=session.space.levels,
            classes=session.classes,
        )
        self.frame = Frame(
            activity=activity,
            facts=facts,
            history=session.history,
            epoch=session.trainer.epoch,
            progress=session.progress,
            accuracy=session.classifier_accuracy,
            kernel=session.configuration.kernel,
            message=self.frame.message,
            message_number=self.frame.message_number,
        )
        if activity is not Activity.TRAINING:
            self._publish(force=True)
        self._publish_energies(force=True)

    def _save(self, path: Path) -> None:
        if self._session is None:
            return
        save_session(self._session, path)
        if self.frame.facts is not None:
            self._update(facts=replace(self.frame.facts, path=path), unsaved=False)
        self._tell("done", f"Saved {path.name}")

    def _train_classifier(self) -> None:
        if self._session is None:
            return
        self._update(busy="Training the class network …")
        accuracy = self._session.train_classifier()
        self._update(accuracy=accuracy, busy="")
        if not self._session.composition.is_model and self.frame.activity is not Activity.TRAINING:
            self._compose(self._session.composition)
        self._tell("done", f"Class network trained: {accuracy:.1%} of unseen images right")
