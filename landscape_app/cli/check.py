"""`landscape check`: what is wrong with a run file, and what can be recovered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.failures import CommandError, checking_input, working
from landscape_app.cli.info import Rows, print_sections

if TYPE_CHECKING:
    from landscape_app.runs import RunState


def check(
    run: Annotated[Path, typer.Argument(metavar="RUN.h5", help="Run file to look at.", show_default=False)],
    recover: Annotated[
        Path | None,
        typer.Option(metavar="OUT.h5", show_default=False, help="Save what can be recovered, sealed."),
    ] = None,
) -> None:
    """Tell whether a run file is whole, what is wrong with it, and what can be recovered.

    Ends with 0 where the file opens as it is or has been recovered, else with 1.

    \b
    Examples:
      landscape check run.h5
      landscape check run.h5 --recover saved.h5
    """
    from landscape_app.runs import check_writable, write_run
    from landscape_app.runs.examination import examine

    with checking_input():
        if recover is not None:
            check_writable(recover)
        found = examine(run)
    flaw = None if found.run is None else _flaw(found.run, run)
    usable = found.run is not None and flaw is None
    rows: Rows = [("state", "whole" if found.whole and usable else "damaged")]
    rows += [("" if number else "found", line) for number, line in enumerate(found.findings)]
    if flaw is not None:
        rows.append(("content", flaw))
    rows.append(("recoverable", _recoverable(found.run) if usable and found.run is not None else "nothing"))
    print_sections({str(run): rows})
    if recover is not None:
        if not usable or found.run is None:
            raise CommandError(f"nothing of {run} can be recovered; {recover} was not written")
        with working():
            write_run(recover, found.run)
        print(f"Recovered to {recover}")
    elif not (found.whole and usable):
        advice = f"; save it with: landscape check {run} --recover OUT.h5" if usable else ""
        raise CommandError(f"{run} is damaged{advice}")


def _flaw(run: RunState, path: Path) -> str | None:
    """Why no session can be made of a run; None where one can."""
    from landscape_app.runs import RunFileError
    from landscape_app.session.persistence import session_of

    try:
        session_of(run, path, "cpu", walkers=1)
    except RunFileError as error:
        return str(error)
    return None


def _recoverable(run: RunState) -> str:
    if run.holds_data_alone:
        return "the data; no model has been trained on them"
    epochs = int(run.arrays["clock/epoch"])
    measured = max(map(len, run.metrics.values()), default=0)
    metrics = "with its metrics" if measured else "without its metrics"
    return f"the model and its training at epoch {epochs:,}, {metrics if epochs else 'untrained'}"
