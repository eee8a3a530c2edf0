"""The background thread that sweeps lattices over temperature or field."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from landscape_app.experiments.figure import Figure
from landscape_app.experiments.lattice_figure import SweepPicture
from landscape_app.gui.messages import failure_message
from landscape_app.gui.worker import Scheduler, Worker, WorkerState, command
from landscape_app.language import tr
from landscape_app.physics.threads import set_threads
from landscape_app.runs import RunFileError
from landscape_app.session.lattice_sweep import (
    Crossing,
    LatticeSweep,
    SweepPlan,
    open_sweep,
    save_sweep,
    write_table,
)
from landscape_app.session.memory import EXPERIMENTING

FIGURE_SECONDS = 0.5
CACHE_SECONDS = 5.0
LEAST_SECONDS = 1.0
"""Seconds of a sweep before the time that is left is told."""


@dataclass(frozen=True, eq=False)
class SweepState(WorkerState):
    """Everything the page of sweeps shows, at one moment.

    Attributes:
        plan: of the sweep there is; None for none.
        share: that is done, 0 to 1.
        doing: point that is measured, in words.
        running: whether it goes on.
        left: seconds left; None where that is not known.
        figure: of what is measured.
        number: grows with every figure; one of another sweep is `fresh`.
        fresh: number of the first figure of this sweep.
        crossings: of cumulants.
        short: points at which each lattice was measured too briefly for its memory.
    """

    plan: SweepPlan | None = None
    share: float = 0.0
    doing: str = ""
    running: bool = False
    left: float | None = None
    figure: Figure = field(default_factory=Figure)
    number: int = 0
    fresh: int = 0
    crossings: tuple[Crossing, ...] = ()
    short: int = 0


class SweepWorker(Worker[SweepState]):
    """Does one sweep at a time, and keeps it in a file, by which it goes on after the window was closed.

    Args:
        cache: that file.
    """

    def __init__(self, cache: Path) -> None:
        super().__init__("sweep", SweepState())
        self._cache = cache
        self._sweep: LatticeSweep | None = None
        self._picture: SweepPicture | None = None
        self._scheduler = Scheduler()
        self._since = 0.0, 0.0

    def begin(self) -> None:
        """Takes up the last sweep, if it was kept; else shows what is exact."""
        set_threads(1)
        usual = SweepPlan()
        self.update(figure=SweepPicture(usual).figure(LatticeSweep(usual)), number=1)
        if self._cache.exists():
            try:
                self._take(open_sweep(self._cache))
            except RunFileError:
                # One that another version has written is of no use, and not worth a message.
                self._cache.unlink(missing_ok=True)

    @property
    def timeout(self) -> float | None:
        """No time while a sweep goes on."""
        return 0.0 if self.state.running else None

    def step(self) -> None:
        """The next piece of the sweep."""
        sweep = self._sweep
        if sweep is None or not self.state.running:
            return
        sweep.step()
        began, share = self._since
        spent, left = time.perf_counter() - began, None
        if spent > LEAST_SECONDS and sweep.share > share:
            left = spent * (1 - sweep.share) / (sweep.share - share)
        self.update(share=sweep.share, doing=sweep.doing, left=left)
        if self._scheduler.is_due("figure", FIGURE_SECONDS) or sweep.is_complete:
            self._show()
        if sweep.is_complete:
            self._pause()
        elif self._scheduler.is_due("cache", CACHE_SECONDS):
            self._keep()

    def pause_all(self) -> None:
        """Stops the sweep."""
        self.update(running=False, left=None)

    def handle(self, error: BaseException) -> bool:
        """Tells of a failure; a sweep that fails has stopped."""
        if not isinstance(error, ValueError | RunFileError):
            self.update(running=False, left=None)
        self.tell(*failure_message(error, work=EXPERIMENTING))
        return True

    def close(self) -> None:
        """Keeps what there is."""
        if self.state.running:
            self._pause()

    @command()
    def start_sweep(self, plan: SweepPlan) -> None:
        """Begins a sweep."""
        self._take(LatticeSweep(plan))
        self.resume()

    @command()
    def resume(self) -> None:
        """Goes on with the sweep there is."""
        if self._sweep is not None and not self._sweep.is_complete:
            self._since = time.perf_counter(), self._sweep.share
            self._scheduler.restart()
            self._scheduler.is_due("cache", CACHE_SECONDS)
            self.update(running=True, left=None)

    @command()
    def stop(self) -> None:
        """Stops; the sweep can go on from there."""
        if self.state.running:
            self._pause()

    @command()
    def open(self, path: Path) -> None:
        """Takes a sweep from a file, and stops the one that goes on."""
        sweep = open_sweep(path)
        self._take(sweep)
        self.tell(
            "done", tr("Opened {name}: {share:.0f}% is measured", name=path.name, share=100 * sweep.share)
        )

    @command()
    def save(self, path: Path) -> None:
        """Writes the sweep into a file that can be opened again."""
        if self._sweep is not None:
            save_sweep(self._sweep, path)
            self.tell("done", tr("Saved {name}", name=path.name))

    @command()
    def export_table(self, path: Path) -> None:
        """Writes all points as CSV."""
        if self._sweep is not None:
            write_table(self._sweep, path)
            self.tell("done", tr("Exported {name}", name=path.name))

    @command()
    def export_picture(self, path: Path, title: str) -> None:
        """Writes the figure as PNG and SVG, of one name."""
        from landscape_app.experiments.render import write_figure

        try:
            written = write_figure(self.state.figure, title, path.parent, path.stem)
        except OSError as error:
            raise RunFileError(
                tr(
                    "cannot write {path}: {reason}; choose another name",
                    path=path,
                    reason=error.strerror or error,
                )
            ) from error
        self.tell("done", tr("Exported {name}", name=tr(" and ").join(one.name for one in written)))

    def _take(self, sweep: LatticeSweep) -> None:
        self._sweep, self._picture = sweep, SweepPicture(sweep.plan)
        number = self.state.number + 1
        self.update(
            plan=sweep.plan, share=sweep.share, doing=sweep.doing, running=False, left=None, fresh=number
        )
        self._show()

    def _pause(self) -> None:
        # In this order: what says that it has stopped stands beside the figure of all that was measured.
        try:
            self._show()
            self._keep()
        finally:
            # Also where no file can be written: a sweep that is done would else be told of for ever.
            self.update(running=False, left=None)

    def _show(self) -> None:
        sweep, picture = self._sweep, self._picture
        if sweep is None or picture is None:
            return
        short = sum(
            int((~found.is_long_enough)[found.memory > 0].sum())
            for found in map(sweep.averages, sweep.plan.sides)
        )
        self.update(
            figure=picture.figure(sweep),
            number=self.state.number + 1,
            crossings=tuple(sweep.crossings()),
            short=short,
        )

    def _keep(self) -> None:
        if self._sweep is not None:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            save_sweep(self._sweep, self._cache)
