"""`landscape info`: what a run file is, how it was made and how far it came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from landscape_app.cli.errors import WrongUsageError, checking_input
from landscape_app.session.description import sections_of
from landscape_app.session.vocabulary import Rows, kept_measurement, measurement_of, printable

BY_CHAINS = ("mixed", "matched", "class_shares", "means")
"""Names of figures that take chains in equilibrium: a convergence test knows them."""

NAME_WIDTH = 28
PIPED_WIDTH = 120
"""Columns of text where no terminal says how many it has."""


def info(
    run: Annotated[Path, typer.Argument(metavar="RUN.h5", help="Run file to describe.", show_default=False)],
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object: what was read and what was left out, as import --json prints it, and the "
            "figures of the model that is kept, under the names that diagnose --json uses; densities are "
            "per unit of each column, as the data have it; mixed, matched, class_shares and means are those of the "
            "last convergence test of this state of the model, or null where the file keeps none; base_test_nats "
            "and their like are those of a learned base measure alone.",
        ),
    ] = False,
) -> None:
    """Show what a run file is, how it was made, and its final figures.

    The validation set chose the epoch that is kept; the test set chose
    nothing, and judges it. Errors are those of log Z and of the finite
    number of items together; none of a sum over all states.

    \b
    Example:
      landscape info run.h5
    """
    from landscape_app.runs import read_run
    from landscape_app.runs.atomic import reason_of

    with checking_input():
        state = read_run(run)
    if as_json:
        from landscape_app.session.dataset_io import data_of_run
        from landscape_app.session.verdict import verdict_in

        with checking_input():
            told = data_of_run(state, run).as_json()
        if not state.holds_data_alone:
            found = measurement_of(state.arrays)
            if found is None:
                raise WrongUsageError(f"{run} holds no measured model: train one with: landscape train {run}")
            with checking_input():
                verdict = verdict_in(state.arrays)
            told |= found.as_json() | {name: getattr(verdict, name, None) for name in BY_CHAINS}
            alone = kept_measurement(state.arrays, "kept_base")
            if alone is not None:
                figures = alone.as_json()
                told |= {
                    f"base_{name}": figures[name] for name in ("validation_nats", "test_nats", "entropy")
                }
        print(json.dumps(told, ensure_ascii=False))
        return
    try:
        sections = sections_of(state, str(run), run.stat().st_size)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise WrongUsageError(f"{run} is not a whole run file: {reason_of(error)}") from error
    print_sections(sections)


def piped_console() -> Console:
    """The standard output, of `PIPED_WIDTH` columns where no terminal says how many."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console


def print_sections(sections: Mapping[str, Rows]) -> None:
    """Prints rows of name and value under headings."""
    console = piped_console()
    for number, (heading, rows) in enumerate(sections.items()):
        if number:
            console.print()
        console.print(Text(printable(heading), style="bold"), soft_wrap=True)
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, min_width=NAME_WIDTH)
        table.add_column(overflow="fold")
        for name, value in rows:
            table.add_row(Text(f"  {printable(name)}"), Text(printable(value)))
        console.print(table)
