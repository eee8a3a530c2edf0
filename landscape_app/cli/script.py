"""`landscape script`: what was done with a run, as a Python script that does it again."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from landscape_app.cli.common import use_all_cores
from landscape_app.cli.errors import CommandError, WrongUsageError, checking_input, working


def script(
    run: Annotated[
        Path, typer.Argument(metavar="RUN.h5", help="Run file of a trained model.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT.py",
            show_default=False,
            help="Where to write; printed if not said.",
        ),
    ] = None,
) -> None:
    """Write what was done with a run as a Python script that does it again.

    On the CPU the script comes to the same model, to the last bit.

    \b
    Examples:
      landscape script run.h5
      landscape script run.h5 -o again.py
    """
    from landscape_app.runs import atomic_write, check_writable, read_run

    use_all_cores()
    from landscape_app.runs.dataset_names import class_names_in
    from landscape_app.session.journal import Journal
    from landscape_app.session.script import script_of

    with checking_input():
        if output is not None:
            check_writable(output)
        state = read_run(run)
        kept, names = state.arrays.get("journal"), class_names_in(state.arrays)
        entries = () if kept is None else Journal.from_json(kept.tobytes().decode()).entries
    if state.holds_data_alone:
        raise WrongUsageError(
            f"{run} holds no trained model yet; train one with: landscape train {run} -o run.h5"
        )
    if not entries:
        raise CommandError(f"{run} does not say what was done with it: it was made by an older version")
    seconds = state.metrics.get("seconds")
    taken = math.nan if seconds is None or not len(seconds) else float(seconds[-1])
    text = script_of(entries, int(state.arrays["trainer/epoch"]), str(run.resolve()), taken, names)
    if output is None:
        print(text, end="")
        return
    with working(), atomic_write(output) as part:
        part.write_text(text, encoding="utf-8")
    print(f"Wrote {output}")
