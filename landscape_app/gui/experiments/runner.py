"""The background thread of the experiments: runs one at a time, and leaves what there is in a mailbox."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch

from landscape_app.experiments import Experiment, Progress, Result, Values, open_result, save_result
from landscape_app.experiments.figure import Figure
from landscape_app.experiments.result import cache_result, cached_results
from landscape_app.gui.commands import CommandQueue
from landscape_app.gui.engine import compute_threads
from landscape_app.gui.failures import UNFORESEEN, background, failure_message
from landscape_app.gui.frame import Message
from landscape_app.session.memory import EXPERIMENTING


class Ending(enum.Enum):
    """How an experiment ended."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, eq=False)
class Entry:
    """A result to look at.

    Attributes:
        number: grows with every entry.
        result: what there is.
        ending: how it ended.
        share: how far it came, 0 to 1.
        source: "" for one of this session, else where it comes from, in words.
        failure: what went wrong, where it failed.
    """

    number: int
    result: Result
    ending: Ending
    share: float = 1.0
    source: str = ""
    failure: Message | None = None


@dataclass(frozen=True, eq=False)
class Running:
    """The experiment that runs.

    Attributes:
        experiment: its name.
        values: its parameters.
        started: when, by `time.perf_counter`.
        progress: how far it is; None before it first says so.
    """

    experiment: str
    values: Values
    started: float
    progress: Progress | None = None


@dataclass(frozen=True, eq=False)
class Bench:
    """Everything there is to show, at one moment; replaced whole, never changed.

    Attributes:
        running: the experiment that runs, if any.
        entries: all results, the oldest first.
        message: the last thing to tell; `message_number` grows with every new one.
        busy: what else the thread is doing, in words; empty for nothing.
    """

    running: Running | None = None
    entries: tuple[Entry, ...] = field(default=())
    message: Message | None = None
    message_number: int = 0
    busy: str = ""


class Runner:
    """Runs experiments in a background thread.

    Every method returns at once: it queues a command, which is done between two steps of the experiment. `bench` is
    the mailbox. Nothing here knows Qt.

    Args:
        experiments: by name.
        threads: compute threads; None leaves one core to the window.
    """

    def __init__(self, experiments: Mapping[str, Experiment], threads: int | None = None) -> None:
        self.experiments = dict(experiments)
        self.bench = Bench()
        self._threads = compute_threads() if threads is None else threads
        self._commands = CommandQueue()
        self._steps: Iterator[Progress] | None = None
        self._ending = False
        self._thread = background("experiments", self._work, self._fail)

    def start(self) -> None:
        """Starts the thread, and takes up the results that are kept from earlier."""
        self._commands.post(self._take_up)
        self._thread.start()

    def end(self, timeout: float = 30.0) -> None:
        """Stops the experiment and ends the thread."""
        self._commands.post(self._end)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def run(self, name: str, values: Values) -> None:
        """Runs an experiment with these parameters."""
        self._commands.post(lambda: self._begin(name, values))

    def stop(self) -> None:
        """Stops the experiment that runs; what there is becomes a result."""
        self._commands.post(self._stop)

    def save(self, result: Result, folder: Path) -> None:
        """Writes a result into a folder, beside others of the experiment that are there."""
        self._commands.post(lambda: self._save(result, folder))

    def open(self, path: Path) -> None:
        """Opens a result."""
        self._commands.post(lambda: self._open(path))

    def _work(self) -> None:
        torch.set_num_threads(self._threads)
        while not self._ending:
            for command in self._commands.take(patience=None if self._steps is None else 0.0):
                self._attempt(command.action)
            if self._steps is not None and not self._ending:
                self._attempt(partial(self._advance, self._steps))

    def _attempt(self, action: Callable[[], None]) -> None:
        """Does something, and tells of its failure: the one place that catches all of them."""
        try:
            action()
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._tell(*failure_message(error, work=EXPERIMENTING))

    def _begin(self, name: str, values: Values) -> None:
        running = self.bench.running
        if running is not None:
            raise ValueError(f"{self.experiments[running.experiment].title} is running; stop it first")
        self._steps = self.experiments[name].start(values)
        self._update(running=Running(name, dict(values), time.perf_counter()))

    def _advance(self, steps: Iterator[Progress]) -> None:
        running = self.bench.running
        assert running is not None
        try:
            self._update(running=replace(running, progress=next(steps)))
        except StopIteration:
            done = running.progress is not None and running.progress.is_complete
            self._finish(Ending.COMPLETE if done else Ending.STOPPED)
        except BaseException as error:
            message = failure_message(error, work=EXPERIMENTING)
            self._finish(Ending.FAILED, message._replace(text=message.text.removeprefix(UNFORESEEN)))

    def _stop(self) -> None:
        steps = self._steps
        if steps is None:
            return
        progress = self.bench.running.progress if self.bench.running is not None else None
        self._finish(Ending.COMPLETE if progress is not None and progress.is_complete else Ending.STOPPED)
        close = getattr(steps, "close", None)
        if close is not None:
            close()

    def _finish(self, ending: Ending, failure: Message | None = None) -> None:
        """Makes a result of what there is."""
        running, self._steps = self.bench.running, None
        assert running is not None
        # First, as an experiment that has ended must not seem to run because its result could not be made.
        self._update(running=None)
        progress = running.progress or Progress(0.0, "", Figure())
        result = Result(
            experiment=running.experiment,
            values=running.values,
            figure=progress.figure,
            findings=progress.findings,
            seconds=time.perf_counter() - running.started,
            is_complete=ending is Ending.COMPLETE,
        )
        self._add(result, ending, share=progress.share, failure=failure)
        if ending is Ending.COMPLETE:
            self._attempt(lambda: cache_result(result))

    def _save(self, result: Result, folder: Path) -> None:
        name, number = result.experiment, 2
        while (folder / f"{name}.h5").exists():
            name, number = f"{result.experiment}-{number}", number + 1
        title = self.experiments[result.experiment].title if result.experiment in self.experiments else name
        self._update(busy=f"Saving {name} …")
        try:
            written = save_result(result, title, folder, name)
        finally:
            self._update(busy="")
        self._tell("done", f"Saved {', '.join(path.name for path in written)} in {folder}")

    def _open(self, path: Path) -> None:
        result = open_result(path)
        if result.experiment not in self.experiments:
            known = ", ".join(self.experiments)
            raise ValueError(
                f"{path.name} is of an experiment {result.experiment!r} that is not here; there are {known}"
            )
        self._add(result, Ending.COMPLETE if result.is_complete else Ending.STOPPED, source=path.name)

    def _take_up(self) -> None:
        for result in cached_results(self.experiments):
            self._add(result, Ending.COMPLETE, source="earlier")

    def _end(self) -> None:
        self._stop()
        self._ending = True

    def _add(
        self,
        result: Result,
        ending: Ending,
        *,
        share: float = 1.0,
        source: str = "",
        failure: Message | None = None,
    ) -> None:
        entries = self.bench.entries
        entry = Entry(len(entries), result, ending, share, source, failure)
        self._update(entries=(*entries, entry))

    def _tell(self, kind: str, text: str, detail: str = "") -> None:
        self._update(message=Message(kind, text, detail), message_number=self.bench.message_number + 1)

    def _update(self, **changes: object) -> None:
        self.bench = replace(self.bench, **changes)  # type: ignore[arg-type]
