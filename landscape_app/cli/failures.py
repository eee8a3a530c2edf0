"""What ends a command early, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

DONE, FAILED, WRONG_USAGE = 0, 1, 2


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
