"""The menu of a plot: what it shows, as PNG, SVG or CSV; by right click, the menu key or Shift+F10."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pyqtgraph import GraphicsView, PlotCurveItem, mkPen
from PySide6.QtCore import QBuffer, QEvent, QIODevice, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QImage, QKeyEvent, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QFileDialog,
    QMenu,
    QMessageBox,
    QToolTip,
    QWidget,
)

from landscape_app.gui.widgets.key_table import KeyTable
from landscape_app.gui.widgets.plot_series import Series, write_csv
from landscape_app.runs.whole_file import RunFileError, written_whole

SHARPNESS = 3
"""Pixels of a PNG for one on the screen, along each side."""

DOTS = 96
"""Pixels of the screen per inch, in an SVG's size on paper."""

FORMATS = {
    "png": f"A picture, with {SHARPNESS} pixels for one on the screen",
    "svg": "A drawing that stays sharp at every size",
    "csv": "The numbers that are shown, in named columns, for a spreadsheet or a script",
}

EXPORT_KEYS = KeyTable("In a plot", (("Menu, Shift+F10", "Export it as PNG, SVG or CSV"),))


class PlotMenu(QObject):
    """Watches a plot for what opens its menu.

    Args:
        plot: the menu's widget.
        series: what it shows, as numbers.
        serves: true where a right click at a position of the plot opens the menu.
        picture: writes the plot to a path as "png" or "svg"; by default as it is on the screen.
    """

    def __init__(
        self,
        plot: QWidget,
        series: Callable[[], Sequence[Series]],
        serves: Callable[[QPoint], bool] = lambda _: True,
        picture: Callable[[Path, str], None] | None = None,
    ) -> None:
        super().__init__(plot)
        self._plot, self._series, self._serves = plot, series, serves
        self._picture = picture or partial(write_widget, plot)
        self.menu: QMenu | None = None
        plot.installEventFilter(self)
        if isinstance(plot, QAbstractScrollArea):
            plot.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Opens the menu."""
        if isinstance(event, QContextMenuEvent):
            if event.reason() != QContextMenuEvent.Reason.Mouse:
                self.open(self._middle)
            elif self._serves(event.pos()):
                self.open(event.globalPos())
            return True
        if (
            watched is self._plot
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and _asks_for_menu(event)
        ):
            self.open(self._middle)
            return True
        return False

    def open(self, position: QPoint) -> None:
        """Opens the menu at a position of the screen."""
        menu = QMenu(self._plot)
        menu.setObjectName("plot-menu")
        menu.setToolTipsVisible(True)
        for format, tip in FORMATS.items():
            action = QAction(f"Export as {format.upper()}…", menu)
            action.setObjectName(f"export-{format}")
            action.setToolTip(tip)
            action.triggered.connect(partial(self._ask, format))
            menu.addAction(action)
        menu.aboutToHide.connect(menu.deleteLater)
        self.menu = menu
        menu.popup(position)

    @property
    def _middle(self) -> QPoint:
        return self._plot.mapToGlobal(self._plot.rect().center())

    def _ask(self, format: str, _: bool = False) -> None:
        name = self._plot.objectName().removeprefix("plot-") or "plot"
        chosen, _filter = QFileDialog.getSaveFileName(
            self._plot.window(), "Export the plot", f"{name}.{format}", f"{format.upper()} (*.{format})"
        )
        if not chosen:
            return
        path = Path(chosen) if Path(chosen).suffix else Path(chosen).with_suffix(f".{format}")
        try:
            if format == "csv":
                write_csv(path, self._series())
            else:
                self._picture(path, format)
        except RunFileError as error:
            QMessageBox.warning(self._plot.window(), "Not exported", str(error))
        else:
            QToolTip.showText(self._middle, f"Saved {path.name}", self._plot)


def write_widget(widget: QWidget, path: Path, format: str) -> None:
    """Writes a widget as it is now, as "png", `SHARPNESS` times as large, or as "svg".

    Raises:
        RunFileError: the file cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    (_draw_vectors if format == "svg" else _draw_pixels)(widget, buffer)
    with written_whole(path) as part:
        part.write_bytes(bytes(buffer.data().data()))


def _draw_pixels(widget: QWidget, buffer: QBuffer) -> None:
    picture = QImage(widget.size() * SHARPNESS, QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(SHARPNESS)
    _paint(widget, QPainter(picture), SHARPNESS)
    picture.save(buffer, "PNG")  # type: ignore[call-overload]


def _draw_vectors(widget: QWidget, buffer: QBuffer) -> None:
    # The other version leaves curves beyond the axes unclipped.
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setResolution(DOTS)
    generator.setSize(widget.size())
    generator.setViewBox(QRectF(QRect(QPoint(), widget.size())))
    generator.setTitle(widget.accessibleName())
    generator.setDescription("Made by Landscape")
    _paint(widget, QPainter(generator), 1.0)


def _paint(widget: QWidget, painter: QPainter, scale: float) -> None:
    """Draws a widget, at a scale, as it is without the focus, whose frame is none of its business."""
    focused = QApplication.focusWidget()
    inside = focused is not None and (focused is widget or widget.isAncestorOf(focused))
    if focused is not None and inside:
        focused.clearFocus()
    painter.fillRect(widget.rect(), widget.palette().window())
    with _drawn_to_scale(widget, scale):
        QWidget.render(widget, painter, QPoint())
    painter.end()
    if focused is not None and inside:
        focused.setFocus(Qt.FocusReason.ShortcutFocusReason)


@contextmanager
def _drawn_to_scale(widget: QWidget, scale: float) -> Iterator[None]:
    """Has points drawn as shapes, not copied from pixels made for the screen, and curves as wide as there."""
    views = [*([widget] if isinstance(widget, GraphicsView) else []), *widget.findChildren(GraphicsView)]
    items = [item for view in views for item in view.scene().items() if hasattr(item, "setExportMode")]
    pens = [(item, item.opts["pen"]) for item in items if isinstance(item, PlotCurveItem)]
    for item in items:
        item.setExportMode(True, {"antialias": True})
    for curve, pen in pens:
        wide = mkPen(pen)
        wide.setWidthF(scale * max(wide.widthF(), 1.0))
        curve.opts["pen"] = wide
    try:
        yield
    finally:
        for item in items:
            item.setExportMode(False)
        for curve, pen in pens:
            curve.opts["pen"] = pen


def _asks_for_menu(event: QKeyEvent) -> bool:
    shifted = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
    return event.key() == Qt.Key.Key_Menu or (event.key() == Qt.Key.Key_F10 and shifted)
