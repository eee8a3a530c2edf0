"""The canvas on which points are drawn, with mouse or keys."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent

from landscape_app.gui.playground.points_drawing import Drawing
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.plots import Plot, Series
from landscape_app.language import tr

REACH = 9.0
"""Pixels from a point within which it is taken."""

STEP, LONG_STEP = 0.02, 0.1
"""By which the arrow keys move the cursor, in half sides of the canvas."""

CANVAS_KEYS = KeyTable(
    tr("On the canvas"),
    (
        ("Left, Right, Up, Down", tr("Move the cursor")),
        ("Shift+Left, Shift+Right, Shift+Up, Shift+Down", tr("Move it further")),
        ("Ctrl+Left, Ctrl+Right, Ctrl+Up, Ctrl+Down", tr("Move the point under it")),
        ("Return, Space", tr("Add a point, or spray")),
        ("Del, Backspace", tr("Remove the point under the cursor")),
        ("PgUp, PgDown", tr("Zoom in, out")),
        ("F11", tr("Enlarge it over its panel; again or Esc puts it back")),
    ),
)

TOOLTIP = tr(
    "<b>Your points</b>, in the units of x and y.<br>Click to add a point, drag to move one, right-click one to "
    "remove it. With the brush, press and drag to spray.<br>Keys: arrows move the cursor (Shift: further, Ctrl: "
    "takes the point under it along), Enter adds a point or sprays, Delete removes one."
)


class PointsCanvas(Plot):
    """Shows a drawing and changes it.

    Args:
        drawing: what is changed.
        theme: colours.

    Signals:
        changed: the drawing has changed.
    """

    changed = Signal()
    advice = tr("PgUp and PgDown zoom.")

    def __init__(self, drawing: Drawing, theme: Theme) -> None:
        self.drawing = drawing
        self.brush_width: float | None = None
        """Deviation of the brush in units of the axes; None for single points."""
        self._dragged: int | None = None
        self._removed = False
        self._sprayed_at: np.ndarray | None = None
        self._cursor = np.zeros(2)
        self._items: tuple[pg.ScatterPlotItem, pg.ScatterPlotItem, pg.ScatterPlotItem] | None = None
        super().__init__("points-canvas", tr("Canvas for points"), TOOLTIP, theme)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.label_axis("bottom", "x")
        self.label_axis("left", "y")
        view = self.getViewBox()
        view.disableAutoRange()
        view.setAspectLocked(True)
        self._half_side = 0.0
        self._square = pg.PlotCurveItem()
        dots = pg.ScatterPlotItem(size=7, pen=None)
        brush = pg.ScatterPlotItem(pxMode=False, brush=None)
        cursor = pg.ScatterPlotItem(symbol="+", size=17)
        self._items = (dots, brush, cursor)
        for item in (self._square, dots, brush, cursor):
            self.addItem(item, ignoreBounds=True)
        cursor.setVisible(False)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        self.showGrid(x=True, y=True, alpha=0.18)
        if self._items is None:
            return
        dots, brush, cursor = self._items
        shade = QColor(theme.training)
        shade.setAlphaF(0.8)
        dots.setBrush(shade)
        brush.setPen(pg.mkPen(theme.muted, style=Qt.PenStyle.DashLine))
        cursor.setPen(pg.mkPen(theme.held_out, width=2))
        self._square.setPen(pg.mkPen(theme.border, width=1))
        self.show_points()

    def series(self) -> list[Series]:
        """The points."""
        points = self.drawing.points
        return [Series(("x", points[:, 0]), (("y", points[:, 1]),))]

    def _opens_menu(self, position: QPoint) -> bool:
        """A right click on a point removes it; elsewhere it opens the menu."""
        return not self._removed

    def show_points(self) -> None:
        """Draws the points as they are."""
        assert self._items is not None
        self._items[0].setData(pos=self.drawing.points)
        side = self.drawing.half_side
        if side != self._half_side:
            self._half_side = side
            self._square.setData(side * np.array([-1, 1, 1, -1, -1]), side * np.array([-1, -1, 1, 1, -1]))
            self.setRange(xRange=(-side, side), yRange=(-side, side), padding=0.02)

    def place_at(self, position: QPointF) -> np.ndarray:
        """The point of the plane under a position in the widget, shape (2,)."""
        place = self.getViewBox().mapSceneToView(self.mapToScene(position.toPoint()))
        return np.array([place.x(), place.y()])

    def position_of(self, place: np.ndarray) -> QPointF:
        """Position in the widget of a point of the plane, shape (2,)."""
        scene = self.getViewBox().mapViewToScene(QPointF(float(place[0]), float(place[1])))
        return QPointF(self.mapFromScene(scene))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Adds, takes or removes a point, or begins to spray."""
        place = self.place_at(event.position())
        near = self.drawing.nearest(place, self._reach)
        if event.button() == Qt.MouseButton.RightButton:
            # The system asks for the menu after the press.
            self._removed = near is not None
            if near is not None:
                self.drawing.remove(near)
                self._change()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._move_cursor(place)
            if self.brush_width is not None:
                self.drawing.begin_stroke()
                self._spray(place)
            elif near is None:
                self.drawing.add(place)
                self._change()
            else:
                self._dragged = near
                self.drawing.begin_stroke()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags a point, or sprays on; shows how wide the brush is."""
        place = self.place_at(event.position())
        self._show_brush(place)
        if self._dragged is not None:
            self.drawing.move(self._dragged, place)
            self._change()
        elif (
            self._sprayed_at is not None
            and self.brush_width is not None
            and np.hypot(*(place - self._sprayed_at)) >= self.brush_width / 2
        ):
            self._spray(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends what the press began."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = self._sprayed_at = None
            self.drawing.end_stroke()
            self._change()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the cursor, and a point with it; adds, sprays and removes."""
        keys = Qt.Key
        ways = {keys.Key_Left: (-1, 0), keys.Key_Right: (1, 0), keys.Key_Up: (0, 1), keys.Key_Down: (0, -1)}
        key = keys(event.key())
        if key in ways:
            far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = (LONG_STEP if far else STEP) * self.drawing.half_side * np.array(ways[key])
            taken = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._step_cursor(step, taken)
        elif key in (keys.Key_Return, keys.Key_Enter, keys.Key_Space):
            self._put()
        elif key in (keys.Key_Delete, keys.Key_Backspace):
            near = self.drawing.nearest(self._cursor, self._reach)
            if near is not None:
                self.drawing.remove(near)
                self._change()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the cursor."""
        super().focusInEvent(event)
        self._show_cursor(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hides the cursor."""
        super().focusOutEvent(event)
        self._show_cursor(False)

    @property
    def _reach(self) -> float:
        """The reach of a click in units of the axes."""
        width, _ = self.getViewBox().viewPixelSize()
        return REACH * float(width)

    def _put(self) -> None:
        if self.brush_width is None:
            self.drawing.add(self._cursor)
        else:
            self.drawing.begin_stroke()
            self.drawing.spray(self._cursor, self.brush_width)
            self.drawing.end_stroke()
        self._change()

    def _step_cursor(self, step: np.ndarray, taken: bool) -> None:
        near = self.drawing.nearest(self._cursor, self._reach) if taken else None
        self._move_cursor(self._cursor + step)
        if near is not None:
            self.drawing.begin_stroke()
            self.drawing.move(near, self._cursor)
            self.drawing.end_stroke()
            self._change()

    def _move_cursor(self, place: np.ndarray) -> None:
        side = self.drawing.half_side
        self._cursor = np.clip(place, -side, side)
        self._show_cursor(self.hasFocus())

    def _show_cursor(self, shown: bool) -> None:
        if self._items is not None:
            self._items[2].setData(pos=self._cursor[None])
            self._items[2].setVisible(shown)

    def _show_brush(self, place: np.ndarray) -> None:
        assert self._items is not None
        shown = self.brush_width is not None
        self._items[1].setVisible(shown)
        if self.brush_width is not None:
            self._items[1].setData(pos=place[None], size=4 * self.brush_width)

    def _spray(self, place: np.ndarray) -> None:
        assert self.brush_width is not None
        self.drawing.spray(place, self.brush_width)
        self._sprayed_at = place
        self._change()

    def _change(self) -> None:
        self.show_points()
        self.changed.emit()
