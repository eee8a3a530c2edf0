"""`landscape sweep`: many runs of a command by a TOML file, side by side, on this machine or on a cluster."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence, Set
from contextlib import ExitStack, chdir, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_app.cli import experiment, ising, train
from landscape_app.cli.errors import (
    CommandError,
    UsageError,
    WrongUsageError,
    check_one_place,
    checking_input,
    usage_text,
    working,
)
from landscape_app.cli.progress import error_console, progress, stopping_on_request, waiting
from landscape_app.cli.runs import print_table
from landscape_app.counting import counted
from landscape_app.session.vocabulary import choices, setting_value

if TYPE_CHECKING:
    from landscape_app.session.many_runs import Task
    from landscape_app.session.sweep_plan import PlannedRun, RunsPlan, Value, Values

CHECKS = {"train": train.check, "experiment": experiment.check, "ising": ising.check}
"""Test of a command's options beyond their kinds, by its name: those of which many runs can be made."""
SEED = {"train": "seed", "experiment": "set.seed", "ising": "seed"}
"""Option that is the seed."""

OF_ONE_RUN = ("output", "resume", "table", "picture")
"""Options that name files: given to several runs, these would replace each other's."""
NO_RUN = ("folds", "json", "list", "plan", "scheduler", "workers")
"""Options of a command that then makes no run, or more than one."""

NAMED = 3
"""Runs that are named beside the bar."""

Pairs = list[tuple["PlannedRun", "Task"]]


def sweep(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.toml", help="Which runs: see above.", show_default=False)
    ],
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Runs at a time on this machine; as many as cores if not said.",
            show_default=False,
            min=1,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Threads of each run; if not said cores by workers, and 1 with --scheduler.",
            show_default=False,
            min=1,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="A scheduler of dask that exists, such as tcp://10.0.0.1:8786; its workers must see the same "
            "folders.",
            show_default=False,
        ),
    ] = None,
    retries: Annotated[
        int, typer.Option(metavar="N", min=0, help="Times that a run that failed is tried again.")
    ] = 2,
    table: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Means of the final figures with errors.", show_default=False),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: runs with their files, and the table.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="Say which runs there are, and leave.")] = False,
) -> None:
    """Make many runs by a file: all combinations of settings, random ones, each with several seeds.

    The file says the command (train, experiment or ising with its argument) and
    its options; \\[grid] has lists, of which all combinations are run, \\[random]
    draws. Results go into a folder beside the file that bears its name, one
    file a run. The same command again does only what is missing: after Ctrl-C,
    after failures, or after the file was changed. It ends with a table of
    the final figures: means over the seeds, with their standard error. The exit
    code is 1 where a run failed.

    \b
    A file:
      command = "train digits"
      seeds = 3
      \\[options]
      model = "rbm"
      epochs = 500
      \\[grid]
      units = [16, 32, 64]
      \\[random]
      count = 5
      rate = {log = [1e-4, 1e-2]}

    \b
    Examples:
      landscape sweep units.toml
      landscape sweep units.toml --workers 4 --table units.csv
      landscape sweep units.toml --scheduler tcp://10.0.0.1:8786
    """
    from landscape_app.session.sweep_plan import read_plan

    check_one_place(workers, scheduler)
    with checking_input():
        plan = read_plan(file)
        runs = _tasks(plan, context, file)
        if table is not None:
            from landscape_app.runs import check_writable

            check_writable(table)
    with waiting(f"Looking for what is done of {counted(len(runs), 'run')}"):
        missing = [task for _, task in runs if not task.is_done()]
    if listing:
        left = {task.name for task in missing}
        print_table(
            ["run", "state"], [(task.name, "missing" if task.name in left else "done") for _, task in runs]
        )
        return
    if len(missing) < len(runs):
        error_console().print(
            f"{len(runs) - len(missing):,} of {counted(len(runs), 'run')} are done already."
        )
    reasons = _run(missing, plan.output, scheduler, workers, threads, retries) if missing else {}
    left = {task.name for task in missing if not task.is_done()}
    _report(runs, left, reasons, table, as_json)
    _end(len(runs), len(left), reasons, plan.output, file)


def _run(
    tasks: list[Task],
    folder: Path,
    scheduler: str | None,
    workers: int | None,
    threads: int | None,
    retries: int,
) -> dict[str, str]:
    """Does tasks; returns why each of those that have ended is not done, or nothing, by name."""
    from landscape_app.runs.atomic import make_folder
    from landscape_app.session.device import available_cores
    from landscape_app.session.many_runs import LOCKS, connected, run_tasks, workers_of

    cores = available_cores()
    at_once = min(workers or cores, len(tasks))
    each = threads or (1 if scheduler is not None else max(1, cores // at_once))
    console = error_console()
    ended: dict[str, str] = {}
    with ExitStack() as stack, stopping_on_request() as stop:
        with checking_input():
            client = stack.enter_context(connected(scheduler, at_once))
            make_folder(folder / LOCKS)
        console.print(
            f"{counted(len(tasks), 'run')} on {workers_of(client)}, {counted(each, 'thread')} each",
            soft_wrap=True,
        )
        with (
            progress(console, "Runs", len(tasks)) as report,
            closing(run_tasks(tasks, client, each, retries)) as standings,
        ):
            for ended, running in standings:
                report(len(ended), _named(running))
                if stop.times:
                    break
    return ended


def _named(running: Sequence[str]) -> str:
    more = f" and {len(running) - NAMED} more" if len(running) > NAMED else ""
    return f"{len(running)} running: {', '.join(running[:NAMED])}{more}" if running else ""


def _report(
    runs: Pairs, left: Set[str], reasons: Mapping[str, str], table: Path | None, as_json: bool
) -> None:
    """Prints and writes the table of the runs that are done: all but those left, by name."""
    done = [(run, task.result) for run, task in runs if task.name not in left]
    if not (done or table or as_json):
        return
    with waiting("Loading torch"):
        from landscape_app.session.sweep_table import NOTE, table_of
    with working():
        found = table_of(done)
        if table is not None:
            found.write(table)
    if as_json:
        told = [
            {
                "name": task.name,
                "file": str(task.result),
                "settings": {name: run.settings[name] for name in run.varied},
                "seed": run.seed,
                "done": task.name not in left,
                "reason": reasons.get(task.name) or None,
            }
            for run, task in runs
        ]
        print(json.dumps({"runs": told, "table": found.as_json()}, ensure_ascii=False))
    elif done:
        names, rows = found.cells()
        print_table(names, rows, right=["runs", *found.figures])
        print(f"\n{NOTE}")


def _end(count: int, missing: int, reasons: Mapping[str, str], folder: Path, file: Path) -> None:
    """Says where the results are, or what is missing and why.

    Raises:
        CommandError: something is missing.
    """
    from landscape_app.session.many_runs import LOCKS

    failed = {name: reason for name, reason in reasons.items() if reason}
    for name, reason in failed.items():
        error_console().print(f"{name}: {reason}", soft_wrap=True, markup=False)
    if not missing:
        shutil.rmtree(folder / LOCKS, ignore_errors=True)
        error_console().print(f"{counted(count, 'run')} in {folder}", soft_wrap=True, markup=False)
        return
    again = f"landscape sweep {file}"
    if len(failed) < missing:
        raise CommandError(
            f"stopped with {count - missing:,} of {counted(count, 'run')} done; go on with: {again}"
        )
    raise CommandError(
        f"{counted(missing, 'run')} of {count:,} failed, see the .log files in {folder}; try again with: {again}"
    )


class _Options:
    """Options of a command, as its own parser knows them.

    Args:
        command: of click.
        path: of the file that gives them.
    """

    def __init__(self, command: Any, path: Path) -> None:
        self._command, self._path = command, path
        self._by_name = {
            option.removeprefix("--"): parameter
            for parameter in command.params
            for option in parameter.opts
            if option.startswith("--")
        }

    def arguments(self, values: Values) -> list[str]:
        """Options as they are typed.

        Raises:
            WrongUsageError: there is no such option, or its value is of another kind; names it.
        """
        typed: list[str] = []
        for name, value in values.items():
            option, _, inner = name.partition(".")
            self._check_name(option)
            parameter = self._by_name[option]
            if inner or isinstance(value, tuple):
                if not parameter.multiple:
                    raise self._wrong(name, f"--{option} takes one value; a list of runs goes below [grid]")
                several = value if isinstance(value, tuple) else (value,)
                prefix = f"{inner}=" if inner else ""
                typed += [f"--{option}={prefix}{_typed(part)}" for part in several]
            elif parameter.is_flag:
                if not isinstance(value, bool):
                    raise self._wrong(name, f"expected true or false, got {value!r}")
                typed += [f"--{option}"] if value else list(parameter.secondary_opts[:1])
            elif isinstance(value, bool):
                raise self._wrong(name, f"--{option} takes a value, got {_typed(value)}")
            else:
                typed.append(f"--{option}={_typed(value)}")
        return typed

    def parsed(self, arguments: Sequence[str], parent: Any) -> dict[str, Any]:
        """Parameters of the command's function.

        Raises:
            WrongUsageError: its parser refuses an argument.
        """
        try:
            found: dict[str, Any] = self._command.make_context(
                self._command.name, list(arguments), parent=parent
            ).params
        except UsageError as error:
            raise WrongUsageError(f"{self._path}: {usage_text(error)}") from error
        return found

    def _check_name(self, option: str) -> None:
        if option in OF_ONE_RUN:
            raise self._wrong(
                option, "all runs would write, or read, the same file; a sweep names the files itself"
            )
        known = [name for name in self._by_name if name not in (*OF_ONE_RUN, *NO_RUN)]
        if option not in known:
            raise self._wrong(
                option,
                f"landscape {self._command.name} has no such option for a sweep; {choices(option, known)}",
            )

    def _wrong(self, name: str, text: str) -> WrongUsageError:
        return WrongUsageError(f"{self._path}: {name}: {text}")


def _typed(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tasks(plan: RunsPlan, context: typer.Context, file: Path) -> Pairs:
    """The runs of a plan, each as a task; all of their options are those of the command, and possible.

    Raises:
        WrongUsageError: one is not; names it.
    """
    kind, *words = plan.command
    if kind not in CHECKS:
        raise WrongUsageError(f"{file}: command: no sweep is made of {kind!r}; {choices(kind, CHECKS)}")
    for word in words:
        if word.startswith("-"):
            raise WrongUsageError(f"{file}: command: options go below [options], not {word}")
    if kind == "experiment" and len(words) != 1:
        raise WrongUsageError(f'{file}: command: give the name of one experiment, such as "experiment pca"')
    seed = SEED[kind]
    if plan.seeds and any(seed in values for values in (plan.options, plan.grid, plan.draws)):
        raise WrongUsageError(f"{file}: {seed} is given beside seeds; leave it out")
    root: Any = context.find_root()
    options = _Options(root.command.commands[kind], file)
    pairs: Pairs = []
    checked: set[str] = set()
    names = _files_by_digest(plan.output)
    with waiting("Checking the settings"), chdir(plan.path.parent):
        for run in plan.runs():
            values = {**run.settings, **({} if run.seed is None else {seed: run.seed})}
            typed = [kind, *words, *options.arguments(values)]
            parsed = options.parsed(typed[1:], root)
            settings = json.dumps(dict(run.settings))
            if settings not in checked:
                checked.add(settings)
                try:
                    CHECKS[kind](parsed)
                except (WrongUsageError, ValueError) as error:
                    told = ", ".join(f"{name} = {setting_value(run.settings[name])}" for name in run.varied)
                    raise WrongUsageError(f"{file}{f' ({told})' if told else ''}: {error}") from error
            pairs.append((run, _task(plan, run, typed, names)))
    return pairs


def _files_by_digest(folder: Path) -> dict[str, str]:
    """Names of the results in a folder by their hash: the file may have varied other options when they were made."""
    found = (path for path in sorted(folder.glob("*_*")) if path.is_dir() or path.suffix == ".h5")
    names = [path.name.removesuffix(".h5") for path in found]
    return {name.rpartition("_")[2]: name for name in names}


def _task(plan: RunsPlan, run: PlannedRun, typed: Sequence[str], names: Mapping[str, str]) -> Task:
    from landscape_app.session.many_runs import Task

    name = names.get(plan.digest_of(run), plan.name_of(run))
    kind, output = plan.command[0], plan.output / name
    result = output / f"{plan.command[-1]}.h5" if kind == "experiment" else plan.output / f"{name}.h5"
    written = ("-o", str(output if kind == "experiment" else result))
    arguments = again = (*typed, *written)
    if kind == "train":
        kept = [word for word in typed if word.partition("=")[0] in ("--device", "--trust")]
        again = ("train", "--resume", str(result), *kept)
    return Task(name, arguments, again, plan.path.parent, plan.output, result)
