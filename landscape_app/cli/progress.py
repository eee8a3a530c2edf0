"""Progress: a bar with a line of figures on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

LINE_INTERVAL = 15.0
"""Seconds between two plain lines."""

Report = Callable[[float, str], None]
"""Takes how much is done and a line of figures."""


def error_console() -> Console:
    """Where progress goes: the standard error, so that the standard output carries results alone."""
    return Console(stderr=True, highlight=False)


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


class _Bar(Progress):
    """A progress bar with a line of figures below."""

    def __init__(self, console: Console) -> None:
        self.figures = ""
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        super().__init__(*columns, console=console)

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        if self.figures:
            yield Text(self.figures, style="dim", no_wrap=True, overflow="ellipsis")


def _plain_lines(console: Console, title: str, total: float) -> Report:
    said = time.monotonic()
    console.print(f"{title} …", soft_wrap=True)

    def report(done: float, figures: str) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= LINE_INTERVAL:
            said = now
            percent = f"{min(done / total, 1):.0%}" if total else "100%"
            console.print(
                " · ".join(part for part in (f"{title}: {percent}", figures) if part), soft_wrap=True
            )

    return report
