"""Long work in steps: generators that yield the share that is done, and return what they found."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def telling(steps: Generator[float, None, T], tell: Callable[[float], S]) -> Generator[S, None, T]:
    """Goes through steps, and yields what there is to tell of the share that is done; returns what they return."""
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

    def place(share: float) -> float:
        nonlocal reached
        reached = max(reached, share)
        return start + (end - start) * reached

    return (yield from telling(steps, place))
