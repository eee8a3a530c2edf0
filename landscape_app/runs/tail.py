"""Follows a run file that another process writes: looks at its time and size, and reads it anew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from landscape_app.runs.run_file import RunState, read_run
from landscape_app.runs.writer import SILENT_SECONDS, WriterStatus, WriterWatch, is_locked


@dataclass(frozen=True, eq=False)
class Update:
    """One look at a run file.

    Attributes:
        state: the run; None where it is the same as at the look before.
        status: of its writer.
    """

    state: RunState | None
    status: WriterStatus


class Tail:
    """Looks at a run file again and again, and is never in its writer's way.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._watch = WriterWatch(self.path)
        self._signature: tuple[int, ...] | None = None
        self._writer: str | None = None

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
        return Update(state, self._watch.status(locked, self._writer))

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
