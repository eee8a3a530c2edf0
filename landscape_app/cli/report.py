"""`landscape report`: a run as one page of HTML that needs nothing beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landscape_app.cli.errors import WrongUsageError, checking_input


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN.h5", help="Run file to describe.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PAGE.html",
            help="Where to; beside the run, under its name, if not said.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a run as one HTML page: figures, settings, samples and provenance.

    The page holds its pictures, and needs no other file and no network.

    \b
    Example:
      landscape report run.h5 -o run.html
    """
    from landscape_app.runs import read_run
    from landscape_app.runs.atomic import atomic_write, check_writable, reason_of

    with checking_input():
        state = read_run(run)
    if state.holds_data_alone:
        raise WrongUsageError(f"{run} holds data and no model: train one with: landscape train {run}")
    path = run.with_suffix(".html") if output is None else output
    with checking_input():
        check_writable(path)
    from landscape_app.experiments.run_page import page_of

    try:
        page = page_of(state, run.name, run.stat().st_size)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise WrongUsageError(f"{run} is not a whole run file: {reason_of(error)}") from error
    with checking_input(), atomic_write(path) as part:
        part.write_text(page, encoding="utf-8")
    print(path)
