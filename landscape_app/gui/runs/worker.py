"""Lists the runs of some folders in a thread, again and again; names, deletes and brings back their files."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np

from landscape_app.counting import counted
from landscape_app.gui.worker import Worker, WorkerState, command
from landscape_app.language import tr
from landscape_app.runs import RunFileError
from landscape_app.runs.autosave import autosave_folder
from landscape_app.runs.catalogue import CatalogueReader, NotListed, RunSummary, run_files_in
from landscape_app.runs.notes import Notes, RunNote, read_notes, write_note
from landscape_app.runs.trash import Deleted, bring_back, delete_run, empty_trash
from landscape_app.runs.writer import is_locked
from landscape_app.session.run_list import held_out, held_out_value, settings_that_differ
from landscape_app.session.run_thumbnail import read_thumbnail

LOOK_SECONDS = 2.0
"""Between two looks at the folders, at least."""

REST = 10.0
"""Pause after a look, in times that it took: a large folder, or one far away, is not looked into all the time."""

TURN_SECONDS = 0.05
"""Of reading between two looks at the commands."""

TELL_SECONDS = 0.2
"""Between two states of a list that is still growing: each is drawn."""

NO_PICTURE = np.zeros((1, 1), np.float32)


@dataclass(frozen=True, eq=False)
class RunRow:
    """A file of the list.

    Attributes:
        entry: what the file says of itself, or why it cannot be listed.
        note: title and note that it was given.
        settings: that differ from the usual ones, in words.
        is_training: True while a process on this machine trains it.
    """

    entry: RunSummary | NotListed
    note: RunNote | None
    settings: str = ""
    is_training: bool = False

    @property
    def path(self) -> Path:
        """Of the file."""
        return self.entry.path

    @property
    def run(self) -> RunSummary | None:
        """The run; None where it cannot be listed."""
        return self.entry if isinstance(self.entry, RunSummary) else None

    @cached_property
    def held_out(self) -> str:
        """Held-out nats in words; empty where the file cannot be listed."""
        return "" if self.run is None else held_out(self.run)

    @cached_property
    def held_out_value(self) -> float | None:
        """Held-out nats; None where they are not known."""
        nats = math.inf if self.run is None else held_out_value(self.run)
        return nats if math.isfinite(nats) else None

    @property
    def title(self) -> str:
        """Title that it was given, else the name of its file."""
        return self.note.title if self.note is not None and self.note.title else self.path.stem


@dataclass(frozen=True, eq=False)
class RunsState(WorkerState):
    """The list.

    Attributes:
        rows: every file; those found so far while the folders are looked into for the first time.
        is_whole: True once all folders were looked into.
        thumbnails: pictures of samples, by path, as `run_thumbnail.read_thumbnail` gives them.
        deleted: files that were deleted last, of those that can be brought back.
    """

    rows: tuple[RunRow, ...] = ()
    is_whole: bool = False
    thumbnails: Mapping[Path, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))
    deleted: tuple[Deleted, ...] = ()


class RunsWorker(Worker[RunsState]):
    """Follows some folders while it is asked to."""

    def __init__(self) -> None:
        super().__init__("runs", RunsState())
        self._folders: tuple[Path, ...] = ()
        self._shallow: tuple[Path, ...] = ()
        self._reader = CatalogueReader()
        self._looking: Iterator[RunSummary | NotListed] | None = None
        self._found: list[RunRow] = []
        self._notes = Notes()
        self._is_watching = False
        self._due = self._spent = self._told = 0.0
        self._wanted: list[Path] = []
        self._drawn: dict[Path, RunSummary] = {}
        self._deleted: list[tuple[Deleted, ...]] = []

    def begin(self) -> None:
        """Empties the trash of earlier days, and reads titles and notes."""
        empty_trash()
        self._notes = read_notes()

    @property
    def timeout(self) -> float | None:
        """Seconds until the next look; None while nobody watches."""
        if self._wanted:
            return 0.0
        if not self._is_watching:
            return None
        return 0.0 if self._looking is not None else max(0.0, self._due - time.monotonic())

    def step(self) -> None:
        """Reads for a moment: thumbnails that are waited for, then the folders."""
        end = time.monotonic() + TURN_SECONDS
        if self._wanted:
            self._draw(end)
        elif self._is_watching and (self._looking is not None or time.monotonic() >= self._due):
            self._look(end)

    def pause_all(self) -> None:
        """Looks no more until it is asked to."""
        self._is_watching, self._looking, self._wanted = False, None, []

    @command(replaces="watch")
    def watch(self, folders: Sequence[Path], shallow: Sequence[Path]) -> None:
        """Follows some folders from now on; none to stop.

        Args:
            folders: of which all runs are listed, at any depth.
            shallow: of which those in the folder itself are.
        """
        self._folders, self._shallow, self._is_watching = tuple(folders), tuple(shallow), bool(folders)
        self._looking, self._due = None, 0.0

    @command(replaces="want")
    def want_thumbnails(self, paths: Sequence[Path]) -> None:
        """Reads these thumbnails next, and no others that are still waited for."""
        self._wanted = list(paths)

    @command()
    def write(self, run: RunSummary, title: str, note: str) -> None:
        """Gives a run a title and a note.

        Raises:
            RunFileError: they cannot be written.
        """
        self._notes = write_note(run, title, note)
        self.update(rows=tuple(self._row(row.entry, row) for row in self.state.rows))

    @command()
    def delete(self, paths: Sequence[Path]) -> None:
        """Moves files to the trash, as far as they go there; the others are told."""
        deleted: list[Deleted] = []
        failures: list[str] = []
        for path in paths:
            try:
                deleted.append(delete_run(path))
            except RunFileError as error:
                failures.append(str(error))
        gone = {one.was for one in deleted}
        self.update(rows=tuple(row for row in self.state.rows if row.path not in gone))
        self._show_deleted(tuple(deleted))
        if failures:
            more = (
                tr(", and {files}", files=counted(len(failures) - 1, "more file"))
                if len(failures) > 1
                else ""
            )
            self.tell("error", f"{failures[0]}{more}")
        self._looking, self._due = None, 0.0

    @command()
    def undo(self) -> None:
        """Brings back what was deleted last; asked for again, what was deleted before it.

        Raises:
            RunFileError: one cannot be brought back; the others are.
        """
        last = self._deleted.pop() if self._deleted else ()
        left: list[Deleted] = []
        failure: RunFileError | None = None
        for one in last:
            try:
                bring_back(one)
            except RunFileError as error:
                left.append(one)
                failure = error
        self._show_deleted(tuple(left))
        self._looking, self._due = None, 0.0
        if failure is not None:
            raise failure

    @command()
    def forget_deleted(self) -> None:
        """Offers no more to bring back what was deleted; it stays in the trash."""
        self._deleted = []
        self._show_deleted(())

    def _show_deleted(self, deleted: tuple[Deleted, ...]) -> None:
        """Offers to bring back what was deleted last, and before it what was deleted earlier."""
        if deleted:
            self._deleted.append(deleted)
        self.update(deleted=self._deleted[-1] if self._deleted else ())

    def _look(self, end: float) -> None:
        if self._looking is None:
            # There is no folder of autosaved runs before the first.
            places = [place for place in self._folders if place.exists() or place != autosave_folder()]
            for folder in self._shallow:
                places += run_files_in(folder)
            self._looking, self._found, self._spent = self._reader.entries(places), [], 0.0
        start, known = time.monotonic(), {row.path: row for row in self.state.rows}
        for entry in self._looking:
            if not (isinstance(entry, NotListed) and entry.holds_data):
                self._found.append(self._row(entry, known.get(entry.path)))
            if time.monotonic() >= end:
                break
        else:
            now = time.monotonic()
            self._looking, self._due = None, now + max(LOOK_SECONDS, REST * (self._spent + now - start))
            if tuple(self._found) != self.state.rows or not self.state.is_whole:
                self.update(rows=tuple(self._found), is_whole=True)
            runs = {row.path: row.run for row in self._found}
            self._wanted += [path for path, run in self._drawn.items() if runs.get(path) not in (None, run)]
            return
        self._spent += time.monotonic() - start
        if not self.state.is_whole and time.monotonic() >= self._told + TELL_SECONDS:
            self._told = time.monotonic()
            self.update(rows=tuple(self._found))

    def _row(self, entry: RunSummary | NotListed, before: RunRow | None) -> RunRow:
        """The row of a file, the one from before where nothing of it has changed."""
        if isinstance(entry, NotListed):
            return before if before is not None and before.entry == entry else RunRow(entry, None)
        note = self._notes.of(entry)
        is_training = entry.is_unfinished and bool(is_locked(entry.path))
        same = before is not None and before.entry is entry
        if same and before is not None and (before.note, before.is_training) == (note, is_training):
            return before
        settings = before.settings if same and before is not None else settings_that_differ(entry)
        return RunRow(entry, note, settings, is_training)

    def _draw(self, end: float) -> None:
        """Reads the thumbnails that are waited for, as far as time goes; one that cannot be read stays empty."""
        runs = {row.path: row.run for row in self.state.rows}
        pictures = dict(self.state.thumbnails)
        while self._wanted and time.monotonic() < end:
            path = self._wanted.pop(0)
            run = runs.get(path)
            if run is None or self._drawn.get(path) is run:
                continue
            self._drawn[path] = run
            try:
                pictures[path] = read_thumbnail(run)
            except RunFileError:
                pictures[path] = NO_PICTURE
        self.update(thumbnails=MappingProxyType(pictures))
