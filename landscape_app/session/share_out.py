"""Independent pieces of work, one after the other here, or side by side on the workers of dask."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from distributed import Client

LOOK_SECONDS = 0.2
"""Between two looks at work that is done elsewhere."""

Look = TypeVar("Look")
Found = TypeVar("Found")
Work = Callable[..., Generator[Look, None, Found]]
"""Yields looks at itself as it goes on, for those who watch, and returns what was found."""


class StoppedError(Exception):
    """The user has asked to stop work that goes on."""


@dataclass(frozen=True, eq=False)
class Part(Generic[Look, Found]):
    """Look at one piece of work, or what it has come to.

    Attributes:
        number: of the piece.
        look: while it goes on; there are none of work that is done elsewhere.
        found: once it has ended.
    """

    number: int
    look: Look | None = None
    found: Found | None = None


class ShareOut(Protocol):
    """Way to do independent pieces of work; all ways find the same, in the order of the pieces."""

    def __call__(
        self, work: Work[Look, Found], arguments: Sequence[tuple[Any, ...]]
    ) -> Iterator[Part[Look, Found]]:
        """Does the work with each of the arguments."""


def finished(steps: Generator[Any, None, Found]) -> Found:
    """Result of all steps of a piece of work."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found


def in_turn(work: Work[Look, Found], arguments: Sequence[tuple[Any, ...]]) -> Iterator[Part[Look, Found]]:
    """Does one piece after the other in this process.

    Example:
        >>> def count(n):
        ...     for k in range(n):
        ...         yield k
        ...     return f"counted to {n}"
        >>> [part.look if part.found is None else part.found for part in in_turn(count, [(1,), (2,)])]
        [0, 'counted to 1', 0, 1, 'counted to 2']
    """
    for number, given in enumerate(arguments):
        steps = work(*given)
        while True:
            try:
                look = next(steps)
            except StopIteration as end:
                yield Part(number, found=end.value)
                break
            yield Part(number, look)


def on_workers(client: Client, threads: int, stopped: Callable[[], bool]) -> ShareOut:
    """Way to do the pieces side by side.

    Args:
        client: of dask, whose workers have processes of their own.
        threads: of torch for each piece: another number changes last digits.
        stopped: asked several times a second while there is nothing to tell; True raises `StoppedError`.
    """

    def share_out(
        work: Work[Look, Found], arguments: Sequence[tuple[Any, ...]]
    ) -> Iterator[Part[Look, Found]]:
        futures = [client.submit(found_by, work, given, threads, pure=False) for given in arguments]
        try:
            for number, future in enumerate(futures):
                while not future.done():
                    if stopped():
                        raise StoppedError
                    time.sleep(LOOK_SECONDS)
                yield Part(number, found=future.result())
        finally:
            client.cancel(futures)

    return share_out


def found_by(work: Work[Look, Found], given: tuple[Any, ...], threads: int) -> Found:
    """Result of a piece of work, computed by so many threads."""
    from landscape_app.physics.threads import set_threads

    set_threads(threads)
    return finished(work(*given))
