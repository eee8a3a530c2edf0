"""Commands that wait for a background thread, which does them between two of its steps."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import NamedTuple


class Command(NamedTuple):
    """Something to do between two steps.

    Attributes:
        action: what.
        replaces: commands of the same name that still wait are dropped; "" for none.
    """

    action: Callable[[], None]
    replaces: str


class CommandQueue:
    """What other threads post, and one thread takes."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Command] = queue.SimpleQueue()

    def post(self, action: Callable[[], None], replaces: str = "") -> None:
        """Adds a command; returns at once."""
        self._queue.put(Command(action, replaces))

    def take(self, patience: float | None) -> list[Command]:
        """The commands that wait, the latest of each name; for the first, waits so many seconds, or for ever."""
        waiting: list[Command] = []
        try:
            waiting.append(self._queue.get(block=patience != 0.0, timeout=patience or None))
            while True:
                waiting.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        last = {command.replaces: command for command in waiting}
        return [c for c in waiting if not c.replaces or last[c.replaces] is c]
