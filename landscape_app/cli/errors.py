"""Errors that end a command, their exit codes, and checks of the paths that a command is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
