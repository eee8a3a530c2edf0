"""The `landscape` command itself: its parts, its version, and how every failure is told."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from landscape_app.cli.average import average
from landscape_app.cli.check import check
from landscape_app.cli.compare import compare
from landscape_app.cli.desktop import desktop
from landscape_app.cli.diagnose import diagnose
from landscape_app.cli.errors import DONE, FAILED, WRONG_USAGE, CommandError, UsageError, usage_message
from landscape_app.cli.experiment import experiment
from landscape_app.cli.gui import gui, open_window
from landscape_app.cli.import_data import import_data
from landscape_app.cli.info import info
from landscape_app.cli.ising import ising
from landscape_app.cli.observables import observables
from landscape_app.cli.ranks import one_voice, refuse_ranks
from landscape_app.cli.report import report
from landscape_app.cli.runs import runs
from landscape_app.cli.sample import sample
from landscape_app.cli.score import score
from landscape_app.cli.script import script
from landscape_app.cli.stream import stream
from landscape_app.cli.sweep import sweep
from landscape_app.cli.train import train
from landscape_app.cli.trust import trust
from landscape_app.cli.verify import verify
from landscape_app.cli.watch import watch
from landscape_app.version import __version__


class Commands(TyperGroup):
    """Commands by their names; a file in the place of one is opened in the window, as "Open with" asks."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command and its arguments, those of `gui` where there is a file instead."""
        is_file = args[0] not in self.commands and names_file(args[0])
        return super().resolve_command(ctx, ["gui", *args] if is_file else args)


def names_file(word: str) -> bool:
    """True of a file that is there, and of what can only be a path: no command has an ending or a separator.

    A folder that is there needs the separator, or a mistyped command could open one.
    """
    path = Path(word)
    return path.is_file() or bool(path.suffix) or "/" in word or os.sep in word


app = typer.Typer(
    cls=Commands,
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
    until_stdin_closes: Annotated[bool, typer.Option("--until-stdin-closes", hidden=True)] = False,
) -> None:
    """Explore energy landscapes: train a generative model, watch its Markov chains, steer what they make.

    Without a command, the window opens. landscape COMMAND --help says more.

    \b
    Examples:
      landscape                                          open the window
      landscape run.h5                                   open it on a run
      landscape train digits -o run.h5                   train for two minutes
      landscape watch run.h5                             follow it meanwhile
      landscape sample run.h5 -n 64 --target 7 -o 7.png  draw 64 sevens
      landscape diagnose run.h5                          test for equilibrium
      landscape import photos -o photos.h5               read your own data
      landscape score run.h5 new.csv -o scores.csv       −log P of other items
      landscape experiment pca -o results                a result of the paper
      landscape sweep units.toml                         many runs by a file
    """
    if until_stdin_closes:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    if context.invoked_subcommand != "train":
        refuse_ranks(
            f"landscape {context.invoked_subcommand}" if context.invoked_subcommand else "the window"
        )
    if context.invoked_subcommand is None:
        open_window()


def _end_with_stdin() -> None:
    """Ends the process at once when the standard input closes, as it does when a parent ends that holds it open."""
    # A buffered read would hold a lock that Python wants when it ends.
    while os.read(0, 1):
        pass
    os._exit(FAILED)


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
    trust,
    script,
    score,
    observables,
    verify,
    ising,
    sweep,
    desktop,
):
    app.command()(command)
app.command("import")(import_data)
app.command(hidden=True)(stream)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0 done, 1 failed, 2 wrong usage, 3 and 4 a verdict of `diagnose`.

    Args:
        arguments: what follows `landscape`; None takes them from the command line.
    """
    with one_voice():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    for output in (sys.stdout, sys.stderr):
        _survive_poor_encodings(output)
    try:
        code = typer.main.get_command(app).main(
            args=None if arguments is None else list(arguments),
            prog_name="landscape",
            standalone_mode=False,
        )
    except CommandError as error:
        return _tell(str(error), error.exit_code)
    except UsageError as error:
        return _tell(usage_message(error), WRONG_USAGE)
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


def _survive_poor_encodings(stream: TextIO) -> None:
    """Greek letters become question marks, not errors, where the terminal's encoding has none."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
