"""`landscape check`: whether a run file is whole, and what is wrong with it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.errors import CommandError, checking_input
from landscape_app.cli.info import print_sections
from landscape_app.session.vocabulary import Rows

if TYPE_CHECKING:
    from landscape_app.runs import RunState


def check(
    run: Annotated[Path, typer.Argument(metavar="RUN.h5", help="Run file to look at.", show_default=False)],
) -> None:
    """Tell whether a run file is whole, what it holds, and whether it is still being written.

    A run file is replaced as a whole or not at all, so one that opens is
    complete: a damaged one was changed or cut by something else, and is to be
    taken from a copy.
    Ends with 0 where the file is whole, else with 1.

    \b
    Example:
      landscape check run.h5
    """
    from landscape_app.models.energy import UntrustedError
    from landscape_app.runs import RunFileError, Tail, read_run
    from landscape_app.session.checkpoint import session_of

    if not run.is_file():
        with checking_input():
            read_run(run)
    rows: Rows = [("state", "whole: its checksum fits")]
    try:
        update = Tail(run).look()
        assert update.state is not None
        with suppress(UntrustedError):
            session_of(update.state, run, "cpu", sampler_chains=1)
    except RunFileError as error:
        raise CommandError(str(error)) from error
    rows.append(("content", _content(update.state)))
    if not update.state.holds_data_alone:
        rows.append(("writer", WRITER[update.status.value]))
    print_sections({str(run): rows})


WRITER = {
    "writing": "another process is training it",
    "ended": "the training has come to its end",
    "lost": "the training was interrupted; go on with landscape train --resume",
}


def _content(run: RunState) -> str:
    if run.holds_data_alone:
        return "data; no model has been trained on them"
    epochs = int(run.arrays["trainer/epoch"])
    return f"a model and its training at epoch {epochs:,}" if epochs else "a model that is not trained yet"
