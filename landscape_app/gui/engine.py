"""The background thread: takes commands between two steps, and leaves a frame in the mailbox."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from landscape_app.data import Dataset
from landscape_app.gui.driver import Driver
from landscape_app.gui.landscape_work import LandscapeWork
from landscape_app.gui.messages import failure_message
from landscape_app.gui.on_view import ChainsOnView
from landscape_app.gui.recent_states import Past
from landscape_app.gui.sample_export import export_chains
from landscape_app.gui.state import Compute, EngineState
from landscape_app.gui.worker import CommandQueue, background, compute_threads
from landscape_app.physics.fields import FieldError
from landscape_app.problems import Configuration
from landscape_app.runs import RunState
from landscape_app.session import Composition, FieldSource
from landscape_app.session.memory import is_out_of_memory

MOST_FAILURES = 2
"""Steps in a row that may fail before nothing is tried again by itself."""

RESTART = "Close the window and start Landscape again: it offers the run as it was last recorded"


class Engine:
    """Drives one session at a time in a background thread.

    Every method returns at once: it queues a command. Commands are done in order, each whether or not
    another failed; a failure becomes a message. `frame` is the mailbox. Nothing here knows Qt.

    Args:
        threads: compute threads of the CPU; None leaves one core to the window.
        device: where to compute, as `resolve_device` takes it; the CPU where that does not work.
    """

    def __init__(self, threads: int | None = None, device: str = "auto") -> None:
        self.driver = Driver()
        self._compute = Compute(device, compute_threads() if threads is None else threads)
        self._commands = CommandQueue()
        self._stopping = False
        self._failures = 0
        self._thread = background("engine", self._run, self._fail)

    @property
    def state(self) -> EngineState:
        """The latest state, whole."""
        return self.driver.state

    @property
    def is_alive(self) -> bool:
        """True while commands are done."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Ends the thread when all commands that wait are done."""
        self._post(self._end)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def compute_on(self, compute: Compute) -> None:
        """Computes on another device, or with other threads; the run on view goes there."""
        self._post(lambda: self.driver.compute_on(compute), replaces="compute")

    def open(self, path: Path) -> None:
        """Opens a run file and moves its chains."""
        self._post(lambda: self.driver.open(path))

    def open_shipped(self, name: str) -> None:
        """Opens a model that ships with the application."""
        self._post(lambda: self.driver.open_shipped(name))

    def new(self, configuration: Configuration, train: bool, dataset: Dataset | None = None) -> None:
        """Starts a run from scratch, on a data set of one's own if given.

        Of the same problem as the run on view it takes over the class network and such a data set.
        """
        self._post(lambda: self.driver.new(configuration, train, dataset))

    def plan_epochs(self, epochs: int) -> None:
        """Plans the training of the run on view to end after so many epochs."""
        self._post(lambda: self.driver.plan_epochs(epochs), replaces="plan")

    def train(self) -> None:
        """Trains on from where the session is; a training that had ended is planned to be half as long again."""
        self._post(self.driver.train)

    def pause(self) -> None:
        """Stops training, or the measurement at its end; the chains go on under the model as it stands."""
        self.driver.stop_measuring()
        self._post(self.driver.pause)

    def step_epoch(self) -> None:
        """One epoch, then hold."""
        self._post(self.driver.step_epoch)

    def play(self, moving: bool) -> None:
        """Lets the walkers move, or holds them."""
        self._post(lambda: self.driver.play(moving))

    def step_chains(self) -> None:
        """One kernel step of the walkers, then still."""
        self._post(self.driver.step_chains)

    def compose(self, composition: Composition, hurried: bool = False, number: int | None = None) -> None:
        """Puts the walkers on a composition, a later one replaces one that still waits.

        Args:
            composition: where to.
            hurried: another is about to come, as a slider is dragged: the chains are taken along where they can be.
            number: of the session that it was made for (`Facts.number`); nothing is done to another one.
        """
        self._post(lambda: self.driver.compose(composition, hurried, number), replaces="compose")

    def compare(self, composition: Composition | None, request: int = 0, number: int | None = None) -> None:
        """Shows a composition A beside what is composed from now on, B; None ends that.

        Args:
            composition: A.
            request: which frames have once this is done.
            number: of the session that it was made for; with another one, a comparison ends.
        """
        self._post(lambda: self.driver.steering.compare(composition, request, number))

    def trust_field(self, source: FieldSource) -> None:
        """Runs the file of a user-defined field that the user trusts."""
        self._post(lambda: self.driver.steering.trust_field(source))

    def train_discriminator(self) -> None:
        """Trains a discriminator against the walkers as they stand, a pass between two steps."""
        self._post(self.driver.steering.train_discriminator)

    def restart(self, place: str, count: int | None = None) -> None:
        """Starts the walkers anew from a place, in another number if given."""
        self._post(lambda: self.driver.restart(place, count), replaces="restart")

    def restart_one(self, chain: int) -> None:
        """Starts one of the walkers anew, from the model's samples."""
        self._look(lambda view: view.restart_one(chain))

    def follow_chain(self, chain: int | None) -> None:
        """Follows one of the chains on view, or none; frames then carry its past."""
        self._look(lambda view: view.follow(chain), replaces="follow chain")

    def set_kernel(self, name: str) -> None:
        """Moves the walkers with another kernel."""
        self._post(lambda: self.driver.set_kernel(name))

    def tune_kernel(self, *, automatic: bool = False, **parameters: float) -> None:
        """Sets parameters of the walkers' kernel, or lets it tune itself; a later number replaces one that waits."""
        names = ",".join(sorted(parameters))
        replaces = f"tune {names}" if names and not automatic else ""
        self._post(lambda: self.driver.tune_kernel(automatic, parameters), replaces)

    def set_speed(self, steps_per_second: float) -> None:
        """Steps a second of the walkers; infinity for as fast as can be."""
        self._post(lambda: self.driver.set_speed(steps_per_second), replaces="speed")

    def set_classify(self, wanted: bool) -> None:
        """Whether snapshots carry predicted classes."""
        self._look(lambda view: view.classify_chains(wanted), replaces="classify")

    def follow_on_landscape(self, walker: int | None) -> None:
        """Follows one of the walkers of a landscape, or none."""
        self._look(lambda view: view.follow_on_landscape(walker), replaces="follow on landscape")

    def track_on_landscape(self, wanted: bool) -> None:
        """Whether frames tell where all walkers of a landscape have been."""
        self._look(lambda view: view.track_on_landscape(wanted), replaces="track on landscape")

    def save(self, path: Path) -> None:
        """Saves the session."""
        self._post(lambda: self.driver.save(path))

    def export_samples(self, path: Path, past: Past | None = None) -> None:
        """Writes the chains on view in the form that a path's ending names; `past` is shown by an animation."""
        self._post(lambda: export_chains(self.driver, path, past, self._post))

    def take_state(self, receive: Callable[[RunState | None], None]) -> None:
        """Hands the run on view over as plain data, on the engine's thread; None where there is none."""
        self._look(lambda view: receive(view.state()))

    def train_classifier(self) -> None:
        """Trains the class network anew, a pass over the images between two steps."""
        self._post(self.driver.steering.train_classifier)

    def test_starts(self) -> None:
        """Begins the three-starts test, a step between two of the chains'."""
        self._post(self.driver.test_starts)

    def stop_test(self) -> None:
        """Ends the three-starts test."""
        self._post(self.driver.stop_test)

    def watch_ladder(self, wanted: bool) -> None:
        """Whether frames carry the ladder's replicas."""
        self._post(lambda: self.driver.watch_ladder(wanted), replaces="watch ladder")

    def follow_walker(self, walker: int) -> None:
        """Follows a walker of the ladder."""
        self._post(lambda: self.driver.follow_walker(walker), replaces="follow walker")

    def find_barrier(self, first: np.ndarray, second: np.ndarray) -> None:
        """Looks for the lowest pass between two images, uint8, each of shape (*shape)."""
        self._post(lambda: self.driver.search(lambda work: work.find_barrier(first, second)))

    def find_minima(self) -> None:
        """Looks for local minima under the walkers, and the passes between them."""
        self._post(lambda: self.driver.search(LandscapeWork.find_minima))

    def dissect(self, image: np.ndarray) -> None:
        """Takes −log P of an image apart, uint8, shape (*shape); a later one replaces one that still waits."""
        self._post(lambda: self.driver.search(lambda work: work.dissect(image)), replaces="dissect")

    def stop_search(self) -> None:
        """Ends the search on the landscape."""
        self._post(self.driver.landscape.stop)

    def turn(self) -> None:
        """One turn of the thread: the commands that wait, and the next step; waits where there is neither."""
        self._do(self.driver.timeout)
        if self._stopping:
            return
        failure = self._attempt(self.driver.advance)
        self._failures = 0 if failure is None or isinstance(failure, FieldError) else self._failures + 1
        if self._failures >= MOST_FAILURES:
            self._failures = 0
            self._attempt(self.driver.hold)

    def _look(self, change: Callable[[ChainsOnView], None], replaces: str = "") -> None:
        self._post(lambda: self.driver.look(change), replaces)

    def _post(self, action: Callable[[], None], replaces: str = "") -> None:
        self._commands.post(action, replaces)

    def _end(self) -> None:
        self._stopping = True
        self.driver.files.end()

    def _run(self) -> None:
        self._attempt(lambda: self.driver.compute_on(self._compute))
        while not self._stopping:
            if self._attempt(self.turn) is not None:
                self._attempt(self.driver.hold)
                self._do(None)

    def _do(self, timeout: float | None) -> None:
        """The commands that wait; for the first, waits so many seconds, or for ever."""
        for command in self._commands.take(timeout):
            self._attempt(command.action)

    def _attempt(self, action: Callable[[], None]) -> BaseException | None:
        """Does something, and tells of its failure, which it returns: the one place that catches all of them."""
        try:
            action()
        except BaseException as error:
            if isinstance(error, FieldError) and not is_out_of_memory(error):
                self._attempt(partial(self.driver.steering.fail, error))
            else:
                self.driver.tell(*failure_message(error))
            return error
        return None

    def _fail(self, error: BaseException) -> None:
        """The thread has ended, as a failure could not even be told: nothing goes on, and the window says so."""
        message = failure_message(error, "The engine has stopped. ")
        self.driver.end_for_good(message._replace(text=f"{message.text}. {RESTART}"))
