"""Checkpoints of a run while it trains: a background thread writes the newest state, and training never waits."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

from landscape_app.language import tr
from landscape_app.runs.atomic import RunFileError, atomic_write, reason_of
from landscape_app.runs.run_file import BLOCK, RunState, run_image
from landscape_app.runs.writer import BEAT_SECONDS, WriterLock, part_path, this_machine

EVERY_SECONDS = 2.0
"""Between two checkpoints at least."""
SHARE = 0.01
"""Of the time that checkpoints may take, in the thread that trains and in the background together."""
CLOSING_SECONDS = 20.0
"""Patience with a checkpoint that is under way when the run ends, as on a network that has gone."""


class CheckpointWriter:
    """The writer of a run file, from the beginning of its training to the end.

    Where a checkpoint fails, as on a full disk, it is tried again, or a newer one in its place.

    Args:
        path: of the file; an older one there is replaced by the first checkpoint.

    Attributes:
        path: of the file.
        failure: why the newest state is not on the disk; None while all is well.

    Raises:
        RunFileError: the place cannot be written, or another process writes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path).absolute()
        self.failure: str | None = None
        self._lock = WriterLock(self.path)
        self._written: bytes | None = None
        self._waiting: RunState | None = None
        self._began, self._cost = -EVERY_SECONDS, 0.0
        self._busy = self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="checkpoints", daemon=True)
        self._thread.start()

    @property
    def is_due(self) -> bool:
        """True if another checkpoint is wanted now."""
        apart = max(EVERY_SECONDS, self._cost / SHARE)
        return not self._busy and time.monotonic() >= self._began + apart

    def put(self, state: RunState, cost: float = 0.0) -> None:
        """Hands over a state in place of one that still waits; returns at once.

        Args:
            state: of arrays that do not change any more.
            cost: seconds of processor time that it took to make.
        """
        with self._changed:
            self._waiting, self._busy = state, True
            self._began, self._cost = time.monotonic(), cost
            self._changed.notify_all()

    def wait(self, timeout: float = CLOSING_SECONDS) -> bool:
        """Waits until what was handed over is on the disk, or has failed; returns whether it is on the disk."""
        with self._changed:
            done = self._changed.wait_for(lambda: not self._busy, timeout)
        return done and self.failure is None

    def finish(self, state: RunState) -> None:
        """Writes the state that the run has ended with, in place of a checkpoint.

        Raises:
            RunFileError: it cannot be written; the last checkpoint stays.
        """
        if not self._stop():
            raise RunFileError(tr("cannot write {path}: the disk does not answer", path=self.path))
        try:
            self._write(replace(state, writer=None), compress=True)
        except (OSError, MemoryError) as error:
            raise RunFileError(
                tr("cannot write {path}: {reason}", path=self.path, reason=reason_of(error))
            ) from error

    def close(self) -> None:
        """Ends the writing, with the last state that was handed over, and lets others write the file."""
        if self._stop():
            self._lock.release()

    def _stop(self) -> bool:
        """Ends the thread when it has done its work; whether that was within reasonable time."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(CLOSING_SECONDS)
        return not self._thread.is_alive()

    def _work(self) -> None:
        """Writes what is handed over, and beats in between, until the end."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._busy or self._closing, BEAT_SECONDS)
                state, self._waiting = self._waiting, None
                if state is None and self._closing:
                    return
            failure = self._attempt(state)
            with self._changed:
                if failure is not None and self._waiting is None and not self._closing:
                    self._waiting = state
                self.failure = failure
                self._busy = failure is None and self._waiting is not None
                self._changed.notify_all()

    def _attempt(self, state: RunState | None) -> str | None:
        """A beat, and a checkpoint where there is a state; returns why it failed."""
        start = time.thread_time()
        try:
            if state is None:
                self._lock.beat()
                return self.failure
            self._write(replace(state, writer=this_machine()), compress=False)
        except Exception as error:
            return str(error) if isinstance(error, RunFileError) else reason_of(error)
        with self._changed:
            self._cost += time.thread_time() - start
        return None

    def _write(self, state: RunState, compress: bool) -> None:
        self._lock.beat()
        # A file that somebody else has put there meanwhile is not ours to replace.
        there = _first_block(self.path)
        if self._written is not None and there not in (None, self._written):
            raise RunFileError(tr("{path} was replaced by another program", path=self.path))
        image = run_image(state, compress)
        with atomic_write(self.path, part_path(self.path)) as part:
            part.write_bytes(image)
        self._written = bytes(image[:BLOCK])


def _first_block(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(BLOCK)
    except FileNotFoundError:
        return None
