"""Plots: axes with units, a cross-hair that reads values, series for export, and a menu that saves them."""

from __future__ import annotations

import csv
import html
import io
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
from PySide6.QtCore import QBuffer, QEvent, QIODevice, QObject, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAction,
    QActionGroup,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QLabel,
    QMenu,
    QMessageBox,
    QToolTip,
    QWidget,
)

from landscape_app.counting import capitalised, counted, regular_plural
from landscape_app.gui.theme import MOST_COLOURS, Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.enlarged import Enlarged, can_replace
from landscape_app.gui.widgets.file_dialogs import ask_to_save
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.paragraph import elided_markup, plain_text
from landscape_app.gui.widgets.plot_parts import Line, PlainAxis, RoomyAxis, Title
from landscape_app.gui.widgets.zoom import ZOOM, ZoomBox
from landscape_app.language import english_of, plural_form, tr
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
    writer.writerow(_distinct([english_of(name) for name, _ in columns]))
    writer.writerows(
        zip_longest(*([_cell(value) for value in column] for _, column in columns), fillvalue="")
    )
    written = text.getvalue()
    with atomic_write(path) as part:
        # The mark tells spreadsheets that Greek letters are UTF-8; other programs would read it as part of a name.
        part.write_bytes(written.encode("utf-8" if written.isascii() else "utf-8-sig"))


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
    "png": tr("A picture, with {count} pixels for one on the screen", count=SHARPNESS),
    "svg": tr("A drawing that stays sharp at every size"),
    "csv": tr("The numbers that are shown, in named columns, for a spreadsheet or a script"),
}

EXPORT_KEYS = KeyTable(tr("In a plot"), (("Menu, Shift+F10", tr("Its menu: exports as PNG, SVG or CSV")),))


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
            action = QAction(tr("Export as {format}…", format=format.upper()), menu)
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

    def ask(self, format: str) -> None:
        """Asks for a file, and exports to it as "png", "svg" or "csv"."""
        self._ask(format)

    @property
    def _middle(self) -> QPoint:
        return self._plot.mapToGlobal(self._plot.rect().center())

    def _ask(self, format: str, _: bool = False) -> None:
        name = self._plot.objectName().removeprefix("plot-") or "plot"
        chosen, _filter = ask_to_save(
            self._plot.window(), tr("Export the plot"), f"{name}.{format}", f"{format.upper()} (*.{format})"
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
            QMessageBox.warning(self._plot.window(), tr("Not exported"), str(error))
        else:
            QToolTip.showText(self._middle, tr("Saved {file}", file=path.name), self._plot)


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

TITLE_POINTS = (8.5, 8.0, 7.5, 7.0, 6.5)
"""Sizes of a title's letters, the largest that there is room for."""

LEAST_TITLE_POINTS = TITLE_POINTS[-1]

TITLE_MARGINS = 20
"""Pixels of a plot's width that its title leaves free."""

ZOOM_KEYS = {Qt.Key.Key_PageUp: ZOOM, Qt.Key.Key_PageDown: 1 / ZOOM}
"""Ranges on view after a key, in units of those before."""

VIEW_KEYS = KeyTable(
    tr("In a plot with axes"),
    (
        ("F11", tr("Enlarge it over its panel; again or Esc puts it back")),
        ("PgUp, PgDown", tr("Zoom in, out")),
        ("Backspace", tr("Show all of it again")),
    ),
)

VIEW_ADVICE = tr(
    "Draw a box to zoom, or turn the wheel with Ctrl held (without Ctrl where it is enlarged); a double click shows "
    "all."
)

SMOOTHINGS = (10, 30, 100, 300)
"""Epochs that a curve can be smoothed over."""

MOST_READ = 3
"""Curves that are all read at the cross-hair; of more, the one under the pointer."""

MOST_LETTERS = 6
"""Letters of a curve's name at the cross-hair where there is no room for it."""

FAINT = 0.3
"""Opacity of a curve behind its smoothed one."""

READINGS = 100
"""Steps of an arrow key from one end of the curves to the other."""

READING_KEYS = KeyTable(
    tr("In a plot against the epoch"),
    (
        ("Left, Right", tr("Read all curves at an earlier, later epoch")),
        ("Home, End", tr("At the first epoch, the last")),
    ),
)


class Plot(pg.PlotWidget):
    """A titled plot in the theme's colours, which a person can zoom, and enlarge over its panel.

    Args:
        name: object name.
        title: what is shown, with its unit.
        tooltip: what it means, in words; told where the pointer rests on the title.
        theme: colours.
        axes: by their sides, where they are not ordinary ones.

    Attributes:
        pans: whether it is a map, which dragging moves and the wheel alone zooms.
        advice: what the mouse does on it, in words.
        log_axes: of "x" and "y", those that can be logarithmic.
        enlarged: what it is enlarged in; None where it is in its place.
    """

    accessible_role = QAccessible.Role.Chart

    pans = False
    advice = VIEW_ADVICE
    log_axes = ""

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme, **axes: pg.AxisItem) -> None:
        self._axis_names: dict[str, str] = {}
        self._titles: tuple[str, ...] = ("",)
        self._title_width = self._beside_title = 0
        self._pressed_title = self._title_is_cut = False
        self._log = {"x": False, "y": False}
        self._given_log = ""
        self._actions: dict[str, QAction] = {}
        self._note: QLabel | None = None
        self.enlarged: Enlarged | None = None
        # Its menu and its export dialog make way for ours; the menu alone is a third of a plot's making.
        ours = {"left": RoomyAxis("left"), "bottom": PlainAxis("bottom"), **axes}
        super().__init__(axisItems=ours, enableMenu=False, viewBox=ZoomBox(self.pans))
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tooltip)
        self.setMinimumSize(184, 110)
        self._title = title
        self.menu = PlotMenu(self, lambda: self.series(), self._opens_menu, actions=self.menu_actions)
        self.getViewBox().zoomed.connect(lambda _: self._refresh_actions())
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
        item.titleLabel.setParentItem(None)
        item.titleLabel = Title("", parent=item)
        item.layout.addItem(item.titleLabel, 0, 0, 1, 3)
        item.setTitle(None)
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

    def keep_free(self, pixels: int) -> None:
        """Leaves room for a button in the upper right corner, which the title keeps clear of."""
        if pixels != self._beside_title:
            self._beside_title = pixels
            self._fit_title()

    def show_note(self, text: str) -> None:
        """Says in the middle of the plot why it is empty; an empty text for nothing."""
        if self._note is None:
            if not text:
                return
            self._note = set_name(QLabel(self), "muted")
            self._note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._note.setWordWrap(True)
            self.getViewBox().geometryChanged.connect(self._place_note)
        if text != self._note.text():
            self._note.setText(text)
            self._note.setVisible(bool(text))
            self._place_note()

    def _place_note(self) -> None:
        if self._note is not None:
            inside = self.mapFromScene(self.getViewBox().sceneBoundingRect()).boundingRect()
            # Until its own layout follows, a plot that has shrunk has a view of the size before.
            self._note.setGeometry(inside.intersected(self.rect()))

    def _show_title(self, *titles: str) -> None:
        """Shows the first of several titles that there is room for, else the last as far as there is.

        Names of curves in one that has no other are abbreviated before any of them is cut.
        """
        if len(titles) == 1:
            titles += (CURVE_NAME.sub(lambda found: f"{abbreviated(found[1])}</span>", titles[0]),)
        self._titles = titles
        self._fit_title()

    @property
    def _shown_title(self) -> str:
        """The title, whole."""
        return self._titles[0]

    def _fit_title(self) -> None:
        """Writes the title, smaller where the plot is narrow, and with dots where even that does not do."""
        self._title_width = self.width()
        if not self._shown_title:
            return
        room = max(1, self.width() - TITLE_MARGINS - self._beside_title)
        title = next(
            (title for title in self._titles if self._title_needs(title, LEAST_TITLE_POINTS) <= room),
            self._titles[-1],
        )
        points = next(
            (size for size in TITLE_POINTS if self._title_needs(title, size) <= room), LEAST_TITLE_POINTS
        )
        shown = elided_markup(title, QFontMetrics(self._title_font(points)), room)
        self._title_is_cut = shown != self._shown_title
        # In the middle it would reach as far to the right as there is room at the left.
        aside = min(room, self._title_needs(title, points)) + 2 * self._beside_title > self.width()
        self.setTitle(
            f'<span style="color:{self._theme.text}; font-size:{points:g}pt">{shown}</span>',
            justify="left" if aside else "center",
        )

    def _title_font(self, points: float) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(points)
        return font

    def _title_needs(self, title: str, points: float) -> int:
        """Pixels that a title takes in letters of a size."""
        return QFontMetrics(self._title_font(points)).horizontalAdvance(plain_text(title))

    def _show_numbers(self, side: str, shown: bool) -> None:
        """Shows an axis's numbers, or hides them while there is nothing to read off."""
        axis = self.getAxis(side)
        if axis.style["showValues"] != shown:
            axis.setStyle(showValues=shown)

    def plot(self, *arguments: object, **options: object) -> pg.PlotDataItem:
        """Adds a curve."""
        curve = self.getPlotItem().plot(*arguments, **options)
        curve.sigPlotChanged.connect(self._heed_signs)
        return curve

    def set_log(self, axis: str, logarithmic: bool) -> None:
        """Makes an axis, "x" or "y", logarithmic or linear, and shows all of the plot."""
        self._log[axis] = logarithmic
        self.getPlotItem().setLogMode(**self._log)
        self.getViewBox().set_logarithmic(**self._log)
        self._refresh_actions()

    def log_obstacle(self, axis: str) -> str:
        """Reason why an axis, "x" or "y", cannot be logarithmic now, in words; empty where it can."""
        curves = [item for item in self.getPlotItem().listDataItems() if isinstance(item, pg.PlotDataItem)]
        sets = [curve.getOriginalDataset()["xy".index(axis)] for curve in curves]
        found = [values[np.isfinite(values)] for values in sets if values is not None]
        numbers = np.concatenate(found) if found else np.zeros(0)
        if not len(numbers):
            return tr("There is nothing to draw yet")
        least = float(numbers.min())
        return (
            ""
            if least > 0
            else tr(
                "A logarithm needs numbers above 0, and the least here is {number}", number=_number(least)
            )
        )

    def _heed_signs(self) -> None:
        """Makes axes linear that a person made logarithmic, once there are numbers without a logarithm."""
        for axis in "xy":
            if self._log[axis] and axis not in self._given_log and self.log_obstacle(axis):
                self.set_log(axis, False)

    def view_actions(self) -> list[QAction]:
        """Actions on the view: where one cannot be done, it says why."""
        if not self._actions:
            self._actions = {action.objectName(): action for action in self._make_actions()}
        self._refresh_actions()
        return list(self._actions.values())

    def _make_actions(self) -> list[QAction]:
        enlarge, whole = (named_action(self, name) for name in ("enlarge", "whole"))
        enlarge.triggered.connect(lambda _=False: self.toggle_enlarged())
        whole.triggered.connect(lambda _=False: self.getViewBox().reset())
        _word(
            whole,
            tr("Show all"),
            "Backspace",
            tr("Show all of the plot again (Backspace, or a double click)"),
        )
        logs = []
        for axis in self.log_axes:
            action = named_action(self, f"log-{axis}")
            action.setCheckable(True)
            action.setText(tr("Logarithmic {axis}", axis=axis))
            action.triggered.connect(lambda checked, axis=axis: self.set_log(axis, checked))
            logs.append(action)
        return [enlarge, whole, *logs]

    def _refresh_actions(self) -> None:
        if not self._actions:
            return
        enlarge, whole = self._actions["enlarge"], self._actions["whole"]
        if self.enlarged is None:
            _word(
                enlarge, tr("Enlarge"), "F11", tr("Enlarge the plot over its panel (F11, or click its title)")
            )
        else:
            _word(enlarge, tr("Back"), "Esc", tr("Put the plot back in its place (Esc, or click its title)"))
        enlarge.setEnabled(self.enlarged is not None or can_replace(self))
        whole.setEnabled(self.getViewBox().is_zoomed)
        for axis in self.log_axes:
            action, obstacle = self._actions[f"log-{axis}"], self.log_obstacle(axis)
            action.setChecked(self._log[axis])
            action.setEnabled(self._log[axis] or not obstacle)
            action.setToolTip(
                obstacle or tr("A logarithmic {axis} axis: equal ratios are equally far apart", axis=axis)
            )

    def toggle_enlarged(self) -> None:
        """Enlarges the plot over its panel, or puts it back."""
        if self.enlarged is not None:
            self.enlarged.put_back()
        elif can_replace(self):
            self.getViewBox().wheel_zooms = True
            self.enlarged = Enlarged(self, self._refresh_actions)
            self.enlarged.closed.connect(self._on_put_back)
            self.enlarged.offer(self.view_actions())

    def _on_put_back(self) -> None:
        self.enlarged = None
        self.getViewBox().wheel_zooms = self.pans
        self._refresh_actions()

    def series(self) -> list[Series]:
        """The curves and points on view, as named columns with units."""
        return []

    def menu_actions(self, menu: QMenu) -> list[QAction]:
        """Actions of the plot's menu beside exports."""
        return self.view_actions()

    def named_axis(self, side: str, name: str) -> str:
        """English name of an axis with its unit, for files; a plain one where it has none."""
        return english_of(self._axis_names.get(side) or name)

    def with_unit(self, name: str) -> str:
        """A curve's English name, for files, with the unit that stands at the vertical axis."""
        unit = english_of(self._axis_names.get("left", ""))
        return f"{english_of(name)} ({unit})" if unit else english_of(name)

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
        self._place_note()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enlarges, zooms, and shows all again."""
        key, keys = Qt.Key(event.key()), Qt.Key
        if key == keys.Key_F11 or (key == keys.Key_Escape and self.enlarged is not None):
            self.toggle_enlarged()
        elif key in ZOOM_KEYS:
            self.getViewBox().zoom_by(ZOOM_KEYS[key], self._zoom_centre())
        elif key == keys.Key_Backspace:
            self.getViewBox().reset()
        else:
            super().keyPressEvent(event)

    def _zoom_centre(self) -> QPointF | None:
        """Point of the plot about which keys zoom; None for the middle."""
        return None

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms, or leaves the wheel to what the plot is in; a view would scroll itself by its border."""
        if self.getViewBox().takes_wheel(event):
            super().wheelEvent(event)
        else:
            event.ignore()

    def viewportEvent(self, event: QEvent) -> bool:
        """Explains the plot and enlarges it where the pointer is on its title; a double click in it shows all."""
        kinds, kind = QEvent.Type, event.type()
        if self.closed:
            return super().viewportEvent(event)
        if isinstance(event, QHelpEvent) and kind == kinds.ToolTip:
            return self._explain(event)
        if kind == kinds.Leave:
            self.viewport().unsetCursor()
        if not isinstance(event, QMouseEvent):
            return super().viewportEvent(event)
        on_title = self._is_on_title(event.position().toPoint())
        if kind == kinds.MouseMove and not event.buttons():
            if on_title and can_replace(self):
                self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
            else:
                self.viewport().unsetCursor()
        elif kind in (kinds.MouseButtonPress, kinds.MouseButtonDblClick):
            if on_title and event.button() == Qt.MouseButton.LeftButton:
                self._pressed_title = True
                return True
            if kind == kinds.MouseButtonDblClick:
                self.getViewBox().reset()
        elif kind == kinds.MouseButtonRelease and self._pressed_title:
            self._pressed_title = False
            if on_title:
                self.toggle_enlarged()
            return True
        return super().viewportEvent(event)

    def _is_on_title(self, position: QPoint) -> bool:
        label = self.getPlotItem().titleLabel
        return label.isVisible() and label.sceneBoundingRect().contains(self.mapToScene(position))

    def _explain(self, event: QHelpEvent) -> bool:
        """Says what the plot means over its title, or over its axes where it has none; never over the curves."""
        untitled = not self.getPlotItem().titleLabel.isVisible()
        inside = self.getViewBox().sceneBoundingRect().contains(self.mapToScene(event.pos()))
        if self._is_on_title(event.pos()) or (untitled and not inside):
            QToolTip.showText(event.globalPos(), self.explanation, self.viewport())
            return True
        super().viewportEvent(event)
        if not event.isAccepted():
            QToolTip.hideText()
            # What the plot is in would be explained over it.
            event.accept()
        return True

    @property
    def explanation(self) -> str:
        """Meaning of the plot, and what can be done with it, as it is told over its title."""
        whole = f"{self._shown_title}<br>" if self._title_is_cut else ""
        if self.getPlotItem().titleLabel.isVisible():
            advice = tr(
                "Click here or press F11 to enlarge. {advice} A right click opens the menu.",
                advice=self.advice,
            )
        else:
            advice = tr("Press F11 to enlarge. {advice} A right click opens the menu.", advice=self.advice)
        return f"{whole}{self.toolTip()}<br><i>{advice}</i>"

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


class EpochPlot(Plot):
    """Curves against the epoch or the like, smoothed if asked, with a line and a read-out that follow the pointer.

    Args:
        name: object name.
        title: what is shown, with its unit.
        tooltip: what it means, in words.
        theme: colours.
        curves: a name and a colour each.
        logarithmic: whether the vertical axis is.
        zero_line: whether zero is marked.
        least_range: of the vertical axis: differences that are as good as none are not blown up to fill the plot.
        counts: what the horizontal axis counts, in the singular.

    Signals:
        hovered: epoch under the pointer, or that the keys have come to; −1 when it or they leave.

    Attributes:
        lines: the curves, as they are drawn.
        raw: the curves as they were before they were smoothed, faint behind; without data while they are not.
        smoothing: epochs, or what else is counted, that the curves are smoothed over; 0 for none.
        smooths: whether that is offered.
    """

    hovered = Signal(int)
    log_axes = "xy"
    smooths = True
    side_padding = 0.02
    """Share of the axis of epochs that is left free at either end."""

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
        counts: str = "epoch",
    ) -> None:
        self._counts = counts
        self.lines: list[pg.PlotDataItem] = []
        self.raw: list[pg.PlotDataItem] = []
        self.smoothing = 0
        self._smoothings: QActionGroup | None = None
        self._names = curves
        self._data: tuple[np.ndarray, np.ndarray] = (np.zeros(0), np.zeros((0, max(len(curves), 1))))
        self._row: int | None = None
        self._pointed: float | None = None
        self._cursor: Line | None = None
        self._mark: Line | None = None
        self._zero: Line | None = None
        super().__init__(name, title, tooltip, theme)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if zero_line:
            self._zero = Line(0, angle=0)
            self.addItem(self._zero)
        self._cursor, self._mark = Line(angle=90), Line(angle=90)
        for line in (self._cursor, self._mark):
            line.hide()
            self.addItem(line, ignoreBounds=True)
        self._add_curves()
        self.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        self.setXRange(0, 10, padding=0.02)
        self._show_numbers("left", False)
        if least_range is not None:
            self.getViewBox().setLimits(minYRange=least_range)
        if logarithmic:
            self._given_log = "y"
            self.set_log("y", True)
        self.set_theme(theme)
        self.scene().sigMouseMoved.connect(self._on_mouse)

    def _add_curves(self) -> None:
        self.raw = [self.plot([], []) for _ in self._names]
        self.lines = [self.plot([], []) for _ in self._names]

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours; a curve's colour is a field of the theme, or a number in its series."""
        super().set_theme(theme)
        self._show_title(self._plain_title)
        for curve, raw, (_, colour) in zip(self.lines, self.raw, self._names, strict=False):
            shade = colour_in(theme, colour)
            curve.setPen(stroke(theme, colour) if len(self._names) > 1 else pg.mkPen(shade, width=1.0))
            shade.setAlphaF(FAINT)
            raw.setPen(pg.mkPen(shade, width=1.0))
        for line in (self._cursor, self._zero):
            if line is not None:
                line.setPen(pg.mkPen(theme.muted, style=Qt.PenStyle.DotLine))
        if self._mark is not None:
            self._mark.setPen(pg.mkPen(theme.text))

    @property
    def _plain_title(self) -> str:
        named = 2 <= len(self._names) <= MOST_READ
        title = legend(self._theme, self._title, self._names, strokes=True) if named else self._title
        return title + self._smoothed_over

    @property
    def _smoothed_over(self) -> str:
        """End of a title that tells of smoothing."""
        return (
            tr(", smoothed over {epochs}", epochs=counted(self.smoothing, self._counts))
            if self.smoothing
            else ""
        )

    def set_curves(self, curves: Sequence[tuple[str, str]]) -> None:
        """Replaces the curves by others, each a name and a colour."""
        if list(curves) == list(self._names):
            return
        for curve in (*self.lines, *self.raw):
            self.removeItem(curve)
        self._names = list(curves)
        self._add_curves()
        self.set_theme(self._theme)

    def show_data(self, epochs: np.ndarray, values: np.ndarray) -> None:
        """Draws the curves.

        Args:
            epochs: shape (n,), in rising order.
            values: one column a curve, shape (n, curves).
        """
        self._data = (epochs, values)
        self._draw()

    def _draw(self) -> None:
        epochs, values = self._data
        chosen = thin(len(epochs))
        x, y = epochs[chosen].astype(float), values[chosen].astype(float)
        smooth = self._smoothed(chosen)
        for i, (curve, raw) in enumerate(zip(self.lines, self.raw, strict=True)):
            curve.setData(x, smooth[:, i], connect="finite")
            if self.smoothing or raw.xData is not None:
                raw.setData(*((x, y[:, i]) if self.smoothing else ([], [])), connect="finite")
        self._show_numbers("left", len(x) > 0)
        first, last = (min(0.0, float(x[0])), max(10.0, float(x[-1]))) if len(x) else (0.0, 10.0)
        self.setXRange(first, last, padding=self.side_padding)

    def _smoothed(self, rows: np.ndarray) -> np.ndarray:
        """Heights of the curves at some rows as they are drawn, shape (rows, curves)."""
        epochs, values = self._data
        return (
            moving_mean(epochs, values, self.smoothing, rows)
            if self.smoothing
            else values[rows].astype(float)
        )

    def smooth(self, epochs: int) -> None:
        """Smooths the curves over so many epochs, the raw ones faint behind; 0 for not at all."""
        self.smoothing = epochs
        self._draw()
        self._show_title(self._plain_title)
        self.show_cursor(-1)
        self._refresh_actions()

    def _make_actions(self) -> list[QAction]:
        actions = super()._make_actions()
        if self.smooths:
            smoothing, menu = named_action(self, "smoothing"), QMenu(self)
            smoothing.setText(tr("Smoothing"))
            group = QActionGroup(menu)
            for epochs in (0, *SMOOTHINGS):
                text = (
                    tr("Mean over {epochs}", epochs=counted(epochs, self._counts)) if epochs else tr("None")
                )
                action = named_action(group, f"smooth-{epochs}")
                action.setText(text)
                action.setCheckable(True)
                action.triggered.connect(lambda _=False, epochs=epochs: self.smooth(epochs))
                menu.addAction(action)
            smoothing.setMenu(menu)
            self._smoothings = group
            smoothing.setToolTip(
                tr(
                    "Draw the mean over some {epochs}, half of them before and half after each, the curve itself "
                    "faint behind; at both ends over those that there are",
                    epochs=plural_form(self._counts, regular_plural(self._counts), 2),
                )
            )
            actions.append(smoothing)
        return actions

    def _refresh_actions(self) -> None:
        super()._refresh_actions()
        if self._smoothings is not None:
            for action in self._smoothings.actions():
                action.setChecked(action.objectName() == f"smooth-{self.smoothing}")

    def series(self) -> list[Series]:
        """All curves over the epoch, at every epoch rather than at those that are drawn, smoothed ones too."""
        epochs, values = self._data
        names = [name for name, _ in self._names]
        alone = [self._title] if len(names) == 1 else names
        columns = [(self.with_unit(name), values[:, i]) for i, name in enumerate(alone)]
        if self.smoothing:
            smooth = self._smoothed(np.arange(len(epochs)))
            columns += [
                (self.with_unit(f"{english_of(name)}{english_of(self._smoothed_over)}"), smooth[:, i])
                for i, name in enumerate(alone)
            ]
        return [Series((self.named_axis("bottom", self._counts), epochs), tuple(columns))]

    def show_cursor(self, epoch: int) -> None:
        """Marks an epoch and reads the curves there, by their names; −1, or less where none is, clears the mark."""
        if self._cursor is None:
            return
        epochs = self._data[0]
        leaves = epoch == -1 or (epoch < 0 and not (epochs < 0).any())
        if leaves and self._row is None:
            return
        if leaves or not len(epochs):
            self._row = None
            self._cursor.hide()
            self.setAccessibleDescription("")
            self._show_title(self._plain_title)
            return
        row = int(np.clip(np.searchsorted(epochs, epoch), 0, len(epochs) - 1))
        self._row = row
        self._cursor.setPos(float(epochs[row]))
        self._cursor.show()
        values = self._smoothed(np.array([row]))[0]
        read = [
            (*self._names[i], self._number_of(row, i, float(values[i]))) for i in self._curves_read(values)
        ]
        title = f"{self._title}{self._smoothed_over}"
        if len(self._names) == 1:
            alone = self._reading(epochs[row], [("", *read[0][1:])])
            self._show_title(
                f"{title} · {alone}", f"{self._title} · {alone}", self._reading(epochs[row], read)
            )
        else:
            named = self._reading(epochs[row], read)
            brief = self._reading(epochs[row], [(abbreviated(name), *rest) for name, *rest in read])
            self._show_title(f"{title} · {named}", f"{self._title} · {named}", named, brief)
        said = ", ".join(f"{name} {number}" for name, _, number in read)
        unit = capitalised(plural_form(self._counts, regular_plural(self._counts), 1))
        place = shown(int(epochs[row]), "d")
        self.setAccessibleDescription(f"{unit} {place}: {said}{self._smoothed_over}")

    def _number_of(self, row: int, curve: int, value: float) -> str:
        """Words for the number that a curve has at a row."""
        return _number(value)

    def _reading(self, epoch: int, read: Sequence[Sequence[str]]) -> str:
        """Numbers at an epoch, each behind its name and in its colour."""
        numbers = (
            f'<span style="color:{colour_in(self._theme, colour).name()}">{f"{name} {number}".strip()}</span>'
            for name, colour, number in read
        )
        return f"{shown(int(epoch), 'd')}: {'  '.join(numbers)}"

    def _curves_read(self, values: np.ndarray) -> list[int]:
        """Numbers of the curves that are read: all few; of many the nearest to the pointer, else both outermost.

        Args:
            values: of the curves at the mark, shape (curves,).
        """
        known = np.flatnonzero(np.isfinite(values))
        if len(values) <= MOST_READ:
            return list(range(len(values)))
        if not len(known):
            return []
        if self._pointed is not None:
            return [int(known[np.abs(values[known] - self._pointed).argmin()])]
        return sorted({int(known[values[known].argmax()]), int(known[values[known].argmin()])})

    def mark(self, epoch: int | None) -> None:
        """Draws a line at the epoch that is on view elsewhere; None for none."""
        if self._mark is None:
            return
        self._mark.setVisible(epoch is not None)
        if epoch is not None:
            self._mark.setPos(float(epoch))

    def _on_mouse(self, position: object) -> None:
        if self.sceneBoundingRect().contains(position):
            at = self.getViewBox().mapSceneToView(position)
            x, y = (
                10**place if self._log[axis] else place
                for axis, place in zip("xy", (at.x(), at.y()), strict=True)
            )
            self._pointed = y
            self.hovered.emit(round(x))

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
        self._pointed = None
        self.hovered.emit(-1)


def moving_mean(epochs: np.ndarray, values: np.ndarray, width: int, rows: np.ndarray) -> np.ndarray:
    """Means over the epochs e with −width/2 < e − eᵣ ≤ width/2 about some rows r, shape (rows, curves).

    Args:
        epochs: in rising order, shape (n,).
        values: one column a curve, shape (n, curves); what is not finite is left out, and is NaN where all is.
        width: of the window, in epochs.
        rows: shape (rows,).
    """
    known = np.isfinite(values)
    # Sums are of what is left over a typical number, as they end up far from one another.
    typical = np.array(
        [
            column[these].mean() if these.any() else 0.0
            for column, these in zip(values.T, known.T, strict=True)
        ]
    )
    rest = np.where(known, values - typical, 0.0)
    sums, counts = (
        np.concatenate([np.zeros((1, values.shape[1])), part.cumsum(0)])
        for part in (rest, known.astype(float))
    )
    first, last = (np.searchsorted(epochs, epochs[rows] + side * width / 2, "right") for side in (-1, 1))
    count = counts[last] - counts[first]
    mean = (sums[last] - sums[first]) / np.maximum(count, 1) + typical
    return np.where(count > 0, mean, np.nan)


CURVE_NAME = re.compile(r"([^\W\d_]+)</span>")
"""Last word of what has a colour in a title; figures are none."""


def abbreviated(name: str) -> str:
    """A name in six letters at most, the last a full stop where there are more."""
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1].rstrip()}."


STROKES = {
    "held_out": (Qt.PenStyle.DashLine, "– –"),
    "accent": (Qt.PenStyle.DashLine, "– –"),
    "training": (Qt.PenStyle.DashDotLine, "– ·"),
    "muted": (Qt.PenStyle.DotLine, "···"),
    "other": (Qt.PenStyle.DashDotDotLine, "– ··"),
}
"""Strokes of curves that stand with others, and their signs, by colour: they are told apart without it. Others are
whole."""

WHOLE = (Qt.PenStyle.SolidLine, "—")


def legend(theme: Theme, title: str, curves: Sequence[tuple[str, str]], strokes: bool = False) -> str:
    """A title that names its curves in their colours, each behind the sign of its stroke where that is asked for."""
    names = (
        f'<span style="color:{colour_in(theme, colour).name()}">'
        f"{STROKES.get(colour, WHOLE)[1] + ' ' if strokes else ''}{name}</span>"
        for name, colour in curves
    )
    return f"{title} " + "  ".join(names)


def stroke(theme: Theme, colour: str, width: float = 1.0) -> QPen:
    """The pen of a curve that stands with others, in a field of the theme."""
    return pg.mkPen(colour_in(theme, colour), width=width, style=STROKES.get(colour, WHOLE)[0])


def thin(n: int, most: int = MOST_POINTS) -> np.ndarray:
    """At most `most` indices spread evenly over n, the last included."""
    if n <= most:
        return np.arange(n)
    return np.linspace(0, n - 1, most).round().astype(int)


def colour_in(theme: Theme, name: str) -> QColor:
    """A field of the theme, or a number in its series."""
    return theme.series[int(name) % MOST_COLOURS] if name.isdigit() else QColor(getattr(theme, name))


def named_action(parent: QObject, name: str) -> QAction:
    """An action without words yet."""
    action = QAction(parent)
    action.setObjectName(name)
    return action


def _word(action: QAction, text: str, key: str, tip: str) -> None:
    """Gives an action its words; the key is told, and taken by the plot itself."""
    action.setText(f"{text}\t{key}")
    action.setIconText(text)
    action.setToolTip(tip)


def _number(value: float) -> str:
    return shown(value, ".3g" if abs(value) < 1e4 else ".1e")
