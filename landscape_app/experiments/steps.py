"""Long work in steps: generators that yield the share that is done, and return what they found."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from landscape_app.experiments.experiment import Progress

T = TypeVar("T")


def telling(
    steps: Generator[float, None, T], tell: Callable[[float], Progress]
) -> Generator[Progress, None, T]:
    """Goes through steps, and tells the share that is done of each; returns what they return."""
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        yield tell(share)


def part(steps: Generator[float, None, T], start: float, end: float) -> Generator[float, None, T]:
    """Steps as a part of longer work, from one share of it to another; returns what they return.

    Where steps begin anew, the share waits for them.
    """
    reached = 0.0
    while True:
        try:
            share = next(steps)
        except StopIteration as stop:
            result: T = stop.value
            return result
        reached = max(reached, share)
        yield start + (end - start) * reached
