"""Number of the processor's threads by the size of the work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

LEAST_NUMBERS = 2**18
"""Numbers in the configurations for which another thread is worth waiting for: 4,096 images of 8 × 8.

Of fewer a step took no longer on one thread than on two; and where other programs are busy, threads spin away each
other's time in every small operation."""


@contextmanager
def threads_for(numbers: int) -> Iterator[None]:
    """As many of this thread's compute threads as configurations of so many numbers occupy; all of them afterwards.

    In a small batch every operation takes microseconds, of which threads that wait for each other use more than they
    save. The number follows from the size alone, as another number changes last digits.
    """
    threads = torch.get_num_threads()
    enough = max(1, min(threads, numbers // LEAST_NUMBERS))
    if enough == threads:
        yield
        return
    torch.set_num_threads(enough)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
