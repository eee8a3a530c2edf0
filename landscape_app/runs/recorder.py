"""Records a run while it trains: rows and states go to a process of its own, which writes the live file."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from landscape_app.runs.live_file import FIXED, Columns
from landscape_app.runs.own_process import command_of
from landscape_app.runs.parcel import pack
from landscape_app.runs.root import root_attributes, root_texts
from landscape_app.runs.scribe import BEAT, BEAT_SECONDS, BEGIN, END, FRAME, ROWS, STATE
from landscape_app.runs.whole_file import check_writable

CLOSING_SECONDS = 20.0
"""That the last state may take to be written."""


class Recorder:
    """Writes a live file beside the training; whatever happens to it, training goes on.

    Every call returns at once: what waits is sent by a thread, of states the latest only.

    Args:
        path: of the file; an older one is replaced when the new one can be read.
        configuration: JSON values that determine the run.
        provenance: JSON values that say how the file came to be.
        fixed: arrays that never change.
        columns: of the groups that grow.

    Attributes:
        path: of the file.
        failure: why nothing is recorded any more; None while all is well.

    Raises:
        RunFileError: the place cannot be written.
    """

    def __init__(
        self,
        path: Path,
        configuration: Mapping[str, Any],
        provenance: Mapping[str, Any],
        fixed: Mapping[str, np.ndarray],
        columns: Columns,
    ) -> None:
        self.path = Path(path).absolute()
        check_writable(self.path)
        self.failure: str | None = None
        note = {
            "path": str(self.path),
            "attributes": root_attributes(),
            "columns": columns,
        }
        arrays = root_texts(configuration, provenance)
        arrays |= {f"{FIXED}/{name}": array for name, array in fixed.items()}
        self._waiting: list[tuple[bytes, bytes]] = [(BEGIN, pack(note, arrays))]
        self._wanted = threading.Condition()
        self._process = subprocess.Popen(
            command_of("landscape_app.runs.scribe"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._thread = threading.Thread(target=self._send, name="recorder", daemon=True)
        self._thread.start()

    @property
    def process(self) -> int:
        """Number of the process that writes."""
        return self._process.pid

    def append(self, group: str, rows: Mapping[str, np.ndarray]) -> None:
        """Records rows of a group, one array of shape (rows, …) for each of its columns."""
        self._post(ROWS, pack({"group": group}, rows))

    def keep(self, note: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Records a state in place of those that still wait.

        Args:
            note: JSON values; `rows` says how many rows of each group belong to the state.
            arrays: by their path in a run file.
        """
        self._post(STATE, pack(note, arrays))

    def close(self) -> bool:
        """Ends the recording when all is written; whether it was."""
        self._post(END, b"")
        self._thread.join(CLOSING_SECONDS)
        if self._thread.is_alive():
            self._process.kill()
            self._thread.join()
        return self.failure is None

    def _post(self, kind: bytes, body: bytes) -> None:
        with self._wanted:
            if self.failure is not None:
                return
            if kind == STATE:
                self._waiting = [frame for frame in self._waiting if frame[0] != STATE]
            self._waiting.append((kind, body))
            self._wanted.notify()

    def _send(self) -> None:
        """Sends what waits, until the end or a failure."""
        pipe = self._process.stdin
        assert pipe is not None
        kind = BEGIN
        try:
            while kind != END:
                with self._wanted:
                    self._wanted.wait_for(lambda: self._waiting, BEAT_SECONDS)
                    kind, body = self._waiting.pop(0) if self._waiting else (BEAT, b"")
                pipe.write(FRAME.pack(kind, len(body)))
                pipe.write(body)
                pipe.flush()
        except OSError:
            # It has ended, and says why.
            pass
        with suppress(OSError):
            pipe.close()
        self._listen()

    def _listen(self) -> None:
        """Waits for the process to end, and takes down why if it did not end well."""
        assert self._process.stdout is not None
        said = self._process.stdout.read().strip()
        code = self._process.wait()
        self._process.stdout.close()
        if code:
            with self._wanted:
                self.failure = json.loads(said) if said else f"the recording process ended with code {code}"
                self._waiting.clear()
