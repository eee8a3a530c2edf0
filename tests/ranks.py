"""Ranks as threads of one process, which send each other tensors by handing them over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from landscape_app.physics.ranks import ALONE, Ranks

T = TypeVar("T")

LONGEST_WAIT = 30.0
"""Seconds after which ranks that do not meet have failed."""


class Meeting:
    """Place at which all threads lay down a value and take up those of all others."""

    def __init__(self, count: int) -> None:
        self._values: list[object] = [None] * count
        self.words: dict[int, str] = {}
        self.barrier = threading.Barrier(count, timeout=LONGEST_WAIT)

    def exchange(self, rank: int, value: T) -> list[T]:
        """The values of all ranks."""
        self._values[rank] = value
        self.barrier.wait()
        found = list(self._values)
        self.barrier.wait()
        return found  # type: ignore[return-value]


class Thread:
    """Channel of one rank."""

    def __init__(self, rank: int, meeting: Meeting) -> None:
        self._rank = rank
        self._meeting = meeting

    def sum(self, buffer: Tensor) -> Tensor:
        total, *others = self._meeting.exchange(self._rank, buffer)
        for other in others:
            total = total + other
        return total

    def first(self, buffer: Tensor) -> Callable[[], Tensor]:
        found = self._meeting.exchange(self._rank, buffer)[0].clone()
        return lambda: found

    def exchange(self, sent: Tensor, to: Sequence[int], came: Sequence[int]) -> Tensor:
        parts = [rows[self._rank] for rows in self._meeting.exchange(self._rank, sent.split(list(to)))]
        assert [len(part) for part in parts] == list(came)
        return torch.cat(parts)

    def leave_word(self, rank: int, text: str) -> None:
        self._meeting.words[rank] = text

    def word(self, rank: int) -> str | None:
        return self._meeting.words.get(rank)


def on_ranks(count: int, work: Callable[[Ranks], T]) -> list[T]:
    """Results of work that so many ranks do together, in their order.

    A rank that fails ends the others; its error is raised.
    """
    if count == 1:
        return [work(ALONE)]
    meeting = Meeting(count)

    def begin(rank: int) -> T:
        torch.set_num_threads(1)
        try:
            return work(Ranks(rank, count, Thread(rank, meeting)))
        except BaseException:
            meeting.barrier.abort()
            raise

    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(begin, rank) for rank in range(count)]
    failures = [error for task in running if (error := task.exception()) is not None]
    for error in failures:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error
    if failures:
        raise failures[0]
    return [task.result() for task in running]
