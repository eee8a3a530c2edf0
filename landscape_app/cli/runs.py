"""`landscape runs`: the run files below some folders, a row each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from landscape_app.cli.errors import checking_input
from landscape_app.counting import byte_size, counted
from landscape_app.session.run_list import SORTS, held_out, matches, titles
from landscape_app.session.vocabulary import choices, duration, model_and_fit, printable, words_of

if TYPE_CHECKING:
    from landscape_app.runs.catalogue import NotListed, RunSummary

COLUMNS = ("run", "data", "model", "fit", "epochs", "training", "held-out nats", "saved", "size")
RIGHT = ("epochs", "training", "size")
"""Columns of numbers."""

NO_TERMINAL_WIDTH = 10_000
"""Columns of text where the output is no terminal: a row is one line."""


MOST_NAMED = 12
"""Files that are named of those that are not listed for one reason."""


def check_sort(key: str) -> str:
    """Refuses what runs are not sorted by."""
    if key not in SORTS:
        raise typer.BadParameter(f"runs are not sorted by {key!r}; {choices(key, SORTS)}.")
    return key


def runs(
    places: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PLACE…",
            show_default=False,
            help="Folders in which run files lie, at any depth, or run files; the current folder if not said.",
        ),
    ] = None,
    sort: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            callback=check_sort,
            help="Order: name, data, model, fit (from A to Z), nats (the lowest first), epochs, time, size (the "
            "largest first), saved (the latest first).",
        ),
    ] = "saved",
    find: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            show_default=False,
            help="Only runs with every word of TEXT in their path, title, note, data, model or way of fitting.",
        ),
    ] = "",
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object: runs, each with the figures under the names that info --json uses, and "
            "left_out, the files that are no runs, with the reason.",
        ),
    ] = False,
) -> None:
    """List the run files below some folders.

    Held-out nats are the cross-entropy of the test set under the model that is
    kept, with its error, or bounds; of the validation set where there is no
    test set, and while a run trains, when it is that of the last measurement.
    Of every file only a small part is read: landscape check tests all of it.

    \b
    Examples:
      landscape runs
      landscape runs results --find "digits rbm" --sort nats
    """
    from landscape_app.runs.catalogue import catalogue_of
    from landscape_app.runs.notes import read_notes

    with checking_input():
        found, notes = catalogue_of(places or [Path()]), read_notes()
    words = find.casefold().split()
    given = {run.path: notes.of(run) for run in found.runs}
    chosen = [run for run in found.runs if matches(run, words, given[run.path].title, given[run.path].note)]
    chosen.sort(key=lambda run: str(run.path))
    chosen.sort(key=SORTS[sort])
    if as_json:
        left_out = [{"file": str(one.path), "reason": one.reason} for one in found.left_out]
        told = [
            run_as_json(run) | {"title": given[run.path].title, "note": given[run.path].note}
            for run in chosen
        ]
        print(json.dumps({"runs": told, "left_out": left_out}, ensure_ascii=False))
        return
    if chosen:
        print_table(COLUMNS, (_row(run, given[run.path].title) for run in chosen), RIGHT)
    elif found.runs:
        print(f"None of {counted(len(found.runs), 'run')} has “{printable(find)}”.")
    else:
        print(
            f"No run file lies below {', '.join(f'“{printable(str(place))}”' for place in places or [Path()])}."
        )
    for line in _lines(found.left_out):
        print(printable(line))


def print_table(names: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> None:
    """Prints rows of cells below names of columns; a row is one line where no terminal folds it.

    Args:
        names: of the columns.
        rows: cells of each.
        right: names of columns that are set to the right.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = NO_TERMINAL_WIDTH
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in names:
        table.add_column(Text(printable(name)), overflow="fold", justify="right" if name in right else "left")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)


def run_as_json(run: RunSummary) -> dict[str, Any]:
    """Facts of a run as JSON values, its figures under the names that every command prints them by."""
    from landscape_app.session.measurement import Measurement

    model, fit = (run.configuration.get(name) for name in ("model", "fit"))
    with suppress(LookupError, TypeError):
        model, fit = model_and_fit(run.configuration)
    found = Measurement.from_figures(run.figures)
    return {
        "file": str(run.path),
        "data": run.data,
        "data_sha256": run.provenance.get("data_sha256"),
        "model": model,
        "fit": fit,
        "seed": run.configuration.get("seed"),
        "epochs": run.epochs,
        "seconds": run.seconds if math.isfinite(run.seconds) else None,
        "finished": not run.is_unfinished,
        "saved": run.saved.isoformat(timespec="seconds"),
        "changed": datetime.fromtimestamp(run.changed, UTC).isoformat(timespec="seconds"),
        "bytes": run.size,
        "per": words_of(run.kind, run.shape).an_item,
        "judged_by": found.verdict[0].lower() if run.figures else None,
    } | found.as_json()


def _row(run: RunSummary, title: str) -> tuple[str, ...]:
    return (
        f"{run.path} “{title}”" if title else str(run.path),
        run.data,
        *titles(run),
        f"{run.epochs:,}" + (", not finished" if run.is_unfinished else ""),
        duration(run.seconds),
        held_out(run),
        f"{run.saved.astimezone():%Y-%m-%d %H:%M}",
        byte_size(run.size),
    )


def _lines(left_out: Sequence[NotListed]) -> list[str]:
    """A line for every reason, with the files that it is the reason for."""
    by_reason: dict[str, list[str]] = {}
    for one in left_out:
        by_reason.setdefault(one.reason, []).append(str(one.path))
    return [
        f"Not listed: {', '.join(names[:MOST_NAMED])}"
        f"{f' and {len(names) - MOST_NAMED} more' if len(names) > MOST_NAMED else ''} ({reason})"
        for reason, names in by_reason.items()
    ]
