"""`landscape watch`: follows a run that another process writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from landscape_app.cli.errors import checking_input
from landscape_app.cli.progress import LINE_INTERVAL, stopping_on_request
from landscape_app.counting import counted
from landscape_app.session.vocabulary import WATCHED, kept_measurement, latest_nats

if TYPE_CHECKING:
    import numpy as np

    from landscape_app.runs import History, RunState, Tail

LOOK_SECONDS = 1.0
LINES = 12
"""Rows of the table: the last looks."""
SPEED_SECONDS = 10.0
"""Of training, over which its speed is taken."""


def watch(
    run: Annotated[Path, typer.Argument(metavar="RUN.h5", help="Run file to follow.", show_default=False)],
) -> None:
    """Follow a run while another process trains it; Ctrl-C stops watching, not the training.

    \b
    Example:
      landscape watch run.h5
    """
    from landscape_app.runs import Tail

    console = Console(highlight=False)
    with checking_input(), stopping_on_request() as stop, _shown(console, run) as show:
        told = _follow(Tail(run), show, lambda: bool(stop.times))
    console.print(told, soft_wrap=True, markup=False)


class _Shown:
    """The figures of the last looks: a table on a terminal, else a line now and then."""

    def __init__(self, console: Console, live: Live | None, title: str) -> None:
        self._console, self._live, self._title = console, live, title
        self._rows: list[tuple[str, ...]] = []
        self._said = float("-inf")
        self._columns: tuple[tuple[str, str], ...] = ()

    def __call__(self, metrics: History, measured: History) -> None:
        """Shows where a run has come to."""
        row = _figures(metrics, measured)
        self._columns = _columns_of(metrics)
        if self._live is not None:
            self._rows = [*self._rows, row][-LINES:]
            self._live.update(self._table(), refresh=True)
        elif time.monotonic() - self._said >= LINE_INTERVAL:
            self._said = time.monotonic()
            self._console.print(
                " · ".join(
                    " ".join(filter(None, (name, value, unit)))
                    for (name, unit), value in zip(self._columns, row, strict=True)
                ),
                soft_wrap=True,
            )

    def _table(self) -> Table:
        table = Table(title=self._title, title_justify="left", box=None, pad_edge=False)
        for name, unit in self._columns:
            table.add_column(f"{name}\n[dim]{unit}[/dim]", justify="right", no_wrap=True)
        for row in self._rows:
            table.add_row(*row)
        return table


def _columns_of(metrics: History) -> tuple[tuple[str, str], ...]:
    """Title and unit of each column."""
    return (
        ("epoch", ""),
        ("time", "s"),
        ("validation", "nats"),
        *((title, unit) for metric, title, unit in WATCHED if metric in metrics.names),
        ("acceptance", ""),
        ("speed", "epochs/s"),
    )


@contextmanager
def _shown(console: Console, run: Path) -> Iterator[_Shown]:
    title = "".join(c if c.isprintable() else "�" for c in run.name)
    if not console.is_terminal:
        yield _Shown(console, None, title)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield _Shown(console, live, title)


def _follow(tail: Tail, show: _Shown, stopped: Callable[[], bool]) -> str:
    """Shows what comes until the writer ends or the user stops; returns which."""
    from landscape_app.runs import WriterStatus

    length, kept = 0, ""
    while True:
        update = tail.look()
        if update.state is not None:
            metrics, measured = _columns(update.state)
            length = len(metrics)
            if length:
                show(metrics, measured)
            kept = _kept(update.state)
        epochs = counted(length, "epoch")
        if update.status is WriterStatus.ENDED and not length:
            return f"{tail.path} holds no epochs, and nobody trains it now."
        if update.status is WriterStatus.ENDED:
            return f"The run has ended after {epochs}{kept}."
        if update.status is WriterStatus.LOST:
            return (
                f"Nobody writes this run any more; it stands at {epochs}. "
                f"Go on with: landscape train --resume {tail.path}"
            )
        due = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < due:
            if stopped():
                return f"Stopped watching after {epochs}; the training goes on."
            time.sleep(0.05)


def _columns(state: RunState) -> tuple[History, History]:
    """Figures of a run's epochs and of its measurements; NaN for those that its version did not have."""
    from landscape_app.runs import History
    from landscape_app.session.measurement import Measurement

    group = "measurements/"
    measured = {n.removeprefix(group): column for n, column in state.arrays.items() if n.startswith(group)}
    return (
        History.from_arrays(state.metrics, _figures_in(state.metrics)),
        History.from_arrays(measured, {field.name: () for field in fields(Measurement)}),
    )


FIGURES = ("epoch", "seconds", "acceptance_rate")


def _figures_in(metrics: Mapping[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    """Metrics that are shown, all of them scalars: those of every way of fitting, and those that this one has."""
    return dict.fromkeys((*FIGURES, *(metric for metric, _, _ in WATCHED if metric in metrics)), ())


def _kept(state: RunState) -> str:
    """Figures of the state that the run has kept, as the end of a sentence."""
    found = kept_measurement(state.arrays)
    if found is None:
        return ""
    name, nats = found.verdict
    return f"; the model is that of epoch {found.epoch:,.0f}: {name.lower()} {nats:.2f} nats"


def _figures(metrics: History, measured: History) -> tuple[str, ...]:
    """Figures of the last epoch, by column."""
    last = {name: float(metrics[name][-1]) for name in metrics.names}
    seconds = metrics["seconds"]
    first = int((seconds < seconds[-1] - SPEED_SECONDS).sum())
    span = float(seconds[-1] - seconds[first])
    speed = (len(seconds) - 1 - first) / span if span > 0 else 0.0
    nats = (latest_nats(measured) or "–").removesuffix(" nats")
    return (
        f"{last['epoch']:,.0f}",
        f"{last['seconds']:.0f}",
        nats,
        *(f"{last[metric]:.3g}" for metric, _, _ in WATCHED if metric in last),
        f"{last['acceptance_rate']:.0%}",
        f"{speed:.1f}",
    )
