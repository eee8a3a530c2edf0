"""Plots: axes with units, a cross-hair that reads values, series for export, and a menu that saves them."""

from __future__ import annotations

import csv
import html
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from pyqtgraph import GraphicsView, PlotCurveItem, mkPen
from PySide6.QtCore import QBuffer, QEvent, QIODevice, QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QFileDialog,
    QGraphicsSceneWheelEvent,
    QMenu,
    QMessageBox,
    QToolTip,
    QWidget,
)

from landscape_app.gui.theme import MOST_COLOURS, Theme
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.physics.estimate import shown
from landscape_app.runs.atomic import RunFileError, atomic_write

Column = tuple[str, np.ndarray]
"""Name with its unit, and numbers or words, shape (n,)."""


@dataclass(frozen=True, eq=False)
class Series:
    """Columns that belong together, row by row: one or several curves over the same places.

    Attributes:
        x: the places.
        values: what is there, each of the same length.

    Raises:
        ValueError: the columns are not of one length.
    """

    x: Column
    values: tuple[Column, ...]

    def __post_init__(self) -> None:
        lengths = {len(column) for _, column in self.columns}
        if len(lengths) > 1:
            raise ValueError(f"columns of one series must be of one length, got {sorted(lengths)}")

    @property
    def columns(self) -> tuple[Column, ...]:
        """All of them, the places first."""
        return (self.x, *self.values)


def write_csv(path: Path, series: Sequence[Series]) -> None:
    """Writes series side by side as CSV, names in the first row, cells that are not finite left empty.

    Series over the same places share their column; others have their own, and end where they end. A name that
    recurs is numbered.

    Raises:
        RunFileError: the file cannot be written.
    """
    columns: list[Column] = []
    last: Column | None = None
    for one in series:
        shares = last is not None and last[0] == one.x[0] and np.array_equal(last[1], one.x[1])
        columns += one.values if shares else one.columns
        last = one.x
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_distinct([name for name, _ in columns]))
    writer.writerows(
        zip_longest(*([_cell(value) for value in column] for _, column in columns), fillvalue="")
    )
    with atomic_write(path) as part:
        # The mark tells spreadsheets that names with Greek letters are UTF-8.
        part.write_bytes(text.getvalue().encode("utf-8-sig"))


def _distinct(names: Sequence[str]) -> list[str]:
    """Names in their order, a number after those that have been there before."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _cell(value: object) -> str:
    """As many digits as bring the number back."""
    if isinstance(value, float | np.floating):
        return repr(float(value)) if np.isfinite(value) else ""
    return str(value)


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
        actions: what the menu offers beside exports.
    """

    def __init__(
        self,
        plot: QWidget,
        series: Callable[[], Sequence[Series]],
        serves: Callable[[QPoint], bool] = lambda _: True,
        picture: Callable[[Path, str], None] | None = None,
        actions: Callable[[QMenu], Sequence[QAction]] = lambda _: (),
    ) -> None:
        super().__init__(plot)
        self._actions = actions
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
        # Events of a plot that is being deleted come when this has no attributes any more.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and _asks_for_menu(event):
            is_plot = watched is self._plot
            if is_plot:
                self.open(self._middle)
            return is_plot
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
        own = self._actions(menu)
        if own:
            menu.addSeparator()
            menu.addActions(list(own))
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
    with atomic_write(path) as part:
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


MOST_POINTS = 500
"""Points drawn per curve; longer histories are thinned evenly, their last point kept."""

LABELLED_AXIS = 31
"""Height of a horizontal axis with numbers and a name."""

NAME_MARGINS = 9
"""Pixels of an axis's name that hang out of the axis, or are empty at its inner edge."""

TITLE_POINTS, LEAST_TITLE_POINTS = 8.5, 6.5
"""Size of a title's letters, and the smallest in a narrow plot."""

TITLE_MARGINS = 20
"""Pixels of a plot's width that its title leaves free."""

NAME_GAP = 2
"""Pixels between the name of a vertical axis and its longest number."""

READINGS = 100
"""Steps of an arrow key from one end of the curves to the other."""

READING_KEYS = KeyTable(
    "In a plot against the epoch",
    (
        ("Left, Right", "Read all curves at an earlier, later epoch"),
        ("Home, End", "At the first epoch, the last"),
    ),
)


class Plot(pg.PlotWidget):
    """A titled plot in the theme's colours, without mouse panning.

    Args:
        name: object name.
        title: what is shown, with its unit.
        tooltip: what it means, in words.
        theme: colours.
        axes: by their sides, where they are not ordinary ones.
    """

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme, **axes: pg.AxisItem) -> None:
        self._axis_names: dict[str, str] = {}
        self._shown_title, self._title_width = "", 0
        # Its menu and its export dialog make way for ours; the menu alone is a third of a plot's making.
        ours = {"left": RoomyAxis("left"), "bottom": PlainAxis("bottom"), **axes}
        super().__init__(axisItems=ours, enableMenu=False)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tooltip)
        self.setMinimumSize(184, 110)
        self._title = title
        self.setMouseEnabled(x=False, y=False)
        self.menu = PlotMenu(self, lambda: self.series(), self._opens_menu, actions=self.menu_actions)
        self.hideButtons()
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickLength=-4, tickTextOffset=4, maxTickLevel=1)
            font = QFont(self.font())
            font.setPointSizeF(7.5)
            axis.setTickFont(font)
        self.getAxis("left").setWidth(42)
        item = self.getPlotItem()
        item.layout.removeItem(item.titleLabel)
        item.layout.addItem(item.titleLabel, 0, 0, 1, 3)
        # An axis lets its name hang out by a few pixels.
        item.layout.setContentsMargins(1, 1, 16, 4)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.setBackground(theme.surface)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.muted))
        self.showGrid(x=False, y=True, alpha=0.18)
        self._show_title(self._title)

    def _show_title(self, title: str) -> None:
        self._shown_title = title
        self._fit_title()

    def _fit_title(self) -> None:
        """Writes the title, smaller where the plot is too narrow for it."""
        self._title_width = self.width()
        if not self._shown_title:
            return
        font = QFont(self.font())
        font.setPointSizeF(TITLE_POINTS)
        words = html.unescape(re.sub("<[^>]*>", "", self._shown_title))
        needed = QFontMetrics(font).horizontalAdvance(words)
        points = TITLE_POINTS * min(1.0, max(1, self.width() - TITLE_MARGINS) / max(1, needed))
        points = max(LEAST_TITLE_POINTS, math.floor(2 * points) / 2)
        self.setTitle(
            f'<span style="color:{self._theme.text}; font-size:{points:g}pt">{self._shown_title}</span>'
        )
        # As wide as its title, a plot would reach beyond its widget.
        self.getPlotItem().titleLabel.setMinimumWidth(0)

    def _show_numbers(self, side: str, shown: bool) -> None:
        """Shows an axis's numbers, or hides them while there is nothing to read off."""
        axis = self.getAxis(side)
        if axis.style["showValues"] != shown:
            axis.setStyle(showValues=shown)

    def series(self) -> list[Series]:
        """The curves and points on view, as named columns with units."""
        return []

    def menu_actions(self, menu: QMenu) -> list[QAction]:
        """Actions of the plot's menu beside exports."""
        return []

    def named_axis(self, side: str, name: str) -> str:
        """Name of an axis with its unit; a plain one where it has none."""
        return self._axis_names.get(side) or name

    def with_unit(self, name: str) -> str:
        """A curve's name, with the unit that stands at the vertical axis."""
        unit = self._axis_names.get("left")
        return f"{name} ({unit})" if unit else name

    def _opens_menu(self, position: QPoint) -> bool:
        """True if a right click there opens the menu."""
        return True

    def label_axis(self, side: str, text: str) -> None:
        """Names an axis; a name that is longer than the axis ends with dots, and is told where the pointer rests."""
        if text != self._axis_names.get(side):
            self._axis_names[side] = text
            self._show_axis_name(side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shortens names of axes that have become too long for them."""
        super().resizeEvent(event)
        # A view that is being closed has let go of its axes.
        if self.closed:
            return
        for side in self._axis_names:
            self._show_axis_name(side)
        if self._title_width != self.width():
            self._fit_title()

    def _show_axis_name(self, side: str) -> None:
        axis, text = self.getAxis(side), self._axis_names[side]
        font = QFont(self.font())
        font.setPointSizeF(7.5)
        room = (
            self.height() - LABELLED_AXIS if side == "left" else self.width() - self.getAxis("left").width()
        )
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, max(int(room) - 4, 12))
        self.setLabel(side, f'<span style="font-size:7.5pt">{html.escape(shown)}</span>')
        axis.setToolTip("" if shown == text else text)
        if side == "bottom":
            axis.setHeight(LABELLED_AXIS)
        # Only then is the name put in the middle of the axis.
        axis.resizeEvent()


class PlainAxis(pg.AxisItem):
    """An axis whose negative numbers have the sign that formulas have."""

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        """Leaves the wheel to what the plot is in, where it does not zoom."""
        view = self.linkedView()
        if view is None or not any(view.mouseEnabled()):
            event.ignore()
        else:
            super().wheelEvent(event)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """The numbers as they stand at the ticks."""
        strings = super().tickStrings(values, scale, spacing)
        if len(set(strings)) < len(strings):
            # Far from zero all would read alike, such as 1e+08.
            decimals = max(0, -math.floor(math.log10(spacing * scale) + 1e-9))
            strings = [f"{value * scale:.{decimals}f}" for value in values]
        return [f"−{text[1:]}" if text.startswith("-") else text for text in strings]


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


class LogAxis(RoomyAxis):
    """Ticks at the decades, or at 1, 2 and 5 where the range is short."""

    def logTickValues(self, minimum: float, maximum: float, size: float, levels: object) -> list:
        """Positions of the ticks in log₁₀ units, one level."""
        steps = [1.0] if maximum - minimum > 2 else [1.0, 2.0, 5.0]
        decades = np.arange(np.floor(minimum), np.ceil(maximum) + 1)
        stride = max(1, int(np.ceil(len(decades) / 6)))
        ticks = (decades[::stride, None] + np.log10(steps)).ravel()
        return [(None, [float(tick) for tick in ticks if minimum <= tick <= maximum])]

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Plain numbers where they are short, one digit and a power of ten elsewhere."""
        return [f"{10**v:g}" if -3 <= v < 4 else _power(v) for v in values]


class EpochPlot(Plot):
    """Curves against the epoch, with a line and a read-out that follow the pointer.

    Args:
        name: object name.
        title: what is shown, with its unit.
        tooltip: what it means, in words.
        theme: colours.
        curves: a name and a colour each.
        logarithmic: whether the vertical axis is.
        zero_line: whether zero is marked.
        least_range: of the vertical axis: differences that are as good as none are not blown up to fill the plot.

    Signals:
        hovered: epoch under the pointer, or that the keys have come to; −1 when it or they leave.

    Attributes:
        lines: the curves, as they are drawn.
    """

    hovered = Signal(int)

    def __init__(
        self,
        name: str,
        title: str,
        tooltip: str,
        theme: Theme,
        curves: Sequence[tuple[str, str]],
        logarithmic: bool = False,
        zero_line: bool = False,
        least_range: float | None = None,
    ) -> None:
        self.lines: list[pg.PlotDataItem] = []
        self._names = curves
        self._data: tuple[np.ndarray, np.ndarray] = (np.zeros(0), np.zeros((0, max(len(curves), 1))))
        self._logarithmic = logarithmic
        self._row: int | None = None
        self._cursor: pg.InfiniteLine | None = None
        self._mark: pg.InfiniteLine | None = None
        self._zero: pg.InfiniteLine | None = None
        super().__init__(name, title, tooltip, theme, **({"left": LogAxis("left")} if logarithmic else {}))
        self.setLogMode(y=logarithmic)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if zero_line:
            self._zero = pg.InfiniteLine(0, angle=0)
            self.addItem(self._zero)
        self._cursor = pg.InfiniteLine(angle=90)
        self._mark = pg.InfiniteLine(angle=90)
        for line in (self._cursor, self._mark):
            line.hide()
            self.addItem(line, ignoreBounds=True)
        for _ in curves:
            self.lines.append(self.plot([], []))
        self.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        self.setXRange(0, 10, padding=0.02)
        self._show_numbers("left", False)
        if least_range is not None:
            self.getViewBox().setLimits(minYRange=least_range)
        self.set_theme(theme)
        self.scene().sigMouseMoved.connect(self._on_mouse)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours; a curve's colour is a field of the theme, or a number in its series."""
        super().set_theme(theme)
        self._show_title(self._plain_title)
        for curve, (_, colour) in zip(self.lines, self._names, strict=False):
            curve.setPen(pg.mkPen(colour_in(theme, colour), width=1.0))
        for line in (self._cursor, self._zero):
            if line is not None:
                line.setPen(pg.mkPen(theme.muted, style=Qt.PenStyle.DotLine))
        if self._mark is not None:
            self._mark.setPen(pg.mkPen(theme.text))

    @property
    def _plain_title(self) -> str:
        named = 2 <= len(self._names) <= 3
        return legend(self._theme, self._title, self._names) if named else self._title

    def set_curves(self, curves: Sequence[tuple[str, str]]) -> None:
        """Replaces the curves by others, each a name and a colour."""
        if list(curves) == list(self._names):
            return
        for curve in self.lines:
            self.removeItem(curve)
        self._names = list(curves)
        self.lines = [self.plot([], []) for _ in curves]
        self.set_theme(self._theme)

    def show_data(self, epochs: np.ndarray, values: np.ndarray) -> None:
        """Draws the curves.

        Args:
            epochs: shape (n,).
            values: one column a curve, shape (n, curves).
        """
        self._data = (epochs, values)
        chosen = thin(len(epochs))
        x, y = epochs[chosen].astype(float), values[chosen].astype(float)
        if self._logarithmic:
            y = np.where(y > 0, y, np.nan)
        for i, curve in enumerate(self.lines):
            curve.setData(x, y[:, i], connect="finite")
        self._show_numbers("left", len(x) > 0)
        first, last = (min(0.0, float(x[0])), max(10.0, float(x[-1]))) if len(x) else (0.0, 10.0)
        self.setXRange(first, last, padding=0.02)

    def series(self) -> list[Series]:
        """All curves over the epoch, at every epoch rather than at those that are drawn."""
        epochs, values = self._data
        names = [name for name, _ in self._names]
        alone = [self._title] if len(names) == 1 else names
        columns = tuple((self.with_unit(name), values[:, i]) for i, name in enumerate(alone))
        return [Series((self.named_axis("bottom", "epoch"), epochs), columns)]

    def show_cursor(self, epoch: int) -> None:
        """Marks an epoch and reads the curves there; a negative one clears the mark."""
        if self._cursor is None:
            return
        epochs, values = self._data
        if epoch < 0 or not len(epochs):
            self._row = None
            self._cursor.hide()
            self.setAccessibleDescription("")
            self._show_title(self._plain_title)
            return
        row = int(np.clip(np.searchsorted(epochs, epoch), 0, len(epochs) - 1))
        self._row = row
        self._cursor.setPos(float(epochs[row]))
        self._cursor.show()
        if len(self._names) <= 3:
            read = "  ".join(
                f'<span style="color:{colour_in(self._theme, colour).name()}">{_number(values[row, i])}</span>'
                for i, (_, colour) in enumerate(self._names)
            )
            self._show_title(f"{self._title} · {int(epochs[row])}: {read}")
            said = ", ".join(f"{name} {_number(values[row, i])}" for i, (name, _) in enumerate(self._names))
            self.setAccessibleDescription(f"Epoch {int(epochs[row])}: {said}")

    def mark(self, epoch: int | None) -> None:
        """Draws a line at the epoch that is on view elsewhere; None for none."""
        if self._mark is None:
            return
        self._mark.setVisible(epoch is not None)
        if epoch is not None:
            self._mark.setPos(float(epoch))

    def _on_mouse(self, position: object) -> None:
        view = self.getViewBox()
        if self.sceneBoundingRect().contains(position):
            self.hovered.emit(round(view.mapSceneToView(position).x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left, Right, Home and End move the mark in all plots."""
        last = len(self._data[0]) - 1
        at = last if self._row is None else self._row
        step = max(1, last // READINGS)
        keys = Qt.Key
        wanted = {
            keys.Key_Left: at - step if self._row is not None else last,
            keys.Key_Right: at + step,
            keys.Key_Home: 0,
            keys.Key_End: last,
        }.get(keys(event.key()))
        if wanted is None or last < 0:
            super().keyPressEvent(event)
        else:
            self.hovered.emit(int(self._data[0][min(max(wanted, 0), last)]))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Clears the mark in all plots."""
        super().focusOutEvent(event)
        self.hovered.emit(-1)

    def leaveEvent(self, event: object) -> None:
        """Clears the mark in all plots."""
        super().leaveEvent(event)
        self.hovered.emit(-1)


def legend(theme: Theme, title: str, curves: Sequence[tuple[str, str]]) -> str:
    """A title that names its curves in their colours."""
    names = (
        f'<span style="color:{colour_in(theme, colour).name()}">{name}</span>' for name, colour in curves
    )
    return f"{title} " + "  ".join(names)


def thin(n: int, most: int = MOST_POINTS) -> np.ndarray:
    """At most `most` indices spread evenly over n, the last included."""
    if n <= most:
        return np.arange(n)
    return np.linspace(0, n - 1, most).round().astype(int)


def colour_in(theme: Theme, name: str) -> QColor:
    """A field of the theme, or a number in its series."""
    return theme.series[int(name) % MOST_COLOURS] if name.isdigit() else QColor(getattr(theme, name))


def _power(exponent: float) -> str:
    """A number by its logarithm, such as 1e-4 or 5e6."""
    digit, power = f"{10**exponent:.0e}".split("e")
    return f"{digit}e{int(power)}"


def _number(value: float) -> str:
    return shown(value, ".3g" if abs(value) < 1e4 else ".1e")
