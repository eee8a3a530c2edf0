"""Ctrl-C as a request to stop, not as an exception in the middle of an epoch."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))
"""Ctrl-C, the polite end of a process, and Ctrl-Break, which Windows alone has."""


class StopRequest:
    """How often the user has asked to stop: once ends the training, twice what comes after it.

    Attributes:
        times: how often.
        saving: whether the result is being written, which nothing interrupts.
    """

    def __init__(self) -> None:
        self.times = 0
        self.saving = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Counts a signal; a third one gives up, unless the result is being written."""
        self.times += 1
        if self.times > 2 and not self.saving:
            raise KeyboardInterrupt


@contextmanager
def stopping_on_request() -> Iterator[StopRequest]:
    """Counts `SIGNALS` until the block ends."""
    request = StopRequest()
    before: list[tuple[signal.Signals, Callable[[int, FrameType | None], object] | int | None]] = [
        (number, signal.signal(number, request)) for number in SIGNALS
    ]
    try:
        yield request
    finally:
        for number, handler in before:
            signal.signal(number, handler)
