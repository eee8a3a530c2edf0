"""`landscape watch`: follows a run that another process writes, here or on another machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from landscape_app.cli.errors import WrongUsageError, checking_input
from landscape_app.cli.progress import LINE_INTERVAL, error_console, stopping_on_request
from landscape_app.counting import capitalised, counted
from landscape_app.session.vocabulary import WATCHED, kept_measurement, latest_nats, printable

if TYPE_CHECKING:
    import numpy as np

    from landscape_app.runs import Followed, History, Order, RunState
    from landscape_app.runs.tail import Histories

LOOK_SECONDS = 0.5
LINES = 12
"""Rows of the table: the last looks."""
SPEED_SECONDS = 10.0
"""Of training, over which its speed is taken."""


def watch(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN.h5",
            help="Run file to follow, or ssh://\\[user@]host[:port]/path/run.h5 of one on another machine; /~/ "
            "stands for the home folder there.",
            show_default=False,
        ),
    ],
    command: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="What starts Landscape on the other machine, such as /opt/venv/bin/landscape; remembered for each "
            "host.",
            show_default=False,
        ),
    ] = None,
    stop: Annotated[
        bool,
        typer.Option(
            "--stop", help="Ask the training to end now, as Ctrl-C would end it there; then watch it do so."
        ),
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Ask the training to go on until it has done N epochs in all; then watch it.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Follow a run while another process trains it; Ctrl-C stops watching, not the training.

    A run on another machine is reached through your own ssh, with its keys and
    settings; Landscape must be installed there too. A connection that is lost is
    mended. Whoever may write beside the run file may ask its training for
    something.

    \b
    Examples:
      landscape watch run.h5
      landscape watch ssh://cluster/scratch/ada/run.h5
      landscape watch ssh://ada@cluster:2222/~/run.h5 --command /opt/landscape
      landscape watch run.h5 --epochs 2000
      landscape watch run.h5 --stop
    """
    from landscape_app.runs import Order
    from landscape_app.runs.orders import MOST_EPOCHS

    if stop and epochs is not None:
        raise WrongUsageError("give --stop or --epochs, not both")
    if epochs is not None and epochs < 1:
        raise WrongUsageError(f"--epochs must be a whole number of at least 1, got {epochs}")
    if epochs is not None and epochs > MOST_EPOCHS:
        raise WrongUsageError(f"--epochs must be at most {MOST_EPOCHS:,}, got {epochs:,}")
    order = Order(stop, epochs) if stop or epochs is not None else None
    console = Console(highlight=False)
    with (
        checking_input(),
        stopping_on_request() as request,
        _opened(run, command, lambda: bool(request.times)) as tail,
        _shown(console, tail.title) as show,
    ):
        told = _follow(tail, show, lambda: bool(request.times), order)
    console.print(told, soft_wrap=True, markup=False)


@contextmanager
def _opened(run: str, command: str | None, stopped: Callable[[], bool]) -> Iterator[Followed]:
    """A run that is followed until the block ends.

    Raises:
        ValueError: it has no proper address, or cannot be reached.
        WrongUsageError: a command was named for this machine.
    """
    from landscape_app.runs import Tail
    from landscape_app.runs.remote import SCHEME, RemoteRun, RemoteTail

    tail: Followed
    if run.lower().startswith(SCHEME):
        tail = RemoteTail(RemoteRun.at(run, command or ""), asks=True)
        error_console().print(f"Connecting to {tail.run.host} …", soft_wrap=True, markup=False)
    elif command is not None:
        raise WrongUsageError(f"--command goes with a run on another machine ({SCHEME}…), not with {run}")
    else:
        tail = Tail(Path(run))
    try:
        # Before anything is drawn, as ssh may ask for a password.
        while isinstance(tail, RemoteTail) and not (stopped() or tail.is_ready):
            time.sleep(0.05)
        yield tail
    finally:
        tail.close()


class _Shown:
    """The figures of the last looks: a table on a terminal, else a line now and then."""

    def __init__(self, console: Console, live: Live | None, title: str) -> None:
        self._console, self._live, self._title = console, live, title
        self._rows: list[tuple[str, ...]] = []
        self._said = float("-inf")
        self._columns: tuple[tuple[str, str], ...] = ()
        self._trouble = ""

    def tell(self, trouble: str) -> None:
        """Says why nothing comes, and that it is mended; elsewhere than on a terminal once each."""
        before, self._trouble = self._trouble, trouble
        if self._live is not None:
            if trouble != before:
                self._live.update(self._table(), refresh=True)
        elif bool(trouble) != bool(before):
            text = trouble or "connected again"
            self._console.print(f"{capitalised(text)}.", soft_wrap=True, markup=False)

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
        table.caption, table.caption_justify = self._trouble and Text(self._trouble), "left"
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
def _shown(console: Console, title: str) -> Iterator[_Shown]:
    title = printable(title)
    if not console.is_terminal:
        yield _Shown(console, None, title)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield _Shown(console, live, title)


def _follow(tail: Followed, show: _Shown, stopped: Callable[[], bool], order: Order | None) -> str:
    """Shows what comes until the writer ends or the user stops; returns which.

    Raises:
        RunFileError: the run cannot be read, or its training cannot be asked for what is ordered.
    """
    from landscape_app.runs import RunFileError, WriterStatus

    length, kept = 0, ""
    while not stopped():
        update = tail.look()
        show.tell(update.trouble)
        if update.refused:
            raise RunFileError(update.refused)
        if update.histories is not None:
            metrics, measured = _columns(update.histories)
            length = len(metrics)
            if length:
                show(metrics, measured)
        if update.state is not None:
            kept = _kept(update.state)
            if order is not None and update.status is not WriterStatus.WRITING:
                raise RunFileError(
                    f"nobody trains {tail.title} now, who could be asked; train on with {tail.resume}"
                )
            if order is not None:
                tail.order(order)
                order = None
        epochs = counted(length, "epoch")
        if update.status is WriterStatus.ENDED and not length:
            return f"{tail.title} holds no epochs, and nobody trains it now."
        if update.status is WriterStatus.ENDED:
            return f"The run has ended after {epochs}{kept}."
        if update.status is WriterStatus.LOST:
            return f"Nobody writes this run any more; it stands at {epochs}. Go on with: {tail.resume}"
        due = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < due and not stopped():
            time.sleep(0.05)
    return f"Stopped watching after {counted(length, 'epoch')}; the training goes on."


def _columns(found: Histories) -> tuple[History, History]:
    """Figures of a run's epochs and of its measurements; NaN for those that its version did not have."""
    from landscape_app.runs import History
    from landscape_app.session.measurement import Measurement

    return (
        History.from_arrays(found.metrics, _figures_in(found.metrics)),
        Measurement.history(found.measurements),
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
