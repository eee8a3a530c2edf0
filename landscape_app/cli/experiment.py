"""`landscape experiment`: a result of the paper, seen again, judged and written down."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from landscape_app.cli.common import use_all_cores
from landscape_app.cli.errors import CommandError, WrongUsageError, check_one_place, checking_input, working
from landscape_app.cli.progress import StopRequest, error_console, progress, stopping_on_request, waiting
from landscape_app.counting import describe_minutes
from landscape_app.session.vocabulary import choices

if TYPE_CHECKING:
    from landscape_app.experiments import Experiment, Finding, Progress, Result, Values
    from landscape_app.session.share_out import ShareOut

ALL = "all"


def experiment(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Which one, or `all` of them.", show_default=False)
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Where to write the figure (PNG and SVG) and its numbers (HDF5).",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter.", show_default=False),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="At the paper's scale, not the quick setting.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="Say which there are, and leave.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Do repeats and sizes side by side in so many processes; for experiments that have such.",
            show_default=False,
            min=1,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="The same on the workers of a scheduler of dask.", show_default=False
        ),
    ] = None,
) -> None:
    """Do an experiment of the paper again, and judge what comes out.

    It ends with a table: what the paper or the theory expects, what was
    measured, and the verdict. The exit code is 1 where a verdict is bad.
    Ctrl-C stops early and keeps what there is.

    \b
    Examples:
      landscape experiment --list
      landscape experiment pca -o results
      landscape experiment bimodal --set seed=3 --set epochs=1500
      landscape experiment all --full -o results
      landscape experiment bimodal-few --full --workers 8
    """
    if listing:
        _print_list()
        return
    if not name:
        raise WrongUsageError(
            "give the name of an experiment; `landscape experiment --list` says which there are"
        )
    use_all_cores()
    chosen = _chosen(name)
    with checking_input():
        values = _values(settings or [])
        complete = [one.complete(values, full) for one in chosen]
    _check_folder(output)
    check_one_place(workers, scheduler)
    is_shared = workers is not None or scheduler is not None
    if is_shared:
        _check_repeats(chosen)
    console = error_console()
    _say_duration(chosen, full, console)
    failed = []
    with stopping_on_request() as stop, ExitStack() as stack:
        share_out = _sharing_out(scheduler, workers or 1, stop, stack) if is_shared else None
        for number, (one, values) in enumerate(zip(chosen, complete, strict=True), start=1):
            which = f"{one.title} ({number} of {len(chosen)})" if len(chosen) > 1 else one.title
            result = _run(one, values, which, stop, console, share_out)
            _print_findings(one, result)
            if output is not None:
                _save(result, one.title, output, console)
            if not result.has_passed:
                failed.append(one.name)
            if stop.times:
                raise CommandError(f"stopped during {one.name}; what there was is kept")
    if failed:
        raise CommandError(f"a verdict was bad in {', '.join(failed)}")


def _chosen(name: str) -> list[Experiment]:
    with waiting("Loading the experiments"):
        from landscape_app.experiments.catalogue import EXPERIMENTS

    if name == ALL:
        return list(EXPERIMENTS.values())
    if name not in EXPERIMENTS:
        raise WrongUsageError(f"no experiment is called {name!r}; {choices(name, [*EXPERIMENTS, ALL])}")
    return [EXPERIMENTS[name]]


def check(parameters: Mapping[str, Any]) -> None:
    """Refuses an experiment, or several, or parameters that it does not have or that are out of their range.

    Args:
        parameters: of `experiment`, by their names.

    Raises:
        WrongUsageError: says what is allowed.
    """
    if parameters["name"] == ALL:
        raise WrongUsageError("give the name of one experiment, not all")
    (one,) = _chosen(parameters["name"])
    with checking_input():
        one.complete(_values(parameters["settings"] or []), parameters["full"])


def _values(settings: Sequence[str]) -> Values:
    """Parameters as they were typed.

    Raises:
        ValueError: not NAME=VALUE, or not a number.
    """
    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        try:
            values[name.strip()] = float(text)
        except ValueError:
            wanted = "a number is needed" if equals else "write it as NAME=VALUE"
            raise ValueError(f"--set {setting}: {wanted}, such as seed=3") from None
    return values


def _check_folder(output: Path | None) -> None:
    if output is None:
        return
    if output.exists() and not output.is_dir():
        raise WrongUsageError(f"{output} is a file; give a folder with -o")
    if not output.exists() and not output.parent.is_dir():
        raise WrongUsageError(f"there is no folder {output.parent}; create it first")


def _print_list() -> None:
    with waiting("Loading the experiments"):
        from landscape_app.experiments.catalogue import EXPERIMENTS

    table = Table(box=None, pad_edge=False)
    for head in ("name", "what", "in the paper", "quick", "--full"):
        table.add_column(head)
    for one in EXPERIMENTS.values():
        table.add_row(one.name, one.title, one.paper, *map(describe_minutes, one.minutes))
    Console().print(table)


def _say_duration(chosen: list[Experiment], full: bool, console: Console) -> None:
    total = sum(one.minutes[int(full)] for one in chosen)
    console.print(f"This takes about {describe_minutes(total)} on two cores.", highlight=False)


def _check_repeats(chosen: Sequence[Experiment]) -> None:
    from landscape_app.experiments.catalogue import EXPERIMENTS
    from landscape_app.experiments.experiment import RepeatedExperiment

    able = [name for name, one in EXPERIMENTS.items() if isinstance(one, RepeatedExperiment)]
    for one in chosen:
        if one.name not in able:
            raise WrongUsageError(
                f"{one.name} has no repeats or sizes to be done side by side, as {', '.join(able)} have: leave out "
                "--workers and --scheduler"
            )


def _sharing_out(scheduler: str | None, workers: int, stop: StopRequest, stack: ExitStack) -> ShareOut:
    """Way to do pieces of work on workers of dask, those of a scheduler or new ones here, until the stack closes."""
    from landscape_app.session.device import available_cores
    from landscape_app.session.many_runs import connected
    from landscape_app.session.share_out import on_workers

    with checking_input():
        client = stack.enter_context(connected(scheduler, workers, processes=True))
    threads = 1 if scheduler is not None else max(1, available_cores() // workers)
    return on_workers(client, threads, lambda: bool(stop.times))


def _run(
    one: Experiment,
    values: Values,
    title: str,
    stop: StopRequest,
    console: Console,
    share_out: ShareOut | None,
) -> Result:
    from landscape_app.experiments import Result
    from landscape_app.experiments.experiment import RepeatedExperiment
    from landscape_app.experiments.figure import Figure
    from landscape_app.session.memory import EXPERIMENTING, memory_for
    from landscape_app.session.share_out import StoppedError

    start, last = time.perf_counter(), None
    with progress(console, title, 1.0) as report, memory_for(EXPERIMENTING), suppress(StoppedError):
        steps = one.run(values)
        if share_out is not None and isinstance(one, RepeatedExperiment):
            steps = one.run_shared(values, share_out)
        for last in steps:
            report(last.share, last.doing)
            if stop.times:
                break
    seconds = time.perf_counter() - start
    figure = Figure() if last is None else last.figure
    findings: tuple[Finding, ...] = () if last is None else last.findings
    return Result(one.name, values, figure, findings, seconds, _is_complete(last))


def _is_complete(last: Progress | None) -> bool:
    return last is not None and last.is_complete


def _print_findings(one: Experiment, result: Result) -> None:
    table = Table(title=f"{one.title} ({one.paper}), {result.seconds:.0f} s", title_justify="left")
    for head in ("figure", "quantity", "expected", "measured", "verdict"):
        table.add_column(head, overflow="fold")
    for finding in result.findings:
        verdict = "[green]good[/green]" if finding.passed else "[red]BAD[/red]"
        table.add_row(*map(Text, finding[:4]), verdict)
    Console().print(table)


def _save(result: Result, title: str, output: Path, console: Console) -> None:
    from landscape_app.experiments import save_result

    with working():
        written = save_result(result, title, output)
    console.print(
        f"Wrote {', '.join(str(path) for path in written)}", soft_wrap=True, highlight=False, markup=False
    )
