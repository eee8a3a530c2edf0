"""Titles and notes of runs, in one small file of the application.

They are not in the run files: a run that trains is replaced by its writer every few seconds, and a note must neither
wait for that nor rewrite megabytes; a file may also be write-protected.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from landscape_app.language import tr
from landscape_app.runs.autosave import autosave_folder
from landscape_app.runs.catalogue import RunSummary
from landscape_app.runs.documents import read_records, write_records

UNREADABLE = tr(
    "titles and notes of runs cannot be read from {path}: {reason}; mend the file, or move it away"
)


@dataclass(frozen=True)
class RunNote:
    """Title and note of a run.

    Attributes:
        run: name of the run, as its provenance has it; empty where it has none.
        path: of its file when they were written.
        title: one line; empty for none.
        note: any text.
    """

    run: str
    path: str
    title: str = ""
    note: str = ""


class Notes:
    """Titles and notes that there are.

    Args:
        known: all of them, of which a later one replaces an earlier one.
    """

    def __init__(self, known: Iterable[RunNote] = ()) -> None:
        self.known = tuple(known)
        self._by_run = {note.run: note for note in self.known if note.run}
        self._by_path = {note.path: note for note in self.known}

    def of(self, run: RunSummary) -> RunNote:
        """Title and note of a run: its own, also where its file was moved, or those of the run that it goes on from.

        A file that holds another run now, which does not go on from any, has lost them.
        """
        name, path = _name(run), _path(run)
        by_path = self._by_path.get(path)
        if by_path is not None and name and "parent_run" not in run.provenance:
            by_path = None
        return self._by_run.get(name) or by_path or RunNote(name, path)

    def with_note(self, run: RunSummary, title: str, note: str) -> Notes:
        """These, and a title and note of a run in place of what it had; empty ones take them away."""
        old, new = self.of(run), RunNote(_name(run), _path(run), " ".join(title.split()), note.strip())
        rest = [one for one in self.known if one is not old]
        return Notes([*rest, new] if new.title or new.note else rest)


def _name(run: RunSummary) -> str:
    return str(run.provenance.get("run", ""))


def _path(run: RunSummary) -> str:
    return os.path.realpath(run.path)


def notes_path() -> Path:
    """The file of titles and notes."""
    return autosave_folder().parent / "notes.json"


def read_notes() -> Notes:
    """All titles and notes; none where there is no file of them yet.

    Raises:
        RunFileError: the file cannot be read.
    """
    return Notes(read_records(notes_path(), RunNote, UNREADABLE))


def write_note(run: RunSummary, title: str, note: str) -> Notes:
    """Keeps a title and a note of a run; returns all that there are now.

    Raises:
        RunFileError: the file cannot be read or written.
    """
    notes = read_notes().with_note(run, title, note)
    write_records(notes_path(), RunNote, list(notes.known))
    return notes
