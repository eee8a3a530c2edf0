"""Number of the processor's threads by the size of the work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

LEAST_NUMBERS = 2**18
"""Numbers in the configurations for which another thread is worth waiting for: 4,096 images of 8 × 8.

Of fewer a step took no longer on one thread than on two; and where other programs are busy, threads spin away each
other's time in every small operation."""


_here = threading.local()


def set_threads(number: int) -> None:
    """So many compute threads of torch for this thread, whatever others set afterwards.

    Torch gives a thread at its first operation the number that any thread set last; asking is such an operation.
    """
    torch.get_num_threads()
    torch.set_num_threads(number)  # noqa: TID251


def available_threads() -> int:
    """Threads that this one may share work of some size with: torch's number, however few `threads_for` leaves it."""
    return max(torch.get_num_threads(), getattr(_here, "threads", 1))


@contextmanager
def _threads(own: int, shared: int) -> Iterator[None]:
    """So many compute threads of torch, and to share work with; as many as before afterwards."""
    before = torch.get_num_threads(), getattr(_here, "threads", 1)
    set_threads(own)
    _here.threads = shared
    try:
        yield
    finally:
        set_threads(before[0])
        _here.threads = before[1]


def one_by_one() -> AbstractContextManager[None]:
    """One compute thread, which shares nothing; as many as before afterwards."""
    return _threads(1, 1)


def threads_for(numbers: int) -> AbstractContextManager[None]:
    """As many of this thread's compute threads as configurations of so many numbers occupy; all of them afterwards.

    In a small batch every operation of torch takes microseconds, of which threads that wait for each other use more
    than they save; compiled loops are shared with all of them all the same (`available_threads`). The number follows
    from the size alone, as another number changes last digits.
    """
    threads = torch.get_num_threads()
    enough = max(1, min(threads, numbers // LEAST_NUMBERS))
    return nullcontext() if enough == threads else _threads(enough, threads)
