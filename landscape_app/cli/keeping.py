"""A run kept while it trains, and saved at the end: to its file, or elsewhere where that has become impossible."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from landscape_app.cli.failures import CommandError

if TYPE_CHECKING:
    from landscape_app.session import Recording, Session


class WatchedRecording:
    """A recording that tells a person, once, where it fails."""

    def __init__(self, recording: Recording, console: Console) -> None:
        self._recording = recording
        self._console = console
        self._told = False

    def after_epoch(self) -> None:
        """Records what is due."""
        self._recording.after_epoch()
        self._tell()

    def keep(self) -> None:
        """Records all there is, now."""
        self._recording.keep()

    def close(self) -> None:
        """Ends the recording."""
        self._recording.close()
        self._tell()

    def _tell(self) -> None:
        failure = self._recording.failure
        if failure is not None and not self._told:
            self._told = True
            self._console.print(
                f"{self._recording.path} is no longer written: {failure}. Training goes on in memory; "
                "at its end the run is saved there, or elsewhere if that is still impossible.",
                soft_wrap=True,
                markup=False,
            )


def record(session: Session, output: Path, console: Console) -> WatchedRecording:
    """Begins to record a session.

    Raises:
        RunFileError: the place cannot be written.
    """
    from landscape_app.session import Recording

    return WatchedRecording(Recording(session, output), console)


def save_somewhere(session: Session, output: Path, console: Console) -> Path:
    """Saves a session and returns where: where it was to go, where a person says instead, or with the recorded runs.

    Raises:
        CommandError: not even there; says what is left.
    """
    from landscape_app.runs import RunFileError
    from landscape_app.runs.recorded import new_recording
    from landscape_app.session import save_session

    try:
        save_session(session, output)
        return output
    except RunFileError as error:
        first = str(error)
    while sys.stdin.isatty() and console.is_terminal:
        console.print(f"{first[:1].upper()}{first[1:]}.", soft_wrap=True, markup=False)
        elsewhere = console.input("Save it elsewhere (a path; empty: with the recorded runs): ").strip()
        if not elsewhere:
            break
        try:
            save_session(session, Path(elsewhere))
            return Path(elsewhere)
        except RunFileError as error:
            first = str(error)
    try:
        rescue = new_recording(session.configuration.problem)
        save_session(session, rescue)
    except RunFileError as error:
        left = f"; its last recorded state is in {output}" if output.exists() else ""
        raise CommandError(f"{first}{left}") from error
    console.print(
        f"{first[:1].upper()}{first[1:]}. The run is saved in {rescue} instead.", soft_wrap=True, markup=False
    )
    return rescue
