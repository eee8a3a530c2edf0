"""The `landscape` command itself: its parts, its version, and how every failure is told."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, TextIO

import typer

from landscape_app.cli.average import average
from landscape_app.cli.check import check
from landscape_app.cli.compare import compare
from landscape_app.cli.diagnose import diagnose
from landscape_app.cli.errors import DONE, FAILED, WRONG_USAGE, CommandError
from landscape_app.cli.experiment import experiment
from landscape_app.cli.gui import gui, open_window
from landscape_app.cli.import_data import import_data
from landscape_app.cli.info import info
from landscape_app.cli.observables import observables
from landscape_app.cli.report import report
from landscape_app.cli.runs import runs
from landscape_app.cli.sample import sample
from landscape_app.cli.score import score
from landscape_app.cli.script import script
from landscape_app.cli.sweep import sweep
from landscape_app.cli.train import train
from landscape_app.cli.verify import verify
from landscape_app.cli.watch import watch
from landscape_app.version import __version__

# What typer raises for its own usage errors; the class is click's, or typer's copy of it in newer versions.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]

_PLAIN = {
    "Input should be a valid integer, unable to parse string as an integer": "expected a whole number",
    "Input should be a valid number, unable to parse string as a number": "expected a number",
}
"""Complaint of the parser of numbers, in plain words."""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"landscape {__version__}")
        raise typer.Exit()


@app.callback(invoke_without_command=True)
def landscape(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Explore energy landscapes: train a generative model, watch its Markov chains, steer what they make.

    Without a command, the window opens.

    \b
    Examples:
      landscape                                             open the window
      landscape train digits -o run.h5                      train for two minutes
      landscape average one.h5 two.h5 -o both.h5            one model of runs with different seeds
      landscape import photos -o photos.h5                  make your own data ready to train on
      landscape sample run.h5 -n 64 --target 7 -o 7.png     draw 64 sevens
      landscape diagnose run.h5                             test for equilibrium, measure the entropy
      landscape diagnose draws.nc                           judge the chains of another program
      landscape experiment pca -o results                   see a result of the paper again
      landscape info run.h5                                 show what a run holds
      landscape report run.h5                               write it as one page of HTML
      landscape runs results                                list the runs below a folder
      landscape compare one.h5 two.h5                       tell in what runs differ, and by how much
      landscape watch run.h5                                follow a run while it trains
      landscape check run.h5                                tell what is wrong with a file
      landscape script run.h5                               write it as a Python script
      landscape score run.h5 new.csv -o scores.csv          −log P of other items: which are out of distribution
      landscape observables run.h5                          tell what each observable responds to
      landscape verify 7.png                                tell whether an image is generated, and by what
      landscape sweep --sides 16,32 -o ising.h5             Ising lattices over temperature, and their crossing
    """
    if context.invoked_subcommand is None:
        open_window()


for command in (
    gui,
    train,
    average,
    sample,
    diagnose,
    experiment,
    info,
    runs,
    compare,
    report,
    watch,
    check,
    script,
    score,
    observables,
    verify,
    sweep,
):
    app.command()(command)
app.command("import")(import_data)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0 done, 1 failed, 2 wrong usage, 3 and 4 a verdict of `diagnose`.

    Args:
        arguments: what follows `landscape`; None takes them from the command line.
    """
    for stream in (sys.stdout, sys.stderr):
        _survive_poor_encodings(stream)
    try:
        code = typer.main.get_command(app).main(
            args=None if arguments is None else list(arguments),
            prog_name="landscape",
            standalone_mode=False,
        )
    except CommandError as error:
        return _tell(str(error), error.exit_code)
    except _UsageError as error:
        return _tell(_usage_message(error), WRONG_USAGE)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except Exception as error:
        # Not before: what knows the errors of memory loads torch.
        from landscape_app.session.memory import not_enough_memory

        told = not_enough_memory(error)
        if told is None:
            raise
        return _tell(str(told), FAILED)
    # Where Ctrl-C came, newer versions of typer return the shell's own code for it.
    return _interrupted() if code == 130 else int(code or DONE)


def _tell(message: str, code: int) -> int:
    print(f"landscape: {' '.join(message.split())}", file=sys.stderr)
    return code


def _interrupted() -> int:
    return _tell("stopped; nothing was written", FAILED)


def _usage_message(error: Exception) -> str:
    format_message = getattr(error, "format_message", error.__str__)
    text = " ".join(format_message().split()).rstrip(".").replace("Value error, ", "")
    for theirs, ours in _PLAIN.items():
        text = text.replace(theirs, ours + _input_words(error))
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "landscape"
    return f"{text[:1].lower()}{text[1:]}{' S' if text.endswith('?') else '; s'}ee {command} --help"


def _input_words(error: Exception) -> str:
    """Input, where the parser of numbers has kept it."""
    errors = getattr(error.__cause__, "errors", None)
    return f", got {errors()[0]['input']!r}" if errors is not None else ""


def _survive_poor_encodings(stream: TextIO) -> None:
    """Greek letters become question marks, not errors, where the terminal's encoding has none."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
