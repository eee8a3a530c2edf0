"""The background thread of the experiments, which runs one at a time."""

from __future__ import annotations

import enum
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from landscape_app.experiments import Experiment, Progress, Result, Values, open_result, save_result
from landscape_app.experiments.figure import Figure
from landscape_app.experiments.result import cache_result, cached_results
from landscape_app.gui.messages import UNFORESEEN, Message, failure_message
from landscape_app.gui.worker import Worker, WorkerState, command, compute_threads
from landscape_app.language import tr
from landscape_app.physics.threads import set_threads
from landscape_app.session.memory import EXPERIMENTING


class Ending(enum.Enum):
    """End of an experiment."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, eq=False)
class ResultEntry:
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
class ExperimentsState(WorkerState):
    """Everything there is to show, at one moment.

    Attributes:
        running: the experiment that runs, if any.
        entries: all results, the oldest first.
        busy: what else the thread is doing, in words; empty for nothing.
    """

    running: Running | None = None
    entries: tuple[ResultEntry, ...] = ()
    busy: str = ""


class ExperimentWorker(Worker[ExperimentsState]):
    """Runs experiments, one at a time.

    Args:
        experiments: by name.
        threads: compute threads; None leaves one core to the window.
    """

    def __init__(self, experiments: Mapping[str, Experiment], threads: int | None = None) -> None:
        super().__init__("experiments", ExperimentsState())
        self.experiments = dict(experiments)
        self._threads = compute_threads() if threads is None else threads
        self._steps: Iterator[Progress] | None = None

    def begin(self) -> None:
        """Shows the results that are kept from earlier."""
        set_threads(self._threads)
        for result in cached_results(self.experiments):
            self._add(result, Ending.COMPLETE, source="earlier")

    @property
    def timeout(self) -> float | None:
        """No time while an experiment runs."""
        return None if self._steps is None else 0.0

    def step(self) -> None:
        """The next step of the experiment."""
        if self._steps is not None:
            self._advance(self._steps)

    def handle(self, error: BaseException) -> bool:
        """Tells of a failure; an experiment that fails has ended."""
        self.tell(*failure_message(error, work=EXPERIMENTING))
        return True

    def close(self) -> None:
        """Stops the experiment."""
        self.stop()

    @command()
    def offer(self, experiment: Experiment) -> None:
        """Adds an experiment, in place of one of its name; what runs goes on."""
        self.experiments[experiment.name] = experiment

    @command()
    def run(self, name: str, values: Values) -> None:
        """Runs an experiment with these parameters.

        Raises:
            ValueError: another one is running.
        """
        running = self.state.running
        if running is not None:
            raise ValueError(
                tr("{title} is running; stop it first", title=self.experiments[running.experiment].title)
            )
        self._steps = self.experiments[name].start(values)
        self.update(running=Running(name, dict(values), time.perf_counter()))

    def _advance(self, steps: Iterator[Progress]) -> None:
        running = self.state.running
        assert running is not None
        try:
            self.update(running=replace(running, progress=next(steps)))
        except StopIteration:
            done = running.progress is not None and running.progress.is_complete
            self._finish(Ending.COMPLETE if done else Ending.STOPPED)
        except BaseException as error:
            message = failure_message(error, work=EXPERIMENTING)
            self._finish(Ending.FAILED, message._replace(text=message.text.removeprefix(UNFORESEEN)))

    @command()
    def stop(self) -> None:
        """Stops the experiment that runs; what there is becomes a result."""
        steps = self._steps
        if steps is None:
            return
        progress = self.state.running.progress if self.state.running is not None else None
        self._finish(Ending.COMPLETE if progress is not None and progress.is_complete else Ending.STOPPED)
        close = getattr(steps, "close", None)
        if close is not None:
            close()

    def _finish(self, ending: Ending, failure: Message | None = None) -> None:
        """Makes a result of what there is."""
        running, self._steps = self.state.running, None
        assert running is not None
        progress = running.progress or Progress(0.0, "", Figure())
        try:
            result = Result(
                experiment=running.experiment,
                values=running.values,
                figure=progress.figure,
                findings=progress.findings,
                seconds=time.perf_counter() - running.started,
                is_complete=ending is Ending.COMPLETE,
            )
            self._add(result, ending, share=progress.share, failure=failure, running=None)
        except BaseException:
            # An experiment that has ended must not seem to run because its result could not be made.
            self.update(running=None)
            raise
        if ending is Ending.COMPLETE:
            self._attempt(lambda: cache_result(result))

    @command()
    def save(self, result: Result, folder: Path) -> None:
        """Writes a result into a folder, beside others of the experiment that are there."""
        name, number = result.experiment, 2
        while (folder / f"{name}.h5").exists():
            name, number = f"{result.experiment}-{number}", number + 1
        title = self.experiments[result.experiment].title if result.experiment in self.experiments else name
        self.update(busy=tr("Saving {name} …", name=name))
        try:
            written = save_result(result, title, folder, name)
        finally:
            self.update(busy="")
        self.tell(
            "done",
            tr("Saved {files} in {folder}", files=", ".join(path.name for path in written), folder=folder),
        )

    @command()
    def open(self, path: Path) -> None:
        """Opens a result.

        Raises:
            ValueError: it is of no experiment that is known.
        """
        result = open_result(path)
        if result.experiment not in self.experiments:
            known = ", ".join(self.experiments)
            raise ValueError(
                tr(
                    "{name} is of an experiment {experiment!r} that is not here; there are {known}",
                    name=path.name,
                    experiment=result.experiment,
                    known=known,
                )
            )
        self._add(result, Ending.COMPLETE if result.is_complete else Ending.STOPPED, source=path.name)

    def _add(
        self,
        result: Result,
        ending: Ending,
        *,
        share: float = 1.0,
        source: str = "",
        failure: Message | None = None,
        **changes: object,
    ) -> None:
        entries = self.state.entries
        entry = ResultEntry(len(entries), result, ending, share, source, failure)
        self.update(entries=(*entries, entry), **changes)
