"""Errors that end a command, their exit codes, and checks of the paths that a command is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

DONE, FAILED, WRONG_USAGE = 0, 1, 2

NOT_MATCHED, NOT_MIXED = 3, 4
"""Verdicts of `diagnose`: chains in equilibrium whose means are not known to be the data's; chains that are not."""


class CommandError(Exception):
    """Ends a command with one line on the standard error: what is wrong, what was expected, what to do."""

    exit_code = FAILED


class WrongUsageError(CommandError):
    """The command was asked for something it cannot do, or was given a field that fails; nothing is written."""

    exit_code = WRONG_USAGE


@contextmanager
def checking_input() -> Iterator[None]:
    """Turns a ValueError, which is how the rooms below refuse an input, into wrong usage."""
    try:
        yield
    except ValueError as error:
        raise WrongUsageError(str(error)) from error


@contextmanager
def working() -> Iterator[None]:
    """Turns a ValueError while work is done, such as a disk that is full, into a failure.

    A custom field that fails then is wrong usage all the same: it is the user's own input, which no check before the
    work can try everywhere.
    """
    try:
        yield
    except ValueError as error:
        # Here only, as it imports torch, which the command's help must not wait for.
        from landscape_app.physics.fields import FieldError

        kind = WrongUsageError if isinstance(error, FieldError) else CommandError
        raise kind(str(error)) from error


def check_one_place(workers: int | None, scheduler: str | None) -> None:
    """Refuses workers here beside a scheduler, which has its own.

    Raises:
        WrongUsageError: both are given.
    """
    if workers is not None and scheduler is not None:
        raise WrongUsageError("--workers are those on this machine: leave it out with --scheduler")


UsageError: type[Exception] = typer.BadParameter.__bases__[0]
"""Errors of typer about options and arguments; the class is click's, or typer's copy of it in newer versions."""

_PLAIN = {
    "Input should be a valid integer, unable to parse string as an integer": "expected a whole number",
    "Input should be a valid number, unable to parse string as a number": "expected a number",
}
"""Complaint of the parser of numbers, in plain words."""


def usage_text(error: Exception) -> str:
    """A usage error in a sentence without a full stop."""
    format_message = getattr(error, "format_message", error.__str__)
    text = " ".join(format_message().split()).rstrip(".").replace("Value error, ", "")
    for theirs, ours in _PLAIN.items():
        text = text.replace(theirs, ours + _input_words(error))
    return f"{text[:1].lower()}{text[1:]}"


def usage_message(error: Exception) -> str:
    """A usage error, and the command whose help says more."""
    text = usage_text(error)
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "landscape"
    return f"{text}{' S' if text.endswith('?') else '; s'}ee {command} --help"


def _input_words(error: Exception) -> str:
    """Input, where the parser of numbers has kept it."""
    errors = getattr(error.__cause__, "errors", None)
    return f", got {errors()[0]['input']!r}" if errors is not None else ""


HDF5 = (".h5", ".hdf5")


def is_hdf5(path: Path) -> bool:
    """True if a path names a run file or a file of data."""
    return path.suffix.lower() in HDF5


def check_hdf5(path: Path, what: str) -> None:
    """Fails where a path that something is to be saved to does not end as HDF5 files do.

    Raises:
        WrongUsageError: with what is saved, such as "a run is".
    """
    if not is_hdf5(path):
        raise WrongUsageError(f"{what} saved as HDF5; give a name that ends in .h5, not {path}")


def check_another(output: Path, source: Path, what: str) -> None:
    """Fails where an output would replace what is read, however the two are spelled.

    Args:
        output: path that is to be written.
        source: path that is read.
        what: the source in words, such as "the run".

    Raises:
        WrongUsageError: they are one file.
    """
    if output.exists() and source.exists() and output.samefile(source):
        raise WrongUsageError(f"the output {output} is {what} itself; choose another name")
