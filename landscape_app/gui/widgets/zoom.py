"""Ranges of a plot: those that it gives itself, and those that a person zooms to with the mouse or with keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseDragEvent
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QGraphicsSceneWheelEvent

ZOOM = 0.8
"""Ranges on view after a step in, in units of those before."""

LEAST_BOX = 8
"""Pixels of a side of a box below which it says nothing about that axis."""


class ZoomBox(pg.ViewBox):
    """A view whose ranges are the plot's own until a person zooms, and the person's until they are reset.

    A box that is drawn is shown; one that is flat or narrow zooms along one axis. The wheel is left to what the plot
    is in, such as a panel that scrolls, unless Ctrl is held or `wheel_zooms` is set; over an axis it zooms along that
    axis alone, and dragging an axis moves along it.

    Args:
        pans: whether dragging moves the view, rather than drawing a box.

    Attributes:
        wheel_zooms: whether the wheel alone zooms.
        is_zoomed: whether the ranges are a person's.

    Signals:
        zoomed: whether the ranges are a person's from now on.
    """

    zoomed = Signal(bool)

    def __init__(self, pans: bool = False) -> None:
        self.wheel_zooms = pans
        self.is_zoomed = False
        self._by_hand = False
        self._own: dict[int, tuple[Sequence[float], float | None]] = {}
        self._auto = [False, False]
        super().__init__(enableMenu=False)
        self.setMouseMode(pg.ViewBox.PanMode if pans else pg.ViewBox.RectMode)

    def setRange(
        self,
        rect: QRectF | None = None,
        xRange: Sequence[float] | None = None,
        yRange: Sequence[float] | None = None,
        padding: float | None = None,
        update: bool = True,
        disableAutoRange: bool = True,
    ) -> None:
        """Shows ranges; those of the plot only where no person has zoomed, and not along a logarithmic axis."""
        if rect is not None:
            xRange, yRange = (rect.left(), rect.right()), (rect.top(), rect.bottom())
        ranges = [xRange, yRange]
        if not self._by_hand and disableAutoRange:
            for axis, ends in enumerate(ranges):
                if ends is None:
                    continue
                self._own[axis] = ends, padding
                if self.state["logMode"][axis]:
                    ranges[axis] = None
                else:
                    self._auto[axis] = False
            if self.is_zoomed or ranges == [None, None]:
                return
        super().setRange(
            xRange=ranges[0],
            yRange=ranges[1],
            padding=0 if self._by_hand else padding,
            update=update,
            disableAutoRange=disableAutoRange,
        )

    def reset(self) -> None:
        """Shows the plot's own ranges again."""
        if self.is_zoomed:
            self.is_zoomed = False
            self._show_own()
            self.zoomed.emit(False)

    def set_logarithmic(self, x: bool, y: bool) -> None:
        """Makes room for axes that have become logarithmic, or linear: the plot's own ranges, as they are there."""
        for axis, logarithmic in enumerate((x, y)):
            # A range that was given may hold zero.
            self._auto[axis] = logarithmic or axis not in self._own
        self.is_zoomed = False
        self._show_own()
        self.zoomed.emit(False)

    def _show_own(self) -> None:
        self.enableAutoRange(x=self._auto[0], y=self._auto[1])
        self.updateAutoRange()
        own = [None if self._auto[axis] else self._own.get(axis) for axis in (0, 1)]
        if own[0] is not None and own[1] is not None and own[0][1] == own[1][1]:
            # Where lengths are alike along both axes, one range after the other would give others.
            super().setRange(xRange=own[0][0], yRange=own[1][0], padding=own[0][1])
            return
        for name, given in zip(("xRange", "yRange"), own, strict=True):
            if given is not None:
                super().setRange(**{name: given[0]}, padding=given[1])

    def zoom_by(self, share: float, about: QPointF | None = None) -> None:
        """Shows so much of the ranges on view, about a point of the plot or the middle."""
        with self._person():
            self.scaleBy((share, share), center=about)

    def move_by(self, x: float, y: float) -> None:
        """Moves the view, in units of the axes."""
        with self._person():
            self.translateBy(x=x, y=y)

    def takes_wheel(self, event: QGraphicsSceneWheelEvent | QWheelEvent) -> bool:
        """True where a turn of the wheel zooms."""
        return self.wheel_zooms or bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        """Zooms about the pointer, along one axis if asked, or leaves the wheel to others."""
        if not self.takes_wheel(event):
            event.ignore()
            return
        with self._person():
            super().wheelEvent(event, axis)

    def mouseDragEvent(self, event: MouseDragEvent, axis: int | None = None) -> None:
        """Draws a box and shows it in the end; moves the view where that is what dragging does, and over an axis."""
        if event.button() == Qt.MouseButton.RightButton:
            event.ignore()
        elif axis is not None or self.state["mouseMode"] == pg.ViewBox.PanMode:
            with self._person():
                super().mouseDragEvent(event, axis)
        elif event.isFinish():
            event.accept()
            self.rbScaleBox.hide()
            self._show_box(QRectF(event.buttonDownPos(), event.pos()).normalized())
        else:
            event.accept()
            self.updateScaleBox(event.buttonDownPos(), event.pos())

    def _show_box(self, box: QRectF) -> None:
        area = self.childGroup.mapRectFromParent(box)
        x = (area.left(), area.right()) if box.width() >= LEAST_BOX else None
        y = (area.top(), area.bottom()) if box.height() >= LEAST_BOX else None
        if x is not None or y is not None:
            with self._person():
                self.setRange(xRange=x, yRange=y)

    @contextmanager
    def _person(self) -> Iterator[None]:
        """Ranges that are set in the block are a person's."""
        if not self.is_zoomed:
            self._auto = [bool(auto) for auto in self.state["autoRange"]]
            self.enableAutoRange(x=False, y=False)
        before, self._by_hand = self._by_hand, True
        try:
            yield
        finally:
            self._by_hand = before
        if not self.is_zoomed:
            self.is_zoomed = True
            self.zoomed.emit(True)
