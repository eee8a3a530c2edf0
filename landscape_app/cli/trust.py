"""`landscape trust`: the Python files that the window runs without a question, and how they are taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from landscape_app.cli.errors import WrongUsageError, checking_input

if TYPE_CHECKING:
    from landscape_app.runs.trust import TrustedSource

LEAST_DIGITS = 8
"""Of a hash that names a file."""


def trust(
    revoke: Annotated[
        list[str] | None,
        typer.Option(
            "--revoke",
            metavar="HASH",
            show_default=False,
            help="The window asks again before it runs this file: the first 8 or more digits of its SHA-256, as the "
            "list has them.",
        ),
    ] = None,
    revoke_all: Annotated[
        bool, typer.Option("--revoke-all", help="The window asks again before it runs any file.")
    ] = False,
) -> None:
    """List the Python files that the window runs without a question.

    They are known by their content: a file that has changed is shown again.
    Commands take nothing from this list: they run a user-defined field or
    energy only with --trust.

    \b
    Examples:
      landscape trust
      landscape trust --revoke 3f9a12c4
    """
    from landscape_app.runs import trust as store

    with checking_input():
        sources = store.trusted_sources()
        taken = sources if revoke_all else tuple(_named(digits, sources) for digits in revoke or ())
        if taken:
            store.revoke({source.digest for source in taken})
    for source in taken or sources[::-1]:
        print(f"{source.digest[:12]}  {source.when.astimezone():%Y-%m-%d}  {source.path}")
    if taken:
        print("revoked")
    elif not sources:
        print("no Python file is trusted")


def _named(digits: str, sources: tuple[TrustedSource, ...]) -> TrustedSource:
    """The source whose hash begins with some digits.

    Raises:
        WrongUsageError: there is none, or more than one.
    """
    found = [source for source in sources if source.digest.startswith(digits.lower())]
    if len(digits) < LEAST_DIGITS or len(found) != 1:
        raise WrongUsageError(
            f"no trusted file has a SHA-256 that begins with {digits!r}; expected the first {LEAST_DIGITS} or "
            "more of the digits that landscape trust lists"
        )
    return found[0]
