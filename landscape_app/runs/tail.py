"""Follows a run that another process writes: looks at the time and size of its file, and reads it anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from landscape_app.runs.orders import Order, give_order
from landscape_app.runs.run_file import METRICS, RunState, read_run
from landscape_app.runs.writer import SILENT_SECONDS, WriterStatus, WriterWatch, is_locked

MEASUREMENTS = "measurements/"
"""Group of the arrays that have a row for every measurement."""


class Histories(NamedTuple):
    """Columns of a run that grow by rows, by their names.

    Attributes:
        metrics: a row for every epoch.
        measurements: a row for every measurement of the model.
    """

    metrics: Mapping[str, np.ndarray]
    measurements: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, state: RunState) -> Histories:
        """Those of a run."""
        return cls(state.metrics, cls.among(state.arrays).measurements)

    @classmethod
    def among(cls, arrays: Mapping[str, np.ndarray]) -> Histories:
        """Those among the arrays of a run (`RunState.as_arrays`)."""

        def group(prefix: str) -> dict[str, np.ndarray]:
            return {n.removeprefix(prefix): column for n, column in arrays.items() if n.startswith(prefix)}

        return cls(group(METRICS), group(MEASUREMENTS))


@dataclass(frozen=True, eq=False)
class Update:
    """One look at a run.

    Attributes:
        state: the run; None where it is the same as at the look before.
        status: of its writer.
        histories: the rows so far; None where there are none that are new. From another machine they come sooner
            than the state, which is larger, and may be some epochs ahead of it.
        trouble: why nothing comes now, in words, such as a connection that is lost; empty while all is well.
        refused: why the last order could not be given; empty where nothing was refused.
    """

    state: RunState | None
    status: WriterStatus
    histories: Histories | None = None
    trouble: str = ""
    refused: str = ""


class Followed(Protocol):
    """A run that is followed, wherever it is written."""

    @property
    def title(self) -> str:
        """Path or address, in a line."""

    @property
    def resume(self) -> str:
        """The command that goes on with it where nobody writes it any more."""

    def look(self) -> Update:
        """News of it since the last look.

        Raises:
            RunFileError: it is damaged, or gone, or cannot be reached.
        """

    def order(self, order: Order) -> None:
        """Asks its writer for something.

        Raises:
            RunFileError: that cannot be asked.
        """

    def close(self) -> None:
        """Follows it no longer."""


class Tail(Followed):
    """Looks at a run file again and again, and is never in its writer's way.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._watch = WriterWatch(self.path)
        self._signature: tuple[int, ...] | None = None
        self._writer: str | None = None

    @property
    def title(self) -> str:
        """Path of the file."""
        return str(self.path)

    @property
    def resume(self) -> str:
        """The command that goes on with the run."""
        return f"landscape train --resume {self.path}"

    def look(self) -> Update:
        """The run as it is now, where that is new, and the state of its writer.

        Raises:
            RunFileError: the file is damaged, or gone.
        """
        # In this order: a writer says that the run has ended before it lets go of the lock.
        locked, signature = is_locked(self.path), self._signature_now()
        state = None
        if signature is None or signature != self._signature:
            state = read_run(self.path)
            self._signature, self._writer = signature, state.writer
        histories = None if state is None else Histories.of(state)
        return Update(state, self._watch.status(locked, self._writer), histories)

    def order(self, order: Order) -> None:
        """Leaves an order for the writer beside the file.

        Raises:
            RunFileError: the folder cannot be written.
        """
        give_order(self.path, order)

    def close(self) -> None:
        """Nothing is held open."""

    def _signature_now(self) -> tuple[int, ...] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def is_being_written(path: Path) -> bool:
    """True if a process writes a run file; waits for a sign of life of one on another machine.

    Raises:
        RunFileError: the file is damaged, or missing.
    """
    path = Path(path)
    watch = WriterWatch(path)
    if is_locked(path, timeout=0.3):
        return True
    if Tail(path).look().status is not WriterStatus.WRITING:
        return False
    return watch.has_beaten_within(SILENT_SECONDS)
