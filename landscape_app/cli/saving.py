"""A run saved while it trains, and at the end: to its file, or elsewhere where that has become impossible."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from landscape_app.cli.errors import CommandError, checking_input
from landscape_app.counting import capitalised

if TYPE_CHECKING:
    from landscape_app.runs import Order, RunState
    from landscape_app.session.autosave import Autosave
    from landscape_app.session.session import Session


class ToldAutosave:
    """An autosave that tells the user, once each, what goes wrong with it and that it works again.

    It also takes what others who follow the file ask of the training.
    """

    def __init__(self, autosave: Autosave, console: Console) -> None:
        self._autosave = autosave
        self._console = console
        self._told: set[str] = set()
        self._failed = False

    @property
    def is_due(self) -> bool:
        """True if the state is to be saved; False of all ranks but the first."""
        return self._autosave.is_due

    def after_epoch(self, is_due: bool) -> None:
        """Saves what is due, as all ranks know."""
        self._autosave.after_epoch(is_due)
        self.tell()

    def order(self) -> Order:
        """Order of somebody who follows the run to its training; an empty one for none."""
        from landscape_app.runs import Order, RunFileError

        try:
            return self._autosave.take_order() or Order()
        except RunFileError as error:
            self._say(f"What was asked from elsewhere is not done: {error}.")
            return Order()

    def save_now(self) -> None:
        """Hands the state as it is now to the disk."""
        self._autosave.save_now()

    def finish(self, state: RunState) -> None:
        """Writes a state as that of a run that has come to its end.

        Raises:
            RunFileError: it cannot be written.
        """
        self._autosave.finish(state=state)

    def tell(self) -> None:
        """Says what there is to say."""
        path, failure = self._autosave.path, self._autosave.failure
        if failure is None:
            text = f"{path} is saved again." if self._failed else ""
        else:
            text = (
                f"{path} cannot be saved now: {failure}. Training goes on, and saving is tried again; "
                "if that fails to the end, the run is saved elsewhere."
            )
        self._failed = failure is not None
        if text and text not in self._told:
            self._told.add(text)
            self._say(text)

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, markup=False)


@contextmanager
def autosaving(session: Session, output: Path, console: Console) -> Iterator[ToldAutosave]:
    """Saves a session while it trains, from now on.

    Raises:
        WrongUsageError: the place cannot be written, or another process writes it.
        CommandError: the user gives up; says how to go on.
    """
    from landscape_app.session.autosave import Autosave

    with checking_input():
        autosave = Autosave(session, output)
    told = ToldAutosave(autosave, console)
    try:
        yield told
    except KeyboardInterrupt as error:
        autosave.close()
        told.tell()
        if autosave.failure is None:
            raise CommandError(f"stopped; go on with: landscape train --resume {output}") from error
        raise
    finally:
        autosave.close()


def save_somewhere(session: Session, autosave: ToldAutosave, output: Path, console: Console) -> Path:
    """Saves a session and returns where: where it was to go, where the user says instead, or with the autosaved runs.

    Raises:
        CommandError: not even there; says what is left.
    """
    from landscape_app.runs import RunFileError, write_run
    from landscape_app.runs.autosave import new_autosave
    from landscape_app.session.checkpoint import run_state

    # Once, wherever it goes: all ranks take part in it.
    state = run_state(session)
    try:
        autosave.finish(state)
        return output
    except RunFileError as error:
        first = str(error)
    while sys.stdin.isatty() and console.is_terminal:
        console.print(f"{capitalised(first)}.", soft_wrap=True, markup=False)
        elsewhere = console.input("Save it elsewhere (a path; empty: with the autosaved runs): ").strip()
        if not elsewhere:
            break
        try:
            write_run(Path(elsewhere), state)
            return Path(elsewhere)
        except RunFileError as error:
            first = str(error)
    try:
        rescue = new_autosave(session.configuration.problem)
        write_run(rescue, state)
    except RunFileError as error:
        left = f"; its last checkpoint is in {output}" if output.exists() else ""
        raise CommandError(f"{first}{left}") from error
    console.print(
        f"{capitalised(first)}. The run is saved in {rescue} instead.", soft_wrap=True, markup=False
    )
    return rescue
