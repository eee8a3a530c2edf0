"""Parts of plots: axes that make room for their numbers, linear or logarithmic, titles, and lines across."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGraphicsSceneResizeEvent, QGraphicsSceneWheelEvent

from landscape_app.gui.widgets.zoom import ZoomBox

NAME_MARGINS = 9
"""Pixels of an axis's name that hang out of the axis, or are empty at its inner edge."""

NAME_GAP = 2
"""Pixels between the name of a vertical axis and its longest number."""


DECADE = 22
"""Fewest pixels from one decade with a number to the next, on a logarithmic axis."""


NUMBER_GAP = 6
"""Fewest pixels between two numbers of a horizontal axis."""


class PlainAxis(pg.AxisItem):
    """An axis whose negative numbers have the sign that formulas have.

    Where it is logarithmic, ticks are at the decades, or at 1, 2 and 5 where the range is short.
    """

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        """Leaves the wheel to what the plot is in, where it does not zoom."""
        view = self.linkedView()
        if not isinstance(view, ZoomBox) or not view.takes_wheel(event):
            event.ignore()
        else:
            super().wheelEvent(event)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """The numbers as they stand at the ticks."""
        strings = super().tickStrings(values, scale, spacing)
        if not self.logMode and len(set(strings)) < len(strings):
            # Far from zero all would read alike, such as 1e+08.
            decimals = max(0, -math.floor(math.log10(spacing * scale) + 1e-9))
            strings = [f"{value * scale:.{decimals}f}" for value in values]
        return [f"−{text[1:]}" if text.startswith("-") else text for text in strings]

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """Distances of the ticks of each level, so that numbers side by side do not run into one another."""
        levels: list[tuple[float, float]] = super().tickSpacing(minVal, maxVal, size)
        if self.logMode or self.orientation not in ("top", "bottom") or maxVal <= minVal or not levels:
            return levels
        spacing, offset = levels[0]
        metrics = QFontMetrics(self.style["tickFont"] or self.font())
        texts = super().tickStrings([minVal, maxVal], 1.0, spacing)
        room = max(map(metrics.horizontalAdvance, texts), default=0) + NUMBER_GAP
        wider = spacing
        while wider * size < room * (maxVal - minVal) and wider < maxVal - minVal:
            wider *= 2
        return levels if wider == spacing else [(wider, offset), levels[0]]

    def logTickValues(self, minimum: float, maximum: float, size: float, levels: object) -> list:
        """Positions of the ticks in log₁₀ units, one level."""
        steps = [1.0] if maximum - minimum > 2 else [1.0, 2.0, 5.0]
        decades = np.arange(np.floor(minimum), np.ceil(maximum) + 1)
        stride = int(np.ceil(len(decades) / max(3, size // DECADE)))
        ticks = (decades[::stride, None] + np.log10(steps)).ravel()
        return [(None, [float(tick) for tick in ticks if minimum <= tick <= maximum])]

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Plain numbers where they are short, one digit and a power of ten elsewhere."""
        return [f"{10**v:g}" if -3 <= v < 4 else _power(v) for v in values]


class RoomyAxis(PlainAxis):
    """An axis that becomes wider where its numbers would run into its name."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """The numbers as they stand at the ticks."""
        strings = super().tickStrings(values, scale, spacing)
        self._make_room(strings)
        return strings

    def setTicks(self, ticks: list[list[tuple[float, str]]] | None) -> None:
        """Ticks that are given, or the axis's own for None."""
        self._make_room([text for level in ticks or () for _, text in level])
        super().setTicks(ticks)

    def _make_room(self, strings: list[str]) -> None:
        if self.orientation == "left" and self.label.isVisible():
            metrics = QFontMetrics(self.style["tickFont"] or self.font())
            longest = max(map(metrics.horizontalAdvance, strings), default=0)
            name = self.label.boundingRect().height() - NAME_MARGINS
            room = math.ceil(name + NAME_GAP + longest + self.style["tickTextOffset"][0])
            if room > (self.fixedWidth or 0):
                self.setWidth(room)


class Title(pg.LabelItem):
    """A title in the middle of its line, also where it begins at the left."""

    def setMinimumWidth(self, width: float) -> None:
        """None is kept: as wide as its title, a plot would reach beyond its widget, and stay so."""
        super().setMinimumWidth(0.0)

    def resizeEvent(self, event: QGraphicsSceneResizeEvent | None) -> None:
        """Puts the words in their place."""
        super().resizeEvent(event)
        self.item.setY((self.rect().height() - self.itemRect().height()) / 2)


class Line(pg.InfiniteLine):
    """A line across a plot, at a number in the unit of its axis, also where that is logarithmic.

    Args:
        at: the number; a logarithmic axis has no place for one that is not above zero, and shows no line then.
        angle: 90 for a vertical line, 0 for a horizontal one.
    """

    def __init__(self, at: float = 0.0, angle: int = 90) -> None:
        self._at, self._log = at, False
        super().__init__(at, angle=angle)

    def setLogMode(self, x: bool, y: bool) -> None:
        """Takes the axes for logarithmic, or for linear."""
        self._log = x if self.angle == 90 else y
        self.setOpacity(float(self._has_place))
        self.setPos(self._at)

    def setPos(self, at: float) -> None:
        """Puts the line at a number."""
        self._at = at
        if self._log:
            self.setOpacity(float(self._has_place))
            at = math.log10(at) if self._has_place else 0.0
        super().setPos(at)

    def dataBounds(self, axis: int, *arguments: object, **named: object) -> tuple[float, float] | None:
        """Range that the axes make room for: the number, where there is a place for it."""
        bounds: tuple[float, float] | None = super().dataBounds(axis, *arguments, **named)
        return bounds if self._has_place else None

    @property
    def _has_place(self) -> bool:
        return not self._log or self._at > 0


def _power(exponent: float) -> str:
    """A number by its logarithm, such as 1e-4 or 5e6."""
    digit, power = f"{10**exponent:.0e}".split("e")
    return f"{digit}e{int(power)}"
