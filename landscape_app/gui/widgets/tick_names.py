"""Names in place of the numbers along an axis: as many as there is room for, those too long with dots."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

TickName = tuple[float, str]
"""A place on the axis, and what stands there."""

GAP = 8
"""Pixels between two names side by side."""

LONGEST = 104
"""Pixels that a name may take."""


def names_side_by_side(
    names: Sequence[TickName], spacing: float, metrics: QFontMetrics
) -> tuple[TickName, ...]:
    """Names below a horizontal axis: all, or every so many-th where they are too long.

    Args:
        names: from the left, evenly spaced.
        spacing: pixels from one to the next.
        metrics: of their font.
    """
    widest = min(max((metrics.horizontalAdvance(name) for _, name in names), default=0), LONGEST)
    step = max(1, math.ceil((widest + GAP) / max(spacing, 1e-9)))
    if step > 1 and spacing >= LONGEST / 2:
        # Each with dots says more than every other one in full.
        step = 1
    return _elided(names[::step], step * spacing - GAP, metrics)


def names_in_lines(names: Sequence[TickName], spacing: float, metrics: QFontMetrics) -> tuple[TickName, ...]:
    """Names beside a vertical axis: all, or every so many-th where there are more than lines.

    Args:
        names: from below, evenly spaced.
        spacing: pixels from one to the next.
        metrics: of their font.
    """
    step = max(1, math.ceil(metrics.height() / max(spacing, 1e-9)))
    return _elided(names[::step], LONGEST, metrics)


def _elided(names: Sequence[TickName], room: float, metrics: QFontMetrics) -> tuple[TickName, ...]:
    dots = Qt.TextElideMode.ElideRight
    return tuple((place, metrics.elidedText(name, dots, int(min(room, LONGEST)))) for place, name in names)
