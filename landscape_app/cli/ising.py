"""`landscape ising`: averages of Ising lattices over temperature or field, sizes side by side, and crossings."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from landscape_app.cli.errors import CommandError, WrongUsageError, check_hdf5, checking_input, working
from landscape_app.cli.progress import error_console, progress, stopping_on_request, waiting

if TYPE_CHECKING:
    from landscape_app.session.lattice_sweep import LatticeSweep, SweepPlan

SAVE_SECONDS = 5.0


def ising(
    sides: Annotated[
        str, typer.Option(metavar="L,L,…", help="Sides of the lattices: even numbers from 8 to 256, rising.")
    ] = "8,16,32",
    over: Annotated[str, typer.Option(metavar="NAME", help="temperature or field.")] = "temperature",
    low: Annotated[float, typer.Option("--from", metavar="X", help="First temperature or field.")] = 2.0,
    high: Annotated[float, typer.Option("--to", metavar="X", help="Last temperature or field.")] = 2.6,
    points: Annotated[int, typer.Option(metavar="N", help="Points, both ends included.")] = 13,
    at: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="The field of a sweep over temperature (0 if not said), or the temperature of one over the field.",
            show_default=False,
        ),
    ] = None,
    graph: Annotated[
        str, typer.Option(metavar="NAME", help="square, free, chain, complete or random.")
    ] = "square",
    sampler: Annotated[
        str, typer.Option(metavar="NAME", help="metropolis, heat-bath, swendsen-wang or wolff.")
    ] = "swendsen-wang",
    copies: Annotated[int, typer.Option(metavar="N", help="Lattices of each side, for the errors.")] = 20,
    warm_up: Annotated[int, typer.Option(metavar="N", help="Steps before a measurement.")] = 100,
    steps: Annotated[int, typer.Option(metavar="N", help="Steps measured.")] = 400,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same numbers.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.h5",
            help="File of the sweep: kept up to date, gone on with where it is there, opened by the window.",
            show_default=False,
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="All averages with their errors.", show_default=False),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="The figure, as PNG and SVG.", show_default=False)
    ] = None,
) -> None:
    """Sweep Ising lattices over temperature or field, beside what is known exactly.

    Energy, magnetisation, susceptibility, heat capacity, Binder's cumulant and
    correlation length of every side, with errors by independent copies.
    Temperatures are in J/k_B, fields in J. Ctrl-C stops; the same command
    with the same file goes on.

    \b
    Examples:
      landscape ising --sides 16,32,64 --from 2.2 --to 2.35 -o critical.h5
      landscape ising --over field --from -0.5 --to 0.5 --at 2.5 --table field.csv
    """
    with waiting("Loading"):
        from landscape_app.session.lattice_sweep import LatticeSweep, open_sweep, save_sweep, write_table

    if output is not None:
        check_hdf5(output, "a sweep is")
    plan = _plan(graph, sides, over, low, high, points, at, sampler, copies, warm_up, steps, seed)
    with checking_input():
        done = LatticeSweep(plan)
        if output is not None and output.exists():
            done = open_sweep(output)
            if done.plan != plan:
                raise ValueError(
                    f"{output} holds another sweep than the one asked for; give another name with -o"
                )
    console = error_console()
    with working(), stopping_on_request() as stop, progress(console, "Sweep", 1.0) as report:
        saved = time.monotonic()
        for share in done.run():
            report(share, done.doing)
            if output is not None and time.monotonic() - saved > SAVE_SECONDS:
                save_sweep(done, output)
                saved = time.monotonic()
            if stop.times:
                break
        if output is not None:
            save_sweep(done, output)
        if table is not None:
            write_table(done, table)
        if picture is not None:
            _draw(done, picture)
    _print(done)
    if not done.is_complete:
        kept = f"; the same command goes on from {output}" if output is not None else ""
        raise CommandError(f"stopped at {100 * done.share:.0f}%{kept}")


def check(parameters: Mapping[str, Any]) -> None:
    """Refuses a sweep that cannot be made.

    Args:
        parameters: of `ising`, by their names.

    Raises:
        WrongUsageError: says what is allowed.
    """
    _plan(*(parameters[name] for name in inspect.signature(_plan).parameters))


def _plan(
    graph: str,
    sides: str,
    over: str,
    low: float,
    high: float,
    points: int,
    at: float | None,
    sampler: str,
    copies: int,
    warm_up: int,
    steps: int,
    seed: int,
) -> SweepPlan:
    from landscape_app.session.lattice_sweep import SweepPlan

    if over == "field" and at is None:
        raise WrongUsageError("a sweep over the field needs its temperature: give --at, such as --at 2.5")
    with checking_input():
        return SweepPlan(
            graph=graph,
            sides=_sides(sides),
            over=over,
            low=low,
            high=high,
            points=points,
            fixed=at or 0.0,
            sampler=sampler,
            copies=copies,
            warm_up=warm_up,
            steps=steps,
            seed=seed,
        )


def _sides(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.replace(",", " ").split())
    except ValueError:
        raise ValueError(f"--sides needs whole numbers such as 8,16,32, got {text!r}") from None


def _draw(done: LatticeSweep, path: Path) -> None:
    from landscape_app.experiments.lattice_figure import SweepPicture
    from landscape_app.experiments.render import write_figure
    from landscape_app.physics.spin_lattices import GRAPHS

    try:
        write_figure(SweepPicture(done.plan).figure(done), GRAPHS[done.plan.graph], path.parent, path.stem)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror or error}; choose another name") from error


def _print(done: LatticeSweep) -> None:
    """The averages, each with its error, and the crossings."""
    plan = done.plan
    rows = Table(box=None, pad_edge=False)
    m = "⟨m⟩" if plan.has_field else "⟨|m|⟩"
    for head in ("L", "T" if plan.over == "temperature" else "h", "E/N", m, "χ", "C", "U", "ξ/L", "τ"):
        rows.add_column(head, justify="right")
    for side in plan.sides:
        found = done.averages(side)
        for k, value in enumerate(plan.values):
            if math.isfinite(found.energy.value[k]):
                numbers = [with_digits(float(one.value[k]), float(one.error[k])) for one in found[1:7]]
                rows.add_row(str(side), f"{value:.4g}", *numbers, f"{found.memory[k]:.1f}")
    console = Console()
    console.print(rows)
    console.print("In brackets: the standard error of the last digit.", style="dim")
    for crossing in done.crossings():
        (smaller, larger), (t, error), (u, u_error) = crossing
        console.print(
            f"Cumulants of L = {smaller} and {larger} cross at T = {t:.4f} ± {error:.4f}, "
            f"U = {u:.4f} ± {u_error:.4f}",
            highlight=False,
        )


def with_digits(value: float, error: float) -> str:
    """A number with its standard error in brackets, in units of its last digit.

    Example:
        >>> with_digits(-1.49216, 0.0034), with_digits(59.986, 2.628), with_digits(0.5, 0.0)
        ('-1.492(3)', '60(3)', '0.5')
    """
    if not (math.isfinite(error) and error > 0):
        return f"{value:.4g}"
    decimals = max(0, -math.floor(math.log10(error)))
    return f"{value:.{decimals}f}({round(error * 10**decimals)})"
