"""`landscape average`: one model of several runs that were trained apart on the same data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from landscape_app.cli.common import AUTO, DeviceOption, open_model, tell_device, use_all_cores
from landscape_app.cli.errors import WrongUsageError, check_hdf5, checking_input
from landscape_app.cli.info import print_sections
from landscape_app.cli.progress import error_console, progress
from landscape_app.session.description import final_figures


def average(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN.h5…",
            show_default=False,
            help="Run files of learned observables of images, trained on the same data, as with different seeds.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="RUN.h5", show_default=False, help="Where to save the model."),
    ],
    device: DeviceOption = AUTO,
) -> None:
    """Make one model of several runs: the mean of their energies, constraints solved together.

    The cross-entropy of the mean energy is at most the mean of the runs', on
    any data, as log Z is convex in the energy; where they were trained apart,
    it is lower by what they do not have in common. Sampling it costs as much
    as all of them. Runs train side by side, each on a core of its own.

    \b
    Examples:
      landscape train digits --seed 1 -o one.h5
      landscape train digits --seed 2 -o two.h5
      landscape average one.h5 two.h5 -o both.h5
    """
    from landscape_app.runs import check_writable, read_run

    check_hdf5(output, "a run is")
    if output in runs:
        raise WrongUsageError(f"{output} is one of the runs; give another name with -o")
    use_all_cores()
    from landscape_app.session.api import average as average_of
    from landscape_app.session.checkpoint import save_session

    with checking_input():
        check_writable(output)
        sessions = [open_model(run, device) for run in runs]
        with progress(error_console(), "Averaging", 1.0) as report:
            merged = average_of(sessions, device, on_step=lambda words, share: report(share, words))
    tell_device(merged)
    save_session(merged, output)
    print_sections({f"Saved {output}": final_figures(read_run(output))})
