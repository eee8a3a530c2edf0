"""Records a session while it trains: its metrics about once a second, its whole state every few seconds."""

from __future__ import annotations

import dataclasses
import time
import typing
from pathlib import Path

from landscape_app.learning.epoch import EpochRecord
from landscape_app.runs import History, Recorder
from landscape_app.session.carried_data import carried
from landscape_app.session.entropy_meter import Measurement
from landscape_app.session.persistence import provenance_of, run_state
from landscape_app.session.session import Session

ROW_SECONDS = 1.0
STATE_SECONDS = 4.0
"""Between two states; a few more where they cost much, never more than `MOST_STATE_SECONDS`."""
MOST_STATE_SECONDS = 8.0
COST = 0.01
"""Of the time that states may take while they need not be further apart for that."""


class Recording:
    """A live file of a session.

    Args:
        session: to record; what it has done so far is recorded at once.
        path: of the file; an older one there is replaced.

    Raises:
        RunFileError: the place cannot be written.
    """

    def __init__(self, session: Session, path: Path) -> None:
        self._session = session
        self._fixed = carried(session.dataset)
        self._sent = {"metrics": 0, "measurements": 0}
        self._rows_due = self._state_due = 0.0
        self._recorder = Recorder(
            path,
            session.configuration.as_dict(),
            provenance_of(session),
            self._fixed,
            {
                "metrics": _columns(EpochRecord, len(session.multipliers)),
                "measurements": _columns(Measurement, 0),
            },
        )
        self.keep()

    @property
    def path(self) -> Path:
        """Of the file."""
        return self._recorder.path

    @property
    def failure(self) -> str | None:
        """Why nothing is recorded any more; None while all is well."""
        return self._recorder.failure

    @property
    def process(self) -> int:
        """Number of the process that writes."""
        return self._recorder.process

    def after_epoch(self) -> None:
        """Records what is due and new; to be called between two epochs, or later."""
        now = time.monotonic()
        if now >= self._state_due and self._session.trainer.epoch != self._kept:
            self.keep()
        elif now >= self._rows_due:
            self._append()

    def keep(self) -> None:
        """Records all there is, now."""
        start = time.monotonic()
        if self.failure is not None:
            return
        self._kept = self._session.trainer.epoch
        self._append()
        state = run_state(self._session, passing=True)
        rows = {f"{group}/" for group in self._sent}
        arrays = {
            name: array
            for name, array in state.arrays.items()
            if name not in self._fixed and not name.startswith(tuple(rows))
        }
        self._recorder.keep({"rows": dict(self._sent), "configuration": dict(state.configuration)}, arrays)
        cost = time.monotonic() - start
        self._state_due = start + min(MOST_STATE_SECONDS, max(STATE_SECONDS, cost / COST))

    def close(self) -> bool:
        """Ends the recording; whether all of it was written."""
        return self._recorder.close()

    def _append(self) -> None:
        session = self._session
        for group, history in (("metrics", session.history), ("measurements", session.measurements)):
            first, length = self._sent[group], len(history)
            if length > first:
                self._recorder.append(group, _rows(history, first, length))
                self._sent[group] = length
        self._rows_due = time.monotonic() + ROW_SECONDS


def _rows(history: History, first: int, last: int) -> dict:
    return {name: history[name][first:last] for name in history.names}


def _columns(record: type, observables: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of the columns of a history of records."""
    kinds = {int: ("<i8", ()), float: ("<f8", ())}
    hints = typing.get_type_hints(record)
    return {
        field.name: kinds.get(hints[field.name], ("<f4", (observables,)))
        for field in dataclasses.fields(record)
    }
