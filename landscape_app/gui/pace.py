"""When what is due again, and how many steps are done a second."""

from __future__ import annotations

import time

LATEST = 0.1
"""Seconds of delay that evenly spaced steps make up for; later ones are left out."""

RATE_SECONDS = 2.0

FRAME_SECONDS = 1 / 60
TRAINING_FRAME_SECONDS = 1 / 30
"""Half as often as the screen draws: every picture holds the interpreter while training waits for it."""

HISTORY_SECONDS = 0.12
"""Between two looks at the past of a chain while it moves: figures and curves cannot be read faster."""

ENERGY_SECONDS = 1.0
KERNEL_SECONDS = 0.25
PREVIEW_SECONDS = 0.5


class Pace:
    """Keeps the time of things that are done at intervals."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forgets everything: all is due, and no step is counted."""
        self._due: dict[str, float] = {}
        self._ticks: list[float] = []

    def is_due(self, what: str, interval: float) -> bool:
        """Whether it is time for something; if so, it is due again after `interval` seconds."""
        now = time.perf_counter()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + interval
        return True

    def is_step_due(self, interval: float) -> bool:
        """Whether it is time for the next of steps that are evenly spaced in time, however late it is looked."""
        now = time.perf_counter()
        if now < self._due.get("step", 0.0):
            return False
        self._due["step"] = max(self._due.get("step", now) + interval, now - LATEST)
        return True

    def wait(self) -> float:
        """Seconds until the next step is due."""
        return max(0.0, self._due.get("step", 0.0) - time.perf_counter())

    def hasten(self, what: str) -> None:
        """Makes something due at once."""
        self._due.pop(what, None)

    def rate(self) -> float:
        """Steps a second over the last two seconds; counts one now."""
        now = time.perf_counter()
        self._ticks = [tick for tick in self._ticks if tick > now - RATE_SECONDS]
        self._ticks.append(now)
        span = now - self._ticks[0]
        return (len(self._ticks) - 1) / span if span > 0 else 0.0
