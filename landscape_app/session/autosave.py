"""A session saved while it trains: its whole state every few seconds, without training waiting for the disk."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from landscape_app.language import tr
from landscape_app.runs import CheckpointWriter, RunState
from landscape_app.runs.orders import Order, OrderBox
from landscape_app.runs.run_file import DATA
from landscape_app.session.checkpoint import run_state
from landscape_app.session.session import SNAPSHOTS, Session

UNCHANGED = (f"{DATA}/", f"{SNAPSHOTS}/")
"""Groups of arrays that no training changes."""


class Autosave:
    """Keeps a file up with a session that trains.

    Of several ranks each has one, and calls it as the others do; the first writes.

    Args:
        session: to save; its first checkpoint is written at once.
        path: of the file; an older one there is replaced.

    Raises:
        RunFileError: the place cannot be written, or another process writes it.
    """

    def __init__(self, session: Session, path: Path) -> None:
        self._session = session
        self._writer = CheckpointWriter(path) if session.ranks.is_first else None
        self.path = Path(path).absolute()
        self._orders = OrderBox(path)
        self.save_now()

    @property
    def failure(self) -> str | None:
        """Reason why the latest state is not on the disk; None while all is well."""
        return None if self._writer is None else self._writer.failure

    @property
    def is_due(self) -> bool:
        """True if it is time for a state; False of all ranks but the first."""
        return self._writer is not None and self._writer.is_due

    def after_epoch(self, is_due: bool | None = None) -> None:
        """Saves what is due and new; to be called between two epochs, or later.

        Args:
            is_due: of the first of several ranks, by which all of them save; None to ask it, in a message.
        """
        if is_due is None:
            is_due = bool(self._session.ranks.agreed(self.is_due)[0])
        if is_due and self._session.trainer.epoch != self._saved:
            self.save_now()

    def take_order(self) -> Order | None:
        """Order of somebody who follows the file to the training; None for none.

        Raises:
            RunFileError: it cannot be understood.
        """
        return None if self._writer is None else self._orders.take()

    def save_now(self) -> None:
        """Hands the state as it is now to the disk; returns at once."""
        self._saved = self._session.trainer.epoch
        if self._writer is None:
            self._session.state_dict(passing=True)
            return
        start = time.thread_time()
        try:
            state = snapshot(self._session)
        except MemoryError:
            self._writer.failure = tr("memory is short")
            return
        self._writer.put(state, time.thread_time() - start)

    def wait(self) -> bool:
        """Waits until the last state handed over is on the disk; returns whether it is."""
        return self._writer is None or self._writer.wait()

    def finish(self, passing: bool = False, state: RunState | None = None) -> None:
        """Writes the session as a run that has come to its end.

        Args:
            passing: leave out what would have to be computed.
            state: of the session, where it is known.

        Raises:
            RunFileError: it cannot be written.
        """
        state = state or run_state(self._session, passing)
        if self._writer is not None:
            self._writer.finish(state)

    def close(self) -> None:
        """Lets go of the file; a run that was not finished there can be resumed from it."""
        if self._writer is not None:
            self._writer.close()


def snapshot(session: Session) -> RunState:
    """A session as plain data that no later epoch changes."""
    state = run_state(session, passing=True)
    # On the CPU arrays share their memory with the tensors that train; data and snapshots never change.
    arrays = {
        name: array if name.startswith(UNCHANGED) else np.array(array) for name, array in state.arrays.items()
    }
    return replace(state, arrays=arrays)
