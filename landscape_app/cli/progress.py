"""Progress on the standard error, and Ctrl-C as a request to stop, not as an exception in the middle of an epoch."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from landscape_app.learning.trainer import EpochRecord

LINE_INTERVAL = 15.0
"""Seconds between two plain lines."""

SAID_AFTER = 1.0
"""Seconds of a wait before a plain line says what it is for."""

Report = Callable[[float, str], None]
"""Takes how much is done and a line of figures."""


def error_console() -> Console:
    """Console of progress: the standard error, so that the standard output carries results alone."""
    return Console(stderr=True, highlight=False)


@contextmanager
def waiting(doing: str) -> Iterator[None]:
    """Says what is being done where that cannot be told in parts, until the block ends.

    On a terminal at once; elsewhere in a line, where it has taken `SAID_AFTER`.
    """
    console = error_console()
    if console.is_terminal:
        with console.status(doing):
            yield
        return
    line = threading.Timer(SAID_AFTER, lambda: console.print(f"{doing} …", soft_wrap=True, markup=False))
    line.daemon = True
    line.start()
    try:
        yield
    finally:
        line.cancel()


@contextmanager
def progress(console: Console, title: str, total: float) -> Iterator[Report]:
    """Shows how far something is, until the block ends.

    Args:
        console: where to.
        title: what is being done.
        total: how much there is to do.
    """
    if not console.is_terminal:
        yield _plain_lines(console, title, total)
        return
    with _Bar(console) as bar:
        task = bar.add_task(title, total=total)

        def report(done: float, figures: str) -> None:
            bar.figures = figures
            bar.update(task, completed=min(done, total))

        yield report


@contextmanager
def stages(console: Console) -> Iterator[Callable[[str, float], None]]:
    """Shows how far one thing after another is, until the block ends; takes what is done, in words, and its share."""
    with ExitStack() as shown:
        doing = ""
        report: Report = _to_nobody

        def tell(what: str, share: float) -> None:
            nonlocal doing, report
            if what != doing:
                shown.close()
                doing, report = what, shown.enter_context(progress(console, what, 1.0))
            report(share, "")

        yield tell


def _to_nobody(done: float, figures: str) -> None:
    """Before the first title."""


class _Bar(Progress):
    """A progress bar with a line of figures below."""

    def __init__(self, console: Console) -> None:
        self.figures = ""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        super().__init__(*columns, console=console)

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        if self.figures:
            yield Text(self.figures, style="dim", no_wrap=True, overflow="ellipsis")


def _plain_lines(console: Console, title: str, total: float) -> Report:
    said = start = time.monotonic()
    console.print(f"{title} …", soft_wrap=True)

    def report(done: float, figures: str) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= LINE_INTERVAL:
            said = now
            share = min(done / total, 1) if total else 1.0
            left = f"about {_time((now - start) * (1 - share) / share)} left" if 0 < share < 1 else ""
            console.print(" · ".join(filter(None, (f"{title}: {share:.0%}", left, figures))), soft_wrap=True)

    return report


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def epoch_figures(record: EpochRecord, nats: str | None, speed: float) -> str:
    """An epoch in a line.

    Args:
        record: of it.
        nats: cross-entropy of the validation set (`latest_nats`); None before the first measurement.
        speed: epochs a second.
    """
    measured = "" if nats is None else f"validation {nats} · "
    return (
        f"epoch {record.epoch:,} · {measured}{record.summary} · "
        f"acceptance {record.acceptance_rate:.0%} · {speed:.1f} epochs/s"
    )


SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))
"""Ctrl-C, the polite end of a process, and Ctrl-Break, which Windows alone has."""


class StopRequest:
    """Count of the user's requests to stop: one ends the training, two what comes after it.

    Attributes:
        times: how often.
        saving: whether the result is being written, which nothing interrupts.
    """

    def __init__(self) -> None:
        self.times = 0
        self.saving = False

    def ask(self) -> None:
        """Counts a request that comes otherwise than by a signal."""
        self.times += 1

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Counts a signal; a third one gives up, unless the result is being written."""
        self.times += 1
        if self.times > 2 and not self.saving:
            raise KeyboardInterrupt


@contextmanager
def stopping_on_request() -> Iterator[StopRequest]:
    """Counts `SIGNALS` until the block ends."""
    request = StopRequest()
    before: list[tuple[signal.Signals, Callable[[int, FrameType | None], object] | int | None]] = [
        (number, signal.signal(number, request)) for number in SIGNALS
    ]
    try:
        yield request
    finally:
        for number, handler in before:
            signal.signal(number, handler)
