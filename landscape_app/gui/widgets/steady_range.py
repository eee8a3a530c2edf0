"""Ranges in round numbers that follow numbers which move, without jumping at each of their moves."""

from __future__ import annotations

import math

ROOM = 3.0
"""A range is kept while it is at most so many times as wide as the numbers need."""


def steady_range(
    low: float, high: float, before: tuple[float, float] | None = None, least: float = 1.0
) -> tuple[float, float]:
    """A range that holds low and high: the one before where it still fits, else one in round numbers.

    Args:
        low: least number.
        high: largest number.
        before: the range so far.
        least: numbers that are closer together count as so far apart.
    """
    width = max(high - low, least)
    if (
        before is not None
        and before[0] <= low
        and high <= before[1]
        and before[1] - before[0] <= ROOM * width
    ):
        return before
    step = 10.0 ** math.floor(math.log10(width))
    step *= 0.5 if width < 3 * step else 2.0 if width > 7 * step else 1.0
    return math.floor(low / step) * step, (math.floor(high / step) + 1) * step
