"""Follows a run file while another process writes it, in HDF5's single-writer-multiple-reader mode."""

from __future__ import annotations

import enum
import time
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from landscape_app.runs.live_file import (
    ENDED,
    FINISHED,
    GROUPS,
    HEAD_BYTES,
    MARK,
    SILENT_SECONDS,
    SLOTS,
    WRITING,
    ending,
    is_being_written,
    is_live,
    state_number,
)
from landscape_app.runs.run_file import RunState, read_run
from landscape_app.runs.whole_file import UNREADABLE, RunFileError


class Life(enum.Enum):
    """How it stands with whoever writes a file."""

    WRITING = "writing"
    FINISHED = "finished"
    LOST = "lost"


@dataclass(frozen=True, eq=False)
class News:
    """What has come since the last look.

    Attributes:
        rows: new rows by group and column, each of shape (rows, …).
        state: the run at a new state; None where there is none.
        life: of the writer.
    """

    rows: dict[str, dict[str, np.ndarray]]
    state: RunState | None
    life: Life


class Follower:
    """Reads what is new in a live file at every look, without being in its writer's way.

    Args:
        path: of the file.
        known: how many rows of each group are known already.

    Raises:
        RunFileError: the file is none that is read.
    """

    def __init__(self, path: Path, known: dict[str, int] | None = None) -> None:
        self.path = Path(path)
        self._rows = dict.fromkeys(GROUPS, 0) | (known or {})
        self._state = 0
        self._file: h5py.File | None = None
        self._sign = self._stamp()
        self._heard = time.monotonic()
        if self._sign is not None and is_being_written(self.path):
            self._file = self._open()

    def look(self) -> News:
        """What is new.

        Raises:
            RunFileError: the file is damaged, or gone.
        """
        if self._file is None or not self._is_live():
            return self._sealed()
        try:
            return self._live(self._file)
        except UNREADABLE as error:
            raise RunFileError(f"{self.path} cannot be read on: it is damaged") from error

    def close(self) -> None:
        """Lets go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _live(self, file: h5py.File) -> News:
        rows: dict[str, dict[str, np.ndarray]] = {}
        for group in GROUPS:
            columns = dict(file[group])
            for column in columns.values():
                column.refresh()
            first = self._rows[group]
            length = min((len(column) for column in columns.values()), default=first)
            rows[group] = {name: column[first:length] for name, column in columns.items()}
            self._rows[group] = max(first, length)
        latest = 0
        for slot in SLOTS:
            file[slot].refresh()
            latest = max(latest, state_number(file[slot][:HEAD_BYTES].tobytes()))
        state = None
        if latest > self._state:
            state, self._state = read_run(self.path), latest
        file[ENDED].refresh()
        return News(rows, state, self._life(int(file[ENDED][0])))

    def _sealed(self) -> News:
        """All of a file that nobody writes any more."""
        self.close()
        state = read_run(self.path)
        measurements = {
            name.removeprefix("measurements/"): column
            for name, column in state.arrays.items()
            if name.startswith("measurements/")
        }
        rows = {}
        for group, columns in zip(GROUPS, (state.metrics, measurements), strict=True):
            rows[group] = {name: column[self._rows[group] :] for name, column in columns.items()}
            self._rows[group] = max(self._rows[group], max(map(len, columns.values()), default=0))
        return News(rows, state, Life.LOST if self._was_left() else Life.FINISHED)

    def _life(self, ending: int) -> Life:
        sign, now = self._stamp(), time.monotonic()
        if sign != self._sign:
            self._sign, self._heard = sign, now
        if ending != WRITING:
            return Life.FINISHED if ending == FINISHED else Life.LOST
        return Life.WRITING if now - self._heard < SILENT_SECONDS else Life.LOST

    def _stamp(self) -> int | None:
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return None

    def _is_live(self) -> bool:
        try:
            with self.path.open("rb") as file:
                return is_live(file.read(len(MARK)))
        except OSError:
            return False

    def _was_left(self) -> bool:
        """Whether a file that nobody writes is live, and its writer has not come to an end."""
        try:
            image = self.path.read_bytes()
            return is_live(image) and ending(image) != FINISHED
        except UNREADABLE:
            return True

    def _open(self) -> h5py.File:
        # A look at the whole first: a damaged file would be asked a hundred times, with pauses.
        read_run(self.path)
        return h5py.File(self.path, "r", libver="latest", swmr=True, locking=False)
